"""The ground under a fixed camera: metres to pixels, ways along it, and where something is on its way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Ground:
    """A flat ground: at row y a metre is `px_per_m_row * (y - horizon_px)` pixels wide; `focal_px` says depth."""

    horizon_px: float
    px_per_m_row: float
    focal_px: float

    def metres(self, point: Point) -> Point:
        """Where a picture point lies: metres to the right of the picture's column 0, metres ahead."""
        x, y = point
        per_m = self.px_per_m_row * (y - self.horizon_px)
        return x / per_m, self.focal_px / per_m

    def pixels(self, spot: Point) -> Point:
        """The picture point of a spot on the ground."""
        across, ahead = spot
        per_m = self.focal_px / ahead
        return across * per_m, self.horizon_px + per_m / self.px_per_m_row

    def scale(self, y: float, drawn_at_y: float) -> float:
        """How much larger a thing is at row y than at the row it was cut from."""
        return (y - self.horizon_px) / (drawn_at_y - self.horizon_px)


@dataclass(frozen=True, slots=True)
class Way:
    """A polyline on the ground; what follows it is at so many metres from its beginning."""

    ground: Ground
    spots: tuple[Point, ...]

    @staticmethod
    def through(ground: Ground, points: Sequence[Point]) -> Way:
        """The way through picture points."""
        return Way(ground, tuple(ground.metres(point) for point in points))

    @property
    def marks_m(self) -> NDArray[np.float64]:
        """The distance of each spot from the beginning."""
        steps = [np.hypot(b[0] - a[0], b[1] - a[1]) for a, b in zip(self.spots, self.spots[1:], strict=False)]
        return np.concatenate(([0.0], np.cumsum(steps)))

    @property
    def length_m(self) -> float:
        """From end to end."""
        return float(self.marks_m[-1])

    def at(self, along_m: float) -> Point:
        """The picture point so far along the way."""
        marks = self.marks_m
        across = float(np.interp(along_m, marks, [spot[0] for spot in self.spots]))
        ahead = float(np.interp(along_m, marks, [spot[1] for spot in self.spots]))
        return self.ground.pixels((across, ahead))

    def nearest_m(self, point: Point) -> float:
        """How far along the way lies nearest to a picture point, to a tenth of a metre."""
        goal = self.ground.metres(point)
        marks = self.marks_m
        tried = np.arange(0.0, self.length_m, 0.1)
        across = np.interp(tried, marks, [spot[0] for spot in self.spots]) - goal[0]
        ahead = np.interp(tried, marks, [spot[1] for spot in self.spots]) - goal[1]
        return float(tried[np.argmin(across**2 + ahead**2)])


def parking_way(lane: Way, spot_px: Point, *, swing_m: float = 14.0) -> tuple[Way, float]:
    """The lane with a swing out to a spot and back; and how far along it the spot is."""
    marks = lane.marks_m
    beside_m = lane.nearest_m(spot_px)
    before_m, after_m = max(0.5, beside_m - swing_m), min(lane.length_m - 0.5, beside_m + 0.7 * swing_m)
    spot = lane.ground.metres(spot_px)
    head = [s for s, m in zip(lane.spots, marks, strict=True) if m < before_m - 0.5]
    tail = [s for s, m in zip(lane.spots, marks, strict=True) if m > after_m + 0.5]
    turn, back = (lane.ground.metres(lane.at(m)) for m in (before_m, after_m))
    way = Way(lane.ground, (*head, turn, spot, back, *tail))
    return way, float(way.marks_m[len(head) + 1])
