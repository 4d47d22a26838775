"""Waiting for what another thread or process does: a state with a deadline, never a sleep."""

from __future__ import annotations

import time
from collections.abc import Callable

WITHIN_S = 60.0
"""Long: it is spent only where something does not come about, and a loaded machine is slow."""


def until(holds: Callable[[], bool], *, within_s: float = WITHIN_S, every_s: float = 0.005) -> None:
    """Looks each `every_s`; fails when it does not come about in time."""
    deadline_s = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline_s, "did not come about in time"
        time.sleep(every_s)
