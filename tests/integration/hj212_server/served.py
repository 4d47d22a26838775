"""A running server and devices on real sockets for the tests of this folder."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from edge.sensors.hj212 import Decoder, Draft, Message, Variant, encode
from edge.sensors.hj212.requests import qn_of
from edge.sensors.hj212.server import Limits, Listening, Platform, RawStore, Readers
from edge.sensors.hj212.values import CHINA
from tests.waiting import WITHIN_S

MN = "010000A8900016F000169DC0"


@dataclass
class Served:
    """The server, its store, and clocks that a test may move: `late_s` is added to both."""

    platform: Platform
    store: RawStore
    clocks: Clocks
    clients: list[Client] = field(default_factory=list)

    async def connect(self, *, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None) -> Client:
        """A device's end, closed with the server."""
        client = await Client.connect(self.platform.port, host=host, tls=tls)
        self.clients.append(client)
        return client

    async def totals(self) -> Counter[str]:
        """All counters, those too that a batch was just taking to the disk."""
        await self.platform.commit.keep(())
        return self.platform.commit.totals()


@dataclass
class Clocks:
    """The machine's clocks, moved by `late_s`."""

    late_s: float = 0.0

    def now_ns(self) -> int:
        return time.time_ns() + int(self.late_s * 1e9)

    def monotonic_s(self) -> float:
        return time.monotonic() + self.late_s


@asynccontextmanager
async def served(path: Path, **listening: object) -> AsyncIterator[Served]:
    """A server on a free port until the block is left."""
    limits = listening.pop("limits", Limits())
    assert isinstance(limits, Limits)
    store, clocks = RawStore(path / "hj212.sqlite"), Clocks()
    readers = listening.pop("readers", Readers())
    assert isinstance(readers, Readers)
    place = Listening(limits=limits, **listening)  # type: ignore[arg-type]
    platform = Platform(store, place, now_ns=clocks.now_ns, monotonic_s=clocks.monotonic_s, readers=readers)
    here = Served(platform, store, clocks)
    stop, ready = asyncio.Event(), asyncio.Event()
    running = asyncio.create_task(platform.run(stop, on_listening=lambda _port: ready.set()))
    try:
        async with asyncio.timeout(WITHIN_S):
            await ready.wait()
        yield here
    finally:
        stop.set()
        async with asyncio.timeout(WITHIN_S):
            await running
        store.close()
        for client in here.clients:
            client.close()
        await asyncio.sleep(0)  # transports end in the loop's next turn


@dataclass
class Client:
    """A device's end of a socket: writes bytes, reads what the server says."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    heard: list[Message] = field(default_factory=list)
    _decoder: Decoder = field(default_factory=lambda: Decoder(uploaded=False))

    @classmethod
    async def connect(cls, port: int, *, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None) -> Client:
        return cls(*await asyncio.open_connection("127.0.0.1", port, local_addr=(host, 0), ssl=tls))

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def next(self, wanted: Callable[[Message], bool] = lambda _message: True) -> Message:
        """The next message that is wanted; others before it are passed over and kept in `heard`."""
        async with asyncio.timeout(WITHIN_S):
            while True:
                for message in self.heard:
                    if wanted(message):
                        self.heard.remove(message)
                        return message
                data = await self.reader.read(65536)
                assert data, "the server closed the link"
                judged = self._decoder.feed(data, at_s=0.0)
                self.heard += [one.message for one in judged if one.message is not None]

    async def answer(self, qn: str) -> Message:
        """The 9014 or 9013 of a request number."""
        return await self.next(lambda one: one.header.qn == qn and one.header.cn in {"9013", "9014"})

    async def closed(self) -> None:
        """Returns when the server has closed the link."""
        async with asyncio.timeout(WITHIN_S):
            while True:
                try:
                    if not await self.reader.read(65536):
                        return
                except ConnectionError:
                    return

    def close(self) -> None:
        self.writer.transport.abort()


def qn(number: int) -> str:
    """A request number in 2026."""
    at = datetime(2026, 3, 1, tzinfo=CHINA) + timedelta(milliseconds=number)
    return qn_of(at)


def upload(number: int, *, mn: str = MN, variant: Variant = Variant.HJ, **other: object) -> bytes:
    """A minute datum with its answer wanted."""
    fields: dict[str, object] = {
        "mn": mn,
        "cn": "2051",
        "st": "31",
        "qn": qn(number),
        "pw": "123456",
        "flag": 5,
        "area": f"DataTime=20260301120000;a34041-Avg={number % 97 / 100:.2f},a34041-Flag=N",
    }
    return encode(Draft(**(fields | other)), variant=variant)  # type: ignore[arg-type]


async def until(true: Callable[[], bool]) -> None:
    """Waits for a condition of the server that no message tells."""
    async with asyncio.timeout(WITHIN_S):
        while not true():  # noqa: ASYNC110 -- a counter has no event
            await asyncio.sleep(0.01)
