"""What a vehicle looks like, as 76 hex digits: so that a rule can know it again after it was covered.

8 x 8 cells of grey, stretched between the patch's own darkest and lightest cell (a cloud changes neither order nor
ratio), then the shares of 12 colours. Only for vehicles whose wheels are in a zone: others are never asked about.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np

from contract.geometry import BboxPx, PolygonPx
from contract.observations import Detection
from detectors.geometry import contains, ground_point
from edge.capture.types import Image

CELLS = 8
COLOUR_PX = 16
SAMPLED_PX = 48
SMALLEST_PX = 8  # a box below this side shows no more than its colour
DARK, DIM, LIGHT = 50, 110, 180  # of 255: black, dark grey, grey, white
PALE = 50  # saturation of 255 below which a colour is a grey
HUES = 8
FLAT = 6  # of 255: noise alone is no pattern
ZonesOf = Callable[[str, tuple[int, int]], Sequence[PolygonPx]]


def patch_of(image_bgr: Image, box: BboxPx) -> str | None:
    """The patch of one box, pixels of the image; None where the box shows too little."""
    height, width = image_bgr.shape[:2]
    left, top = max(0, round(box[0])), max(0, round(box[1]))
    right, bottom = min(width, round(box[2])), min(height, round(box[3]))
    if right - left < SMALLEST_PX or bottom - top < SMALLEST_PX:
        return None
    # Every pixel of a near lorry says no more than every fourth of it: a full HD picture of 20 costs 1 ms.
    across, down = max(1, (right - left) // SAMPLED_PX), max(1, (bottom - top) // SAMPLED_PX)
    sampled = np.ascontiguousarray(image_bgr[top:bottom:down, left:right:across])
    small = cv2.resize(sampled, (COLOUR_PX, COLOUR_PX), interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
    return _greys(small) + _colours(small)


def with_patches(image_bgr: Image, found: Sequence[Detection], zones: Sequence[PolygonPx]) -> list[Detection]:
    """The detections, those whose wheels are in one of the zones with their patch."""
    return [
        Detection(bbox_xyxy_px=one.bbox_xyxy_px, score=one.score, label=one.label, patch=patch)
        if any(contains(zone, ground_point(one.bbox_xyxy_px)) for zone in zones)
        and (patch := patch_of(image_bgr, one.bbox_xyxy_px)) is not None
        else one
        for one in found
    ]


def _greys(small: Image) -> str:
    grey = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY).astype(np.int32)
    cells = grey.reshape(CELLS, COLOUR_PX // CELLS, CELLS, COLOUR_PX // CELLS).sum(axis=(1, 3)).ravel()
    darkest, spread = int(cells.min()), int(cells.max() - cells.min())
    levels = np.zeros_like(cells) if spread < FLAT * (COLOUR_PX // CELLS) ** 2 else (cells - darkest) * 15 // spread
    return "".join(f"{level:x}" for level in levels.tolist())


def _colours(small: Image) -> str:
    """Shares of black, dark grey, grey, white, and of 8 hues from red on; of all pixels but the outermost."""
    inner = np.ascontiguousarray(small[2:-2, 2:-2])
    hue, saturation, value = cv2.cvtColor(inner, cv2.COLOR_BGR2HSV).reshape(-1, 3).astype(np.int32).T
    greys = (value >= DARK).astype(np.int32) + (value >= DIM) + (value >= LIGHT)
    hues = 4 + ((hue + 180 // HUES // 2) % 180) * HUES // 180
    is_grey = (saturation < PALE) | (value < DARK)
    counts = np.bincount(np.where(is_grey, greys, hues), minlength=4 + HUES)
    return "".join(f"{share:x}" for share in (counts * 15 // inner.shape[0] // inner.shape[1]).tolist())
