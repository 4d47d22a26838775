"""kill -9 of the server in the middle of a burst: what was acked is stored, what comes again is not doubled."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.integration.hj212_server.served import Client, qn, upload
from tests.waiting import WITHIN_S

FRAMES = int(os.environ.get("HJ212_KILL_FRAMES", "2000"))
KILLS = int(os.environ.get("HJ212_KILLS", "4"))
DEVICES = 8
WINDOW = 40  # frames in flight per device


@asynccontextmanager
async def server_process(data: Path) -> AsyncIterator[tuple[asyncio.subprocess.Process, int]]:
    """`tantou hj212 serve` and its port."""
    words = ["-m", "tantou", "hj212", "serve", "--data", str(data)]
    process = await asyncio.create_subprocess_exec(
        sys.executable, *words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(WITHIN_S):
            line = await process.stdout.readline()
        yield process, int(json.loads(line)["listening"]["port"])
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def stored(data: Path) -> dict[tuple[str, str], int]:
    """How many rows hold each (mn, qn)."""
    with sqlite3.connect(data / "hj212.sqlite") as connection:
        rows = connection.execute("SELECT mn, qn, count(*) FROM frames GROUP BY mn, qn").fetchall()
    connection.close()
    return {(mn, number): count for mn, number, count in rows}


class Burst:
    """Devices that each send their frames, again until acked; `acked` is what the server promised."""

    def __init__(self) -> None:
        each = FRAMES // DEVICES
        self.owed = {f"{device:024X}": set(range(device * each, (device + 1) * each)) for device in range(DEVICES)}
        self.acked: set[tuple[str, str]] = set()
        self.moved = asyncio.Condition()

    async def send(self, mn: str, port: int) -> None:
        """What one device does until all of its own is acked or the link is gone."""
        client = await Client.connect(port)
        owed = self.owed[mn]
        numbers = {qn(number): number for number in owed}
        try:
            while owed:
                window = sorted(owed)[:WINDOW]
                await client.send(b"".join(upload(number, mn=mn) for number in window))
                for number in window:
                    await client.answer(qn(number))
                    self.acked.add((mn, qn(number)))
                    owed.discard(numbers[qn(number)])
                async with self.moved:
                    self.moved.notify_all()
        except (OSError, AssertionError):
            return
        finally:
            client.close()

    async def send_all(self, port: int) -> None:
        await asyncio.gather(*(self.send(mn, port) for mn in self.owed))

    async def reach(self, count: int) -> None:
        """Returns when so many frames are acked."""
        async with self.moved:
            await self.moved.wait_for(lambda: len(self.acked) >= count)


@pytest.mark.parametrize("seed", [212])
def test_a_killed_server_keeps_what_it_acked_and_doubles_nothing(tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)
    points = sorted(dice.randrange(FRAMES // 50, FRAMES * 6 // 10) for _ in range(KILLS))

    async def story() -> dict[str, int]:
        burst = Burst()
        for point in points:
            async with server_process(tmp_path) as (process, port):
                sending = asyncio.create_task(burst.send_all(port))
                await burst.reach(point)
                await asyncio.sleep(dice.random() * 0.01)  # anywhere inside a batch
                process.send_signal(signal.SIGKILL)
                await process.wait()
                await sending
            rows = stored(tmp_path)
            assert burst.acked - rows.keys() == set()
            assert set(rows.values()) == {1}
        assert len(burst.acked) < FRAMES, "the last kill came after the burst"
        async with server_process(tmp_path) as (process, port):
            await burst.send_all(port)
            process.send_signal(signal.SIGTERM)
            assert process.stdout is not None
            counters = json.loads(await process.stdout.readline())["stopped"]["counters"]
            assert await process.wait() == 0
        assert stored(tmp_path) == dict.fromkeys(burst.acked, 1)
        assert len(burst.acked) == FRAMES // DEVICES * DEVICES
        return dict(counters)

    counters = asyncio.run(story())
    assert counters["stored"] == FRAMES // DEVICES * DEVICES
    assert counters["received"] == counters["stored"] + counters.get("duplicates", 0)
