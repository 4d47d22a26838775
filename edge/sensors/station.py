"""All sensors of a gateway: their bindings, the port they come to, what asks the others, and who is told what."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec

from contract.errors import ConfigError, Mistake
from contract.health import DeviceHealth, MaintenanceItem
from contract.times import NS, utc_from_ns
from detectors.fold import FillGap
from edge.capture.types import Frame
from edge.config import EdgeConfig, ListenerConfig, SensorConfig
from edge.config.files import read_secret
from edge.evidence.files import EvidenceStore
from edge.sensors.evidence.maker import Binding
from edge.sensors.hj212.sealing import KEY_BYTES
from edge.sensors.hj212.server.platform import Readers
from edge.sensors.hj212.server.store import RawStore
from edge.sensors.judging import Parts
from edge.sensors.listener import Clocks, Listener, limits_of
from edge.sensors.modbus import ModbusSource
from edge.sensors.modbus_line import ModbusLine
from edge.sensors.mqtt import MqttSource
from edge.sensors.outlet import FullDecodes, outlets_of
from edge.sensors.profiles.profile import Known, load_profile
from edge.sensors.rows import FrameReader
from edge.sensors.sensor import Sensor, SensorAround
from edge.sensors.source import Source, ValueRows
from edge.sensors.start import sensor_tape_start
from edge.sensors.status import Trouble
from edge.sensors.values import ValuesReader, told_by_json, told_by_words
from edge.sensors.weather import Stations
from edge.spool import Spool
from edge.threads import WatchedThread

log = logging.getLogger(__name__)
HJ212_FILE: Final = "hj212.sqlite"
VALUES_FILE: Final = "sensors.sqlite"


def _no_camera(_camera: str, _until_ns: int) -> None:
    """Where no camera is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What a station stands on: where its files lie, the gateway's spool and evidence store, clocks, the stop event.

    `full_decode(camera, until_ns)` asks a camera of the gateway for all its pictures until that stream time. `weather`
    is told what its sensors measure of it.
    """

    data_dir: Path
    spool: Spool
    store: EvidenceStore
    clocks: Clocks
    stop: threading.Event
    full_decode: FullDecodes = _no_camera
    weather: Stations = field(default_factory=Stations)


class Station:
    """Built from a checked configuration; `threads` are to be started by whoever made it. Raises TantouError."""

    def __init__(self, config: EdgeConfig, ground: Ground) -> None:
        self._ground = ground
        self._rows = RawStore(ground.data_dir / HJ212_FILE)
        self._keys = _keys(config)
        around = SensorAround(
            spool=ground.spool,
            tapes=ground.data_dir / "tapes",
            now_ns=ground.clocks.now_ns,
            monotonic_s=ground.clocks.monotonic_s,
            stop=ground.stop,
            fill_gap=self._fill_gap,
            trouble_of=self._trouble_of,
        )
        self._values = self._value_rows(config)
        self._lines: dict[str, ModbusLine] = {}
        self._sources = {one.id: self._source(one) for one in config.sensors if one.kind != "hj212"}
        parts = {one.id: self._parts(config, one) for one in config.sensors}
        self._sensors = {name: Sensor(of_sensor, around) for name, of_sensor in parts.items()}
        self._watches = [watch for of_sensor in parts.values() for watch in of_sensor.outlets]
        self._by_mn = {sensor.owner: sensor for sensor in self._sensors.values() if sensor.id not in self._sources}
        self._history = {one.id: load_profile(one.profile).profile.history for one in config.sensors}
        self._listener = self._listener_of(config)
        self._ways: dict[str, WatchedThread] = {}
        self.threads = [sensor.thread for sensor in self._sensors.values()]
        if self._listener is not None:
            body = self._listener.run
            self._port = WatchedThread("hj212", body, stop=ground.stop, monotonic_s=ground.clocks.monotonic_s)
            self.threads.append(self._port)
        for name, source in self._sources.items():
            watched = WatchedThread(
                f"source:{name}", source.run, stop=ground.stop, monotonic_s=ground.clocks.monotonic_s
            )
            self._ways[name] = watched
            self.threads.append(watched)

    @property
    def port(self) -> int:
        """Where HJ 212 devices come to; 0: nowhere now."""
        return 0 if self._listener is None else self._listener.port

    def health(self) -> list[DeviceHealth]:
        """The port and every sensor."""
        listener = [] if self._listener is None else [self._listener.health()]
        return [*listener, *(sensor.health() for sensor in self._sensors.values())]

    def show(self, frame: Frame) -> None:
        """A camera's frame, in its thread: for the outlets that it looks at. Returns at once."""
        for watch in self._watches:
            watch.take(frame)

    def wake(self) -> None:
        """After the stop event: nobody waits for news any more."""
        for sensor in self._sensors.values():
            sensor.news.set()

    def close(self) -> None:
        """After the threads ended."""
        self._rows.close()
        if self._values is not None:
            self._values.store.close()

    def _listener_of(self, config: EdgeConfig) -> Listener | None:
        if config.hj212 is None:
            return None
        readers = Readers(
            bound=frozenset(self._by_mn),
            on_kept=self._kept,
            judged_to=self._judged_to,
            history={mn: self._history[sensor.id] for mn, sensor in self._by_mn.items()},
        )
        return Listener(config.hj212, self._rows, self._keys, readers, self._ground.clocks)

    def _parts(self, config: EdgeConfig, sensor: SensorConfig) -> Parts:
        known = known_of(sensor)
        password = None if sensor.password_file is None else read_secret(sensor.password_file)
        keys, profile = self._keys, known.profile

        def reader(penalties: Sequence[int]) -> FrameReader:
            return FrameReader(sensor.id, profile, keys=keys, password=password, penalties=penalties)

        def values_reader(_penalties: Sequence[int]) -> ValuesReader:
            return ValuesReader(sensor.id, profile, told_by_words if sensor.kind == "modbus" else told_by_json)

        start = sensor_tape_start(config, sensor, known)
        is_ours = sensor.kind == "hj212" or self._values is None
        return Parts(
            binding=Binding(sensor=sensor, known=known),
            start=start,
            store=self._ground.store,
            rows=self._rows if is_ours or self._values is None else self._values.store,
            reader_of=reader if is_ours else values_reader,
            outlets=outlets_of(start.zones, self._ground.full_decode),
            on_reported=self._ground.weather.note,
        )

    def _value_rows(self, config: EdgeConfig) -> ValueRows | None:
        if all(one.kind == "hj212" for one in config.sensors):
            return None
        bounds = limits_of(config.hj212 or ListenerConfig())
        return ValueRows(
            store=RawStore(self._ground.data_dir / VALUES_FILE),
            keep_s=bounds.keep_s or 0.0,
            keep_bytes=bounds.keep_bytes or 0,
            now_ns=self._ground.clocks.now_ns,
            on_kept=lambda sensor: self._sensors[sensor].news.set(),
            judged_to=lambda: {name: self._sensors[name].cursor for name in self._sources},
        )

    def _source(self, sensor: SensorConfig) -> Source:
        profile, rows = known_of(sensor).profile, self._values
        assert rows is not None  # noqa: S101 -- made for the same sensors
        if sensor.kind == "modbus":
            line = self._lines.setdefault(str(sensor.url), ModbusLine(sensor))
            return ModbusSource(sensor, profile, rows, line=line, now_ns=self._ground.clocks.now_ns)
        path = sensor.password_file
        return MqttSource(sensor, profile, rows, password_of=lambda: None if path is None else read_secret(path))

    def _kept(self, mns: frozenset[str]) -> None:
        for mn in mns:
            sensor = self._by_mn.get(mn)
            if sensor is not None:
                sensor.news.set()

    def _judged_to(self) -> dict[str, int]:
        return {mn: sensor.cursor for mn, sensor in self._by_mn.items()}

    def _fill_gap(self, sensor_id: str, ask: FillGap) -> None:
        if self._listener is not None and sensor_id not in self._sources:
            mn = self._sensors[sensor_id].owner
            self._listener.fill_gap(mn, ask.begin_ns, ask.end_ns, cn=self._history[sensor_id])

    def _trouble_of(self, sensor_id: str) -> Trouble:
        """What the port says of a sensor: that it does not listen, or that the number comes from two places."""
        source, listener = self._sources.get(sensor_id), self._listener
        if source is not None:
            problem = self._ways[sensor_id].problem
            return Trouble("unreachable", problem) if problem else source.trouble()
        if listener is None:
            return Trouble()
        if not listener.port:
            return Trouble("unreachable", f"the port does not listen: {listener.problem}")
        mn = self._sensors[sensor_id].owner
        clone = listener.cloned(mn)
        if clone is None:
            return Trouble(detail=_from_words(listener.links_of(mn)))
        clocks = self._ground.clocks
        words = f"{mn} comes from {' and '.join(clone.hosts)}: two devices send one number; the newest link is read"
        item = MaintenanceItem(
            kind="cloned_mn",
            since=utc_from_ns(clocks.now_ns() - round((clocks.monotonic_s() - clone.at_s) * NS)),
            detail=words,
            values={"mn": mn, "hosts": list(clone.hosts)},
        )
        return Trouble("cloned", words, (item,))


def known_of(sensor: SensorConfig) -> Known:
    """A sensor's profile with what this one device does unlike its model; raises ConfigError."""
    known = load_profile(sensor.profile)
    if sensor.real_time_s is None:
        return known
    return Known(msgspec.structs.replace(known.profile, real_time_s=sensor.real_time_s), known.sha256)


def _from_words(hosts: Sequence[str]) -> str:
    """From where a device speaks; a change of address is told, it is no alarm by itself."""
    if not hosts:
        return ""
    return f"from {hosts[-1]}" + (f", before from {', '.join(hosts[:-1])}" if len(hosts) > 1 else "")


def _keys(config: EdgeConfig) -> Mapping[str, bytes]:
    """The SM4 key of sealed frames; raises ConfigError, which never shows it."""
    if config.hj212 is None or config.hj212.key_file is None:
        return {}
    try:
        key = bytes.fromhex(read_secret(config.hj212.key_file))
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        words = f"expected {KEY_BYTES * 2} hex digits"
        raise ConfigError(config.hj212.key_file, (Mistake("hj212.key_file", None, words),))
    return {"*": key}
