"""From bearings with their doubt to a place with its error ellipse: one tower, or several together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import atan2, degrees, hypot, radians, sqrt
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from ground.camera import bearing_deg, direction
from ground.local import Vector, curve_drop_m
from ground.terrain import Meeting

CHI2_99 = {1: 6.635, 2: 9.210, 3: 11.345, 4: 13.277, 5: 15.086, 6: 16.812, 7: 18.475, 8: 20.090}
_STEPS = 25
_CLOSE_ENOUGH_M = 1e-4


@dataclass(frozen=True, slots=True)
class Sight:
    """One tower's look at the base of a fire: where the tower's camera is (metres), and the bearing with its doubt.

    `elevation_sd_deg` None: the elevation says nothing (unknown terrain, base hidden), only the azimuth counts.
    """

    east_m: float
    north_m: float
    up_m: float
    azimuth_deg: float
    azimuth_sd_deg: float
    elevation_deg: float | None = None
    elevation_sd_deg: float | None = None


class Fix(Struct, frozen=True, kw_only=True):
    """A place in metres with its covariance (m²): ((ee, en), (en, nn))."""

    east_m: float
    north_m: float
    cov_m2: tuple[tuple[float, float], tuple[float, float]]

    def axes_m(self) -> tuple[float, float, float]:
        """Half axes of the one-sigma ellipse, larger first, and the azimuth of the larger in degrees 0..180."""
        values, vectors = np.linalg.eigh(np.array(self.cov_m2))
        east, north = vectors[:, 1]
        return sqrt(max(values[1], 0.0)), sqrt(max(values[0], 0.0)), degrees(atan2(east, north)) % 180

    def radius_m(self) -> float:
        """The 95 % radius: what a single number can honestly say."""
        return self.axes_m()[0] * sqrt(5.991)


def fix_of_one(
    along: Vector, meet: Callable[[Vector], Meeting | None], *, azimuth_sd_deg: float, elevation_sd_deg: float
) -> Fix | None:
    """Where one ray meets the ground, with the covariance that its doubt makes there; None for the sky.

    Where the ray moved by its doubt meets no ground any more, the last distance it does meet stands for it.
    """
    found = meet(along)
    if found is None:
        return None
    azimuth_deg, elevation_deg = bearing_deg(along)
    across_m = found.distance_m * radians(azimuth_sd_deg)
    moved = [meet(direction(azimuth_deg, elevation_deg + sign * elevation_sd_deg)) for sign in (-1, 1)]
    reached = [other.distance_m for other in moved if other is not None]
    along_m = max((abs(distance - found.distance_m) for distance in reached), default=found.distance_m)
    if None in moved:
        along_m = max(along_m, found.distance_m / 2)
    east, north = direction(azimuth_deg, 0.0)[:2]
    ahead, aside = np.array([east, north]), np.array([north, -east])
    cov: Vector = np.asarray(
        along_m**2 * np.outer(ahead, ahead) + across_m**2 * np.outer(aside, aside), dtype=np.float64
    )
    return _fix(np.array([found.east_m, found.north_m]), cov)


def distance2(one: Fix, other: Fix) -> float:
    """Squared Mahalanobis distance of two places: below 9.21 they may be one (99 %, two degrees of freedom)."""
    off = np.array([other.east_m - one.east_m, other.north_m - one.north_m])
    return float(off @ np.linalg.solve(np.array(one.cov_m2) + np.array(other.cov_m2), off))


def fused(fixes: Sequence[Fix]) -> Fix:
    """Independent fixes of one place as one: information adds; needs at least one."""
    information = [np.linalg.inv(np.array(fix.cov_m2)) for fix in fixes]
    cov = np.linalg.inv(sum(information, np.zeros((2, 2))))
    weighted = [inverse @ (fix.east_m, fix.north_m) for fix, inverse in zip(fixes, information, strict=True)]
    return _fix(cov @ sum(weighted, np.zeros(2)), cov)


@dataclass(frozen=True, slots=True)
class Joint:
    """Several sights as one place: the fix, how badly they disagree, and whether they may be one fire at 99 %."""

    fix: Fix
    chi2: float
    freedom: int

    @property
    def agrees(self) -> bool:
        """Whether the sights may be of one place (chi-square, 99 %)."""
        return self.freedom == 0 or self.chi2 <= CHI2_99.get(self.freedom, 2.6 * self.freedom)


def fix_of_many(sights: Sequence[Sight], *, start_m: tuple[float, float] | None = None) -> Joint | None:
    """The place that all sights see best (least squares on level ground); None where bearings do not cross ahead."""
    place = np.array(start_m if start_m is not None else _crossing(sights))
    if not np.isfinite(place).all():
        return None
    for _ in range(_STEPS):
        rows, rests = _linearised(sights, place)
        step, *_ = np.linalg.lstsq(rows, rests, rcond=None)
        place = place + step
        if hypot(float(step[0]), float(step[1])) < _CLOSE_ENOUGH_M:
            break
    rows, rests = _linearised(sights, place)
    information = rows.T @ rows
    if not np.isfinite(place).all() or np.linalg.cond(information) > 1e12 or not _is_ahead(sights, place):
        return None
    return Joint(_fix(place, np.linalg.inv(information)), float(rests @ rests), len(rests) - 2)


def _linearised(sights: Sequence[Sight], place: Vector) -> tuple[Vector, Vector]:
    """Rows of d(measure)/d(place) and what is left to explain, each in units of its own doubt."""
    rows: list[list[float]] = []
    rests: list[float] = []
    for sight in sights:
        east, north = place[0] - sight.east_m, place[1] - sight.north_m
        distance = max(hypot(east, north), 1.0)
        sd = radians(sight.azimuth_sd_deg)
        off = (radians(sight.azimuth_deg) - atan2(east, north) + np.pi) % (2 * np.pi) - np.pi
        rows.append([north / distance**2 / sd, -east / distance**2 / sd])
        rests.append(off / sd)
        if sight.elevation_deg is not None and sight.elevation_sd_deg is not None:
            below = sight.up_m + curve_drop_m(distance)
            slope = below / (distance**2 + below**2) / radians(sight.elevation_sd_deg)
            rows.append([slope * east / distance, slope * north / distance])
            rests.append((radians(sight.elevation_deg) + atan2(below, distance)) / radians(sight.elevation_sd_deg))
    return np.array(rows), np.array(rests)


def _crossing(sights: Sequence[Sight]) -> Vector:
    """Where all bearings pass nearest: the linear answer, good enough to begin from."""
    normals = np.array([[np.cos(radians(s.azimuth_deg)), -np.sin(radians(s.azimuth_deg))] for s in sights])
    towers = np.array([[s.east_m, s.north_m] for s in sights])
    if len(sights) < 2 or np.linalg.matrix_rank(normals, tol=1e-3) < 2:
        return np.array([np.nan, np.nan])
    place, *_ = np.linalg.lstsq(normals, (normals * towers).sum(axis=1), rcond=None)
    return np.asarray(place, dtype=np.float64)


def _is_ahead(sights: Sequence[Sight], place: Vector) -> bool:
    ahead = (direction(s.azimuth_deg, 0.0)[:2] @ (place - np.array([s.east_m, s.north_m])) for s in sights)
    return all(distance > 0 for distance in ahead)


def _fix(place: Vector, cov: NDArray[np.floating[Any]]) -> Fix:
    return Fix(
        east_m=float(place[0]),
        north_m=float(place[1]),
        cov_m2=((float(cov[0, 0]), float(cov[0, 1])), (float(cov[1, 0]), float(cov[1, 1]))),
    )
