"""What is taken for smoke, drawn onto quiet pictures: cloud tufts, fog, low sun, lamps at night, dust on a track.

None of them gets a box. Real ones are in the negatives; drawn ones put them where the negatives have none.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from models.letterbox import Frame
from models.training.plumes import noise

Line = NDArray[np.int64]


def cloud(picture: Frame, line: Line, rng: np.random.Generator) -> Frame:
    """A bright tuft with a flat base in the sky, clear of the skyline."""
    height, width = picture.shape[:2]
    sky = int(line.min())
    tall, wide = int(rng.uniform(0.03, 0.25) * height), int(rng.uniform(0.05, 0.5) * width)
    room = sky - tall - height // 40
    if room <= 0:
        return picture
    y, x = int(rng.integers(room)), int(rng.integers(width - wide))
    dome = np.clip(1 - np.linspace(-1, 1, wide)[None] ** 2 - np.linspace(1, 0, tall)[:, None] ** 2, 0, 1)
    opacity = np.clip((dome + noise(rng, (tall, wide)) - 0.7) * rng.uniform(1, 3), 0, 1) * (dome > 0)
    return _over(picture, opacity * rng.uniform(0.3, 0.95), (x, y), np.full(3, rng.uniform(190, 255)))


def fog(picture: Frame, line: Line, rng: np.random.Generator) -> Frame:
    """A level bank below the skyline from edge to edge: it has no foot and no sides."""
    height, width = picture.shape[:2]
    tall = int(rng.uniform(0.05, 0.3) * height)
    y = min(max(0, int(np.median(line) + rng.uniform(-0.3, 0.6) * tall)), height - tall)
    profile = np.sin(np.linspace(0, np.pi, tall))[:, None] ** rng.uniform(0.5, 2)
    wisps = 0.6 + 0.4 * cv2.resize(noise(rng, (tall, 64)), (width, tall))
    return _over(
        picture, profile * wisps * rng.uniform(0.2, 0.7), (0, y), np.array([1, 0.98, 0.96]) * rng.uniform(170, 235)
    )


def low_sun(picture: Frame, line: Line, rng: np.random.Generator) -> Frame:
    """A glowing disc near the skyline and the veil it throws over the lens."""
    height, width = picture.shape[:2]
    at = (rng.uniform(0, width), float(line.mean()) - rng.uniform(0.02, 0.3) * height)
    distance = np.hypot(np.arange(width)[None] - at[0], np.arange(height)[:, None] - at[1]) / width
    glow = np.clip(np.exp(-distance / rng.uniform(0.03, 0.2)) * rng.uniform(0.8, 1.6), 0, 1)
    return _over(picture, glow, (0, 0), np.array([rng.uniform(90, 230), rng.uniform(190, 245), 255.0]))


def lamps(picture: Frame, line: Line, rng: np.random.Generator) -> Frame:
    """The same view at night with lamps and their halos on the ground."""
    height, width = picture.shape[:2]
    night = np.asarray(picture * rng.uniform(0.06, 0.25) + rng.normal(0, 2, picture.shape), np.float32)
    glow = np.zeros((height, width, 3), np.float32)
    for _ in range(int(rng.integers(2, 14))):
        x, y = int(rng.integers(width)), int(rng.uniform(float(line.mean()) - 4, height))
        cv2.circle(
            glow,
            (x, y),
            int(rng.integers(1, 4)),
            (float(rng.uniform(120, 255)), float(rng.uniform(180, 255)), 255.0),
            -1,
        )
    halo = cv2.GaussianBlur(glow, (0, 0), rng.uniform(3, 9)) * rng.uniform(1, 5)
    return np.asarray(np.clip(night + glow + halo, 0, 255), np.uint8)


def dust(picture: Frame, line: Line, rng: np.random.Generator) -> Frame:
    """A long low brown trail on the ground, dense at its moving head: wider than high, never above the skyline."""
    height, width = picture.shape[:2]
    wide = int(rng.uniform(0.04, 0.2) * width)
    tall = max(4, int(wide * rng.uniform(0.08, 0.2)))
    lowest = int(line.max()) + height // 30
    if lowest >= height - tall:
        return picture
    x, y = int(rng.integers(width - wide)), int(rng.integers(lowest, height - tall))
    trail = np.linspace(0, 1, wide)[None] ** 1.5 * np.sin(np.linspace(0.3, np.pi, tall))[:, None]
    opacity = trail * (0.4 + 0.6 * noise(rng, (tall, wide))) * rng.uniform(0.2, 0.6)
    return _over(picture, opacity[:, :: int(rng.choice([-1, 1]))], (x, y), np.array([130.0, 165.0, 195.0]))


KINDS: tuple[Callable[[Frame, Line, np.random.Generator], Frame], ...] = (cloud, cloud, fog, low_sun, lamps, dust)


def draw_one(picture: Frame, line: Line, rng: np.random.Generator) -> Frame:
    """The picture with one look-alike drawn at random; clouds twice as often as any other."""
    return KINDS[rng.integers(len(KINDS))](picture, line, rng)


def _over(
    picture: Frame, opacity: NDArray[np.floating], at_xy: tuple[int, int], colour_bgr: NDArray[np.floating]
) -> Frame:
    x, y = at_xy
    window = (slice(y, y + opacity.shape[0]), slice(x, x + opacity.shape[1]))
    result = picture.copy()
    behind = picture[window].astype(np.float32)
    result[window] = (behind + (colour_bgr - behind) * opacity[..., None]).round().astype(np.uint8)
    return result
