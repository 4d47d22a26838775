"""The demo's scenes, and a whole system for each test."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from pathlib import Path

import pytest

from tantou.demo import story
from tests.e2e.system import System, make_system
from tests.house.sources import ROOT

SCENES = ROOT / ".demo" / "footage"


@pytest.fixture(scope="session")
def scenes() -> Path:
    """The composed scenes, as `make setup` leaves them; made now, once, where it has not run."""
    SCENES.mkdir(parents=True, exist_ok=True)
    with (SCENES / "lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        story.prepare(SCENES)
    return SCENES


@pytest.fixture
def system(tmp_path: Path, scenes: Path) -> Iterator[System]:
    """A running system with the demo's cameras."""
    made = make_system(tmp_path / "data", scenes)
    try:
        made.start()
        yield made
    finally:
        made.stop()
