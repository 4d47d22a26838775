"""5,000 sockets at a frame a minute against `hj212 serve`, and all of them coming back at once: CPU, memory, answers.

Devices of 50 loopback addresses, 100 each, as behind the addresses of a mobile carrier; the server's bounds are its own
defaults. The steady part is measured for STEADY_S and then said as what it is: a part of a minute.
"""

from __future__ import annotations

import asyncio
import random
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import msgspec
import psutil

from edge.sensors.hj212.encoder import Draft, encode
from edge.sensors.hj212.requests import qn_of
from edge.sensors.hj212.values import CHINA
from tests.bench.lines import BenchLine, percentile

LINKS = 5000
PEERS = 50
EACH_S = 60.0
STEADY_S = 30.0
WITHIN_S = 60.0
FILES = 12_000


@dataclass
class Tally:
    """What all links saw."""

    sent: int = 0
    acked: int = 0
    lost: int = 0
    waits_s: list[float] = field(default_factory=list)


class Device(asyncio.Protocol):
    """One device's link: sends when told, notes when it was answered."""

    def __init__(self, number: int, tally: Tally) -> None:
        self.mn = f"B5{number:022X}"
        self._tally = tally
        self._sent_s: float | None = None
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        if b"CN=9014" in data and self._sent_s is not None:
            self._tally.acked += 1
            self._tally.waits_s.append(time.monotonic() - self._sent_s)
            self._sent_s = None

    def connection_lost(self, exc: Exception | None) -> None:
        self._tally.lost += exc is not None

    def send(self) -> None:
        """A frame of some 300 bytes."""
        clock = datetime.fromtimestamp(time.time(), tz=CHINA)
        values = ";".join(
            f"{code}-Rtd={random.uniform(0, 40):.2f},{code}-Flag=N" for code in ("a34041", "fan", "purifier", "a01012")
        )
        area = f"DataTime={clock:%Y%m%d%H%M%S};{values};SB7-RS=1;SB8-RS=1"
        draft = Draft(mn=self.mn, cn="2011", st="31", qn=qn_of(clock), pw="123456", flag=5, area=area)
        assert self.transport is not None
        self._sent_s = time.monotonic()
        self._tally.sent += 1
        self.transport.write(encode(draft))


@dataclass
class Server:
    """The server's process; its CPU seconds and resident memory."""

    port: int
    process: psutil.Process

    def cpu_s(self) -> float:
        used = self.process.cpu_times()
        return float(used.user + used.system)

    def memory_mb(self) -> float:
        return float(self.process.memory_info().rss) / 1e6


async def connected(server: Server, tally: Tally) -> list[Device]:
    """All devices on their links."""
    loop = asyncio.get_running_loop()
    gate = asyncio.Semaphore(200)

    async def one(number: int) -> Device:
        async with gate:
            host = f"127.0.1.{1 + number % PEERS}"
            made = await loop.create_connection(
                lambda: Device(number, tally), "127.0.0.1", server.port, local_addr=(host, 0)
            )
            return made[1]

    return list(await asyncio.gather(*(one(number) for number in range(LINKS))))


async def settled(tally: Tally) -> None:
    """Until every frame is answered, at most WITHIN_S."""
    until_s = time.monotonic() + WITHIN_S
    while tally.acked < tally.sent and time.monotonic() < until_s:  # noqa: ASYNC110 -- many links, one tally
        await asyncio.sleep(0.02)


async def measure(server: Server) -> None:
    """Both parts, printed."""
    empty_mb = server.memory_mb()
    tally = Tally()
    devices = await connected(server, tally)
    for device in devices:  # everyone is known first: the steady part is not its beginning
        device.send()
    await settled(tally)
    await steady(server, devices, empty_mb)
    await storm(server, devices)


async def steady(server: Server, devices: list[Device], empty_mb: float) -> None:
    """A frame a minute each, for a part of a minute."""
    tally = Tally()
    order = random.sample(devices, round(len(devices) * STEADY_S / EACH_S))
    for device in devices:
        device._tally = tally
    cpu_s, began_s = server.cpu_s(), time.monotonic()
    for index, device in enumerate(order):
        await asyncio.sleep(max(0.0, began_s + STEADY_S * index / len(order) - time.monotonic()))
        device.send()
    await settled(tally)
    took_s = time.monotonic() - began_s
    share = 100 * (server.cpu_s() - cpu_s) / took_s
    note = (
        f"{tally.acked} of {tally.sent} answered, p50 {percentile(tally.waits_s, 0.5) * 1e3:.0f} ms, "
        f"p99 {percentile(tally.waits_s, 0.99) * 1e3:.0f} ms, in {took_s:.0f} s"
    )
    BenchLine(f"HJ 212: {LINKS} sockets, a frame a minute each, of one core", share, "%", note=note).show()
    grown = (server.memory_mb() - empty_mb) * 1e3 / LINKS
    note = f"{server.memory_mb():.0f} MB in all, {empty_mb:.0f} MB with no link"
    BenchLine("HJ 212: memory a link", grown, "kB", note=note).show()


async def storm(server: Server, devices: list[Device]) -> None:
    """All links are torn at once; all devices come back and send at once."""
    for device in devices:
        assert device.transport is not None
        device.transport.abort()
    tally = Tally()
    cpu_s, began_s = server.cpu_s(), time.monotonic()
    back = await connected(server, tally)
    connected_s = time.monotonic() - began_s
    for device in back:
        device.send()
    await settled(tally)
    took_s = time.monotonic() - began_s
    note = (
        f"{tally.acked} of {tally.sent} answered; linked after {connected_s:.1f} s, {tally.lost} links lost; "
        f"server {server.cpu_s() - cpu_s:.1f} s of CPU, {server.memory_mb():.0f} MB"
    )
    BenchLine(f"HJ 212: {LINKS} come back at once, until all are answered", took_s, "s", note=note).show()
    for device in back:
        assert device.transport is not None
        device.transport.abort()


def main() -> int:
    """Prints the figures; 1 when this machine does not let a process have the sockets."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < FILES:
        print(f"  not measured: at most {hard} open files here, {FILES} are needed")
        return 1
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 1_000_000), hard))
    with tempfile.TemporaryDirectory() as folder:
        words = [sys.executable, "-m", "tantou", "hj212", "serve", "--data", folder]
        with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
            assert process.stdout is not None
            try:
                port = msgspec.json.decode(process.stdout.readline())["listening"]["port"]
                asyncio.run(measure(Server(port, psutil.Process(process.pid))))
            finally:
                process.terminate()
                said = process.stdout.read().splitlines()
        counters = msgspec.json.decode(said[-1])["stopped"]["counters"]
        told = {
            name: counters.get(name, 0) for name in ("received", "stored", "acked", "answers_lost", "accepts_delayed")
        }
        print(f"  the server's counters: {told}; {sum(1 for _ in Path(folder).iterdir())} files")
    return 0


if __name__ == "__main__":
    sys.exit(main())
