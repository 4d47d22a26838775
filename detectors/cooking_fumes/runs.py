"""A condition that must last (R1, R9): samples that show it, in a row, with time behind them that was really seen."""

from __future__ import annotations

from msgspec import Struct

from contract.times import NS
from detectors.cooking_fumes.reading import Reading
from detectors.cooking_fumes.stretch import Stretch, begun, extended


class Run(Struct, frozen=True, kw_only=True):
    """The stretch so far, None when the condition does not hold; `told_ns`: counted time when it was last told."""

    stretch: Stretch | None = None
    told_ns: int | None = None


IDLE = Run()


def go_on(run: Run, reading: Reading, *, holds: bool | None, counted_ns: int, gap_ns: int) -> Run:
    """The run after one sample; `holds` None: this sample does not say. A silence longer than `gap_ns` ends the run."""
    stretch = run.stretch
    if stretch is not None and reading.at_ns - stretch.end_ns > gap_ns:
        stretch = None
    if holds is None:
        return run if stretch is run.stretch else IDLE
    if not holds:
        return IDLE
    if stretch is None:
        return Run(stretch=begun(reading))
    return Run(stretch=extended(stretch, reading, counted_ns=counted_ns), told_ns=run.told_ns)


def is_due(run: Run, *, minutes: float, again_min: float) -> bool:
    """Whether the run has lasted, and has not been told since or only long ago."""
    if run.stretch is None or run.stretch.counted_ns < minutes * 60 * NS:
        return False
    return run.told_ns is None or run.stretch.counted_ns - run.told_ns >= again_min * 60 * NS


def told(run: Run) -> Run:
    """The run after it was told."""
    return Run(stretch=run.stretch, told_ns=None if run.stretch is None else run.stretch.counted_ns)


def grew_since_told(before: Run, after: Run) -> Stretch | None:
    """The whole stretch of a run that was told and has ended with this sample; None when there is nothing new."""
    ended = before.stretch is not None and (after.stretch is None or after.stretch.begin_ns != before.stretch.begin_ns)
    if not ended or before.told_ns is None or before.stretch is None:
        return None
    return before.stretch if before.stretch.counted_ns > before.told_ns else None
