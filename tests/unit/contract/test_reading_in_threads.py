"""Several threads may read the first messages of a type together: a process of its own, for a crash ends it."""

from __future__ import annotations

import subprocess
import sys

from tests.house.sources import ROOT

RACE = """
import json, sys, threading
from pathlib import Path
sys.setswitchinterval(1e-6)
from contract.codec import decode
from edge.judge.state import read_state
bodies = [path.read_bytes() for path in sorted(Path("contract/examples").glob("*.json"))]
bodies = [body for body in bodies if "specversion" in json.loads(body)]
assert len(bodies) >= 7
state = b'{"zones": {"z": {"judged_as": "x", "state": {}}}, "held": {"a": "b"}, "last_at_ns": 1}'
gate = threading.Barrier(6)
def read():
    for body in bodies:
        gate.wait()
        decode(body)
    gate.wait()
    read_state(state)
threads = [threading.Thread(target=read) for _ in range(6)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
"""


def test_threads_that_read_the_first_messages_of_a_type_together_do_not_end_the_process() -> None:
    for _ in range(6):
        done = subprocess.run([sys.executable, "-c", RACE], cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-2000:]
