"""The text of edge.toml -> `EdgeConfig`; what single keys cannot say wrong is checked here, across tables."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from contract.errors import ConfigError, ContractError, Mistake
from contract.settings import Examined, did_you_mean, examine, examine_table, in_order, shown
from contract.toml_lines import Place
from detectors import fold
from edge.config import urls
from edge.config.files import FileProblem, Probes
from edge.config.files import file_problem as file_problem_on_disk
from edge.config.rules import approval_mistakes, rule_mistakes
from edge.config.sensors import outlet_mistakes, profile_of, sensor_mistakes, sensor_of_zone, unknown_sensor
from edge.config.shapes import is_same_shape, polygon_problem
from edge.config.towers import land_mistakes, own_tower, tower_mistakes
from edge.config.types import (
    LISTENER_ID,
    BrokerConfig,
    CameraConfig,
    EdgeConfig,
    EdgeFile,
    EvidenceConfig,
    PatrolConfig,
    PlatesConfig,
    SensorConfig,
    ThermalConfig,
    ZoneConfig,
)
from edge.sensors.binding import bound_rule

_SECRETS = (
    ("gateway", "key_file"),
    ("broker", "password_file"),
    ("evidence", "token_file"),
    ("hj212", "tls_key"),
    ("hj212", "key_file"),
)
_MODELS = ("model", "smoke_model")
_OPEN_FILES = (("broker", "ca_file"), ("evidence", "ca_file"), ("hj212", "tls_cert"))


def load_edge(
    text: str,
    source: str,
    base_dir: Path,
    *,
    file_problem: FileProblem = file_problem_on_disk,
    probes: Probes | None = None,
) -> EdgeConfig:
    """The checked configuration with absolute file paths; raises ConfigError that lists every mistake.

    `file_problem(path, is_secret)` says what is wrong with a named file; with `probes` the broker is tried too, and the
    contents of a tower's files.
    """
    examined = examine(text, source, EdgeFile)
    mistakes = [
        *examined.mistakes,
        *_repeated_ids(examined),
        *_files(examined, base_dir, file_problem),
        *land_mistakes(examined, base_dir, file_problem, probes),
        *_servers(examined, probes),
        *_cameras(examined),
        *tower_mistakes(examined, base_dir),
        *sensor_mistakes(examined, base_dir),
        *_zones(examined, base_dir),
    ]
    if mistakes or examined.value is None:
        raise ConfigError(source, in_order(mistakes))
    return _resolved(examined.value, base_dir)


def _tables(examined: Examined[EdgeFile], kind: Any, *needs: str) -> Iterator[tuple[Place, Any]]:
    """The tables of that kind that have these keys, whatever else is wrong in them."""
    for place, table in examined.tables.items():
        if isinstance(table, kind) and all(_is_set(table, key) for key in needs):
            yield place, table


def _is_set(table: Any, key: str) -> bool:
    return getattr(table, key) is not msgspec.UNSET


def _written_ids(examined: Examined[EdgeFile], key: str) -> list[Any]:
    """The ids of a list of tables as written, also of those tables that have other mistakes."""
    tables = examined.plain.get(key)
    tables = tables if isinstance(tables, list) else []
    return [table.get("id") if isinstance(table, dict) else None for table in tables]


def _repeated_ids(examined: Examined[EdgeFile]) -> Iterator[Mistake]:
    for keys in (("camera", "sensor"), ("zone",)):
        first: dict[str, str] = {LISTENER_ID: "the HJ 212 port"} if "sensor" in keys else {}
        for key in keys:
            for index, name in enumerate(_written_ids(examined, key)):
                here = f"{key}[{index}]"
                if isinstance(name, str) and first.setdefault(name, here) != here:
                    yield examined.mistake((key, index, "id"), f"{shown(name)} is already the id of {first[name]}")


def _files(examined: Examined[EdgeFile], base_dir: Path, file_problem: FileProblem) -> Iterator[Mistake]:
    with_password = CameraConfig | SensorConfig | PatrolConfig | ThermalConfig
    devices = [(*place, "password_file") for place, _ in _tables(examined, with_password)]
    places: list[tuple[Place, bool]] = [(place, True) for place in (*_SECRETS, *devices)]
    places += [(place, False) for place in _OPEN_FILES]
    places += [((*place, "ca_file"), False) for place, _ in _tables(examined, SensorConfig)]
    for place, is_secret in places:
        name = getattr(examined.tables.get(place[:-1]), str(place[-1]), None)
        problem = None if name in (None, msgspec.UNSET) else file_problem(base_dir / name, is_secret)
        if problem is not None:
            yield examined.mistake(place, problem)
    for key in _MODELS:
        model = getattr(examined.tables.get(("inference",)), key, "")
        if model.endswith(".toml") and (problem := file_problem(base_dir / model, False)):
            yield examined.mistake(("inference", key), problem)


def _servers(examined: Examined[EdgeFile], probes: Probes | None) -> Iterator[Mistake]:
    for place, broker in _tables(examined, BrokerConfig, "url"):
        problem = urls.server_problem(broker.url, urls.BROKER_PORTS, "mqtt")
        if problem is None and probes is not None:
            found = urls.endpoint(broker.url, urls.BROKER_PORTS)
            problem = probes.reach_problem(found.host, found.port)
        if problem is not None:
            yield examined.mistake((*place, "url"), problem, f"found {shown(broker.url)}")
    for place, evidence in _tables(examined, EvidenceConfig):
        if evidence.url is None:
            continue
        problem = urls.server_problem(evidence.url, urls.EVIDENCE_PORTS, "http")
        if problem is not None:
            yield examined.mistake((*place, "url"), problem, f"found {shown(evidence.url)}")
        if evidence.token_file is None:
            yield examined.mistake((*place, "token_file"), "missing", "uploads need the gateway's token")


def _cameras(examined: Examined[EdgeFile]) -> Iterator[Mistake]:
    evidence = examined.tables.get(("evidence",), EvidenceConfig())
    for place, camera in _tables(examined, CameraConfig, "url"):
        problem = urls.camera_problem(camera.url)
        if problem is not None:
            yield examined.mistake((*place, "url"), problem, f"found {shown(camera.url)}")
    for place, camera in _tables(examined, CameraConfig):
        yield from approval_mistakes(examined, place, camera.approval)
        if camera.password_file is not None and camera.username is None:
            yield examined.mistake((*place, "username"), "missing", "a password_file needs a username")
        if camera.clock.given_uncertainty_s is not None and camera.clock.given_offset_s is None:
            yield examined.mistake((*place, "clock", "given_offset_s"), "missing beside given_uncertainty_s")
        needed_s = evidence.pre_roll_s + evidence.post_roll_s + camera.analyse_every_s
        if camera.ring_s < needed_s:
            problem = f"found {camera.ring_s:g}, but pre-roll, post-roll and one look need {needed_s:g}"
            yield examined.mistake((*place, "ring_s"), problem)
        if camera.masks and camera.frame_px is None:
            yield examined.mistake((*place, "frame_px"), "missing", "masks are drawn in a picture of known size")
        for index, mask in enumerate(camera.masks if camera.frame_px else ()):
            problem = polygon_problem(mask, camera.frame_px)
            if problem is not None:
                yield examined.mistake((*place, "masks", index), problem)


def _zones(examined: Examined[EdgeFile], base_dir: Path) -> Iterator[Mistake]:
    known = [name for name in _written_ids(examined, "camera") if isinstance(name, str)]
    cameras = {camera.id: camera for _, camera in _tables(examined, CameraConfig, "id")}
    for place, zone in _tables(examined, ZoneConfig):
        yield from outlet_mistakes(examined, place, zone, cameras)
        if zone.sensor is not None:
            yield from _sensor_zone(examined, place, zone)
        else:
            yield from _picture(examined, place, zone)
            yield from _camera(examined, place, zone, known, cameras)
    for place, zone in _tables(examined, ZoneConfig, "matter"):
        yield from _rule(examined, place, zone, base_dir)
        camera = cameras.get(zone.camera)
        if camera is not None:
            yield from _looks(examined, place, zone, camera)


def _sensor_zone(examined: Examined[EdgeFile], place: Place, zone: ZoneConfig) -> Iterator[Mistake]:
    unknown = unknown_sensor(examined, (*place, "sensor"), str(zone.sensor))
    if unknown is not None:
        yield unknown
    for key in ("camera", "polygon_px", "frame_px"):
        if getattr(zone, key):
            yield examined.mistake((*place, key), "a zone of a sensor has no picture", "it is of a camera or a sensor")


def _picture(examined: Examined[EdgeFile], place: Place, zone: ZoneConfig) -> Iterator[Mistake]:
    """What a zone of a camera must say, and a polygon that its picture can hold."""
    written = _plain_at(examined, place)
    for key in ("camera", "polygon_px", "frame_px"):
        if key not in written:
            yield examined.mistake((*place, key), "missing", "a zone is of a camera, or names its sensor")
    if zone.frame_px is not None and "polygon_px" in written:
        problem = polygon_problem(zone.polygon_px, zone.frame_px) if zone.polygon_px else None
        if problem is not None:
            yield examined.mistake((*place, "polygon_px"), problem)


def _camera(
    examined: Examined[EdgeFile], place: Place, zone: ZoneConfig, known: list[str], cameras: dict[str, CameraConfig]
) -> Iterator[Mistake]:
    if zone.camera is None:
        return
    frame_px = cameras[zone.camera].frame_px if zone.camera in cameras else None
    if zone.camera not in known:
        hint = did_you_mean(zone.camera, known) or f"cameras are {', '.join(known)[:200]}"
        yield examined.mistake((*place, "camera"), f"{shown(zone.camera)} is no camera of this file", hint)
    elif zone.frame_px is not None and not is_same_shape(zone.frame_px, frame_px):
        found, expected = zone.frame_px, "x".join(map(str, frame_px or ()))
        yield examined.mistake(
            (*place, "frame_px"), f"{found[0]}x{found[1]} has another shape than its camera's {expected}"
        )


def _plain_at(examined: Examined[EdgeFile], place: Place) -> Any:
    """The table at a place as written."""
    plain: Any = examined.plain
    for step in place:
        plain = plain[step]
    return plain


def _looks(examined: Examined[EdgeFile], place: Place, zone: ZoneConfig, camera: CameraConfig) -> Iterator[Mistake]:
    """A camera that is looked at too rarely for a zone's rule would never be judged, and nobody would know."""
    rule = fold.rule_for(zone.matter) if zone.matter in fold.matters() else None
    most_s = getattr(rule, "LOOK_AT_LEAST_EVERY_S", None)
    if most_s is not None and camera.analyse_every_s > most_s:
        problem = (
            f"{camera.id} is looked at each {camera.analyse_every_s:g} s, {zone.matter} needs {most_s:g} s or less"
        )
        yield examined.mistake((*place, "camera"), problem, "lower the camera's analyse_every_s")


def _rule(examined: Examined[EdgeFile], place: Place, zone: ZoneConfig, base_dir: Path) -> Iterator[Mistake]:
    try:
        rule = fold.rule_for(zone.matter)
    except ContractError as error:
        yield examined.mistake((*place, "matter"), error.reason, did_you_mean(zone.matter, list(fold.matters())))
        return
    table = zone.rule
    sensor = None if zone.sensor is None else sensor_of_zone(examined, zone.sensor)
    if sensor is not None:
        with suppress(ConfigError):  # a profile that is not to be had is a mistake of its own
            table = bound_rule(table, rule.Config, sensor, profile_of(sensor, base_dir).profile)
    yield from examine_table(table, rule.Config, examined, (*place, "rule"))
    yield from rule_mistakes(examined, place, zone, rule)


def _own_cards(plates: PlatesConfig, base_dir: Path) -> PlatesConfig:
    """Cards that are given by their path, absolute."""

    def absolute(name: str) -> str:
        return str((base_dir / name).absolute()) if name.endswith(".toml") else name

    readers = tuple(absolute(name) for name in plates.readers)
    return msgspec.structs.replace(plates, corners=absolute(plates.corners), readers=readers)


def _own_profile(sensor: SensorConfig, base_dir: Path) -> SensorConfig:
    """A profile that is given by its path, absolute."""
    if not sensor.profile.endswith(".toml"):
        return sensor
    return msgspec.structs.replace(sensor, profile=str((base_dir / sensor.profile).absolute()))


def _resolved(written: EdgeFile, base_dir: Path) -> EdgeConfig:
    replace = msgspec.structs.replace

    def absolute(name: str | None) -> str | None:
        return None if name is None else str((base_dir / name).absolute())

    def files_of(table: Any, *keys: str) -> Any:
        return replace(table, **{key: absolute(getattr(table, key)) for key in keys})

    inference = written.inference
    for key in _MODELS:
        if getattr(inference, key).endswith(".toml"):
            inference = files_of(inference, key)
    return EdgeConfig(
        gateway=files_of(written.gateway, "key_file", "data_dir"),
        broker=None if written.broker is None else files_of(written.broker, "password_file", "ca_file"),
        evidence=files_of(written.evidence, "token_file", "ca_file"),
        inference=inference,
        plates=None if written.plates is None else _own_cards(written.plates, base_dir),
        spool=written.spool,
        hj212=None if written.hj212 is None else files_of(written.hj212, "tls_cert", "tls_key", "key_file"),
        cameras=tuple(own_tower(files_of(camera, "password_file"), files_of) for camera in written.cameras),
        sensors=tuple(_own_profile(files_of(one, "password_file", "ca_file"), base_dir) for one in written.sensors),
        zones=written.zones,
        config_sha256=hashlib.sha256(msgspec.json.encode(written, order="sorted")).hexdigest(),
    )
