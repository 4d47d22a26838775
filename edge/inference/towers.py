"""Looks of gateways with towers: their frames go to the smoke model preset by preset, all others as before.

In: frames, those of towers aimed. Out: observations; where the tower is calibrated with places, sun and wind.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

from msgspec import structs

from contract.events import Clock
from contract.observations import Observation, PlumeSeen
from edge.capture.types import Aimed, Frame
from edge.inference.look import Looker
from edge.inference.plumes_look import TowerLooker
from edge.inference.sights import Sights

FIXED = "fixed"  # the one preset of a camera that does not move


SpotsOf = Callable[[str, int, tuple[int, int]], tuple[PlumeSeen, ...]]


def _no_spots(_device: str, _at_ns: int, _frame_px: tuple[int, int]) -> tuple[PlumeSeen, ...]:
    return ()


class TowersLooker:
    """`edge.inference.look.Looker` for every camera but `towers`, `TowerLooker` for those."""

    def __init__(
        self,
        streets: Looker,
        tower: TowerLooker,
        *,
        sights: Mapping[str, Sights],
        towers: Collection[str],
        clock_of: Callable[[str], Clock],
        spots_of: SpotsOf = _no_spots,
    ) -> None:
        """`spots_of`: hot spots that another camera saw there, as plumes of this look."""
        self._streets, self._tower = streets, tower
        self._towers, self._sights = frozenset(towers), sights
        self._clock_of, self._spots_of = clock_of, spots_of

    def look(self, frames: Sequence[Frame]) -> list[Observation]:
        """One observation a frame, in the frames' order."""
        others = [frame for frame in frames if frame.device not in self._towers]
        seen = iter(self._streets.look(others)) if others else iter(())
        return [self._look(frame) if frame.device in self._towers else next(seen) for frame in frames]

    def _look(self, frame: Frame) -> Observation:
        aimed = frame.aimed or Aimed(FIXED, 0.0, 0.0)
        seen = self._tower.look(frame, preset=aimed.preset)
        spots = self._spots_of(frame.device, seen.at_ns, seen.frame_px)
        seen = structs.replace(seen, clock=self._clock_of(frame.device), plumes=(*seen.plumes, *spots))
        sights = self._sights.get(frame.device)
        return seen if sights is None else sights.placed(seen, aimed)


class FixedView:
    """What stands for a patrol where the camera never moves: every frame shows the one preset, at the asked pace."""

    def __init__(self, aimed: Aimed, *, every_s: float) -> None:
        self._aimed, self._every_s = aimed, every_s
        self._sooner: tuple[float, int] = (every_s, 0)
        self._last_ns = 0

    def stay(self, every_s: float, until_ns: int) -> None:
        """Looks at this pace until then."""
        self._sooner = (every_s, until_ns)

    def aimed(self, frame: Frame) -> Frame | None:
        """The frame with its preset; None: not yet the time for another look."""
        pace_s, until_ns = self._sooner
        every_s = pace_s if frame.at_ns <= until_ns else self._every_s
        if frame.at_ns - self._last_ns < round(every_s * 0.9e9):
            return None
        self._last_ns = frame.at_ns
        return replace(frame, aimed=self._aimed)
