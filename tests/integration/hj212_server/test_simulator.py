"""Simulated devices against the running server: every fault is borne, and shows in the store as what it is."""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from edge.sensors.hj212.server import StoredFrame
from edge.sensors.hj212.simulator import FAULTS, Device, Plan
from tests.integration.hj212_server.served import Served, served
from tests.integration.hj212_server.test_kills import server_process
from tests.waiting import WITHIN_S

ENOUGH = 4  # acked frames of each device: one bad among them where every third is


@dataclass
class Played:
    """Devices that play against a server, good ones and one with each of these faults."""

    here: Served
    plan: Plan
    tallies: dict[str, Counter[str]]
    devices: list[Device]

    def rows(self) -> dict[str, list[StoredFrame]]:
        """The stored frames by fault."""
        stored = self.here.store.frames(limit=100_000)
        mine = {device.fault: device.mn for device in self.devices}
        return {fault: [row for row in stored if row.mn == mn and row.cn == "2011"] for fault, mn in mine.items()}

    async def until(self, holds: Callable[[], bool]) -> None:
        """They play until every device is acked often enough and `holds`, then stop in the middle of it."""
        playing = [asyncio.create_task(device.run()) for device in self.devices]
        async with asyncio.timeout(2 * WITHIN_S):
            while not (all(tally["acked"] >= ENOUGH for tally in self.tallies.values()) and holds()):  # noqa: ASYNC110 -- many counters, no event
                await asyncio.sleep(0.02)
        for task in playing:
            task.cancel()
        await asyncio.gather(*playing, return_exceptions=True)


@asynccontextmanager
async def playing(path: Path, *faults: str) -> AsyncIterator[Played]:
    """Devices ready to play against a server that runs until the block is left."""
    async with served(path) as here:
        plan = Plan(
            port=here.platform.port,
            devices=len(faults) + 1,
            seconds=6 * WITHIN_S,
            interval_s=0.1,
            faults=faults,
            seed=7,
        )
        tallies: dict[str, Counter[str]] = {plan.fault_of(number): Counter() for number in range(plan.devices)}
        devices = [
            Device(plan, number, tallies[plan.fault_of(number)], now_ns=here.clocks.now_ns)
            for number in range(plan.devices)
        ]
        yield Played(here, plan, tallies, devices)


async def all_faults(path: Path) -> dict[str, list[StoredFrame]]:
    """The stored frames by fault, once the server has set the clock that was off."""
    async with playing(path, *FAULTS) as played:
        await played.until(lambda: "clock-skew" not in played.rows()["clock-off"][-1].marks)
        found = played.rows()
        for fault, tally in played.tallies.items():
            waiting = tally["frames"] - tally["acked"]
            assert waiting <= 1, f"{fault}: only the last frame may wait when they stop: {tally}"
            assert tally["acked"] <= len(found[fault])
        return found


def test_every_fault_is_borne_and_told(tmp_path: Path) -> None:
    found = asyncio.run(all_faults(tmp_path))
    verdicts = {fault: {row.verdict for row in rows} for fault, rows in found.items()}
    good = verdicts["good"]
    assert good == {"accepted"}
    assert verdicts["frozen"] == verdicts["purifier-off"] == verdicts["slow"] == verdicts["offline"] == good
    assert verdicts["split"] == {"partial(1/2)", "merged(2)"}
    assert all("T10" in row.tolerances for row in found["gbk"])
    assert all("T4" in row.tolerances for row in found["modbus"])
    assert all("T1" in row.tolerances.split(",") for row in found["garbage"])
    assert all(row.repeats for row in found["duplicate"][:-1])
    assert "clock-skew" in found["clock-off"][0].marks
    assert "clock-skew" not in found["clock-off"][-1].marks  # the server has set the clock
    assert len({row.raw.partition(b"a34041-Rtd=")[2][:4] for row in found["frozen"]}) == 1


def test_rejects_of_a_device_are_kept_under_its_number(tmp_path: Path) -> None:
    async def story() -> None:
        async with playing(tmp_path, "bad-crc") as played:
            await played.until(lambda: bool(played.here.store.rejects()))
            mns = {row.mn for row in played.here.store.frames()}
            rejects = played.here.store.rejects()
            assert {one.verdict for one in rejects} == {"rejected(bad-crc)"}
            assert {one.mn for one in rejects} <= mns
            assert len({one.mn for one in rejects}) == 1

    asyncio.run(story())


def test_the_same_seed_plays_the_same_kitchen() -> None:
    def values(seed: int) -> list[bytes]:
        plan = Plan(port=1, seed=seed)
        device = Device(plan, 0, Counter(), now_ns=lambda: 1_790_000_000_000_000_000)
        return [frame for _ in range(5) for frame, _ in device.messages()]

    assert values(1) == values(1)
    assert values(1) != values(2)


def test_the_commands_serve_and_simulate_meet(tmp_path: Path) -> None:
    async def story() -> dict[str, dict[str, int]]:
        async with server_process(tmp_path) as (_, port):
            words = ["hj212", "simulate", "--port", str(port), "--devices", "4", "--seconds", "2"]
            words += ["--interval", "0.2", "--faults", "split,gbk", "--seed", "3"]
            told: dict[str, dict[str, int]] = {}
            async with asyncio.timeout(WITHIN_S):
                while not told or not all(tally["acked"] for tally in told.values()):  # a busy machine needs more
                    process = await asyncio.create_subprocess_exec(
                        sys.executable, "-m", "tantou", *words, stdout=asyncio.subprocess.PIPE
                    )
                    out, _ = await process.communicate()
                    assert process.returncode == 0
                    told = json.loads(out)
            return told

    assert set(asyncio.run(story())) == {"good", "split", "gbk"}


def test_an_unknown_fault_is_refused_with_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    from tantou.__main__ import main

    with pytest.raises(SystemExit):
        main(["hj212", "simulate", "--port", "1", "--faults", "bad-crc,nonsense"])
    assert "'nonsense' is no fault; there are bad-crc" in capsys.readouterr().err
