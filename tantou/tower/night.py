"""What shines in a dark picture: flames with their glow on smoke and ground, and every other light.

Light is added where the camera adds it, in linear light: each spot a Gaussian of its own size and the lens's blur, with
wings of scattered light, faded by the air between. So a flame of 2,500 cd/m2 is lost in the exposure of a day and is
thirty times white in that of a night.
"""

from __future__ import annotations

from math import exp, hypot, log
from typing import NamedTuple

import numpy as np

from tantou.tower.land import Floats, Image
from tantou.tower.lights import colour_bgr, flame_levels, level
from tantou.tower.world import NS, Light, Plume

FLAME_CD_M2 = 2_500.0  # of thin flames of straw; a candle's are brighter
FLAME_BGR = (0.04, 0.30, 1.0)  # soot of some 1,900 K
FLAMELETS_MOST = 40
BLUR_PX = 0.7
WINGS, WINGS_PX = 0.005, 3.0
LEAST = 0.002  # linear, of white: less is lost in the grain
SEEN = 20  # grey values more than without the light
SMOKE_LIT_M = 60.0
GROUND_LIT_M = 6.0
_GAMMA = 2.2
_LINEAR = (np.arange(256, dtype=np.float32) / 255) ** np.float32(_GAMMA)


class Seat(NamedTuple):
    """Where a light stands in the picture: pixel, distance, pixels a metre, how steeply the ground is seen."""

    x: float
    y: float
    distance_m: float
    px_m: float
    steep: float


class Air(NamedTuple):
    """What is between a light and the picture: the luminance shown as white, the share of light that comes through."""

    white_cd_m2: float
    clear: float


class Lit(NamedTuple):
    """What a light made brighter: its box, how many pixels, the most of them 0..1."""

    bbox_xyxy_px: tuple[float, float, float, float]
    area_px: int
    peak: float


class Before(NamedTuple):
    """A puff as a light sees it: middle and radius in pixels, height over the ground, distance to the fire, density."""

    x: float
    y: float
    radius_px: float
    up_m: float
    off_m: float
    density: float
    is_nearer: bool


def flames(image: Image, plume: Plume, seat: Seat, air: Air, *, smoke: list[Before], at_ns: int) -> Lit | None:
    """A fire's flames, the ground that they light and the underside of their smoke, laid into the picture."""
    age_s = (at_ns - plume.begin_ns) / NS
    if plume.flame_m <= 0 or at_ns >= plume.end_ns or age_s < 0:
        return None
    strength = min(1.0, 0.2 + plume.rate * age_s / 60)
    across_m = plume.size_m * strength
    count = int(np.clip(round(across_m), 3, FLAMELETS_MOST))
    each_m = across_m / count
    high_m = plume.flame_m * strength**0.5 * flame_levels(abs(plume.at_m[0]), count, age_s, plume.flame_m)
    candela = FLAME_CD_M2 * each_m * high_m
    all_cd = float(candela.sum())
    xs = seat.x + (np.arange(count) + 0.5 - count / 2) * each_m * seat.px_m
    own = np.stack(
        [
            xs,
            seat.y - 0.45 * high_m * seat.px_m,
            np.full(count, 0.35 * each_m * seat.px_m),
            0.3 * high_m * seat.px_m,
            candela * seat.px_m**2 * _through(smoke, seat, plume.flame_m),
        ],
        axis=1,
    )
    ground_cd_m2 = all_cd * (0.5 + plume.flame_m / 2) / GROUND_LIT_M**3 * 0.06
    wide, deep = (across_m / 2 + 5) * seat.px_m, 5 * seat.px_m * seat.steep
    lit = [(seat.x, seat.y, wide, deep, ground_cd_m2 * 2 * np.pi * _blurred(wide) * _blurred(deep))]
    for puff in smoke:
        if puff.up_m < SMOKE_LIT_M:
            cd_m2 = all_cd / (puff.off_m**2 + 9) * (0.3 + 0.6 * plume.grey) / np.pi * puff.density
            wide = 0.6 * puff.radius_px
            lit.append((puff.x, puff.y, wide, wide, cd_m2 * 2 * np.pi * _blurred(wide) ** 2))
    return _add(image, np.concatenate([own, np.array(lit)]), FLAME_BGR, air)


def shine(image: Image, one: Light, seat: Seat, air: Air, *, at_ns: int) -> Lit | None:
    """A lamp or the like laid into the picture; headlights are two."""
    amount, wide = one.candela * level(one, at_ns) * seat.px_m**2, 0.35 * one.width_m * seat.px_m
    sides = (-0.7, 0.7) if one.kind in ("vehicle", "machine") else (0.0,)
    spots = np.array([(seat.x + side * seat.px_m, seat.y, wide, wide, amount / len(sides)) for side in sides])
    return _add(image, spots, colour_bgr(one, at_ns), air)


def _add(image: Image, spots: Floats, colour: tuple[float, float, float], air: Air) -> Lit | None:
    """Adds spots (x, y, width, height in px; cd/m2 times px2) of one colour; None: nothing of them is seen."""
    x, y, sx, sy, amount = (spots[:, index] for index in range(5))
    amount = amount * air.clear / air.white_cd_m2
    sx, sy = np.hypot(sx, BLUR_PX), np.hypot(sy, BLUR_PX)
    x, y = np.tile(x, 2), np.tile(y, 2)
    high = np.concatenate([(1 - WINGS) * amount, WINGS * amount])
    sx, sy = np.concatenate([sx, np.hypot(sx, WINGS_PX)]), np.concatenate([sy, np.hypot(sy, WINGS_PX)])
    high = high / (2 * np.pi * sx * sy)
    bright = high > LEAST
    if not bright.any():
        return None
    x, y, sx, sy, high = (part[bright] for part in (x, y, sx, sy, high))
    reach = np.sqrt(2 * np.log(high / LEAST))
    height, width = image.shape[:2]
    left, right = max(0, int((x - reach * sx).min())), min(width, int((x + reach * sx).max()) + 2)
    top, bottom = max(0, int((y - reach * sy).min())), min(height, int((y + reach * sy).max()) + 2)
    if left >= right or top >= bottom:
        return None
    across = np.exp(-0.5 * ((np.arange(left, right)[None] - x[:, None]) / sx[:, None]) ** 2)
    down = np.exp(-0.5 * ((np.arange(top, bottom)[None] - y[:, None]) / sy[:, None]) ** 2)
    added = ((high[:, None] * down).T @ across).astype(np.float32)
    part = image[top:bottom, left:right]
    shown = np.minimum(_LINEAR[part] + added[..., None] * np.array(colour, np.float32), 1) ** np.float32(1 / _GAMMA)
    after = np.round(255 * shown).astype(np.uint8)
    more = after.max(axis=2).astype(np.int16) - part.max(axis=2)
    image[top:bottom, left:right] = after
    seen = more > SEEN
    if not seen.any():
        return None
    rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
    box = (left + columns[0], top + rows[0], left + columns[-1] + 1, top + rows[-1] + 1)
    return Lit((float(box[0]), float(box[1]), float(box[2]), float(box[3])), int(seen.sum()), float(more.max()) / 255)


def white_cd_m2(daylight: float) -> float:
    """The luminance that this camera shows as white: its exposure follows the light until it has no more to give."""
    day, night = log(34_000.0), log(86.0)
    return exp(night + (day - night) * daylight)


def _through(smoke: list[Before], seat: Seat, flame_m: float) -> float:
    """The share of its light that a fire's own smoke lets through where it drifts towards the tower."""
    share = 1.0
    for puff in smoke:
        if puff.is_nearer and puff.up_m > 1 + 2 * flame_m:
            off = hypot(puff.x - seat.x, puff.y - seat.y) / puff.radius_px
            share *= 1 - 0.7 * puff.density * exp(-(off**2))
    return share


def _blurred(size_px: float) -> float:
    return hypot(size_px, BLUR_PX)
