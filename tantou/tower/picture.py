"""A picture of the country at a time: light, haze, fog, plumes, lamps, the sensor's noise; and the truth of it."""

from __future__ import annotations

from math import cos, exp, hypot, pi, sin
from typing import NamedTuple

import cv2
import numpy as np

from ground.camera import project
from ground.local import curve_drop_m
from tantou.tower.land import Floats, Image, Views, sky
from tantou.tower.world import Head, Metres, Plume, PlumeTruth, World

NS = 1_000_000_000
PUFF_EVERY_S = 1.6
PUFF_LIFE_S = 75.0
MAX_PUFFS = 60
VISIBLE_ALPHA = 0.06
_HAZE_BGR = np.array([214.0, 208.0, 200.0], dtype=np.float32)


class Shot(NamedTuple):
    """A picture and what is in it."""

    image_bgr: Image
    truth: tuple[PlumeTruth, ...]


class Painter:
    """Paints shots of one world; keeps the still parts of each aim, nothing else."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._views = Views(world)

    def shot(self, head: Head, at_ns: int) -> Shot:
        """The picture that this head shows at that time."""
        world, view = self._world, self._views.of(head)
        at_s = at_ns / NS % 1e6
        light = daylight(world, at_ns)
        image = np.where(view.is_sky[..., None], sky(view, world, at_s), view.ground_bgr).astype(np.float32)
        haze = 1 - np.exp(-view.distance_m / visual_range_m(world, at_ns) * 2.2)
        haze[view.is_sky] = 0.0
        image += (haze[..., None] * (_HAZE_BGR - image)).astype(np.float32)
        truths = [self._plume(image, head, plume, at_ns) for plume in _far_first(world, at_ns)]
        image *= np.float32(0.06 + 0.94 * light)
        if light < 0.5:
            self._lamps(image, head, 1 - light)
        noise = np.random.default_rng((world.seed, at_ns % 2**63)).normal(0, 1.5 + 4 * (1 - light), image.shape[:2])
        image += noise[..., None].astype(np.float32)
        return Shot(np.asarray(np.clip(image, 0, 255), dtype=np.uint8), tuple(one for one in truths if one is not None))

    def _plume(self, image: Floats, head: Head, plume: Plume, at_ns: int) -> PlumeTruth | None:
        world = self._world
        foot = plume.foot_m(at_ns)
        foot_px = seen_at(head, world, foot, plume.lift_m)
        if foot_px is None:
            return None
        height, width = image.shape[:2]
        alpha = np.zeros((height, width), dtype=np.float32)
        for place, size_m, density in puffs(plume, world, at_ns):
            _soft_disc(alpha, head, world, place, size_m, density)
        distance_m = hypot(*foot)
        alpha *= np.float32(exp(-distance_m / visual_range_m(world, at_ns) * 1.1))
        visible = alpha > VISIBLE_ALPHA
        if not visible.any():
            return None
        tone = np.float32(60 + 180 * plume.grey)
        colour = np.array([tone, tone * 0.99, tone * 0.97], dtype=np.float32)
        if plume.kind == "dust":
            colour = np.array([120.0, 150.0, 175.0], dtype=np.float32)
        rows, columns = np.flatnonzero(visible.any(axis=1)), np.flatnonzero(visible.any(axis=0))
        top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
        part = image[top:bottom, left:right]
        part += alpha[top:bottom, left:right, None] * (colour - part)
        return PlumeTruth(
            name=plume.name,
            kind=plume.kind,
            bbox_xyxy_px=(float(left), float(top), float(right), float(bottom)),
            area_share=float(visible.mean()),
            foot_px=foot_px,
            distance_m=distance_m,
            strongest=float(alpha.max()),
        )

    def _lamps(self, image: Floats, head: Head, dark: float) -> None:
        for lamp in self._world.lamps:
            place = seen_at(head, self._world, lamp.at_m, lamp.lift_m)
            if place is not None:
                radius = max(1, round(head.calibration.focal_px * 0.6 / hypot(*lamp.at_m)))
                centre = (round(place[0]), round(place[1]))
                cv2.circle(image, centre, radius, (180 * dark, 230 * dark, 255 * dark), -1, cv2.LINE_AA)


def daylight(world: World, at_ns: int) -> float:
    """0 night .. 1 day, with half an hour of dusk on each side."""
    hour = (at_ns / NS / 3600 + world.utc_offset_h) % 24
    middle, half = (world.sunrise_h + world.sunset_h) / 2, (world.sunset_h - world.sunrise_h) / 2
    return float(np.clip((half - abs(hour - middle)) + 0.5, 0, 1))


def visual_range_m(world: World, at_ns: int) -> float:
    """How far one sees now."""
    fogs = [fog.visibility_m for fog in world.fogs if fog.begin_ns <= at_ns < fog.end_ns]
    return min([world.haze_m, *fogs])


def seen_at(head: Head, world: World, place_m: Metres, lift_m: float = 0.0) -> tuple[float, float] | None:
    """The pixel of a point so high above level ground, with the curve of the earth; None behind the camera."""
    distance_m = hypot(*place_m)
    up_m = lift_m - world.mast_m - curve_drop_m(distance_m)
    return project(head.calibration, head.aim, np.array([place_m[0], place_m[1], up_m]))


def puffs(plume: Plume, world: World, at_ns: int) -> list[tuple[tuple[float, float, float], float, float]]:
    """The puffs that make the plume now: place (east, north, height above ground), width in metres, density 0..1.

    A puff rises, slows, drifts with the wind and widens; it sways as its number says, so that a picture of a time is
    the same whenever it is painted.
    """
    age_s = (at_ns - plume.begin_ns) / NS
    if age_s < 0:
        return []
    over_s = max(0.0, (at_ns - plume.end_ns) / NS)
    told: list[tuple[tuple[float, float, float], float, float]] = []
    first = max(0, int((age_s - PUFF_LIFE_S) / PUFF_EVERY_S))
    for number in range(int(age_s / PUFF_EVERY_S), first - 1, -1):
        born_s = number * PUFF_EVERY_S
        old_s = age_s - born_s
        if old_s > PUFF_LIFE_S or (over_s > 0 and old_s < over_s) or len(told) >= MAX_PUFFS:
            continue
        strength = min(1.0, 0.15 + plume.rate * born_s / 60)
        sway = 0.35 * plume.size_m * sin(number * 2.399 + plume.at_m[0])
        drift = old_s * (1 - exp(-old_s / 12))
        foot = plume.foot_m(plume.begin_ns + round(born_s * NS))
        place = (
            foot[0] + world.wind_m_s[0] * drift + sway,
            foot[1] + world.wind_m_s[1] * drift + 0.35 * plume.size_m * cos(number * 1.7),
            plume.lift_m + plume.rise_m_s * 14 * (1 - exp(-old_s / 14)) + 0.35 * plume.rise_m_s * old_s,
        )
        width_m = plume.size_m * strength * (0.6 + old_s / 16) * (0.9 + 0.2 * sin(number * pi / 1.3))
        life = 1 - old_s / PUFF_LIFE_S
        told.append((place, width_m, plume.thickness * strength**0.5 * life * (14 / (14 + old_s))))
    return told


def _soft_disc(
    alpha: Floats, head: Head, world: World, place: tuple[float, float, float], size_m: float, density: float
) -> None:
    """Lay one soft puff over what there is: opacities multiply."""
    centre = seen_at(head, world, (place[0], place[1]), place[2])
    if centre is None:
        return
    radius = head.calibration.focal_px * size_m / 2 / max(hypot(place[0], place[1]), 1.0)
    reach = max(1.5, 1.6 * radius)
    height, width = alpha.shape
    left, right = max(0, int(centre[0] - reach)), min(width, int(centre[0] + reach) + 2)
    top, bottom = max(0, int(centre[1] - reach)), min(height, int(centre[1] + reach) + 2)
    if left >= right or top >= bottom:
        return
    x = (np.arange(left, right) + 0.5 - centre[0]) / max(radius, 0.5)
    y = (np.arange(top, bottom) + 0.5 - centre[1]) / max(radius, 0.5)
    soft = np.exp(-1.6 * (x[None, :] ** 2 + y[:, None] ** 2)) * density * min(1.0, (radius / 0.5) ** 2)
    part = alpha[top:bottom, left:right]
    part += ((1 - part) * soft).astype(np.float32)


def _far_first(world: World, at_ns: int) -> list[Plume]:
    burning = (plume for plume in world.plumes if plume.begin_ns <= at_ns < plume.end_ns + round(PUFF_LIFE_S * NS))
    return sorted(burning, key=lambda plume: -hypot(*plume.foot_m(at_ns)))
