"""R4, A1 and A3: a probe that is frozen, a purifier's current that never moves, a series that comes twice."""

from __future__ import annotations

from typing import Final

import msgspec

from contract.matters.cooking_fumes import RuleId, Window
from contract.times import NS, utc_from_ns
from detectors.cooking_fumes import factors
from detectors.cooking_fumes.book import Book, Judged
from detectors.cooking_fumes.reading import Reading
from detectors.cooking_fumes.sameness import DISTINCT, Same, lasted, same, window
from detectors.cooking_fumes.series import with_value
from detectors.cooking_fumes.turn import Turn

FROZEN: Final = "R4_value_frozen"
CONSTANT: Final = "A1_purifier_current_constant"
REPEATED: Final = "A3_series_repeated"
AGAIN_NS: Final = 3600 * NS


def judge_frozen(turn: Turn, reading: Reading, *, counted_ns: int, in_hours: bool) -> None:
    """R4: one value for too long with the fan on. A lead when the fan switched meanwhile, or on several days."""
    config = turn.config.frozen
    before = turn.state.frozen
    after = same(before, reading.fume, reading, counted_ns=counted_ns, in_hours=in_hours)
    turn.changed["frozen"] = after
    if before is not None and after is not None and after.value != before.value:
        turn.drop_item(FROZEN)
    if after is None or after.value <= turn.config.too_low.mg_m3 or not in_hours:
        return  # a value near zero is R5's
    if not lasted(after, minutes=config.fan_on_min) and after.in_hours < config.equal_samples:
        return
    switched = after.changes >= config.fan_changes
    _show(turn, "R4", after, item=FROZEN, is_proof=switched, reading=reading)


def judge_constant(turn: Turn, reading: Reading, *, counted_ns: int, in_hours: bool) -> None:
    """A1: the purifier's current the same to the last digit for hours, while the fan's current moves."""
    before = turn.state.constant
    current_a = reading.purifier.current_a
    runs = current_a is not None and current_a >= turn.config.signals.purifier_on_a
    after = same(before, current_a if runs else None, reading, counted_ns=counted_ns, in_hours=in_hours)
    turn.changed["constant"] = after
    if before is not None and after is not None and after.value != before.value:
        turn.drop_item(CONSTANT)
    if after is None or not in_hours or not runs or len(after.others) < DISTINCT:
        return
    if lasted(after, minutes=turn.config.frozen.purifier_on_min):
        _show(turn, "A1", after, item=CONSTANT, is_proof=False, reading=reading)


def judge_series(turn: Turn, reading: Reading) -> None:
    """A3: the values of another day, one by one; chance does not do that."""
    book = turn.book_of(reading.at_ns)
    if book is None or reading.fume is None or reading.fan.switch == "off":
        return
    config = turn.config.repeated
    before = turn.state.series
    after = with_value(before, reading.fume, book.day.date, samples=config.samples, remembered=config.remembered)
    turn.changed["series"] = after
    if not after.hits:
        turn.drop_item(REPEATED)
    if len(after.hits) < config.hits or after.hits == before.hits:
        return
    begin_ns = reading.at_ns - config.samples * reading.interval_ns
    turn.item(REPEATED, begin_ns, f"the series of {after.hits[-1]} again", again_of=after.hits[-1])
    first = Same(value=reading.fume, begin_ns=begin_ns, end_ns=reading.at_ns, samples=config.samples)
    shown = msgspec.structs.replace(window(first, factor=factors.FUME, unit="mg/m3"), mean=None, highest=None)
    days = tuple(dict.fromkeys((*after.hits, book.day.date)))
    turn.find(_judged("A3", msgspec.structs.replace(shown, fan=reading.fan.switch), reading, days))


def _show(turn: Turn, rule: RuleId, run: Same, *, item: str, is_proof: bool, reading: Reading) -> None:
    book = turn.book_of(reading.at_ns)
    if book is None:
        return
    turn.item(item, run.begin_ns, f"{run.value:g} since {utc_from_ns(run.begin_ns)}", value=run.value)
    book = _found(turn, book, rule)
    pattern = turn.has_pattern(rule, book.day.date, turn.config.frozen.days)
    if not (pattern or is_proof):
        return
    lead = book.lead(rule)
    if lead is not None and run.told_ns is not None and run.fan_on_ns - run.told_ns < AGAIN_NS:
        return
    is_r4 = rule == "R4"
    # A run that began on an earlier day is told from where today's book begins.
    begin_ns = max(run.begin_ns, book.day.begin_ns)
    shown = window(
        msgspec.structs.replace(run, begin_ns=begin_ns),
        factor=factors.FUME if is_r4 else factors.PURIFIER_A,
        unit="mg/m3" if is_r4 else "A",
    )
    turn.changed["frozen" if is_r4 else "constant"] = msgspec.structs.replace(run, told_ns=run.fan_on_ns)
    turn.find(_judged(rule, shown, reading, pattern))


def _found(turn: Turn, book: Book, rule: RuleId) -> Book:
    if rule not in book.found:
        book = msgspec.structs.replace(book, found=(*book.found, rule))
        turn.put(book)
    return book


def _judged(rule: RuleId, shown: Window, reading: Reading, days: tuple[str, ...]) -> Judged:
    return Judged(
        rule=rule,
        window=shown,
        fan_bits=reading.fan.bits,
        purifier_bits=reading.purifier.bits,
        worst_skew_ns=reading.skew_ns or 0,
        is_weak=reading.is_weak,
        pattern_days=days,
    )
