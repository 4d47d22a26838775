"""What a camera adds to a view: the dark rim of a wide lens, and a monochrome sensor.

Where a lens darkens its corners, pale haze beside the rim looks like a plume; the network is shown rims on quiet and on
smoky views alike.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from models.training.augment import Labelled

GREY_SHARE = 0.08
RIM_SHARE = 0.15
RIM_AT = (0.42, 0.58)  # of the width, from the centre: where it is half dark
RIM_WIDTH = (0.01, 0.06)
SEEN = 0.5  # a box of which the rim leaves less light than this is no longer asked for


def seldom_rimmed(labelled: Labelled, rng: np.random.Generator) -> Labelled:
    """The picture, seldom with a dark round rim."""
    return rimmed(labelled, rng) if rng.random() < RIM_SHARE else labelled


def rimmed(labelled: Labelled, rng: np.random.Generator) -> Labelled:
    """The picture as through a lens that leaves its corners dark; boxes that lie in the dark are dropped."""
    height, width = labelled.picture.shape[:2]
    light = rim(height, width, rng)
    picture = (labelled.picture * light[..., None]).astype(np.uint8)
    middles = ((labelled.boxes_xyxy_px[:, :2] + labelled.boxes_xyxy_px[:, 2:]) / 2).astype(np.int64)
    x, y = middles[:, 0].clip(0, width - 1), middles[:, 1].clip(0, height - 1)
    kept = light[y, x] > SEEN
    return Labelled(picture, labelled.boxes_xyxy_px[kept], labelled.classes[kept])


def rim(height: int, width: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """The light (height, width), 0..1, that a wide lens lets through."""
    x0, y0 = width * rng.uniform(0.45, 0.55), height * rng.uniform(0.4, 0.6)
    radius, soft = width * rng.uniform(*RIM_AT), width * rng.uniform(*RIM_WIDTH)
    away = np.hypot(np.arange(width)[None] - x0, np.arange(height)[:, None] - y0)
    return np.asarray(1 / (1 + np.exp(np.clip((away - radius) / soft, -30, 30))), np.float32)


def seldom_grey(labelled: Labelled, rng: np.random.Generator) -> Labelled:
    """The picture, seldom as a monochrome camera gives it."""
    if rng.random() >= GREY_SHARE:
        return labelled
    grey = cv2.cvtColor(labelled.picture, cv2.COLOR_BGR2GRAY)
    picture = np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR), np.uint8)
    return Labelled(picture, labelled.boxes_xyxy_px, labelled.classes)
