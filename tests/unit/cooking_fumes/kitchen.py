"""A drawn kitchen for the fume rules: reports on a clock of local time, so that a test states only what matters."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

import msgspec

from contract.matters.cooking_fumes import Facts
from contract.observations import Elapsed, FactorSeen, Reported, Seen
from contract.times import NS
from detectors import cooking_fumes as rule
from detectors.cooking_fumes.config import Hours, Sensor
from detectors.fold import Ask, Finding, Step, Zone

CHINA = timezone(timedelta(hours=8))
MONDAY = datetime(2026, 3, 2, tzinfo=CHINA)
ZONE = Zone(town="demo", device="fume-1", zone="kitchen-1", matter="cooking_fumes")
SENSOR = Sensor(bound=True, profile="maker-a", profile_version="1", calibrated_on="2026-01-15")
CONFIG = rule.Config(
    premises="老王饭店",
    hours=(Hours(begin="10:30", end="14:00"), Hours(begin="16:30", end="21:00")),
    sensor=SENSOR,
)
Factors = dict[str, tuple[float | None, str]]
COOKING: Factors = {
    "fume_mg_m3": (0.5, "N"),
    "fan_state": (1.0, "N"),
    "fan_a": (6.0, "N"),
    "purifier_state": (1.0, "N"),
    "purifier_a": (1.2, "N"),
    "temperature_c": (42.0, "N"),
    "humidity_pct": (55.0, "N"),
}


def at(clock: str, *, day: int = 0) -> int:
    """Local time `12:30` or `12:30:15` of the day after so many, in UTC nanoseconds."""
    hours, minutes, *seconds = (int(part) for part in clock.split(":"))
    moment = MONDAY + timedelta(days=day, hours=hours, minutes=minutes, seconds=seconds[0] if seconds else 0)
    return int(moment.timestamp()) * NS


def report(at_ns: int, factors: Factors, *, statistic: str = "Rtd", **more: Any) -> Reported:
    """One report of these factors: value and mark by name."""
    seen = tuple(
        FactorSeen(factor=name, statistic=statistic, value=value, unit="", mark=mark)
        for name, (value, mark) in factors.items()
    )
    plain = {"device": "fume-1", "at_ns": at_ns, "received_ns": at_ns + NS, "interval_s": 60.0, "factors": seen}
    return Reported(**{**plain, **more})


def minutes(begin: str, end: str | int, *, day: int = 0, **more: Any) -> list[Reported]:
    """A report each minute of a cooking kitchen until `end` (or so many); keywords replace a value or (value, mark)."""
    meta = {name: more.pop(name) for name in ("doubts", "back_filled", "statistic", "device") if name in more}
    factors = dict(COOKING)
    for name, value in more.items():
        if value is None:
            factors.pop(name)
        else:
            factors[name] = value if isinstance(value, tuple) else (value, "N")
    first_ns = at(begin, day=day)
    count = end if isinstance(end, int) else (at(end, day=day) - first_ns) // (60 * NS)
    return [report(first_ns + index * 60 * NS, factors, **meta) for index in range(count)]


def rest(clock: str, *, day: int = 0) -> Reported:
    """One report of a kitchen in which nothing runs: time goes on, and the device is heard."""
    idle: Factors = dict.fromkeys(COOKING, (0.0, "N"))
    idle |= {"fume_mg_m3": (0.03, "N"), "temperature_c": (20.0, "N")}
    return report(at(clock, day=day), idle)


def varied(reports: Iterable[Reported]) -> list[Reported]:
    """The same reports with fume and currents that move a little, as real ones do."""
    made = []
    for index, one in enumerate(reports):
        wobble = 1 + 0.01 * ((index * 7919) % 13 - 6) / 6
        factors = tuple(
            msgspec.structs.replace(factor, value=round(factor.value * wobble, 4))
            if factor.value and factor.factor in ("fume_mg_m3", "fan_a", "purifier_a")
            else factor
            for factor in one.factors
        )
        made.append(msgspec.structs.replace(one, factors=factors))
    return made


def elapsed(clock: str, *, day: int = 0) -> Elapsed:
    """Nothing came until this time."""
    return Elapsed(device="fume-1", at_ns=at(clock, day=day))


class Told:
    """What a run of the fold said."""

    def __init__(self) -> None:
        self.state = rule.initial_state()
        self.findings: list[Finding] = []
        self.asks: list[Ask] = []
        self.items: tuple[str, ...] = ()
        self.ever: set[str] = set()

    def take(self, step: Step[rule.State]) -> None:
        self.state = step.state
        self.findings += step.findings
        self.asks += step.asks
        if step.maintenance is not None:
            self.items = tuple(item.kind for item in step.maintenance)
            self.ever |= set(self.items)

    def leads(self, rule_id: str | None = None) -> list[Facts]:
        """The last facts of each lead, of one rule if named."""
        last = {finding.event_id: facts_of(finding) for finding in self.findings}
        return [facts for facts in last.values() if rule_id in (None, facts.rule)]

    def grade(self, rule_id: str) -> str:
        """The last grade of a rule's lead; `none` without one."""
        grades = [finding.grade.level for finding in self.findings if facts_of(finding).rule == rule_id]
        return grades[-1] if grades else "none"


def run(seen: Sequence[Seen], *, config: rule.Config = CONFIG, zone: Zone = ZONE) -> Told:
    """The fold over a tape from nothing."""
    told = Told()
    for one in seen:
        told.take(rule.step(told.state, one, zone, config))
    return told


def facts_of(finding: Finding) -> Facts:
    """A finding's facts as they travel."""
    return msgspec.convert(msgspec.to_builtins(finding.facts), Facts)
