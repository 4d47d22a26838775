"""What a gateway says of its pictures and of itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from contract.observations import Picture
from edge.health import disk_free_bytes, memory_bytes, picture_problem


@pytest.mark.parametrize(
    ("picture", "state"),
    [
        (None, None),
        (Picture(brightness=90, sharpness=50, repeated_s=2), None),
        (Picture(brightness=90, sharpness=50, repeated_s=30), "frozen"),
        (Picture(brightness=3, sharpness=0.1), "dark"),
    ],
)
def test_a_picture_that_shows_nothing_is_a_health_state(picture: Picture | None, state: str | None) -> None:
    found = picture_problem(picture)
    assert (found[0] if found else None) == state


def test_the_machine_tells_memory_and_disk(tmp_path: Path) -> None:
    assert 5_000_000 < memory_bytes() < 50_000_000_000
    assert disk_free_bytes(tmp_path) > 0
