"""A listener in the middle: what a real device and a real platform say to each other, both ways, as a decode file.

It changes no byte and judges none; what it writes is what `tantou hj212 decode` reads. The file is bounded.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Final

from edge.sensors.hj212.escapes import escaped
from edge.sensors.hj212.values import CHINA

log = logging.getLogger(__name__)
READ_BYTES: Final = 16 * 1024
MAX_LINKS: Final = 256
CONNECT_WITHIN_S: Final = 10.0
_NS_PER_S: Final = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Between:
    """Where the proxy listens (port 0: any free one), and the platform that it speaks to for the devices."""

    host: str = "127.0.0.1"
    port: int = 0
    platform_host: str
    platform_port: int
    max_file_bytes: int = 1_000_000_000


@dataclass(slots=True)
class Recorder:
    """Appends what was said, one data line a read; nothing more once the file is as large as it may be."""

    path: Path
    max_bytes: int
    now_ns: Callable[[], int]
    counts: Counter[str] = field(default_factory=Counter)
    _file: BinaryIO | None = None
    _size: int = 0
    _number: int = 0

    def open(self) -> None:
        """The file is appended to; raises OSError."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self.path.open("ab")
        self._size = self._file.tell()

    def write(self, link: str, data: bytes, *, is_up: bool) -> None:
        """What one side said: `is_up` the device; it reaches the system at once."""
        clock = datetime.fromtimestamp(self.now_ns() / _NS_PER_S, tz=CHINA)
        self._number += 1
        way = "up" if is_up else "down"
        head = f"# id: {link}-{self._number}; dir: {way}; group: {link}-{way}; recv: {clock:%Y%m%d%H%M%S}\n"
        line = f"{head}{escaped(data)}\n\n".encode()
        self.counts[f"reads_{way}"] += 1
        self.counts[f"bytes_{way}"] += len(data)
        if self._file is None or self._size + len(line) > self.max_bytes:
            self.counts["reads_not_written"] += 1
            return
        self._file.write(line)
        self._file.flush()
        self._size += len(line)

    def close(self) -> None:
        """Everything written stays."""
        if self._file is not None:
            self._file.close()
            self._file = None


class Proxy:
    """One listening proxy. A device that comes gets its own connection to the platform; when one side ends, both do."""

    def __init__(self, between: Between, recorder: Recorder) -> None:
        self._between = between
        self._recorder = recorder
        self._tasks: set[asyncio.Task[None]] = set()
        self._links = 0
        self.counts = recorder.counts
        self.port = 0

    async def run(self, stop: asyncio.Event, *, on_listening: Callable[[int], None] = lambda _port: None) -> None:
        """Until `stop` is set; raises OSError when the port or the file cannot be had."""
        self._recorder.open()
        try:
            server = await asyncio.start_server(self._accept, self._between.host, self._between.port, limit=READ_BYTES)
            self.port = server.sockets[0].getsockname()[1]
            on_listening(self.port)
            try:
                await stop.wait()
            finally:
                server.close()
                for task in list(self._tasks):
                    task.cancel()
                await asyncio.gather(*self._tasks, return_exceptions=True)
        finally:
            self._recorder.close()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._tasks) >= MAX_LINKS:
            self.counts["links_refused"] += 1
            writer.transport.abort()
            return
        task = asyncio.create_task(self._between_two(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _between_two(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._links += 1
        link = f"link{self._links}"
        self.counts["links"] += 1
        place = self._between
        try:
            async with asyncio.timeout(CONNECT_WITHIN_S):
                far_reader, far_writer = await asyncio.open_connection(place.platform_host, place.platform_port)
        except (OSError, TimeoutError) as error:
            self.counts["platform_unreachable"] += 1
            log.warning(
                "platform_unreachable where=%s:%d reason=%r", place.platform_host, place.platform_port, str(error)
            )
            writer.transport.abort()
            return
        ways = [
            asyncio.create_task(self._pass(link, reader, far_writer, is_up=True)),
            asyncio.create_task(self._pass(link, far_reader, writer, is_up=False)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            for end in (writer, far_writer):
                with suppress(OSError):
                    end.close()

    async def _pass(
        self, link: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, is_up: bool
    ) -> None:
        """One way, until it ends; written down before it is passed on."""
        with suppress(OSError):
            while data := await reader.read(READ_BYTES):
                self._recorder.write(link, data, is_up=is_up)
                writer.write(data)
                await writer.drain()
