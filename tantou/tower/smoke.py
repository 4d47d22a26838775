"""Smoke as puffs that rise, drift, widen and thin; each puff a small cloud of its own, drawn once and used for ever."""

from __future__ import annotations

from functools import lru_cache
from math import exp, pi, sin
from typing import NamedTuple

import cv2
import numpy as np

from tantou.tower.land import Floats
from tantou.tower.world import NS, Plume, World

PUFF_EVERY_S = 1.0
PUFF_LIFE_S = 70.0  # the longest
MAX_PUFFS = 70
SHAPES = 12
BILLOWS_S = 3.0  # after so long a puff looks like another one
_SHAPE_PX = 64


class Puff(NamedTuple):
    """One puff now: east, north and height above ground, width in metres, density and tone 0..1, which shape.

    `shape` is a number with a fraction: between two shapes, so that texture changes as it does in smoke.
    """

    east_m: float
    north_m: float
    up_m: float
    width_m: float
    density: float
    tone: float
    shape: float


def puffs(plume: Plume, world: World, at_ns: int) -> list[Puff]:
    """The puffs that make the plume now, oldest first.

    A puff comes from anywhere along the burning line, rises, slows, drifts with the wind and widens; it sways as its
    number says, so that a picture of a time is the same whenever it is painted.
    """
    age_s = (at_ns - plume.begin_ns) / NS
    over_s = max(0.0, (at_ns - plume.end_ns) / NS)
    if age_s < 0:
        return []
    first = max(0, int((age_s - plume.life_s) / PUFF_EVERY_S))
    numbers = range(first, int(age_s / PUFF_EVERY_S) + 1)[-MAX_PUFFS:]
    born = (number * PUFF_EVERY_S for number in numbers)
    return [_puff(plume, world, born_s, age_s) for born_s in born if over_s < age_s - born_s <= plume.life_s]


def _puff(plume: Plume, world: World, born_s: float, age_s: float) -> Puff:
    number = round(born_s / PUFF_EVERY_S)
    old_s = age_s - born_s
    strength = min(1.0, 0.2 + plume.rate * born_s / 60)
    sway = sin(number * 2.399 + plume.at_m[0])
    drift_s = old_s - 6 * (1 - exp(-old_s / 6))
    gust = 1 + 0.25 * sin((born_s + 0.3 * old_s) / 9.0 + plume.at_m[1])
    foot = plume.foot_m(plume.begin_ns + round(born_s * NS))
    rise = plume.rise_m_s * (10 * (1 - exp(-old_s / 10)) + 0.3 * old_s) * (1 + 0.15 * sway)
    return Puff(
        east_m=foot[0] + world.wind_m_s[0] * drift_s * gust + 0.4 * plume.size_m * strength * sway,
        north_m=foot[1] + world.wind_m_s[1] * drift_s * gust + 0.4 * plume.size_m * strength * sin(number * 1.7),
        up_m=plume.lift_m + rise,
        width_m=plume.size_m * strength * (0.55 + old_s / 17) * (0.85 + 0.3 * abs(sin(number * pi / 2.7))),
        density=plume.thickness * strength**0.4 * (1 - old_s / plume.life_s) / (1 + old_s / 22),
        tone=plume.grey + 0.07 * sin(number * 1.13),
        shape=(number * 5 + old_s / BILLOWS_S) % SHAPES,
    )


def shape(number: float) -> Floats:
    """The opacity 0..1 of a puff that is between two shapes."""
    share = np.float32(number % 1)
    return _shape(int(number) % SHAPES) * (1 - share) + _shape((int(number) + 1) % SHAPES) * share


@lru_cache(maxsize=SHAPES)
def _shape(number: int) -> Floats:
    """A soft disc with billows."""
    rng = np.random.default_rng(7_000 + number)
    across = np.linspace(-1, 1, _SHAPE_PX, dtype=np.float32)
    disc = np.clip(1 - (across[None] ** 2 + across[:, None] ** 2), 0, 1) ** 1.2
    billows = sum(
        cv2.resize(rng.random((cells, cells), dtype=np.float32), (_SHAPE_PX,) * 2, interpolation=cv2.INTER_CUBIC) / n
        for n, cells in ((1, 4), (2, 9), (4, 20))
    )
    told = disc * np.clip(1.9 * (billows / 1.75) - 0.35, 0, 1.15)
    return np.asarray(np.clip(told, 0, 1), dtype=np.float32)
