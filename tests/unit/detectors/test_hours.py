"""When a zone is in force: by the observation's time, in Beijing."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from contract.times import NS
from detectors.illegal_parking.config import Hours
from detectors.illegal_parking.hours import day_of, in_force

BEIJING = timezone(timedelta(hours=8))
DAY = Hours(begin="07:00", end="21:00", days=("mon", "fri"))
NIGHT = Hours(begin="22:00", end="06:00", days=("fri",))


def at(day: int, clock: str) -> int:
    """A time in September 2026, whose 21st is a Monday."""
    hour, minute = map(int, clock.split(":"))
    return round(datetime(2026, 9, day, hour, minute, tzinfo=BEIJING).timestamp()) * NS


@pytest.mark.parametrize(
    ("day", "clock", "holds"),
    [
        (21, "06:59", False),
        (21, "07:00", True),
        (21, "20:59", True),
        (21, "21:00", False),
        (22, "12:00", False),
        (25, "12:00", True),
        (25, "23:00", True),
        (26, "05:59", True),
        (26, "06:00", False),
        (26, "23:00", False),
        (21, "05:00", False),
    ],
)
def test_hours_hold_on_their_days_and_over_midnight(day: int, clock: str, holds: bool) -> None:
    assert in_force((DAY, NIGHT), at(day, clock)) is holds


def test_a_whole_day_and_no_hours_hold_always() -> None:
    assert in_force((Hours(begin="00:00", end="24:00"),), at(21, "23:59"))
    assert in_force((), at(21, "03:00"))


def test_a_day_is_the_day_in_beijing() -> None:
    assert day_of(at(22, "07:59")) == "2026-09-22"
