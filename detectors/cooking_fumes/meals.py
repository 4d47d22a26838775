"""What a business period and a day came to: R5 (too low), A2 (diluted) at the end of a meal; R2, R5, R6 over days."""

from __future__ import annotations

from statistics import median
from typing import Any, Final

import msgspec

from contract.matters.cooking_fumes import RuleId, Window
from contract.times import NS, utc_from_ns
from detectors.cooking_fumes.book import Book, Judged, Meal, judged
from detectors.cooking_fumes.reading import Reading
from detectors.cooking_fumes.state import Gap, UsualMeal
from detectors.cooking_fumes.stretch import Stretch, begun, extended, mean, plus, window
from detectors.cooking_fumes.turn import STREAK_DAYS, Turn

TOO_LOW: Final = "R5_value_too_low"
DILUTED: Final = "A2_diluted"
MAX_MARKS: Final = 16
PATTERNS: Final[tuple[RuleId, ...]] = ("R2", "R4", "R5", "R6", "R9", "A1", "A2")


def add_to_meal(turn: Turn, reading: Reading, *, counted_ns: int, index: int | None) -> None:
    """One sample into the day's book: run times, marks, and the samples of its meal with the fan on."""
    book = turn.book_of(reading.at_ns)
    if book is None:
        return
    changed: dict[str, Any] = {}
    if reading.marks:
        changed["marks"] = _counted(book.marks, reading.marks)
    if reading.fan.switch == "on":
        changed["fan_all_ns"] = book.fan_all_ns + counted_ns
        if reading.purifier.switch == "on" and reading.purifier.current_a is not None:
            changed["running_a"] = plus(book.running_a, reading.purifier.current_a)
        if index is not None:
            changed |= _at_meal(book, reading, counted_ns=counted_ns, index=index)
    if changed:
        turn.put(msgspec.structs.replace(book, **changed))


def _at_meal(book: Book, reading: Reading, *, counted_ns: int, index: int) -> dict[str, Any]:
    changed: dict[str, Any] = {}
    if reading.purifier.switch in ("on", "off"):
        changed["fan_ns"] = book.fan_ns + counted_ns
        if reading.purifier.switch == "on":
            changed["purifier_ns"] = book.purifier_ns + counted_ns
    meal = book.meals[index]
    running = begun(reading) if meal.running is None else extended(meal.running, reading, counted_ns=counted_ns)
    meal = Meal(running=running, fan_ns=meal.fan_ns + counted_ns, silent_ns=meal.silent_ns)
    changed["meals"] = (*book.meals[:index], meal, *book.meals[index + 1 :])
    return changed


def _counted(before: tuple[tuple[str, int], ...], more: tuple[str, ...]) -> tuple[tuple[str, int], ...]:
    marks = dict(before)
    for mark in more:
        name = mark[:8] or "none"
        if name in marks or len(marks) < MAX_MARKS:
            marks[name] = marks.get(name, 0) + 1
    return tuple(sorted(marks.items()))


def finish_meals(turn: Turn, at_ns: int) -> None:
    """Judge the business periods of today that are over at this moment."""
    book = turn.book
    while book is not None and book.meals_over < len(book.meals):
        index = book.meals_over
        if book.day.meals[index][1] > at_ns:
            return
        turn.put(msgspec.structs.replace(book, meals_over=index + 1))
        _judge_low(turn, index)
        _judge_diluted(turn, index)
        book = turn.book


def end_day(turn: Turn, book: Book) -> None:
    """The day is over: which patterns showed, which make a lead with the days before."""
    streaks = dict(turn.streaks)
    for rule in PATTERNS:
        shown = _shown(turn, book, rule)
        if shown is None:
            continue
        before = tuple(day for day in streaks.get(rule, ()) if day != book.day.date)
        streaks[rule] = (*before, book.day.date)[-STREAK_DAYS:] if shown else ()
        turn.changed["streaks"] = dict(streaks)
        if shown:
            _lead_of_the_day(turn, book, rule)
        if rule == "R9" and not shown:
            turn.drop_item("R9_state_contradicted")


def _shown(turn: Turn, book: Book, rule: RuleId) -> bool | None:
    """Whether a day shows a rule's pattern; None: it does not say (nobody cooked, nobody heard)."""
    if rule == "R2":
        config = turn.config.linkage
        if book.fan_ns < config.fan_min * 60 * NS:
            return None
        return (book.linkage or 0.0) < config.ratio
    if rule == "R5":
        return None if not book.judged_meals else book.low_meals == book.judged_meals
    if rule == "R6":
        return _silent_at_meals(turn, book)
    if rule in book.found:
        return True
    return False if book.fan_all_ns >= turn.config.linkage.fan_min * 60 * NS else None


def _lead_of_the_day(turn: Turn, book: Book, rule: RuleId) -> None:
    days = {"R2": turn.config.linkage.days, "R5": turn.config.too_low.days, "R6": turn.config.offline.days}
    if rule not in days:
        return
    pattern = turn.has_pattern(rule, book.day.date, days[rule])
    if not pattern:
        return
    for index, (meal, span) in enumerate(zip(book.meals, book.day.meals, strict=True)):
        if rule == "R6":
            if _is_silent(turn, book, index):
                turn.find(_silence(span, pattern))
        elif meal.running is not None:
            turn.find(judged(rule, window(meal.running, due=meal.running.samples), meal.running, pattern))


def _judge_low(turn: Turn, index: int) -> None:
    """R5: one meal; maintenance first."""
    book = turn.book
    config = turn.config.too_low
    if book is None:
        return
    running = book.meals[index].running
    if running is None or book.meals[index].fan_ns < config.fan_on_min * 60 * NS:
        return
    if running.fume[0] < config.valid_share * running.samples:
        return
    is_low = running.fume[2] <= config.mg_m3
    turn.put(msgspec.structs.replace(book, judged_meals=book.judged_meals + 1, low_meals=book.low_meals + is_low))
    if is_low:
        turn.item(
            TOO_LOW, running.begin_ns, f"never above {config.mg_m3:g} mg/m3 with the fan on", highest=running.fume[2]
        )
    else:
        turn.drop_item(TOO_LOW)


def _judge_diluted(turn: Turn, index: int) -> None:
    """A2: more air, cooler, and less fume than is usual at this meal."""
    book = turn.book
    if book is None:
        return
    meal = book.meals[index]
    now = None if meal.running is None else _usual_of(meal.running)
    if meal.running is None or now is None or meal.fan_ns < turn.config.too_low.fan_on_min * 60 * NS:
        return
    kept = turn.part("usual")
    kept = (*kept, *((),) * (index + 1 - len(kept)))
    before: tuple[UsualMeal, ...] = kept[index]
    config = turn.config.contradiction
    if len(before) >= config.usual_meals and _is_diluted(turn, now, before):
        turn.item(DILUTED, meal.running.begin_ns, "more air, cooler and less fume than usual at this meal")
        if "A2" not in book.found:
            turn.put(msgspec.structs.replace(book, found=(*book.found, "A2")))
        pattern = turn.has_pattern("A2", book.day.date, config.days)
        if pattern:
            turn.find(judged("A2", window(meal.running, due=meal.running.samples), meal.running, pattern))
        return  # a diluted meal must not become the usual
    turn.drop_item(DILUTED)
    turn.changed["usual"] = (*kept[:index], (*before, now)[-config.usual_meals :], *kept[index + 1 :])


def _is_diluted(turn: Turn, now: UsualMeal, before: tuple[UsualMeal, ...]) -> bool:
    config = turn.config.contradiction
    fan_a, temperature_c, fume = (median(one[which] for one in before) for which in range(3))
    return (
        now[0] >= config.diluted_fan_ratio * fan_a
        and now[1] <= temperature_c - config.diluted_cooler_c
        and now[2] <= config.diluted_fume_ratio * fume
    )


def _usual_of(running: Stretch) -> UsualMeal | None:
    fan_a, temperature_c, fume = mean(running.fan_a), mean(running.temperature), mean(running.fume)
    if fan_a is None or temperature_c is None or fume is None:
        return None
    return (round(fan_a, 4), round(temperature_c, 3), round(fume, 5))


def _silent_at_meals(turn: Turn, book: Book) -> bool | None:
    """R6 as a pattern: silent at meals, heard outside; a device that is silent all day is broken, not switched off."""
    if not book.meals:
        return None
    outside_ns = book.day.end_ns - book.heard_from_ns
    outside_ns -= sum(end - max(begin, book.heard_from_ns) for begin, end in book.day.meals if end > book.heard_from_ns)
    is_heard = outside_ns > 0 and book.silent_ns <= (1 - turn.config.offline.online_share) * outside_ns
    return is_heard and any(_is_silent(turn, book, index) for index in range(len(book.meals)))


def _is_silent(turn: Turn, book: Book, index: int) -> bool:
    """Whether so much of a meal is silent; what late data filled was not switched off, the network was."""
    begin_ns, end_ns = book.day.meals[index]
    gaps: tuple[Gap, ...] = turn.part("gaps")
    filled_ns = sum(gap.filled_ns for gap in gaps if gap.begin_ns < end_ns and gap.end_ns > begin_ns)
    silent_ns = max(0, book.meals[index].silent_ns - filled_ns)
    config = turn.config.offline
    return silent_ns >= config.minutes * 60 * NS and silent_ns >= config.meal_share * (end_ns - begin_ns)


def _silence(span: tuple[int, int], pattern: tuple[str, ...]) -> Judged:
    shown = Window(begin=utc_from_ns(span[0]), end=utc_from_ns(span[1]), samples=0, valid=0, share=0.0)
    return Judged(
        rule="R6", window=shown, fan_bits=0, purifier_bits=0, worst_skew_ns=0, is_weak=False, pattern_days=pattern
    )
