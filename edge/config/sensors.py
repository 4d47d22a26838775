"""The mistakes of `[hj212]`, `[[sensor]]` and their zones that single keys cannot say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from contract.errors import ConfigError, Mistake
from contract.geometry import PolygonPx
from contract.settings import Examined, did_you_mean, shown
from contract.toml_lines import Place
from edge.config import urls
from edge.config.shapes import is_same_shape, polygon_problem
from edge.config.types import CameraConfig, EdgeFile, FramePx, ListenerConfig, PatrolConfig, SensorConfig, ZoneConfig
from edge.sensors.hj212.dialects import FACTORY_MNS
from edge.sensors.profiles.profile import Known, load_profile

MQTT_PORTS = {"mqtt": 1883, "mqtts": 8883}
MODBUS_PORTS = {"tcp": 502}
_NEEDS = {"hj212": ("mn",), "modbus": ("url",), "mqtt": ("url", "topic")}
_ONLY = {"mn": "hj212", "topic": "mqtt", "username": "mqtt"}


def sensor_mistakes(examined: Examined[EdgeFile], base_dir: Path) -> Iterator[Mistake]:
    """Of all sensors: what their kind needs or has no use for, numbers used twice, profiles that are not to be had."""
    first: dict[str, str] = {}
    for place, sensor in _sensors(examined):
        for key in _NEEDS.get(sensor.kind, ()):
            if getattr(sensor, key) is None:
                yield examined.mistake((*place, key), "missing", f"a sensor of kind {sensor.kind} needs it")
        for key, kind in _ONLY.items():
            if getattr(sensor, key) is not None and sensor.kind != kind:
                yield examined.mistake((*place, key), f"is for sensors of kind {kind}, this one is {sensor.kind}")
        yield from _url(examined, place, sensor)
        yield from _profile(examined, place, sensor, base_dir)
        if sensor.mn is None:
            continue
        if sensor.mn in FACTORY_MNS:
            problem = f"{shown(sensor.mn)} is a number that devices leave the factory with: nobody's evidence"
            yield examined.mistake((*place, "mn"), problem, "give the device a number of its own")
        elif first.setdefault(sensor.mn, str(sensor.id)) != str(sensor.id):
            yield examined.mistake((*place, "mn"), f"{shown(sensor.mn)} is already the number of {first[sensor.mn]}")
    yield from _listener(examined)
    yield from _shared_outlets(examined)
    yield from _shared_lines(examined)


def profile_of(sensor: SensorConfig, base_dir: Path) -> Known:
    """A sensor's profile; a path is relative to the configuration's folder. Raises ConfigError."""
    name = sensor.profile
    return load_profile(str(base_dir / name) if name.endswith(".toml") else name)


def sensor_of_zone(examined: Examined[EdgeFile], name: str) -> SensorConfig | None:
    """The sensor of that id, whatever else is wrong; None when there is none whose profile can be known."""
    found = [one for _, one in _sensors(examined) if one.id == name and isinstance(one.profile, str)]
    return found[0] if found else None


def unknown_sensor(examined: Examined[EdgeFile], place: Place, name: str) -> Mistake | None:
    """A key that names no sensor of the file."""
    plain = examined.plain.get("sensor")
    tables: list[Any] = plain if isinstance(plain, list) else []
    known = [str(table.get("id")) for table in tables if isinstance(table, dict) and table.get("id")]
    if name in known:
        return None
    hint = did_you_mean(name, known) or f"sensors are {', '.join(known)[:200] or 'none'}"
    return examined.mistake(place, f"{shown(name)} is no sensor of this file", hint)


def outlet_mistakes(
    examined: Examined[EdgeFile], place: Place, zone: ZoneConfig, cameras: Mapping[str, CameraConfig]
) -> Iterator[Mistake]:
    """Of the outlet of a sensor's zone: a camera that is not of this file, a polygon that its picture cannot hold."""
    outlet = zone.rule.get("outlet") if isinstance(zone.rule, dict) else None
    if not isinstance(outlet, dict):
        return
    at = (*place, "rule", "outlet")
    if zone.sensor is None:
        yield examined.mistake(at, "is for the zone of a sensor", "the camera at a kitchen's outlet stands beside it")
    name = outlet.get("camera")
    if isinstance(name, str) and name not in cameras:
        hint = did_you_mean(name, list(cameras)) or f"cameras are {', '.join(cameras)[:200] or 'none'}"
        yield examined.mistake((*at, "camera"), f"{shown(name)} is no camera of this file", hint)
    try:
        polygon = msgspec.convert(outlet.get("polygon_px"), PolygonPx)
        frame_px = msgspec.convert(outlet.get("frame_px"), FramePx)
    except msgspec.ValidationError:
        return  # told with the rule's own keys
    problem = polygon_problem(polygon, frame_px) if len(polygon) >= 3 else None  # fewer: told with the rule's own keys
    if problem is not None:
        yield examined.mistake((*at, "polygon_px"), problem)
    camera = cameras.get(name) if isinstance(name, str) else None
    picture_px = None if camera is None else camera.frame_px
    if camera is not None and isinstance(camera.patrol, PatrolConfig):
        yield examined.mistake((*at, "camera"), f"{name} is on patrol", "an outlet needs a camera that stands still")
    if isinstance(picture_px, tuple) and not is_same_shape(frame_px, picture_px):
        found, expected = (f"{width}x{height}" for width, height in (frame_px, picture_px))
        yield examined.mistake((*at, "frame_px"), f"{found} has another shape than its camera's {expected}")


def _shared_outlets(examined: Examined[EdgeFile]) -> Iterator[Mistake]:
    """Two zones of one sensor with one camera at their outlets: its looks could not be told apart."""
    first: dict[tuple[Any, Any], Any] = {}
    for place, zone in examined.tables.items():
        outlet = zone.rule.get("outlet") if isinstance(zone, ZoneConfig) and isinstance(zone.rule, dict) else None
        if not isinstance(zone, ZoneConfig) or not isinstance(outlet, dict) or zone.sensor is None:
            continue
        pair = (zone.sensor, str(outlet.get("camera")))
        if first.setdefault(pair, zone.id) != zone.id:
            at = (*place, "rule", "outlet", "camera")
            yield examined.mistake(
                at, f"{shown(pair[1])} is already at the outlet of zone {first[pair]} of this sensor"
            )


def _shared_lines(examined: Examined[EdgeFile]) -> Iterator[Mistake]:
    """Modbus devices on one line: it has one speed, each device its own unit, and on a serial one nobody is unit 0."""
    first: dict[str, SensorConfig] = {}
    units: dict[tuple[str, int], str] = {}
    for place, sensor in _sensors(examined):
        if sensor.kind != "modbus" or sensor.url is None:
            continue
        is_serial = sensor.url.startswith("serial:")
        other = first.setdefault(sensor.url, sensor)
        for key in ("baud", "parity"):
            if is_serial and getattr(other, key) != getattr(sensor, key):
                problem = f"{shown(getattr(sensor, key))} on the line on which {other.id} has {getattr(other, key)}"
                yield examined.mistake((*place, key), problem, "one line has one speed and parity")
        if is_serial and sensor.unit == 0:
            yield examined.mistake((*place, "unit"), "0 is for all devices of the line, and none answers to it")
        owner = units.setdefault((sensor.url, sensor.unit), str(sensor.id))
        if owner != str(sensor.id):
            yield examined.mistake((*place, "unit"), f"{sensor.unit} is already {owner} on this line")


def _sensors(examined: Examined[EdgeFile]) -> Iterator[tuple[Place, SensorConfig]]:
    for place, table in examined.tables.items():
        if isinstance(table, SensorConfig):
            yield place, table


def _url(examined: Examined[EdgeFile], place: Place, sensor: SensorConfig) -> Iterator[Mistake]:
    if sensor.url is None:
        return
    problem: str | None
    if sensor.kind == "mqtt":
        problem = urls.server_problem(sensor.url, MQTT_PORTS, "mqtt")
    elif sensor.kind == "modbus":
        problem = None if sensor.url.startswith("serial:///") else _tcp_problem(sensor.url)
    else:
        problem = "is for sensors of kind modbus and mqtt; an hj212 device connects to us"
    if problem is not None:
        yield examined.mistake((*place, "url"), problem, f"found {shown(sensor.url)}")


def _tcp_problem(url: str) -> str | None:
    try:
        urls.endpoint(url, MODBUS_PORTS)
    except ValueError as error:
        return f"{error}; or serial:///dev/NAME"
    return None


def _profile(examined: Examined[EdgeFile], place: Place, sensor: SensorConfig, base_dir: Path) -> Iterator[Mistake]:
    if not isinstance(sensor.profile, str):  # another mistake of this table
        return
    try:
        known = profile_of(sensor, base_dir)
    except ConfigError as error:
        for one in error.mistakes:
            inside = "" if one.path == "profile" else f"{one.path}: "
            yield examined.mistake((*place, "profile"), f"{inside}{one.problem}", one.hint)
        return
    lacking = {"modbus": not known.profile.registers, "mqtt": not known.profile.json.fields}.get(sensor.kind, False)
    if lacking:
        table = "[[register]]" if sensor.kind == "modbus" else "[[json.field]]"
        yield examined.mistake((*place, "profile"), f"{known.profile.name} has no {table} for a {sensor.kind} sensor")


def _listener(examined: Examined[EdgeFile]) -> Iterator[Mistake]:
    listener = examined.tables.get(("hj212",))
    speaks = [place for place, sensor in _sensors(examined) if sensor.kind == "hj212"]
    if speaks and listener is None:
        yield examined.mistake((*speaks[0], "kind"), "hj212 sensors connect to [hj212], which is missing")
    if isinstance(listener, ListenerConfig) and listener.tls_key is not None and listener.tls_cert is None:
        yield examined.mistake(("hj212", "tls_cert"), "missing beside tls_key")
