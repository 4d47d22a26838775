"""What fan and purifier do: R1 (purifier off while the fan runs), R9 (signals that contradict each other)."""

from __future__ import annotations

from typing import Final

import msgspec

from contract.matters.cooking_fumes import RuleId
from contract.times import NS
from detectors.cooking_fumes.book import judged
from detectors.cooking_fumes.reading import Reading
from detectors.cooking_fumes.runs import Run, go_on, grew_since_told, is_due, told
from detectors.cooking_fumes.state import Runs
from detectors.cooking_fumes.stretch import Stretch, window
from detectors.cooking_fumes.turn import Turn

CONTRADICTED: Final = "R9_state_contradicted"
HOUR_NS: Final = 3600 * NS


def is_purifier_off(reading: Reading) -> bool | None:
    """Fan on and purifier off, by every signal that is reported; None: this sample does not say."""
    if reading.fan.switch == "off" or reading.purifier.switch == "on":
        return False
    return True if reading.fan.switch == "on" and reading.purifier.switch == "off" else None


def judge_purifier_off(turn: Turn, reading: Reading, run: Run, *, counted_ns: int, in_hours: bool) -> Run:
    """R1: the run after this sample; told when it has lasted, each hour that it goes on, and when it ends."""
    config = turn.config.purifier_off
    holds = is_purifier_off(reading) if in_hours else False
    gap_ns = gap_limit_ns(turn, reading)
    after = go_on(run, reading, holds=holds, counted_ns=counted_ns, gap_ns=gap_ns)
    return _tell(turn, "R1", run, after, minutes=config.minutes, reading=reading)


def judge_contradictions(turn: Turn, reading: Reading, runs: Runs, *, counted_ns: int, in_hours: bool) -> Runs:
    """R9: state on with no current, or a fan that is off while the flue gets warmer; maintenance first."""
    warmer = _is_warmer(turn, reading, counted_ns=counted_ns)
    conflict = reading.purifier.conflict
    purifier_cold: bool | None = None
    if conflict == "state_on_current_off" and reading.fan.switch == "on":
        purifier_cold = True
    elif not conflict and reading.purifier.switch in ("on", "off"):
        purifier_cold = False
    fan_conflict = True if reading.fan.conflict else False if reading.fan.switch in ("on", "off") else None
    made = []
    for before, holds, code in (
        (runs.purifier_conflict, purifier_cold, "purifier_state_on_current_off"),
        (runs.fan_conflict, fan_conflict, "fan_state_against_current"),
        (runs.warmer, warmer, "fan_off_getting_warmer"),
    ):
        if before.stretch is None and not holds:
            made.append(before)
            continue
        after = go_on(
            before,
            reading,
            holds=holds if in_hours else False,
            counted_ns=counted_ns,
            gap_ns=gap_limit_ns(turn, reading),
        )
        made.append(_contradicted(turn, before, after, code=code, reading=reading))
    return msgspec.structs.replace(runs, purifier_conflict=made[0], fan_conflict=made[1], warmer=made[2])


def gap_limit_ns(turn: Turn, reading: Reading) -> int:
    """A silence longer than this is a gap: nothing is counted over it."""
    return max(round(turn.config.purifier_off.gap_s * NS), reading.interval_ns * 3 // 2)


def _is_warmer(turn: Turn, reading: Reading, *, counted_ns: int) -> bool | None:
    """Whether the flue has warmed since the fan went off, by more than a day warms by itself."""
    config = turn.config.contradiction
    coolest_c = turn.state.coolest_c
    if reading.fan.switch != "off":
        turn.changed["coolest_c"] = None
        return False if reading.fan.switch == "on" else None
    if reading.temperature_c is None:
        return None
    if coolest_c is None:
        turn.changed["coolest_c"] = reading.temperature_c
        return False
    settled_c = coolest_c + config.settles_c_h * counted_ns / HOUR_NS
    is_warmer = reading.temperature_c - coolest_c >= config.warmer_c
    # While it is warmer the reference stays: a long meal must not become the new normal.
    turn.changed["coolest_c"] = coolest_c if is_warmer else min(reading.temperature_c, settled_c)
    return is_warmer


def _contradicted(turn: Turn, before: Run, after: Run, *, code: str, reading: Reading) -> Run:
    config = turn.config.contradiction
    ended = grew_since_told(before, after)
    if ended is not None:
        _find(turn, "R9", ended, reading, code=code, only_if_open=True)
    if not is_due(after, minutes=config.minutes, again_min=turn.config.purifier_off.update_every_min):
        return after
    stretch = after.stretch
    if stretch is None:
        return after
    turn.item(CONTRADICTED, stretch.begin_ns, code, contradicts=code)
    book = turn.book_of(stretch.begin_ns)
    if book is None or code == "fan_state_against_current":
        return told(after)
    if "R9" not in book.found:
        turn.put(msgspec.structs.replace(book, found=(*book.found, "R9")))
    _find(turn, "R9", stretch, reading, code=code)
    return told(after)


def plume_beside_contradiction(turn: Turn) -> None:
    """A plume was seen while signals contradict each other: that makes R9 a lead without waiting for more days."""
    runs: Runs = turn.part("runs")
    for run, code in (
        (runs.purifier_conflict, "purifier_state_on_current_off"),
        (runs.warmer, "fan_off_getting_warmer"),
    ):
        if run.stretch is not None and run.told_ns is not None and turn.saw_plume(run.stretch):
            due = max(run.stretch.samples, 1)
            turn.find(judged("R9", window(run.stretch, due=due, contradicts=code), run.stretch))


def _find(
    turn: Turn, rule: RuleId, stretch: Stretch, reading: Reading, *, code: str, only_if_open: bool = False
) -> None:
    book = turn.book_of(stretch.begin_ns)
    if book is None:
        return
    pattern = turn.has_pattern(rule, book.day.date, turn.config.contradiction.days)
    if book.lead(rule) is None and (only_if_open or not (pattern or turn.saw_plume(stretch))):
        return
    due = max(1, (stretch.end_ns - stretch.begin_ns) // reading.interval_ns)
    turn.find(judged(rule, window(stretch, due=due, contradicts=code), stretch, pattern))


def _tell(turn: Turn, rule: RuleId, before: Run, after: Run, *, minutes: float, reading: Reading) -> Run:
    ended = grew_since_told(before, after)
    if ended is not None:
        turn.find(judged(rule, window(ended, due=_due(ended, reading)), ended))
    if after.stretch is None or not is_due(after, minutes=minutes, again_min=turn.config.purifier_off.update_every_min):
        return after
    turn.find(judged(rule, window(after.stretch, due=_due(after.stretch, reading)), after.stretch))
    return told(after)


def _due(stretch: Stretch, reading: Reading) -> int:
    return max(1, (stretch.end_ns - stretch.begin_ns) // reading.interval_ns)
