"""R6 and the gaps: when nobody heard the device, and what late reports may still fill in."""

from __future__ import annotations

from typing import Final

import msgspec

from contract.times import NS, utc_from_ns
from detectors.cooking_fumes.book import Book, Meal
from detectors.cooking_fumes.calendar import Span, overlap_ns
from detectors.cooking_fumes.reading import Reading
from detectors.cooking_fumes.state import Gap
from detectors.cooking_fumes.turn import Turn
from detectors.fold import FillGap

OFFLINE: Final = "R6_offline"
MAX_GAPS: Final = 32


def listen(turn: Turn, now_ns: int, *, limit_ns: int) -> None:
    """Account for the silence up to now: between the last frame and this moment, once it is longer than usual."""
    heard_ns: int = turn.part("heard_ns")
    book = turn.book
    if book is None or heard_ns < 0 or now_ns - heard_ns <= limit_ns:
        return
    quiet_to_ns: int = turn.part("quiet_to_ns")
    span = (max(heard_ns, quiet_to_ns), now_ns)
    if span[1] <= span[0]:
        return
    turn.changed["quiet_to_ns"] = now_ns
    book = _with_silence(book, span)
    turn.put(book)
    in_hours_ns = sum(overlap_ns((heard_ns, now_ns), meal) for meal in book.day.meals)
    if in_hours_ns >= turn.config.offline.minutes * 60 * NS:
        turn.item(OFFLINE, heard_ns, f"no frame since {utc_from_ns(heard_ns)}", last_frame=utc_from_ns(heard_ns))


def hear(turn: Turn, received_ns: int) -> None:
    """A frame came, whatever it says."""
    if received_ns > turn.part("heard_ns"):
        turn.changed["heard_ns"] = received_ns
    turn.drop_item(OFFLINE)


def note_gap(turn: Turn, begin_ns: int, end_ns: int) -> None:
    """Two reports with a silence between them: remembered, and asked for once."""
    gap = Gap(begin_ns=begin_ns, end_ns=end_ns, filled_to_ns=begin_ns)
    turn.changed["gaps"] = (*turn.part("gaps"), gap)[-MAX_GAPS:]
    turn.asks.append(FillGap(begin_ns=begin_ns, end_ns=end_ns))


def fill(turn: Turn, reading: Reading) -> int | None:
    """What a late report counts in the gap that it lies in; None when it lies in none, or was told before."""
    for index, gap in enumerate(turn.state.gaps):
        if not gap.begin_ns < reading.at_ns < gap.end_ns or reading.at_ns <= gap.filled_to_ns:
            continue
        counted_ns = min(reading.at_ns - gap.filled_to_ns, reading.interval_ns)
        filled = Gap(
            begin_ns=gap.begin_ns,
            end_ns=gap.end_ns,
            filled_to_ns=reading.at_ns,
            filled_ns=gap.filled_ns + counted_ns,
        )
        turn.changed["gaps"] = (*turn.state.gaps[:index], filled, *turn.state.gaps[index + 1 :])
        return counted_ns
    return None


def _with_silence(book: Book, span: Span) -> Book:
    meals: list[Meal] = []
    in_hours_ns = 0
    for meal, hours in zip(book.meals, book.day.meals, strict=True):
        silent_ns = overlap_ns(span, hours)
        in_hours_ns += silent_ns
        meals.append(Meal(running=meal.running, fan_ns=meal.fan_ns, silent_ns=meal.silent_ns + silent_ns))
    outside_ns = overlap_ns(span, (book.day.begin_ns, book.day.end_ns)) - in_hours_ns
    return msgspec.structs.replace(book, meals=tuple(meals), silent_ns=book.silent_ns + outside_ns)
