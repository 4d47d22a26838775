"""A Modbus RTU line over a pseudo-terminal: devices that answer, fall silent, garble, dawdle and reboot on demand."""

from __future__ import annotations

import os
import pty
import select
import struct
import threading
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

READ_HOLDING = 3
ILLEGAL_ADDRESS = 2
REQUEST_BYTES = 8

Manner = Callable[["Line", int, int, bytes], None]
"""What becomes of an answer: told the line, the unit, the address asked for, and the whole frame."""


def crc(data: bytes) -> bytes:
    """Modbus CRC-16 (polynomial A001, reflected), low byte first."""
    value = 0xFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = (value >> 1) ^ 0xA001 if value & 1 else value >> 1
    return struct.pack("<H", value)


def framed(body: bytes) -> bytes:
    return body + crc(body)


def at_once(line: Line, _unit: int, _address: int, frame: bytes) -> None:
    line.write(frame)


def never(_line: Line, _unit: int, _address: int, _frame: bytes) -> None:
    """As a device without power."""


@dataclass
class Line:
    """The far end of the line; `units` are the words of each device by address, `manner` how they answer now."""

    units: dict[int, dict[int, int]]
    manner: Manner = at_once
    asked: list[tuple[int, int]] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)
    path: str = ""
    _far: int = -1

    def write(self, data: bytes) -> None:
        """Bytes on the line."""
        os.write(self._far, data)

    def listen(self, far: int) -> None:
        """The body of the devices' thread: whole requests are answered in order."""
        self._far = far
        waiting = b""
        while not self.stop.is_set():
            if not select.select([far], [], [], 0.05)[0]:
                continue
            waiting += os.read(far, 256)
            while len(waiting) >= REQUEST_BYTES:
                request, waiting = waiting[:REQUEST_BYTES], waiting[REQUEST_BYTES:]
                assert crc(request[:-2]) == request[-2:], f"a request with a wrong CRC: {request.hex()}"
                self._answer(request)

    def _answer(self, request: bytes) -> None:
        unit, function, address, count = struct.unpack(">BBHH", request[:-2])
        self.asked.append((unit, address))
        words = self.units.get(unit)
        if words is None:
            return
        wanted = [words.get(address + more) for more in range(count)]
        if function != READ_HOLDING or None in wanted:
            body = bytes([unit, function | 0x80, ILLEGAL_ADDRESS])
        else:
            body = bytes([unit, function, 2 * count]) + struct.pack(f">{count}H", *wanted)
        self.manner(self, unit, address, framed(body))


@contextmanager
def rtu_line(units: dict[int, dict[int, int]]) -> Iterator[Line]:
    """A line with these devices; `path` is the terminal at which a master opens it."""
    far, near = pty.openpty()
    tty.setraw(near)
    line = Line(units, path=os.ttyname(near))
    thread = threading.Thread(target=line.listen, args=(far,), name="rtu", daemon=True)
    thread.start()
    try:
        yield line
    finally:
        line.stop.set()
        thread.join(10)
        os.close(far)
        os.close(near)
        assert not thread.is_alive()
