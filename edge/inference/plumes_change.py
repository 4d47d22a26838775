"""Where a picture differs from its background: more than the grain of a pixel does, or faintly over many pixels.

A veil of two or three grey values cannot be told from grain pixel by pixel; over seven pixels it can. Light, sway
and cloud are no grain and no mean takes them away: they are known from the background's samples, and from what both
sides of a candidate show.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.capture.types import Image
from edge.inference.plumes_light import NOISE_LEAST, Floats, Light
from edge.inference.plumes_reference import SLOW_UNITS, BoxPx

CHANGE_SIGMAS = 4.0
CHANGE_LEAST = 6.0  # grey values
FAINT_BLUR_PX = 7
FAINT_SIGMAS = 4.0  # of what so wide a blur leaves of the spread
FAINT_LEAST = 2.0  # grey values: what light that is matched by two numbers leaves
FAINT_SEED = 2.0  # times that: what begins a veil by itself
SIDE_LEAST_PX = 4  # columns beside a box that can tell what light and cloud do there

Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Layers:
    """What a box is measured on: now and the background, moved onto each other, the look before, and one earlier."""

    grey: Image
    saturation: Image
    reference_grey: Image
    reference_saturation: Image
    reference_spread: Image | None
    reference_slow: Image | None
    before_grey: Image | None
    before_s: float
    earlier_grey: Image | None
    light: Light


def changed_in(window: BoxPx, layers: Layers) -> tuple[Floats, Bools]:
    """The smoothed difference in a window, and where it is a change by itself."""
    shift = difference(window, layers)
    return shift, np.abs(shift) > np.maximum(CHANGE_LEAST, CHANGE_SIGMAS * _noise(window, layers))


def faint_in(window: BoxPx, inside: BoxPx, layers: Layers, changed: Bools) -> Bools:
    """The veil of a window's box with what of it is faint; `inside` is the box in the window.

    It says that something is there, not how large it is: where it ends, a cloud behind it decides.
    """
    least = _faint_least(window, layers)
    if least is None:
        return touching(changed, inside)
    faint = np.abs(_own(_blurred(_apart(window, layers), FAINT_BLUR_PX), inside)) / least
    return touching(_reaching(changed | (faint > 1), changed | (faint > FAINT_SEED)), inside)


def difference(window: BoxPx, layers: Layers, *, grey: Image | None = None) -> Floats:
    """Smoothed grey of now (or of `grey`) less the background's."""
    return _blurred(_apart(window, layers, grey=grey), 3)


def _blurred(apart: Floats, side: int) -> Floats:
    return np.asarray(cv2.blur(apart, (side, side)), np.float32)


def _apart(window: BoxPx, layers: Layers, *, grey: Image | None = None) -> Floats:
    """Grey of now (or of `grey`) less the background's, both in one light; in fog in that of now."""
    x1, y1, x2, y2 = window
    now = (layers.grey if grey is None else grey)[y1:y2, x1:x2].astype(np.float32)
    then, light = layers.reference_grey[y1:y2, x1:x2], layers.light
    apart = light.gain * now + light.offset - then if light.air is None else now - light.air.over(then, y1)
    return np.asarray(apart, np.float32)


def _noise(window: BoxPx, layers: Layers) -> Floats:
    """What changes here when nothing happens; before the background knows, the whole picture's noise."""
    if layers.reference_spread is None:
        return np.array([[layers.light.noise]], np.float32)
    x1, y1, x2, y2 = window
    spread, air = layers.reference_spread[y1:y2, x1:x2].astype(np.float32), layers.light.air
    return np.maximum(spread if air is None else air.gain[y1:y2, None] * spread, NOISE_LEAST)


def _own(shift: Floats, box: BoxPx) -> Floats:
    """The difference without what both sides of the box show, row by row: light and cloud are wider than a plume.

    A plume leans to one side; of the two sides the one that differs less is taken.
    """
    sides = [part for part in (shift[:, : box[0]], shift[:, box[2] :]) if part.shape[1] >= SIDE_LEAST_PX]
    if not sides:
        return shift
    levels = np.stack([np.median(part, axis=1) for part in sides])
    least = levels[np.abs(levels).argmin(axis=0), np.arange(shift.shape[0])]
    return np.asarray(shift - least[:, None], np.float32)


def _faint_least(window: BoxPx, layers: Layers) -> Floats | None:
    """What a veil that is wider than grain must differ by; None before the background knows what changes slowly."""
    slow = layers.reference_slow
    if slow is None:
        return None
    height, width = layers.grey.shape
    x1, y1, x2, y2 = window
    rows, columns = np.arange(y1, y2) * slow.shape[0] // height, np.arange(x1, x2) * slow.shape[1] // width
    spread = slow[rows[:, None], columns].astype(np.float32) / SLOW_UNITS
    return np.asarray(np.maximum(FAINT_LEAST, FAINT_SIGMAS * spread), np.float32)


def _reaching(changed: Bools, seeds: Bools) -> Bools:
    """The changed patches that hold a seed: what is faint belongs to what is not."""
    count, labels = cv2.connectedComponents(changed.astype(np.uint8), connectivity=8)
    held = np.zeros(count, bool)
    held[labels[seeds]] = True
    held[0] = False
    return np.asarray(held[labels])


def touching(changed: Bools, box: BoxPx) -> Bools:
    """The changed patches that reach into the box."""
    count, labels = cv2.connectedComponents(changed.astype(np.uint8), connectivity=8)
    if count <= 1:
        return np.zeros(changed.shape, bool)
    reached = np.unique(labels[box[1] : box[3], box[0] : box[2]])
    return np.isin(labels, reached[reached > 0])
