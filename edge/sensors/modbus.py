"""A Modbus device, RTU or TCP, asked in rounds: the words as they came are kept, the profile says what they mean.

Needs `pip install tantou[sensors]` (pymodbus, pyserial); maps differ by maker: the maker's sheet becomes a profile's
registers.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable
from typing import Final

import msgspec

from contract.errors import DeliveryError
from contract.health import CameraState
from edge.config import SensorConfig
from edge.sensors.modbus_line import ModbusLine
from edge.sensors.profiles.profile import Profile
from edge.sensors.source import ValueRows
from edge.sensors.status import Trouble
from edge.sensors.values import WordsRead

log = logging.getLogger(__name__)
LEFT_ALONE_S: Final = 10.0  # after a silence on a serial line: an answer that is later than this is no answer
KIND: Final = "modbus"


class ModbusSource:
    """One device of a line; `now_ns` is the time of a round, for a device tells none."""

    def __init__(
        self, sensor: SensorConfig, profile: Profile, rows: ValueRows, *, line: ModbusLine, now_ns: Callable[[], int]
    ) -> None:
        self._sensor = sensor
        self._profile = profile
        self._rows = rows
        self._line = line
        self._now_ns = now_ns
        self._problem = ""
        self._silence = ""
        self._counts: Counter[str] = Counter()

    def trouble(self) -> Trouble:
        """Unreachable while a round gets no answer at all; a round that was cut short by a silence is told, too."""
        state: CameraState | None = "unreachable" if self._problem else None
        return Trouble(state, self._problem or self._silence, (), dict(self._counts))

    def run(self, stop: threading.Event) -> None:
        """A round each `every_s`, until the stop event; raises ConfigError where pymodbus is not installed."""
        try:
            while not stop.is_set():
                try:
                    self._round(stop)
                    self._problem = ""
                except DeliveryError as error:
                    self._counts["rounds_failed"] += 1
                    if not self._problem:
                        log.warning("modbus_unreachable device=%s reason=%r", self._sensor.id, str(error))
                    self._problem = str(error)
                    if not self._line.is_serial:  # where others may answer; a port that is gone closes itself
                        self._line.close()
                stop.wait(self._pause_s())
        finally:
            self._line.close()

    def _pause_s(self) -> float:
        is_silent = self._line.is_serial and bool(self._silence)
        return max(self._sensor.every_s, LEFT_ALONE_S) if is_silent else self._sensor.every_s

    def _round(self, stop: threading.Event) -> None:
        """All registers once, up to a silence; kept even where some were not answered.

        Raises DeliveryError when none was. A round that is stopped half-way is not kept.
        """
        with self._line.turn():
            at_ns = self._now_ns()
            words = self._words(stop)
        if stop.is_set():
            return
        if all(one is None for one in words.values()):
            raise DeliveryError(f"{self._line.url}: unit {self._sensor.unit} answers for no register")
        self._counts["registers_without_answer"] += sum(one is None for one in words.values())
        self._counts["rounds"] += 1
        raw = msgspec.json.encode(WordsRead(at_ns=at_ns, words=words))
        self._rows.keep(self._sensor.id, KIND, raw, identity=raw)

    def _words(self, stop: threading.Event) -> dict[str, tuple[int, ...] | None]:
        """By register code; after a silence nothing more is asked: a late answer could be taken for the next one."""
        words: dict[str, tuple[int, ...] | None] = {one.code: None for one in self._profile.registers}
        self._silence = ""
        for register in self._profile.registers:
            if stop.is_set():
                break
            try:
                words[register.code] = self._line.read(self._sensor.unit, register)
            except DeliveryError as error:
                self._silence = str(error)
                self._counts["reads_failed"] += 1
                break
        return words
