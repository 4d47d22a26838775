"""A Modbus device, RTU or TCP, asked in rounds: the words as they came are kept, the profile says what they mean.

Needs `pip install tantou[sensors]` (pymodbus); maps differ by maker: the maker's sheet becomes a profile's registers.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import msgspec

from contract.errors import ConfigError, DeliveryError, Mistake
from edge.config import SensorConfig
from edge.sensors.profiles.profile import Profile, Register
from edge.sensors.source import ValueRows
from edge.sensors.status import Trouble
from edge.sensors.values import WordsRead, words_of

if TYPE_CHECKING:
    from pymodbus.client import ModbusSerialClient, ModbusTcpClient

log = logging.getLogger(__name__)
ANSWER_WITHIN_S: Final = 3.0
KIND: Final = "modbus"


class ModbusSource:
    """One device; `now_ns` is the time of a round, for a device tells none."""

    def __init__(self, sensor: SensorConfig, profile: Profile, rows: ValueRows, *, now_ns: Callable[[], int]) -> None:
        self._sensor = sensor
        self._profile = profile
        self._rows = rows
        self._now_ns = now_ns
        self._problem = ""
        self._counts: Counter[str] = Counter()

    def trouble(self) -> Trouble:
        """Unreachable while a round gets no answer at all."""
        return Trouble("unreachable" if self._problem else None, self._problem, (), dict(self._counts))

    def run(self, stop: threading.Event) -> None:
        """A round each `every_s`, until the stop event; raises ConfigError where pymodbus is not installed."""
        client = _client(str(self._sensor.url), self._sensor.baud)
        try:
            while not stop.is_set():
                try:
                    self._round(client)
                    self._problem = ""
                except DeliveryError as error:
                    self._counts["rounds_failed"] += 1
                    if not self._problem:
                        log.warning("modbus_unreachable device=%s reason=%r", self._sensor.id, str(error))
                    self._problem = str(error)
                    client.close()  # type: ignore[no-untyped-call]
                stop.wait(self._sensor.every_s)
        finally:
            client.close()  # type: ignore[no-untyped-call]

    def _round(self, client: ModbusTcpClient | ModbusSerialClient) -> None:
        """All registers once; kept even where some did not answer. Raises DeliveryError when none did."""
        if not client.connected and not client.connect():
            raise DeliveryError(f"{self._sensor.url}: no connection")
        at_ns = self._now_ns()
        words = {register.code: self._words(client, register) for register in self._profile.registers}
        if all(one is None for one in words.values()):
            raise DeliveryError(f"{self._sensor.url}: unit {self._sensor.unit} answers for no register")
        self._counts["registers_without_answer"] += sum(one is None for one in words.values())
        self._counts["rounds"] += 1
        raw = msgspec.json.encode(WordsRead(at_ns=at_ns, words=words))
        self._rows.keep(self._sensor.id, KIND, raw, identity=raw)

    def _words(self, client: ModbusTcpClient | ModbusSerialClient, register: Register) -> tuple[int, ...] | None:
        from pymodbus.exceptions import ModbusException

        reads: dict[str, Any] = {
            "holding": client.read_holding_registers,
            "input": client.read_input_registers,
            "coil": client.read_coils,
            "discrete": client.read_discrete_inputs,
        }
        count = words_of(register)
        try:
            answer = reads[register.table](register.address, count=count, device_id=self._sensor.unit)
        except ModbusException as error:
            self._counts["reads_failed"] += 1
            log.debug("modbus_read_failed device=%s code=%s reason=%r", self._sensor.id, register.code, str(error))
            return None
        if answer.isError():
            return None
        is_bit = register.table in ("coil", "discrete")
        return tuple(int(one) for one in (answer.bits if is_bit else answer.registers)[:count])


def _client(url: str, baud: int) -> ModbusTcpClient | ModbusSerialClient:
    try:
        from pymodbus.client import ModbusSerialClient, ModbusTcpClient
    except ImportError as error:
        words = "modbus sensors need pymodbus"
        raise ConfigError("sensor", (Mistake("sensor.kind", None, words, "pip install tantou[sensors]"),)) from error
    parts = urlsplit(url)
    if parts.scheme == "serial":
        return ModbusSerialClient(parts.path, baudrate=baud, timeout=ANSWER_WITHIN_S, retries=1)
    return ModbusTcpClient(str(parts.hostname), port=parts.port or 502, timeout=ANSWER_WITHIN_S, retries=1)
