"""A drawn valley for the plume meter: sky, hills with texture, and smoke that is laid over them."""

from __future__ import annotations

import cv2
import numpy as np

from contract.times import NS
from edge.capture.types import Image

START_NS = 1_790_000_000 * NS
SIZE_PX = (960, 540)
HORIZON_Y = 200


def valley(seed: int = 1, *, light: float = 1.0, shift_px: tuple[int, int] = (0, 0), noise: float = 2.0) -> Image:
    """The empty view; `seed` draws the noise of this look, never the hills."""
    hills = np.random.default_rng(7)
    ground = cv2.resize(hills.normal(90, 22, (85, 240)).astype(np.float32), (960, 340), interpolation=cv2.INTER_CUBIC)
    picture = np.zeros((540, 960, 3), np.float32)
    picture[:HORIZON_Y] = (200, 170, 140)
    picture[HORIZON_Y:] = np.dstack([ground * 0.8, ground, ground * 0.9])
    grain = np.random.default_rng(seed).standard_normal((540, 960, 1), np.float32)
    moved = np.roll(picture * light + noise * grain, shift_px[::-1], axis=(0, 1))
    return np.asarray(np.clip(moved, 0, 255), np.uint8)


def with_smoke(
    view: Image,
    *,
    x: int = 480,
    foot: int = 400,
    size: int = 60,
    dense: float = 0.6,
    seed: int = 0,
    rough: float = 45,
    bright: float = 185,
) -> Image:
    """The view with a plume standing on (x, foot), `size` px high; `seed` draws its texture at this look."""
    texture = np.random.default_rng(seed).normal(bright, rough, (14, 14)).astype(np.float32)
    grey = cv2.resize(texture, (size, size), interpolation=cv2.INTER_CUBIC)[..., None]
    rows, columns = np.mgrid[0:size, 0:size] / size
    alpha = dense * np.clip(1.2 - np.abs(columns - 0.5) * (2 + 3 * rows), 0, 1)[..., None]
    left, top = x - size // 2, foot - size
    out = view.astype(np.float32)
    part = out[top:foot, left : left + size]
    out[top:foot, left : left + size] = part * (1 - alpha) + grey * alpha
    return np.asarray(np.clip(out, 0, 255), np.uint8)


def at_ns(seconds: float) -> int:
    """A time of the scene."""
    return START_NS + round(seconds * NS)
