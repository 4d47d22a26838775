"""Which kitchens there are: how they cook, how their sensors err honestly, and who plays which trick on which days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Final

import numpy as np

from detectors.cooking_fumes.config import Cleaning, Config, Hours, Limit, Sensor

CHINA: Final = timezone(timedelta(hours=8))
FIRST_DAY: Final = datetime(2026, 3, 2, tzinfo=CHINA)
DEVELOPMENT_SEED: Final = 1
HELD_SEED: Final = 9001
TRICKS: Final = (
    "purifier_off",
    "purifier_off_state_only",
    "purifier_unplugged",
    "probe_wrapped",
    "value_frozen",
    "fan_wired_elsewhere",
    "dummy_load",
    "cells_dirty",
    "diluted",
    "offline_at_meals",
    "clock_moved",
    "packets_replayed",
    "above_limit",
)
CLEAN: Final = 7


@dataclass(frozen=True, kw_only=True)
class Kitchen:
    """One premises; amperes, mg/m3 and C as its machines have them. `trick_days`: numbers of the days it cheats on."""

    number: int
    seed: int
    trick: str | None
    trick_days: frozenset[int]
    limit: float
    three_pollutants: bool
    fan_a: float
    purifier_a: float
    raw_mg_m3: float
    efficiency: float
    drift_per_day: float
    decimals: int
    has_current: bool
    cleaning_days: tuple[int, ...]
    closed_weekday: int | None
    clock_ahead_s: float

    @property
    def name(self) -> str:
        """How the bench prints it."""
        return f"kitchen {self.number:2d} {self.trick or 'clean'}"

    def rng(self, *what: int) -> np.random.Generator:
        """Randomness that depends on nothing but the kitchen and what it is for."""
        return np.random.default_rng((self.seed, self.number, *what))

    def config(self, day: int) -> Config:
        """The town's table as of this day: the date of the last cleaning is kept up by the kitchen."""
        limits = [Limit(factor="fume_mg_m3", limit=self.limit, source="GB 18483-2001")]
        if self.three_pollutants:
            limits = [
                Limit(factor="fume_mg_m3", limit=self.limit, source="DB11/1488-2018"),
                Limit(factor="particulate_mg_m3", limit=5.0, source="DB11/1488-2018"),
                Limit(factor="nmhc_mg_m3", limit=10.0, source="DB11/1488-2018", range_max=100.0),
            ]
        cleaned = max((one for one in self.cleaning_days if one <= day), default=0)
        return Config(
            premises=self.name,
            limits=tuple(limits),
            hours=(Hours(begin="10:30", end="14:00"), Hours(begin="16:30", end="21:00")),
            sensor=Sensor(bound=True, profile="composed", profile_version="1", calibrated_on="2026-02-01"),
            cleaning=Cleaning(cleaned_on=(FIRST_DAY + timedelta(days=cleaned)).date().isoformat()),
        )


def kitchens(seed: int, days: int) -> list[Kitchen]:
    """Twenty kitchens: seven clean ones and one for each trick."""
    plan: list[str | None] = [None] * CLEAN + list(TRICKS)
    return [_kitchen(number, seed, trick, days) for number, trick in enumerate(plan)]


def _kitchen(number: int, seed: int, trick: str | None, days: int) -> Kitchen:
    rng = np.random.default_rng((seed, number, 7))
    limit = 1.0 if number % 3 == 0 else 2.0
    efficiency = float(rng.uniform(0.86, 0.93))
    cleanings = []
    at = int(rng.integers(0, 12))
    while at < days:
        cleanings.append(at)
        at += int(rng.integers(20, 34))
    return Kitchen(
        number=number,
        seed=seed,
        trick=trick,
        trick_days=_trick_days(rng, trick, days),
        limit=limit,
        three_pollutants=limit == 1.0,
        fan_a=float(rng.uniform(3, 12)),
        purifier_a=float(rng.uniform(0.7, 2.6)),
        raw_mg_m3=float(rng.uniform(0.35, 0.6)) * limit / (1 - efficiency + 0.05),
        efficiency=efficiency,
        drift_per_day=float(rng.uniform(0, 0.002)),
        decimals=3 if number % 4 == 1 else 2,
        has_current=trick != "purifier_off_state_only",
        cleaning_days=tuple(cleanings),
        closed_weekday=0 if number % 5 == 2 else None,
        clock_ahead_s=float(rng.normal(0, 25)),
    )


def _trick_days(rng: np.random.Generator, trick: str | None, days: int) -> frozenset[int]:
    """Two to four spells of three to nine days, none in the first fortnight (what is usual must be known first)."""
    if trick is None:
        return frozenset()
    found: set[int] = set()
    for _ in range(int(rng.integers(2, 5))):
        begin = int(rng.integers(14, max(15, days - 10)))
        found |= set(range(begin, begin + int(rng.integers(3, 10))))
    return frozenset(day for day in found if day < days)
