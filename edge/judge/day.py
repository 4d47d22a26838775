"""What the rules of a camera counted by hours, so that people see the last day of what never became an event."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from msgspec import Struct

from contract.health import DayCounts
from contract.times import NS, utc_from_ns

HOUR_NS = 3600 * NS
HOURS = 24


class Hour(Struct, frozen=True, kw_only=True):
    """One hour of UTC in which something was judged; `from_ns` is its first record, `counts` by the rule's kinds."""

    from_ns: int
    counts: dict[str, int] = {}


def noted(
    hours: Sequence[Hour], at_ns: int, *, before: Mapping[str, int], after: Mapping[str, int]
) -> tuple[Hour, ...]:
    """The hours after a record that took a rule's running counts from `before` to `after`."""
    more = Counter(after)
    more.subtract(before)
    now = at_ns // HOUR_NS
    kept = [one for one in hours if now - HOURS < one.from_ns // HOUR_NS <= now]
    if not kept or kept[-1].from_ns // HOUR_NS != now:
        kept.append(Hour(from_ns=at_ns))
    if any(more.values()):
        last = kept.pop()
        kept.append(Hour(from_ns=last.from_ns, counts=dict(+(Counter(last.counts) + more))))
    return tuple(kept)


def of_day(hours: Sequence[Hour]) -> DayCounts | None:
    """All of them together; None before the first record."""
    if not hours:
        return None
    total: Counter[str] = Counter()
    for hour in hours:
        total.update(hour.counts)
    return DayCounts(since=utc_from_ns(hours[0].from_ns), counts=dict(sorted(total.items())))
