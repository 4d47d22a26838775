"""Bootstrap intervals of average precision: how far a figure could lie elsewhere if other pictures had been taken.

Cameras are drawn with replacement, then pictures within each drawn camera: pictures of one camera resemble each other,
so few cameras give a wide interval, as they should. Pictures without a known camera count as one camera.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.average_precision import Ranking, average_precision

SEED = 20
DRAWS = 1000
OUTER_SHARES = (0.05, 0.95)  # the ends of a 90 % interval
Interval = tuple[float, float]
Times = NDArray[np.int64]


def draw_times(cameras: Sequence[str | None], *, draws: int = DRAWS, seed: int = SEED) -> Times:
    """How often each picture counts in each draw, (draws, pictures); the same cameras give the same draws."""
    rng = np.random.default_rng(seed)
    names = sorted({camera or "" for camera in cameras})
    members = [np.flatnonzero([(camera or "") == name for camera in cameras]) for name in names]
    times = np.zeros((draws, len(cameras)), np.int64)
    for row in times:
        for drawn in rng.integers(len(members), size=len(members)) if members else ():
            pictures = members[drawn]
            row[pictures] += np.bincount(rng.integers(len(pictures), size=len(pictures)), minlength=len(pictures))
    return times


def interval90(ranking: Ranking, cameras: Sequence[str | None]) -> Interval | None:
    """The 90 % interval of the average precision; None for fewer than two pictures or nothing to find."""
    return _ends([average_precision(ranking, times) for times in draw_times(cameras)], len(cameras))


def difference90(base: Ranking, other: Ranking, cameras: Sequence[str | None]) -> Interval | None:
    """The 90 % interval of `other` less `base`, both on the same pictures in the same order and in the same draws.

    Paired, it is much narrower than the two intervals apart: a hard picture is hard for both.
    """
    changes: list[float | None] = []
    for times in draw_times(cameras):
        before, after = average_precision(base, times), average_precision(other, times)
        changes.append(None if before is None or after is None else after - before)
    return _ends(changes, len(cameras))


def _ends(values: Sequence[float | None], pictures: int) -> Interval | None:
    known = [value for value in values if value is not None]
    if pictures < 2 or not known:
        return None
    low, high = np.quantile(known, OUTER_SHARES)
    return float(low), float(high)
