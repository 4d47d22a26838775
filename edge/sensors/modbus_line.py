"""The line that Modbus devices hang on, a serial port or a TCP connection: held by one device's round at a time.

RTU answers carry no number of their request: what comes late could be taken for the answer to the next question. So
nobody is asked twice in haste (`ModbusSource` leaves a silent device alone for a while), and what lies in the port when
a round begins is thrown away.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from contract.errors import ConfigError, DeliveryError, Mistake
from edge.config import SensorConfig
from edge.sensors.profiles.profile import Register
from edge.sensors.values import words_of

if TYPE_CHECKING:
    from pymodbus.client import ModbusSerialClient, ModbusTcpClient

ANSWER_WITHIN_S: Final = 3.0
SERIAL: Final = "serial"
_PARITY: Final = {"none": "N", "even": "E", "odd": "O"}


class ModbusLine:
    """A line as the first sensor on it says; `turn` holds it, `read` asks one device for one register."""

    def __init__(self, sensor: SensorConfig) -> None:
        self.url = str(sensor.url)
        self.is_serial = urlsplit(self.url).scheme == SERIAL
        self._sensor = sensor
        self._lock = threading.Lock()
        self._client: ModbusTcpClient | ModbusSerialClient | None = None

    @contextmanager
    def turn(self) -> Iterator[None]:
        """The line for one round; raises DeliveryError when it cannot be opened, ConfigError without pymodbus."""
        with self._lock:
            if self._client is None:
                self._client = client_of(self._sensor)
            if not self._client.connected and not self._client.connect():
                raise DeliveryError(f"{self.url}: no connection")
            yield

    def read(self, unit: int, register: Register) -> tuple[int, ...] | None:
        """Within a turn: the words as they came; None: the device says it has none. Raises DeliveryError for silence.

        An answer that is garbled on its way (CRC) counts as silence.
        """
        from pymodbus.exceptions import ModbusException

        client: Any = self._client
        reads = {
            "holding": client.read_holding_registers,
            "input": client.read_input_registers,
            "coil": client.read_coils,
            "discrete": client.read_discrete_inputs,
        }
        count = words_of(register)
        try:
            answer = reads[register.table](register.address, count=count, device_id=unit)
        except ModbusException as error:
            raise DeliveryError(f"{self.url}: unit {unit} gives no answer for {register.code}") from error
        if answer.isError():
            return None
        is_bit = register.table in ("coil", "discrete")
        return tuple(int(one) for one in (answer.bits if is_bit else answer.registers)[:count])

    def close(self) -> None:
        """The next turn opens it anew."""
        with self._lock:
            if self._client is not None:
                self._client.close()  # type: ignore[no-untyped-call]


def client_of(sensor: SensorConfig) -> ModbusTcpClient | ModbusSerialClient:
    """The library's client for that line, not yet connected; raises ConfigError where a library is missing."""
    parts = urlsplit(str(sensor.url))
    try:
        from pymodbus.client import ModbusSerialClient, ModbusTcpClient

        if parts.scheme == SERIAL:
            return ModbusSerialClient(
                parts.path, baudrate=sensor.baud, parity=_PARITY[sensor.parity], timeout=ANSWER_WITHIN_S, retries=0
            )
    except (ImportError, RuntimeError) as error:  # pymodbus raises the latter where pyserial is missing
        words = "modbus sensors need pymodbus, and pyserial for serial lines"
        raise ConfigError("sensor", (Mistake("sensor.kind", None, words, "pip install tantou[sensors]"),)) from error
    return ModbusTcpClient(str(parts.hostname), port=parts.port or 502, timeout=ANSWER_WITHIN_S, retries=1)
