"""One measured figure as a line: what, how much, the budget beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


def show(what: str, measured: str, budget: str = "") -> None:
    """Prints one figure; `budget` as the design states it, empty where it states none."""
    print(f"{what:<72} {measured:>22}   {('budget ' + budget) if budget else ''}".rstrip(), flush=True)


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` (0..1) of the values do not exceed; the values must not be empty."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


@dataclass(frozen=True)
class BenchLine:
    """One figure as a value: `budget` as the design states it, `note` what else was seen."""

    name: str
    value: float
    unit: str
    budget: str = ""
    note: str = ""

    def show(self) -> None:
        """Prints it."""
        show(self.name, f"{self.value:.1f} {self.unit}", self.budget)
        if self.note:
            print(f"  {self.note}", flush=True)
