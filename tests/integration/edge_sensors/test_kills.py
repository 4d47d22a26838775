"""kill -9 of a gateway's sensors at seeded random points: nothing acked is lost, each row is judged once, in order."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import msgspec

from edge.sensors.hj212.server.store import RawStore
from edge.sensors.judging import SensorState
from edge.spool import Spool
from tests.integration.edge_sensors.counting import chain_of
from tests.integration.edge_sensors.kitchen import MN, Device, Moved, kitchen
from tests.ports import listens, unused_port
from tests.waiting import until

FRAMES = 600
KILLS = 6


class Killed:
    """The station's process, started and killed at will."""

    def __init__(self, folder: Path, port: int) -> None:
        self._words = [sys.executable, "-m", "tests.integration.edge_sensors.station_process", str(folder), str(port)]
        self.port = port
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.process = subprocess.Popen(self._words)
        until(lambda: listens(self.port))

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()


def sent_and_acked(killed: Killed, kills_at: set[int]) -> int:
    """Sends every frame until it is acked, through the kills; how many frames were acked."""
    clocks = Moved(at_ns=time.time_ns())
    device: Device | None = None
    acked = 0
    for number in range(FRAMES):
        area = kitchen(fume=0.5 + number / 1000).replace("{now}", f"{clocks.clock:%Y%m%d%H%M%S}")
        clocks.advance(0.001)
        while True:
            try:
                if device is None:
                    device = Device(killed.port, clocks)
                request = device.send(area)
                if number in kills_at:
                    kills_at.discard(number)
                    killed.kill()
                    killed.start()
                device.acked(request)
            except (OSError, AssertionError):
                if device is not None:
                    device.close()
                device = None
                continue
            acked += 1
            break
    if device is not None:
        device.close()
    return acked


def test_killed_at_random_points_each_row_is_judged_once_and_in_order(tmp_path: Path) -> None:
    dice = random.Random(212)
    killed = Killed(tmp_path, unused_port())
    killed.start()
    try:
        assert sent_and_acked(killed, set(dice.sample(range(FRAMES), KILLS))) == FRAMES
        rows = RawStore(tmp_path / "hj212.sqlite")
        kept = rows.frames_of(MN, limit=10 * FRAMES)
        assert len(kept) >= FRAMES

        def state() -> SensorState:
            spool = Spool(tmp_path / "spool.sqlite")
            data = spool.load_state("kitchen-1")
            spool.close()
            return SensorState() if data is None else msgspec.json.decode(data, type=SensorState)

        until(lambda: state().cursor == kept[-1].id)
        rows.close()
    finally:
        killed.kill()
    judge = msgspec.json.decode(bytes(state().judge))
    counted = judge["zones"]["flue-1"]["state"]
    assert counted["told"] == len(kept)
    assert counted["chain"] == chain_of(row.raw_sha256.hex() for row in kept)
