"""R3: means of windows against the warning limits; each window is judged once, at its end or when late data fill it."""

from __future__ import annotations

from collections import Counter

import msgspec

from contract.times import NS, ns_from_utc
from detectors.cooking_fumes.book import Book, Judged, judged
from detectors.cooking_fumes.calendar import Span
from detectors.cooking_fumes.reading import Reading
from detectors.cooking_fumes.stretch import Stretch, begun, extended, sober_mean, window
from detectors.cooking_fumes.turn import Turn

MAX_LATE = 64


def span_of(turn: Turn, book: Book, reading: Reading) -> Span | None:
    """The window of a sample; None when it does not lie whole in one business period."""
    long_ns = max(turn.config.above_limit.window_min * 60 * NS, reading.interval_ns)
    begin_ns = book.day.begin_ns + (reading.at_ns - book.day.begin_ns) // long_ns * long_ns
    inside = any(begin <= begin_ns and begin_ns + long_ns <= end for begin, end in book.day.meals)
    return (begin_ns, begin_ns + long_ns) if inside else None


def take(turn: Turn, reading: Reading, *, counted_ns: int) -> None:
    """One sample on time: added to its window; the window before it is over."""
    current: Stretch | None = turn.part("mean")
    book = turn.book_of(reading.at_ns)
    span = None if book is None else span_of(turn, book, reading)
    if current is not None and (span is None or current.begin_ns != span[0]):
        finish(turn, reading.interval_ns)
        current = None
    if span is None:
        return
    if current is None:
        turn.changed["mean"] = begun(reading, begin_ns=span[0])
    else:
        turn.changed["mean"] = extended(current, reading, counted_ns=counted_ns)


def finish(turn: Turn, interval_ns: int) -> None:
    """The open window is over: judged, or kept for late data when too little of it came."""
    current: Stretch | None = turn.part("mean")
    turn.changed["mean"] = None
    if current is None:
        return
    if not _judge(turn, current, interval_ns):
        late = turn.part("late_means")
        turn.changed["late_means"] = (*late, current)[-MAX_LATE:]


def take_late(turn: Turn, reading: Reading) -> None:
    """One sample of a gap: it fills the window that had too little; that one is judged when it is full."""
    book = turn.book_of(reading.at_ns)
    span = None if book is None else span_of(turn, book, reading)
    if span is None:
        return
    late: tuple[Stretch, ...] = turn.part("late_means")
    filling = next((one for one in late if one.begin_ns == span[0]), None)
    others = tuple(one for one in late if one.begin_ns != span[0])
    if filling is None:
        filling = begun(reading, begin_ns=span[0])
    else:
        end_ns = max(filling.end_ns, reading.at_ns)
        filling = msgspec.structs.replace(extended(filling, reading, counted_ns=0), end_ns=end_ns)
    over = tuple(one for one in others if one.begin_ns < span[0] and _judge(turn, one, reading.interval_ns))
    others = tuple(one for one in others if one not in over)
    is_full = filling.samples >= (span[1] - span[0]) // reading.interval_ns
    if not (is_full and _judge(turn, filling, reading.interval_ns)):
        others = (*others, filling)
    turn.changed["late_means"] = others[-MAX_LATE:]


def finish_late(turn: Turn, until_ns: int, interval_ns: int) -> None:
    """A book closes: what late data filled is judged now or never."""
    late: tuple[Stretch, ...] = turn.part("late_means")
    for one in late:
        if one.begin_ns < until_ns:
            _judge(turn, one, interval_ns)
    if late:
        turn.changed["late_means"] = tuple(one for one in late if one.begin_ns >= until_ns)


def _judge(turn: Turn, one: Stretch, interval_ns: int) -> bool:
    """Judge a window for each pollutant; False when too few valid samples came to say anything."""
    config = turn.config.above_limit
    long_ns = max(config.window_min * 60 * NS, interval_ns)
    due = max(1, long_ns // interval_ns)
    enough = False
    for which, limit in enumerate(turn.config.limits):
        valid = one.sums[which][0]
        if valid < config.valid_share * due:
            continue
        enough = True
        if (sober_mean(one.sums[which], alone=config.alone) or 0.0) > limit.limit:
            whole = msgspec.structs.replace(one, end_ns=one.begin_ns + long_ns)
            _above(turn, judged("R3", window(whole, due=due, limit=limit, which=which), whole))
    return enough


def _above(turn: Turn, one: Judged) -> None:
    book = turn.book_of(_begin_ns(one)) or turn.book
    if book is None:
        return
    if book.lead("R3") is not None:
        turn.find(one)
        return
    above = (*book.above, one)
    turn.put(msgspec.structs.replace(book, above=above))
    if _makes_a_lead(above, turn.config.above_limit.windows, turn.config.above_limit.running):
        for each in sorted(above, key=lambda each: (each.is_weak, each.window.begin)):
            turn.find(each)


def _makes_a_lead(above: tuple[Judged, ...], windows: int, running: int) -> bool:
    """Enough windows of one pollutant in the day, or in a row; those of a weak device do not count here."""
    firm = sorted((one.window.factor or "", one.window.begin, one.window.end) for one in above if not one.is_weak)
    if any(count >= windows for count in Counter(factor for factor, _, _ in firm).values()):
        return True
    row = 0
    for index, (factor, begin, _) in enumerate(firm):
        follows = index > 0 and firm[index - 1][0] == factor and firm[index - 1][2] == begin
        row = row + 1 if follows else 1
        if row >= running:
            return True
    return False


def _begin_ns(one: Judged) -> int:
    return ns_from_utc(one.window.begin)
