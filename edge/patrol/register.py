"""A picture laid on the references of its preset: how far it is off, and how well it fits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.capture.types import Image
from edge.patrol.plan import Pose, Registered

WIDTH_PX = 480
REFERENCES_MOST = 24  # of a preset: hours and seasons
KEPT_BELOW = 0.7  # a picture that fits worse than this is a reference of its own
_MARGIN_PX = 4
Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class Reference:
    """The small grey picture of a verified preset, and where the head stood."""

    grey: Image
    pose: Pose | None


def small(image_bgr: Image) -> Image:
    """The grey picture that is registered."""
    height, width = image_bgr.shape[:2]
    size = (WIDTH_PX, max(16, round(height * WIDTH_PX / width)))
    return np.asarray(cv2.cvtColor(cv2.resize(image_bgr, size, interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2GRAY))


def register(grey: Image, references: Sequence[Reference], at_ns: int) -> Registered:
    """The best fit; without any reference of this size its quality is None."""
    edges = _edges(grey)
    best: Registered | None = None
    for one in references:
        if one.grey.shape != grey.shape:
            continue
        told = _fit(edges, _edges(one.grey), one, at_ns)
        if best is None or (told.quality or 0) > (best.quality or 0):
            best = told
    return best or Registered(at_ns=at_ns)


def _fit(now: Floats, then: Floats, reference: Reference, at_ns: int) -> Registered:
    window = cv2.createHanningWindow((now.shape[1], now.shape[0]), cv2.CV_32F)
    # It may multiply the window into what it is given (measured, OpenCV 4 and 5): copies.
    (dx, dy), _ = cv2.phaseCorrelate(then.copy(), now.copy(), window)
    still = _likeness(now, then, (0, 0))
    moved = _likeness(now, then, (round(dx), round(dy)))
    shift, quality = ((dx, dy), moved) if moved > still + 0.02 else ((0.0, 0.0), still)
    contrast = float(now.mean()) / max(float(then.mean()), 1e-3)
    return Registered(
        at_ns=at_ns,
        shift=(shift[0] / WIDTH_PX, shift[1] / WIDTH_PX),
        quality=max(0.0, quality),
        contrast=contrast,
        pose=reference.pose,
    )


def _edges(grey: Image) -> Floats:
    soft = cv2.GaussianBlur(grey, (3, 3), 0)
    across, down = (cv2.Sobel(soft, cv2.CV_32F, *order, ksize=3) for order in ((1, 0), (0, 1)))
    return np.asarray(np.minimum(cv2.magnitude(across, down), 200.0), np.float32)


def _likeness(now: Floats, then: Floats, shift: tuple[int, int]) -> float:
    """Correlation where the two overlap once the shift is taken back; 0 for less than a quarter of the picture."""
    dx, dy = shift
    height, width = now.shape
    rows, columns = height - abs(dy) - 2 * _MARGIN_PX, width - abs(dx) - 2 * _MARGIN_PX
    if rows <= 0 or columns <= 0 or rows * columns < height * width / 4:
        return 0.0
    top, left = max(dy, 0) + _MARGIN_PX, max(dx, 0) + _MARGIN_PX
    one = now[top : top + rows, left : left + columns]
    other = then[top - dy : top - dy + rows, left - dx : left - dx + columns]
    # Row by row: that the ground has edges and the sky none is true of every view.
    a, b = (part - part.mean(axis=1, keepdims=True) for part in (one, other))
    scale = float(np.sqrt(np.square(a).sum() * np.square(b).sum()))
    return float((a * b).sum() / scale) if scale > 1e-6 else 0.0
