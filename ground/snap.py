"""Which grid cell, field or village a doubtful place lies in: the share of its error ellipse in each polygon."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import erf, sqrt

import numpy as np

from ground.fix import Fix
from ground.local import Vector

NAMED_FROM = 0.6  # straw reference 4: below, a list with shares is told, not a name
LEVEL = 1e-12  # in standard deviations: an edge that rises less holds less of the mass than that
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(24)
_PIECES = 8
_Phi = np.vectorize(lambda x: 0.5 * (1 + erf(x / sqrt(2))))


def share_inside(fix: Fix, polygon_m: Sequence[tuple[float, float]]) -> float:
    """The probability that the place lies in the polygon, 0..1; the polygon in the metres of the fix, any winding.

    By Green's theorem on the whitened plane: the mass is the integral of Phi(x) phi(y) dy around the edge.
    """
    upper = np.linalg.cholesky(np.array(fix.cov_m2))
    corners = np.linalg.solve(upper, (np.array(polygon_m) - (fix.east_m, fix.north_m)).T).T
    mass = sum(_along(a, b) for a, b in zip(corners, np.roll(corners, -1, axis=0), strict=True))
    return min(1.0, abs(float(mass)))


def shares(fix: Fix, polygons_m: Mapping[str, Sequence[tuple[float, float]]]) -> dict[str, float]:
    """Name -> share for every polygon that holds at least a hundredth, largest first."""
    told = {name: share_inside(fix, polygon) for name, polygon in polygons_m.items()}
    return dict(sorted(((name, share) for name, share in told.items() if share >= 0.01), key=lambda one: -one[1]))


def named(told: Mapping[str, float]) -> str | None:
    """The one name that may be said, or None: then the list is told."""
    return next((name for name, share in told.items() if share >= NAMED_FROM), None)


def _along(a: Vector, b: Vector) -> float:
    """The edge cut short where the density is nothing, in pieces, by Gauss and Legendre."""
    step = b - a
    rise = float(step[1])
    if abs(rise) < LEVEL:
        return 0.0
    ends = sorted(((-9.0 - a[1]) / rise, (9.0 - a[1]) / rise))
    begin, end = max(0.0, float(ends[0])), min(1.0, float(ends[1]))
    if begin >= end:
        return 0.0
    width = (end - begin) / _PIECES
    starts = begin + width * np.arange(_PIECES)
    t = (starts[:, None] + (_NODES + 1) / 2 * width).ravel()
    x, y = a[0] + t * step[0], a[1] + t * step[1]
    density = _Phi(x) * np.exp(-y * y / 2) / np.sqrt(2 * np.pi)
    return float((np.tile(_WEIGHTS, _PIECES) * density).sum() * width / 2 * rise)
