"""Business days and hours of a premises: when the rules look, in UTC nanoseconds."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from msgspec import Struct

from contract.times import NS
from detectors.cooking_fumes.config import Config

MINUTE_NS = 60 * NS
DAY_NS = 86_400 * NS
Span = tuple[int, int]


class Day(Struct, frozen=True, kw_only=True):
    """One business day: its local date, its bounds and its business periods, each [begin, end), sorted, apart."""

    date: str
    begin_ns: int
    end_ns: int
    meals: tuple[Span, ...]

    def meal_at(self, at_ns: int) -> int | None:
        """The number of the business period that this moment lies in; None outside."""
        for index, (begin_ns, end_ns) in enumerate(self.meals):
            if begin_ns <= at_ns < end_ns:
                return index
        return None


def day_at(at_ns: int, config: Config) -> Day:
    """The business day of a moment; one that is closed, or has no hours on its weekday, has no periods."""
    zone = timezone(timedelta(minutes=config.utc_offset_min))
    after_midnight_ns = _minutes(config.day_begins) * MINUTE_NS
    date = datetime.fromtimestamp((at_ns - after_midnight_ns) // NS, zone).date()
    midnight_ns = int(datetime(date.year, date.month, date.day, tzinfo=zone).timestamp()) * NS
    begin_ns = midnight_ns + after_midnight_ns
    spans: list[Span] = []
    for hours in config.hours:
        if date.isoweekday() not in hours.weekdays or date.isoformat() in config.closed_on:
            continue
        opens_ns = midnight_ns + _minutes(hours.begin) * MINUTE_NS
        opens_ns += DAY_NS if opens_ns < begin_ns else 0  # a supper after midnight belongs to the evening before
        lasts_ns = (_minutes(hours.end) - _minutes(hours.begin)) * MINUTE_NS % DAY_NS or DAY_NS
        spans.append((opens_ns, min(opens_ns + lasts_ns, begin_ns + DAY_NS)))
    return Day(date=date.isoformat(), begin_ns=begin_ns, end_ns=begin_ns + DAY_NS, meals=_apart(spans))


def overlap_ns(span: Span, other: Span) -> int:
    """How long two spans share."""
    return max(0, min(span[1], other[1]) - max(span[0], other[0]))


def _minutes(clock: str) -> int:
    return int(clock[:2]) * 60 + int(clock[3:])


def _apart(spans: list[Span]) -> tuple[Span, ...]:
    apart: list[Span] = []
    for begin_ns, end_ns in sorted(spans):
        if apart and begin_ns <= apart[-1][1]:
            apart[-1] = (apart[-1][0], max(apart[-1][1], end_ns))
        else:
            apart.append((begin_ns, end_ns))
    return tuple(apart)
