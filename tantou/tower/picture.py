"""A picture of the country at a time: light, haze, fog, plumes, flames, lamps, noise; and the truth of it."""

from __future__ import annotations

from math import exp, hypot
from typing import NamedTuple
from weakref import WeakKeyDictionary

import cv2
import numpy as np
from msgspec import structs

from ground.camera import project
from ground.local import curve_drop_m
from tantou.tower.land import Floats, Image, View, Views, sky
from tantou.tower.lights import is_on, place_m
from tantou.tower.night import Air, Before, Lit, Seat, flames, shine, white_cd_m2
from tantou.tower.smoke import PUFF_LIFE_S, Puff, puffs, shape
from tantou.tower.world import NS, Head, Light, Metres, Plume, PlumeTruth, World

VISIBLE_ALPHA = 0.06
SKY_EVERY_S = 10.0
LAMPS_ON = 0.5  # of daylight: the town's lamps are lit
FADES = 2.2  # of the contrast of the ground, in visual ranges
COARSE = 4  # while the head moves nobody sees detail, and a share of the picture needs none
_HAZE_BGR = np.array([214.0, 208.0, 200.0], dtype=np.float32)
_DUST_BGR = np.array([120.0, 150.0, 175.0], dtype=np.float32)
_GRAINS = 8


class Shot(NamedTuple):
    """A picture and what is in it."""

    image_bgr: Image
    truth: tuple[PlumeTruth, ...]


class Painter:
    """Paints shots of one world; keeps the still parts of each aim, nothing else."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._views = Views(world)
        self._still: dict[Head, tuple[object, Image]] = {}
        self._ground: WeakKeyDictionary[View, tuple[float, Image]] = WeakKeyDictionary()
        self._grains: dict[tuple[int, ...], list[Image]] = {}

    def shot(self, head: Head, at_ns: int) -> Shot:
        """The picture that this head shows at that time."""
        world = self._world
        light = daylight(world, at_ns)
        image = self._background(head, at_ns).copy()
        plumes = _far_first(world, at_ns)
        truths = [self._plume(image, head, plume, at_ns) for plume in plumes]
        if light < 1:
            image = np.asarray(cv2.convertScaleAbs(image, alpha=0.06 + 0.94 * light))
            truths = [
                _with_flames(truth, self._flames(image, head, plume, at_ns), light)
                for truth, plume in zip(truths, plumes, strict=True)
            ]
        if light < LAMPS_ON:
            truths += [self._light(image, head, one, at_ns) for one in world.lights if is_on(one, at_ns)]
        grain = self._grain(image.shape, at_ns)
        noisy = cv2.add(image, grain if light > 0.5 else grain * 3, dtype=cv2.CV_8U)
        return Shot(np.asarray(noisy, np.uint8), tuple(one for one in truths if one is not None))

    def share(self, head: Head, plume: Plume, at_ns: int) -> float:
        """How much of the picture this plume covers, by itself; measured on a coarse picture."""
        lesser = coarse(head)
        width, height = lesser.calibration.frame_px
        truth = self._plume(np.zeros((height, width, 3), np.uint8), lesser, plume, at_ns)
        return 0.0 if truth is None else truth.area_share

    def blur(self, head: Head, at_ns: int) -> Image:
        """What a moving head shows: coarse, at a sixteenth of the cost."""
        width, height = head.calibration.frame_px
        small = self._hazed(View(self._world, coarse(head)), at_ns)
        return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)

    def _background(self, head: Head, at_ns: int) -> Image:
        view = self._views.of(head)
        now = (round(at_ns / NS / SKY_EVERY_S), visual_range_m(self._world, at_ns))
        kept = self._still.pop(head, None)
        image = kept[1] if kept is not None and kept[0] == now else self._hazed(view, at_ns)
        self._still[head] = (now, image)
        while len(self._still) > 4:
            self._still.pop(next(iter(self._still)))
        return image

    def _hazed(self, view: View, at_ns: int) -> Image:
        """Sky and ground as the air of this time lets them be seen."""
        image = sky(view, self._world, round(at_ns / NS / SKY_EVERY_S) * SKY_EVERY_S % 1e6)
        below = np.s_[view.ground_from_y :]
        range_m = visual_range_m(self._world, at_ns)
        kept = self._ground.get(view)
        if kept is None or kept[0] != range_m:
            distance = view.distance_m[below]
            haze = (1 - np.exp(distance * np.float32(-FADES / range_m)))[..., None]
            ground = view.ground_bgr[below].astype(np.float32)
            ground += haze * (_HAZE_BGR - ground)
            kept = self._ground[view] = (range_m, ground.astype(np.uint8))
        np.copyto(image[below], kept[1], where=~view.is_sky[below][..., None])
        return image

    def _plume(self, image: Image, head: Head, plume: Plume, at_ns: int) -> PlumeTruth | None:
        world = self._world
        foot = plume.foot_m(at_ns)
        foot_px = seen_at(head, world, foot, plume.lift_m)
        if foot_px is None:
            return None
        height, width = image.shape[:2]
        placed = [one for puff in puffs(plume, world, at_ns) if (one := _placed(puff, head, world)) is not None]
        window = _window(placed, (width, height))
        if window is None:
            return None
        left, top, right, bottom = window
        patch = image[top:bottom, left:right].astype(np.float32)
        alpha = np.zeros(patch.shape[:2], dtype=np.float32)
        clear = exp(-hypot(*foot) / visual_range_m(world, at_ns) * 1.1)
        for x, y, radius, puff in placed:
            colour = _DUST_BGR if plume.kind == "dust" else np.float32(60 + 185 * puff.tone) * _GREY
            _lay(patch, alpha, (x - left, y - top, radius), (puff.shape, puff.density * clear, colour))
        image[top:bottom, left:right] = np.clip(patch, 0, 255)
        visible = alpha > VISIBLE_ALPHA
        if not visible.any():
            return None
        rows, columns = np.flatnonzero(visible.any(axis=1)), np.flatnonzero(visible.any(axis=0))
        return PlumeTruth(
            name=plume.name,
            kind=plume.kind,
            bbox_xyxy_px=(
                float(left + columns[0]),
                float(top + rows[0]),
                float(left + columns[-1] + 1),
                float(top + rows[-1] + 1),
            ),
            area_share=float(visible.sum() / (width * height)),
            foot_px=foot_px,
            distance_m=hypot(*foot),
            strongest=float(alpha.max()),
        )

    def _flames(self, image: Image, head: Head, plume: Plume, at_ns: int) -> PlumeTruth | None:
        """What the flames of a fire make brighter."""
        world, foot = self._world, plume.foot_m(at_ns)
        seat = _seat(head, world, foot, plume.lift_m)
        if seat is None or plume.flame_m <= 0:
            return None
        placed = [one for puff in puffs(plume, world, at_ns) if (one := _placed(puff, head, world)) is not None]
        smoke = [
            Before(
                x,
                y,
                radius,
                puff.up_m,
                hypot(puff.east_m - foot[0], puff.north_m - foot[1], puff.up_m),
                puff.density,
                hypot(puff.east_m, puff.north_m) < seat.distance_m,
            )
            for x, y, radius, puff in placed
        ]
        lit = flames(image, plume, seat, _air(world, seat, at_ns), smoke=smoke, at_ns=at_ns)
        return None if lit is None else _shown(plume, lit, seat, head)

    def _light(self, image: Image, head: Head, one: Light, at_ns: int) -> PlumeTruth | None:
        """A light other than fire."""
        seat = _seat(head, self._world, place_m(one, at_ns), one.lift_m)
        if seat is None:
            return None
        lit = shine(image, one, seat, _air(self._world, seat, at_ns), at_ns=at_ns)
        return None if lit is None else _shown(one, lit, seat, head)

    def _grain(self, size: tuple[int, ...], at_ns: int) -> Floats:
        """One of a few noises, moved by the time: no two pictures are equal."""
        if size not in self._grains:
            rng = np.random.default_rng(self._world.seed)
            self._grains[size] = [
                np.repeat(rng.normal(0, 1.5, (*size[:2], 1)), 3, axis=2).astype(np.int16) for _ in range(_GRAINS)
            ]
        number = at_ns // (NS // 100)
        return np.roll(self._grains[size][number % _GRAINS], number // _GRAINS % size[0], axis=0)


def coarse(head: Head) -> Head:
    """The same aim at a sixteenth of the pixels."""
    cal = head.calibration
    width, height = cal.frame_px
    lesser = structs.replace(
        cal, frame_px=(width // COARSE, height // COARSE), focal_px=cal.focal_px / COARSE, centre_px=None
    )
    return structs.replace(head, calibration=lesser)


_GREY = np.array([1.0, 0.99, 0.97], dtype=np.float32)
_Placed = tuple[float, float, float, Puff]


def _placed(puff: Puff, head: Head, world: World) -> _Placed | None:
    """Pixel and radius of a puff; None behind the camera."""
    centre = seen_at(head, world, (puff.east_m, puff.north_m), puff.up_m)
    if centre is None:
        return None
    radius = head.calibration.focal_px * puff.width_m / 2 / max(hypot(puff.east_m, puff.north_m), 1.0)
    return centre[0], centre[1], max(radius, 0.5), puff


def _window(placed: list[_Placed], frame_px: tuple[int, int]) -> tuple[int, int, int, int] | None:
    """The part of the picture that the puffs reach; None: none of it."""
    if not placed:
        return None
    left = max(0, int(min(x - r for x, _, r, _ in placed)) - 2)
    top = max(0, int(min(y - r for _, y, r, _ in placed)) - 2)
    right = min(frame_px[0], int(max(x + r for x, _, r, _ in placed)) + 3)
    bottom = min(frame_px[1], int(max(y + r for _, y, r, _ in placed)) + 3)
    return None if left >= right or top >= bottom else (left, top, right, bottom)


def _lay(patch: Floats, alpha: Floats, at: tuple[float, float, float], looks: tuple[float, float, Floats]) -> None:
    """One puff over what there is: at (x, y, radius) of the patch, with (shape, density, colour)."""
    x, y, radius = at
    number, density, colour = looks
    side = max(1, round(2 * radius))
    left, top = round(x - side / 2), round(y - side / 2)
    x1, y1, x2, y2 = max(0, left), max(0, top), min(alpha.shape[1], left + side), min(alpha.shape[0], top + side)
    if x1 >= x2 or y1 >= y2:
        return
    how = cv2.INTER_AREA if side < 64 else cv2.INTER_LINEAR
    soft = cv2.resize(shape(number), (side, side), interpolation=how)[y1 - top : y2 - top, x1 - left : x2 - left]
    soft = soft * np.float32(density)
    part = patch[y1:y2, x1:x2]
    part += soft[..., None] * (colour - part)
    covered = alpha[y1:y2, x1:x2]
    covered += (1 - covered) * soft


def _seat(head: Head, world: World, place_m: Metres, lift_m: float) -> Seat | None:
    """Where a light stands in the picture; None behind the camera."""
    seen, distance_m = seen_at(head, world, place_m, lift_m), max(hypot(*place_m), 1.0)
    if seen is None:
        return None
    return Seat(*seen, distance_m, head.calibration.focal_px / distance_m, world.mast_m / distance_m)


def _air(world: World, seat: Seat, at_ns: int) -> Air:
    """Exposure and haze: light fades as the contrast of the ground does."""
    clear = exp(-FADES * seat.distance_m / visual_range_m(world, at_ns))
    return Air(white_cd_m2(daylight(world, at_ns)), clear)


def _shown(one: Plume | Light, lit: Lit, seat: Seat, head: Head) -> PlumeTruth:
    width, height = head.calibration.frame_px
    return PlumeTruth(
        name=one.name,
        kind=one.kind,
        bbox_xyxy_px=lit.bbox_xyxy_px,
        area_share=lit.area_px / (width * height),
        foot_px=(seat.x, seat.y),
        distance_m=seat.distance_m,
        strongest=lit.peak,
    )


def _with_flames(smoke: PlumeTruth | None, flame: PlumeTruth | None, light: float) -> PlumeTruth | None:
    """What is seen of a fire: its flames in the dark, before that its smoke as well."""
    if flame is None or smoke is None or light < LAMPS_ON:
        return flame or smoke
    one, other = smoke.bbox_xyxy_px, flame.bbox_xyxy_px
    box = (min(one[0], other[0]), min(one[1], other[1]), max(one[2], other[2]), max(one[3], other[3]))
    return structs.replace(smoke, bbox_xyxy_px=box)


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


def _far_first(world: World, at_ns: int) -> list[Plume]:
    burning = (plume for plume in world.plumes if plume.begin_ns <= at_ns < plume.end_ns + round(PUFF_LIFE_S * NS))
    return sorted(burning, key=lambda plume: -hypot(*plume.foot_m(at_ns)))
