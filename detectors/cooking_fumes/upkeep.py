"""R7 (cleaning due) and R8 (the device itself): for maintenance only, never a lead."""

from __future__ import annotations

from datetime import date
from typing import Final

from contract.times import NS
from detectors.cooking_fumes.book import Book
from detectors.cooking_fumes.reading import Reading
from detectors.cooking_fumes.state import Faults, Upkeep
from detectors.cooking_fumes.stretch import mean
from detectors.cooking_fumes.turn import Turn

CLEANING: Final = "R7_cleaning_due"
FAULT: Final = "R8_device_fault"
CLOCK: Final = "R8_clock"
SCORE: Final = "R8_score"
MAX_DAILY: Final = 30
TREND_DAYS: Final = 3
TREND_FROM: Final = 10  # days of current before a trend is told
MIN_SAMPLES: Final = 60


def judge_device(turn: Turn, reading: Reading) -> None:
    """R8: counts of a stretch of minutes; over half of it bad opens an item, less closes it."""
    config = turn.config.device_fault
    faults = turn.state.faults
    if reading.at_ns - faults.begin_ns >= config.minutes * 60 * NS:
        if faults.reports:
            _settle(turn, faults, config.share)
        faults = Faults(begin_ns=reading.at_ns)
    turn.changed["faults"] = Faults(
        begin_ns=faults.begin_ns,
        reports=faults.reports + 1,
        faulty=faults.faulty + reading.is_faulty,
        clock_off=faults.clock_off + reading.clock_off,
        weak=faults.weak + reading.is_weak,
    )


def end_day(turn: Turn, book: Book) -> None:
    """R7: what the day adds to the time since cleaning, and whether it is due."""
    config = turn.config.cleaning
    before: Upkeep = turn.part("upkeep")
    if before.cleaned_on != config.cleaned_on:
        before = Upkeep(cleaned_on=config.cleaned_on)
        turn.drop_item(CLEANING)
    current_a = mean(book.running_a)
    daily = before.daily_a
    if current_a is not None and book.running_a[0] >= MIN_SAMPLES:
        daily = (*daily, round(current_a, 4))[-MAX_DAILY:]
    after = Upkeep(cleaned_on=before.cleaned_on, fan_ns=before.fan_ns + book.fan_all_ns, daily_a=daily)
    turn.changed["upkeep"] = after
    reasons = _reasons(turn, after, book.day.date)
    if reasons:
        turn.item(CLEANING, book.day.end_ns, "; ".join(reasons))
    else:
        turn.drop_item(CLEANING)


def _reasons(turn: Turn, upkeep: Upkeep, today: str) -> list[str]:
    config = turn.config.cleaning
    reasons = []
    if config.cleaned_on is not None:
        days = (date.fromisoformat(today) - date.fromisoformat(config.cleaned_on)).days
        if days > config.every_days:
            reasons.append(f"{days} days since cleaning, due every {config.every_days}")
    fan_h = upkeep.fan_ns / (3600 * NS)
    if fan_h > config.every_fan_h:
        reasons.append(f"{fan_h:.0f} h of fan since cleaning, due every {config.every_fan_h:g}")
    if len(upkeep.daily_a) >= TREND_FROM:
        usual_a = sorted(upkeep.daily_a)[-TREND_DAYS]
        lately_a = max(upkeep.daily_a[-TREND_DAYS:])
        if lately_a <= config.current_falls_to * usual_a:
            reasons.append(f"purifier current {lately_a:.2f} A, it was {usual_a:.2f} A")
    return reasons


def _settle(turn: Turn, faults: Faults, share: float) -> None:
    for kind, bad, what in (
        (FAULT, faults.faulty, "with marks of fault, maintenance, calibration, no link or above range"),
        (CLOCK, faults.clock_off, "off the clock"),
        (SCORE, faults.weak, "from a device whose frames seldom hold (score under 60)"),
    ):
        if bad >= share * faults.reports:
            turn.item(
                kind, faults.begin_ns, f"{bad} of {faults.reports} reports {what}", bad=bad, reports=faults.reports
            )
        else:
            turn.drop_item(kind)
