"""The checks of a candidate, each made when it is first asked for: the first answers hold most candidates by few."""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from contract.matters.straw_burning import CheckId, SequenceCheck
from detectors.straw_burning import checks
from detectors.straw_burning.looks import Look
from detectors.straw_burning.memory import Preset
from detectors.straw_burning.runs import Run
from detectors.straw_burning.usual import stands_elsewhere


class Checks(dict[CheckId, SequenceCheck]):
    """What was checked so far of one candidate at one look; asking makes what is missing."""

    def __init__(self, run: Run, preset: Preset, look: Look) -> None:
        super().__init__()
        self.run, self.preset, self.look = run, preset, look

    def __missing__(self, check: CheckId) -> SequenceCheck:
        made = self[check] = MADE[check](self)
        return made

    def failed(self, check: CheckId) -> bool:
        """Whether a check was made and not passed."""
        return self[check].outcome == "failed"

    def passed(self, check: CheckId) -> bool:
        """Whether a check was made and passed."""
        return self[check].outcome == "passed"

    def is_alive(self) -> bool:
        """Whether a stare shows texture that changes by itself and a veil that grows, or whose foot stands elsewhere.

        A chimney's smoke changes and does not grow and stays where it is, a moving shadow grows and does not change.
        """
        return self.passed("decorrelation") and (self.passed("growth") or stands_elsewhere(self.run, self.preset))


MADE: dict[CheckId, Callable[[Checks], SequenceCheck]] = {
    "persistence": lambda of: checks.persistence(of.run, of.look),
    "background": lambda of: checks.background(of.run, of.preset, is_alive=of.is_alive),
    "growth": lambda of: checks.growth(of.run),
    "base": lambda of: checks.base(of.run, of.preset),
    "ground": lambda of: checks.ground(of.run, of.look),
    "drift": lambda of: checks.drift(of.run, of.preset),
    "wind": lambda of: checks.wind(of.run, of.look),
    "translucency": lambda of: checks.translucency(of.run),
    "decorrelation": lambda of: checks.decorrelation(of.run, of.preset),
    "colour": lambda of: checks.colour(of.run),
    "flicker": lambda of: checks.flicker(of.run, of.look),
    "view": lambda of: checks.view(of.look),
}


def all_checks(run: Run, preset: Preset, look: Look) -> tuple[SequenceCheck, ...]:
    """Every check but the known places (see `answers`), in the order in which they are told."""
    made = Checks(run, preset, look)
    return tuple(_rounded(made[check]) for check in MADE)


def _rounded(made: SequenceCheck) -> SequenceCheck:
    """As exact as people read it: an event is a message."""
    return replace(made, values={name: round(float(value), 4) for name, value in made.values.items()})
