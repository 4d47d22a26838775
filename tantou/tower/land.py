"""The country without what happens in it: fields, woods, villages, roads, sky; a picture for each aim, kept."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ground.camera import Calibration, ray
from ground.local import EARTH_RADIUS_M, REFRACTION
from tantou.tower.world import Head, World

Image = NDArray[np.uint8]
Floats = NDArray[np.floating[Any]]
KEPT_VIEWS = 24
SKY_STEP = 4  # clouds are soft: one direction in so many pixels is enough
_FIELD_M = 90.0
_FARTHEST_M = 25_000.0
_SKY_FAR = np.array([226.0, 214.0, 200.0])  # BGR, at the skyline
_SKY_HIGH = np.array([205.0, 150.0, 95.0])
_CROPS = np.array(
    [[58, 112, 118], [62, 128, 96], [78, 142, 152], [96, 158, 176], [52, 96, 74], [84, 120, 132]], dtype=np.float64
)
_WOOD = np.array([38.0, 66.0, 48.0])
_ROOF = np.array([92.0, 100.0, 132.0])
_ROAD = np.array([150.0, 152.0, 156.0])


class View:
    """One aim: the still ground in BGR, how far it is at each pixel (inf: sky), and the sky's directions, coarse."""

    def __init__(self, world: World, head: Head) -> None:
        along = rays(head)
        level = np.hypot(along[..., 0], along[..., 1])
        fall = -along[..., 2] / np.maximum(level, 1e-9)
        c = (1 - REFRACTION) / (2 * EARTH_RADIUS_M)
        root = fall**2 - 4 * c * world.mast_m
        met = (fall > 0) & (root >= 0)
        distance = np.full(fall.shape, np.inf)
        distance[met] = (fall[met] - np.sqrt(root[met])) / (2 * c)
        distance[distance > _FARTHEST_M] = np.inf
        self.distance_m: Floats = distance.astype(np.float32)
        self.is_sky: NDArray[np.bool_] = ~np.isfinite(self.distance_m)
        reaching = np.flatnonzero(self.is_sky.any(axis=1))
        # Some rows more than the sky has: what is interpolated at their edge is not seen.
        coarse = along[: int(reaching[-1]) + 4 * SKY_STEP if reaching.size else 1 : SKY_STEP, ::SKY_STEP]
        self.elevation: Floats = np.arctan2(coarse[..., 2], np.hypot(coarse[..., 0], coarse[..., 1]))
        self.azimuth: Floats = np.arctan2(coarse[..., 0], coarse[..., 1])
        rows = np.flatnonzero(~self.is_sky.all(axis=1))
        self.ground_from_y = int(rows[0]) if rows.size else head.calibration.frame_px[1]
        ground = np.zeros((*distance.shape, 3), dtype=np.uint8)
        below = np.s_[self.ground_from_y :]
        reach = np.where(met, distance, 0)[below] / np.maximum(level[below], 1e-9)
        east, north = along[below][..., 0] * reach, along[below][..., 1] * reach
        told = np.where(self.is_sky[below], _FARTHEST_M, distance[below])
        ground[below] = np.clip(_ground(world.seed, east, north, told), 0, 255)
        self.ground_bgr: Image = ground


class Views:
    """Views by aim, the newest kept: drawing one costs half a second, using it nothing."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._kept: OrderedDict[Head, View] = OrderedDict()

    def of(self, head: Head) -> View:
        """The view of this head's aim."""
        view = self._kept.pop(head, None) or View(self._world, head)
        self._kept[head] = view
        while len(self._kept) > KEPT_VIEWS:
            self._kept.popitem(last=False)
        return view


def rays(head: Head) -> Floats:
    """The unit vector of every pixel's middle, rows by columns by (east, north, up): `ground.camera.ray` at once."""
    width, height = head.calibration.frame_px
    cx, cy = head.calibration.middle_px
    focal = head.calibration.focal_px
    # Three rays tell the whole pinhole: the camera's axes after pan, tilt and lean.
    plain = Calibration(**{**_fields(head.calibration), "k1": 0.0})
    ahead = ray(plain, head.aim, (cx, cy))
    right = ray(plain, head.aim, (cx + focal, cy)) * np.sqrt(2) - ahead
    above = -(ray(plain, head.aim, (cx, cy + focal)) * np.sqrt(2) - ahead)
    x = (np.arange(width) + 0.5 - cx) / focal
    y = (np.arange(height) + 0.5 - cy) / focal
    along = ahead + x[None, :, None] * right - y[:, None, None] * above
    return np.asarray(along / np.linalg.norm(along, axis=-1, keepdims=True))


def _fields(calibration: Calibration) -> dict[str, Any]:
    return {name: getattr(calibration, name) for name in calibration.__struct_fields__}


def _hash(seed: int, *whole: NDArray[np.int64]) -> Floats:
    """A number 0..1 for each combination of whole numbers, the same on every machine."""
    value = np.full(whole[0].shape, seed * 2654435761 % 2**32, dtype=np.uint64)
    for part in whole:
        value = (value ^ (part.astype(np.int64).view(np.uint64) * np.uint64(0x9E3779B97F4A7C15))) & np.uint64(2**64 - 1)
        value = (value ^ (value >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
    return np.asarray((value >> np.uint64(40)).astype(np.float64) / 2**24)


def _noise(seed: int, east: Floats, north: Floats, size_m: float) -> Floats:
    """Smooth noise 0..1 with features of that size."""
    x, y = east / size_m, north / size_m
    left, low = np.floor(x), np.floor(y)
    fx, fy = x - left, y - low
    fx, fy = fx * fx * (3 - 2 * fx), fy * fy * (3 - 2 * fy)
    i, j = left.astype(np.int64), low.astype(np.int64)
    a, b = _hash(seed, i, j), _hash(seed, i + 1, j)
    c, d = _hash(seed, i, j + 1), _hash(seed, i + 1, j + 1)
    return np.asarray((a * (1 - fx) + b * fx) * (1 - fy) + (c * (1 - fx) + d * fx) * fy)


def _ground(seed: int, east: Floats, north: Floats, distance: Floats) -> Floats:
    """Colour of the ground in BGR; detail finer than a pixel sees fades out with distance."""
    row, column = np.floor(east / _FIELD_M), np.floor(north / (2 * _FIELD_M))
    i, j = row.astype(np.int64), column.astype(np.int64)
    crop = (_hash(seed, i, j) * len(_CROPS)).astype(np.int64).clip(0, len(_CROPS) - 1)
    colour = _CROPS[crop] * (0.85 + 0.3 * _hash(seed + 1, i, j)[..., None])
    near = np.clip(1_500 / np.maximum(distance, 1.0), 0, 1)
    rows_of_crop = 0.5 + 0.5 * np.sin(east * 2 * np.pi / 1.6)
    colour *= (1 + 0.10 * near * (rows_of_crop - 0.5) + 0.22 * (_noise(seed + 2, east, north, 25.0) - 0.5))[..., None]
    wood = _noise(seed + 3, east, north, 700.0) > 0.68
    colour[wood] = _WOOD * (0.6 + 0.8 * _noise(seed + 4, east, north, 9.0)[wood][:, None])
    village = _noise(seed + 5, east, north, 1_100.0) > 0.80
    roofs = village & (
        _hash(seed + 6, np.floor(east / 14).astype(np.int64), np.floor(north / 18).astype(np.int64)) > 0.4
    )
    colour[roofs] = _ROOF * (0.7 + 0.6 * _noise(seed + 7, east, north, 14.0)[roofs][:, None])
    edge = np.minimum(east % _FIELD_M, north % (2 * _FIELD_M))
    colour[(edge < 1.5) & ~wood] *= 0.75
    road = (np.abs((east + 0.3 * north) % 1_300 - 650) < 4) | (np.abs((north - 0.2 * east) % 1_900 - 950) < 4)
    colour[road & ~wood] = _ROAD
    return np.asarray(colour)


def sky(view: View, world: World, at_s: float) -> Image:
    """The sky with its clouds, which drift with the wind aloft; BGR, only meaningful where `view.is_sky`."""
    up = np.clip(view.elevation / 0.6, 0, 1)[..., None]
    clear = _SKY_FAR * (1 - up) + _SKY_HIGH * up
    far = 1_500.0 / np.tan(np.maximum(view.elevation, 0.02))
    east = far * np.sin(view.azimuth) - 3 * world.wind_m_s[0] * at_s
    north = far * np.cos(view.azimuth) - 3 * world.wind_m_s[1] * at_s
    shape = 0.6 * _noise(world.seed + 11, east, north, 1_400.0) + 0.4 * _noise(world.seed + 12, east, north, 420.0)
    cover = np.clip((shape - (0.85 - 0.6 * world.clouds)) * 5, 0, 1) * np.clip((view.elevation - 0.02) / 0.05, 0, 1)
    coarse = clear * (1 - cover[..., None]) + np.array([236.0, 236.0, 238.0]) * cover[..., None]
    height, width = view.distance_m.shape
    image = np.zeros((height, width, 3), np.uint8)
    rows = min(height, SKY_STEP * coarse.shape[0])
    size = (width, SKY_STEP * coarse.shape[0])
    image[:rows] = cv2.resize(coarse.astype(np.uint8), size, interpolation=cv2.INTER_LINEAR)[:rows]
    return image
