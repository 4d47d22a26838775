"""Is the zone in force at this moment? By the time of the observation, in Beijing time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone

from contract.times import NS
from detectors.illegal_parking.config import WEEKDAYS, Hours

SHANGHAI = timezone(timedelta(hours=8))  # one zone, no summer time since 1991
DAY_MIN = 24 * 60


def in_force(hours: Sequence[Hours], at_ns: int) -> bool:
    """Whether one of the hours holds; a zone without hours always is in force."""
    if not hours:
        return True
    at = datetime.fromtimestamp(at_ns // NS, UTC).astimezone(SHANGHAI)
    minute = at.hour * 60 + at.minute
    today, yesterday = WEEKDAYS[at.weekday()], WEEKDAYS[at.weekday() - 1]
    return any(_holds(one, minute, today=today in one.days, yesterday=yesterday in one.days) for one in hours)


def day_of(at_ns: int) -> str:
    """The day in Beijing, as 2026-01-31."""
    return f"{datetime.fromtimestamp(at_ns // NS, UTC).astimezone(SHANGHAI):%Y-%m-%d}"


def _holds(one: Hours, minute: int, *, today: bool, yesterday: bool) -> bool:
    begin, end = _minutes(one.begin), _minutes(one.end)
    if begin < end:
        return today and begin <= minute < end
    return (today and minute >= begin) or (yesterday and minute < end)


def _minutes(text: str) -> int:
    return int(text[:2]) * 60 + int(text[3:])
