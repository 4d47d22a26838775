"""Simulated devices against the running server: every fault is borne, and shows in the store as what it is."""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter
from pathlib import Path

import pytest

from edge.sensors.hj212.server import StoredFrame
from edge.sensors.hj212.simulator import FAULTS, Device, Plan, simulate
from tests.integration.hj212_server.served import served
from tests.integration.hj212_server.test_kills import server_process

SECONDS = 4.0


async def played(path: Path, *faults: str, seconds: float = SECONDS) -> dict[str, list[StoredFrame]]:
    """The stored frames by fault after a play with one device each."""
    async with served(path) as here:
        plan = Plan(
            port=here.platform.port,
            devices=len(faults) + 1,
            seconds=seconds,
            interval_s=0.1,
            faults=faults,
            seed=7,
        )
        tallies = await simulate(plan, now_ns=here.clocks.now_ns)
        rows = here.store.frames(limit=100_000)
        found: dict[str, list[StoredFrame]] = {}
        for number in range(plan.devices):
            device = Device(plan, number, tallies[plan.fault_of(number)], now_ns=here.clocks.now_ns)
            found[device.fault] = [row for row in rows if row.mn == device.mn and row.cn == "2011"]
        for fault, tally in tallies.items():
            assert tally["acked"] > 0, f"{fault}: {tally}"
            assert tally["unacked"] <= 1, f"{fault}: only the last frame may wait when the time is over: {tally}"
            assert tally["acked"] <= len(found[fault])
    return found


def test_every_fault_is_borne_and_told(tmp_path: Path) -> None:
    found = asyncio.run(played(tmp_path, *FAULTS))
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
        async with served(tmp_path) as here:
            plan = Plan(port=here.platform.port, devices=2, seconds=2.0, interval_s=0.05, faults=("bad-crc",))
            await simulate(plan, now_ns=here.clocks.now_ns)
            mns = {row.mn for row in here.store.frames()}
            rejects = here.store.rejects()
            assert rejects
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
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tantou", *words, stdout=asyncio.subprocess.PIPE
            )
            out, _ = await process.communicate()
            assert process.returncode == 0
            return dict(json.loads(out))

    tallies = asyncio.run(story())
    assert set(tallies) == {"good", "split", "gbk"}
    assert all(tally["acked"] > 0 for tally in tallies.values())


def test_an_unknown_fault_is_refused_with_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    from tantou.__main__ import main

    with pytest.raises(SystemExit):
        main(["hj212", "simulate", "--port", "1", "--faults", "bad-crc,nonsense"])
    assert "'nonsense' is no fault; there are bad-crc" in capsys.readouterr().err
