"""What commit returned for is there after kill -9, once; what it did not return for is there whole or not at all."""

from __future__ import annotations

import random
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from edge.spool import Spool

# Four cameras commit as fast as they can; a line is printed only when commit has returned.
WRITER = """
import sys, threading
from pathlib import Path
from edge.spool import OutgoingEvent, Spool, Step, Upload

spool = Spool(Path(sys.argv[1]))
first = int(sys.argv[2])

def camera(name):
    for number in range(first, first + 100_000):
        uploads = (Upload(f"{name}-{number}", "/nowhere", 5, 1),)
        spool.commit(Step(name, str(number).encode(), (OutgoingEvent(f"{name}:{number}", b"x" * 1000),), uploads))
        sys.stdout.write(f"{name} {number}\\n")
        sys.stdout.flush()

for index in range(4):
    threading.Thread(target=camera, args=(f"cam-{index}",)).start()
"""


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_nothing_committed_is_lost_by_kill_9(tmp_path: Path, seed: int) -> None:
    draw = random.Random(seed)
    path = tmp_path / "spool.sqlite"
    told = {f"cam-{index}": 0 for index in range(4)}
    for _ in range(3):
        first = max(told.values()) + 10
        lines = run_and_kill(path, first, after_lines=draw.randrange(1, 120))
        for line in lines:
            name, number = line.split()
            told[name] = int(number)
        with closing(Spool(path)) as spool:
            kept = [event.message_id for event in spool.events.pending(1_000_000)]
            uploads = {
                upload.sha256.replace("-", ":", 2).replace(":", "-", 1) for upload in spool.uploads.pending(10**6)
            }
            states = {name: int(spool.load_state(name) or b"0") for name in told}
        assert len(kept) == len(set(kept))
        assert {line.replace(" ", ":") for line in lines} <= set(kept)
        # A step is whole: each camera's state is its newest event, and every event has its upload.
        newest = {
            name: max((int(one.split(":")[1]) for one in kept if one.startswith(name)), default=0) for name in told
        }
        assert states == newest
        assert uploads == set(kept)
        assert all(states[name] >= told[name] for name in told)


def run_and_kill(path: Path, first: int, *, after_lines: int) -> list[str]:
    """The lines that the writer printed before it was killed: at least `after_lines`."""
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path), str(first)], stdout=subprocess.PIPE, text=True, cwd=Path.cwd()
    ) as writer:
        assert writer.stdout is not None
        lines = [writer.stdout.readline() for _ in range(after_lines)]
        writer.kill()
        rest = writer.stdout.read()
    return [line for line in "".join([*lines, rest]).splitlines() if line.count(" ") == 1]
