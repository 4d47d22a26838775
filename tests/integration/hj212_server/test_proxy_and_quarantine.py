"""The proxy between a device and a platform, and what maintenance reads of a server's file."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path

import pytest

from edge.sensors.hj212.commands import decode_lines
from edge.sensors.hj212.proxy import Between, Proxy, Recorder
from edge.sensors.hj212.server import Readers
from tantou.__main__ import main
from tests.integration.hj212_server.served import Client, qn, served, upload
from tests.waiting import WITHIN_S


def test_what_both_sides_say_is_passed_on_unchanged_and_written_as_a_decode_file(tmp_path: Path) -> None:
    out = tmp_path / "said.txt"

    async def through() -> None:
        async with served(tmp_path) as here:
            between = Between(platform_host="127.0.0.1", platform_port=here.platform.port)
            proxy = Proxy(between, Recorder(out, between.max_file_bytes, time.time_ns))
            stop, ready = asyncio.Event(), asyncio.Event()
            running = asyncio.create_task(proxy.run(stop, on_listening=lambda _port: ready.set()))
            async with asyncio.timeout(WITHIN_S):
                await ready.wait()
            device = await Client.connect(proxy.port)
            for number in range(3):
                await device.send(upload(number))
                await device.answer(qn(number))
            device.close()
            stop.set()
            async with asyncio.timeout(WITHIN_S):
                await running

    asyncio.run(through())
    judged = list(decode_lines(out.read_bytes().split(b"\n")))
    said = [(frame["cn"], frame["qn"]) for one in judged for frame in one["frames"]]
    for number in range(3):
        assert ("2051", qn(number)) in said
        assert ("9014", qn(number)) in said
    assert all(frame["verdict"].startswith("accepted") for one in judged for frame in one["frames"])


def test_a_record_stops_at_its_bound_and_counts_what_it_left_out(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "said.txt", 300, time.time_ns)
    recorder.open()
    for _ in range(5):
        recorder.write("link1", b"x" * 100, is_up=True)
    recorder.close()
    assert (tmp_path / "said.txt").stat().st_size <= 300
    assert recorder.counts["reads_not_written"] == 4


def test_maintenance_reads_rejects_and_the_frames_of_unbound_numbers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def filled() -> None:
        async with served(tmp_path, readers=Readers(bound=frozenset({"nobody"}))) as here:
            device = await here.connect()
            await device.send(upload(1))
            await device.answer(qn(1))
            await device.send(b"##0018QN=20260302114000000FBB0\r\n" + upload(2))
            await device.answer(qn(2))

    asyncio.run(filled())
    assert main(["hj212", "quarantine", "--data", str(tmp_path)]) == 0
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["why"] for one in told] == ["reject", "unbound-mn", "unbound-mn"]
    assert told[0]["verdict"].startswith("rejected")
    assert all(one["raw"] and one["received"] for one in told)


def test_a_folder_without_a_servers_file_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["hj212", "quarantine", "--data", str(tmp_path)]) != 0
    assert "no such file" in capsys.readouterr().err
