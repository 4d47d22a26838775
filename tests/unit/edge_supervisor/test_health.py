"""What a gateway says of its pictures and of itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from contract.events import Clock
from contract.observations import Picture
from contract.times import NS, utc_from_ns
from edge.health import ClockCare, disk_free_bytes, memory_bytes, picture_problem


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


def offset(offset_s: float | None) -> Clock:
    return Clock(source="none" if offset_s is None else "onvif", offset_s=offset_s, uncertainty_s=0.3)


@pytest.mark.parametrize("clock", [None, offset(None), offset(1.2), offset(-5.0), offset(5.0)])
def test_a_clock_that_is_unknown_or_nearly_right_calls_for_nobody(clock: Clock | None) -> None:
    assert ClockCare().items(clock, 0) == ()


def test_a_clock_more_than_five_seconds_off_is_a_maintenance_item_since_it_was_first_seen() -> None:
    care = ClockCare()
    (first,), (later,) = care.items(offset(-5.1), 10 * NS), care.items(offset(-7.0), 20 * NS)
    assert (first.kind, first.since, later.since) == ("clock_off", utc_from_ns(10 * NS), utc_from_ns(10 * NS))
    assert later.values["offset_s"] == -7.0
    assert care.items(offset(0.1), 30 * NS) == ()
    assert care.items(offset(6.0), 40 * NS)[0].since == utc_from_ns(40 * NS)
