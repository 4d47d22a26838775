"""What the fold remembers of one premises: plain data, saved, restored, replayed as JSON."""

from __future__ import annotations

from msgspec import Struct

from contract.health import MaintenanceItem
from detectors.cooking_fumes.book import Book
from detectors.cooking_fumes.outlet import Look
from detectors.cooking_fumes.reading import NOT_REPORTED, Signal
from detectors.cooking_fumes.runs import IDLE, Run
from detectors.cooking_fumes.sameness import Same
from detectors.cooking_fumes.series import Series
from detectors.cooking_fumes.stretch import Stretch


class Gap(Struct, frozen=True, kw_only=True):
    """A silence between two reports; `filled_to_ns`: late reports have come up to here."""

    begin_ns: int
    end_ns: int
    filled_to_ns: int
    filled_ns: int = 0


class Side(Struct, frozen=True, kw_only=True):
    """Signals that came apart from the stream that is judged."""

    at_ns: int = -1
    fan: Signal = NOT_REPORTED
    purifier: Signal = NOT_REPORTED
    temperature_c: float | None = None
    humidity_pct: float | None = None


class Runs(Struct, frozen=True, kw_only=True):
    """The stretches that are running: R1 on time and late, R9 by what contradicts what."""

    purifier_off: Run = IDLE
    purifier_off_late: Run = IDLE
    purifier_conflict: Run = IDLE
    fan_conflict: Run = IDLE
    warmer: Run = IDLE


class Faults(Struct, frozen=True, kw_only=True):
    """Reports of the last minutes: all, with a bad mark, off the clock, of a low score (R8)."""

    begin_ns: int = 0
    reports: int = 0
    faulty: int = 0
    clock_off: int = 0
    weak: int = 0


class Upkeep(Struct, frozen=True, kw_only=True):
    """Since cleaning (R7): fan time, and the daily means of the purifier's current in A."""

    cleaned_on: str | None = None
    fan_ns: int = 0
    daily_a: tuple[float, ...] = ()


class Counters(Struct, frozen=True, kw_only=True):
    """Reports that changed nothing: told before, or too late for a book that is closed; late ones that were judged."""

    repeated: int = 0
    too_late: int = 0
    late: int = 0


UsualMeal = tuple[float, float, float]  # fan current in A, flue temperature in C, oil fume in mg/m3


class State(Struct, frozen=True, kw_only=True):
    """All of it.

    `heard_ns`: receipt of the last frame; `quiet_to_ns`: silence is accounted for up to here. `lane_ns`: data time of
    the last report judged; `streams`: of the last one of each stream. `usual`: the last meals of each period.
    `streaks`: the local dates on which a pattern showed, in a row. `humidity_pct`: of the flue at `lane_ns`.
    """

    book: Book | None = None
    yesterday: Book | None = None
    heard_ns: int = -1
    quiet_to_ns: int = -1
    lane_ns: int = -1
    interval_ns: int = 60_000_000_000
    streams: tuple[int, int, int] = (-1, -1, -1)
    side: Side = Side()
    gaps: tuple[Gap, ...] = ()
    runs: Runs = Runs()
    mean: Stretch | None = None
    late_means: tuple[Stretch, ...] = ()
    frozen: Same | None = None
    constant: Same | None = None
    coolest_c: float | None = None
    humidity_pct: float | None = None
    series: Series = Series()
    faults: Faults = Faults()
    upkeep: Upkeep = Upkeep()
    usual: tuple[tuple[UsualMeal, ...], ...] = ()
    streaks: dict[str, tuple[str, ...]] = {}
    items: tuple[MaintenanceItem, ...] = ()
    looks: tuple[Look, ...] = ()
    counters: Counters = Counters()
