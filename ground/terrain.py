"""What a ray meets: flat ground, curved ground, or a height grid; None is sky, and no place is made up for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import hypot, sqrt

import numpy as np

from ground.local import EARTH_RADIUS_M, REFRACTION, Vector, curve_drop_m

FARTHEST_M = 30_000.0
_BISECTIONS = 40
HeightAt = Callable[[float, float], float | None]


@dataclass(frozen=True, slots=True)
class Meeting:
    """Where a ray meets the ground: metres east and north of the mast, level distance, ground height above its foot."""

    east_m: float
    north_m: float
    distance_m: float
    up_m: float


def on_plane(along: Vector, height_m: float, *, refraction: float = REFRACTION, curved: bool = True) -> Meeting | None:
    """Level ground below a camera `height_m` above it; `curved` minds the earth's curve and the bent ray."""
    level = hypot(float(along[0]), float(along[1]))
    if level == 0:
        return Meeting(0.0, 0.0, 0.0, 0.0) if along[2] < 0 else None
    fall = -float(along[2]) / level
    if not curved:
        distance_m = height_m / fall if fall > 0 else None
    else:
        c = (1 - refraction) / (2 * EARTH_RADIUS_M)
        root = fall * fall - 4 * c * height_m
        distance_m = (fall - sqrt(root)) / (2 * c) if root >= 0 and fall > 0 else None
    if distance_m is None or distance_m > FARTHEST_M:
        return None
    return _meeting(along, level, distance_m, 0.0)


def on_heights(along: Vector, height_m: float, height_at: HeightAt, *, step_m: float) -> Meeting | None:
    """The first ground on the way, by steps of at most half a cell and bisection; None: sky, or off the known terrain.

    `height_at(east_m, north_m)` is the ground above the foot of the mast; None where nobody knows it.
    """
    level = hypot(float(along[0]), float(along[1]))
    if level == 0:
        return on_plane(along, height_m, curved=False)
    fall = -float(along[2]) / level
    east, north = float(along[0]) / level, float(along[1]) / level

    def above_ground(distance_m: float) -> float | None:
        ground_m = height_at(east * distance_m, north * distance_m)
        return None if ground_m is None else height_m - fall * distance_m - (ground_m - curve_drop_m(distance_m))

    before_m = 0.0
    for at_m in np.arange(step_m, FARTHEST_M, step_m):
        gap_m = above_ground(float(at_m))
        if gap_m is None:
            return None
        if gap_m <= 0:
            near_m, far_m = before_m, float(at_m)
            for _ in range(_BISECTIONS):
                middle_m = (near_m + far_m) / 2
                middle_gap_m = above_ground(middle_m)
                near_m, far_m = (middle_m, far_m) if (middle_gap_m or 0.0) > 0 else (near_m, middle_m)
            return _meeting(along, level, far_m, height_at(east * far_m, north * far_m) or 0.0)
        before_m = float(at_m)
    return None


def _meeting(along: Vector, level: float, distance_m: float, up_m: float) -> Meeting:
    share = distance_m / level
    return Meeting(float(along[0]) * share, float(along[1]) * share, distance_m, up_m)
