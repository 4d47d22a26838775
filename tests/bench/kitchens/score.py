"""One kitchen through the fold, and what came of it against the truth."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta

import msgspec

from contract.matters.cooking_fumes import Facts, Window
from contract.times import ns_from_utc
from detectors import cooking_fumes as rule
from detectors.fold import Finding, Zone
from tests.bench.kitchens import truth as truths
from tests.bench.kitchens.cooking import HOURS, Told, Truth, cook
from tests.bench.kitchens.plan import FIRST_DAY, Kitchen
from tests.bench.kitchens.tape import MINUTE_NS, day_begins_ns, records


@dataclass
class DayTruth:
    """What one day ought to have brought."""

    r1: list[truths.Span]
    r3: list[truths.Span]
    above: list[int]
    open: bool


@dataclass
class Score:
    """What came of one kitchen."""

    kitchen: Kitchen
    days: list[DayTruth] = field(default_factory=list)
    leads: dict[tuple[str, str], Facts] = field(default_factory=dict)
    item_days: dict[str, set[int]] = field(default_factory=dict)
    wrong_items: Counter[str] = field(default_factory=Counter)
    right_items: Counter[str] = field(default_factory=Counter)
    reports: int = 0
    fold_s: float = 0.0
    largest_state: int = 0

    def windows(self, rule_id: str, day: int) -> list[Window]:
        """The windows of a day's lead of a rule."""
        facts = self.leads.get((rule_id, date_of(day)))
        return [] if facts is None else list(facts.windows)


def date_of(day: int) -> str:
    """The local date of a day."""
    return (FIRST_DAY + timedelta(days=day)).date().isoformat()


def run(kitchen: Kitchen, days: int) -> Score:
    """Cook, tell, judge, day by day."""
    score = Score(kitchen)
    state = rule.initial_state()
    zone = Zone(town="demo", device=f"fume-{kitchen.number}", zone=f"kitchen-{kitchen.number}", matter="cooking_fumes")
    items: set[str] = set()
    fan_h = 0.0
    yesterday: Told | None = None
    for day in range(days):
        truth, told = cook(kitchen, day, earlier=yesterday)
        honest = day not in kitchen.trick_days
        yesterday = told if honest and truth.fan.any() else yesterday
        fan_h = 0.0 if day in kitchen.cleaning_days else fan_h
        fan_h += float(truth.fan.sum()) / 60
        score.days.append(_truth_of(kitchen, day, truth, told))
        config = kitchen.config(day)
        tape = list(records(kitchen, day, told))
        score.reports += len(tape)
        begin_s = time.process_time()
        for seen in tape:
            step = rule.step(state, seen, zone, config)
            state = step.state
            for finding in step.findings:
                _keep(score, finding)
            if step.maintenance is not None:
                now = {item.kind for item in step.maintenance}
                for kind in sorted(now - items):
                    right = truths.item_is_right(kind, kitchen, day, told, fan_h)
                    (score.right_items if right else score.wrong_items)[kind] += 1
                items = now
            for kind in items:
                score.item_days.setdefault(kind, set()).add(day)
        score.fold_s += time.process_time() - begin_s
        score.largest_state = max(score.largest_state, len(msgspec.json.encode(state)))
    return score


def found_r1(score: Score, day: int, span: truths.Span) -> bool:
    """Whether windows of the day's R1 lead cover at least half of a true span."""
    return _covered(score.windows("R1", day), day, span) >= 0.5


def found_r3(score: Score, day: int, span: truths.Span) -> bool:
    """Whether the day's R3 lead has this window of the oil fume."""
    begin_ns = day_begins_ns(day) + span.begin * MINUTE_NS
    return any(one.factor == "fume_mg_m3" and ns_from_utc(one.begin) == begin_ns for one in score.windows("R3", day))


def false_r3(score: Score, day: int) -> int:
    """Windows of the oil fume in the day's lead that are not above the limit in truth."""
    told = [one for one in score.windows("R3", day) if one.factor == "fume_mg_m3"]
    above = {day_begins_ns(day) + begin * MINUTE_NS for begin in score.days[day].above}
    return sum(ns_from_utc(one.begin) not in above for one in told)


def _covered(windows: list[Window], day: int, span: truths.Span) -> float:
    begin_ns = day_begins_ns(day)
    first, last = begin_ns + span.begin * MINUTE_NS, begin_ns + span.end * MINUTE_NS
    shared = sum(max(0, min(ns_from_utc(one.end), last) - max(ns_from_utc(one.begin), first)) for one in windows)
    return shared / (last - first)


def _truth_of(kitchen: Kitchen, day: int, truth: Truth, told: Told) -> DayTruth:
    return DayTruth(
        r1=truths.purifier_off_spans(kitchen, day, truth, told),
        r3=truths.above_limit_windows(kitchen, day, truth, told),
        above=truths.true_windows(kitchen, truth),
        open=any(truth.fan[begin:end].any() for begin, end in HOURS),
    )


def _keep(score: Score, finding: Finding) -> None:
    facts = finding.facts
    if isinstance(facts, Facts):
        score.leads[(facts.rule, facts.day)] = facts
