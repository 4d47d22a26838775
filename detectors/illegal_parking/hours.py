"""Is the zone in force at this moment? By the time of the observation, in Beijing time; its owner may suspend it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache

from contract.times import NS
from detectors.illegal_parking.config import WEEKDAYS, Config, Hours

SHANGHAI = timezone(timedelta(hours=8))  # one zone, no summer time since 1991
DAY_MIN = 24 * 60


def not_in_force(config: Config, at_ns: int) -> tuple[str, str] | None:
    """The code of what keeps the zone from holding anybody now, and the reason; None: it is in force."""
    for one in config.suspended:
        if moment_ns(one.begin) <= at_ns < moment_ns(one.end):
            return (
                "zone_suspended",
                f"suspended by its owner ({one.because}) until {one.end}: what follows is not judged",
            )
    if not in_force(config.hours, at_ns):
        return "not_in_force", "the zone's hours are over: what follows is permitted"
    return None


@lru_cache(maxsize=1024)
def moment_ns(text: str) -> int:
    """A moment in Beijing, as 2026-01-31 07:30, in UTC nanoseconds; raises ValueError for a day no calendar has."""
    return round(datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=SHANGHAI).timestamp()) * NS


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
