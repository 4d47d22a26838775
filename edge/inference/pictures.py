"""What rules and health ask of a picture itself: brightness, sharpness, for how long it has not changed."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from contract.observations import Picture
from contract.times import NS
from edge.capture.types import Image
from models.letterbox import shrink

MEASURED_WIDTH_PX = 320
SAMPLE_STEP_PX = 4
COLOUR_STEP_PX = 8
SCENE_CELLS = (16, 9)
SCENE_STEP = 2  # of 255: noise alone makes no neighbourhood lighter
SHIFT_PX = (160, 96)
SHIFT_SURE = 0.3  # of 1: below it the two pictures are too little alike for their shift to be known
REFERENCE_KEPT = 0.9


class PictureMeter:
    """Measures the pictures of one camera in order of time."""

    def __init__(self) -> None:
        self._sample: Image | None = None
        self._since_ns = 0
        self._reference: NDArray[np.float32] | None = None

    def measure(self, image_bgr: Image, at_ns: int) -> Picture:
        """Mean grey 0..255, variance of the Laplacian at 320 px width, seconds since the picture last changed; colour,
        fingerprint of the scene, and how far it lies from where the pictures lay lately.

        "Unchanged" means that green is bit-identical on every fourth pixel of every fourth row: sensor noise alone
        changes those. A picture made small does not tell: averages round noise away.
        """
        # Kept as it is, 0.13 MB of a full HD picture: to compare it costs less than to hash it.
        sample = np.ascontiguousarray(image_bgr[::SAMPLE_STEP_PX, ::SAMPLE_STEP_PX, 1])
        if self._sample is None or not np.array_equal(sample, self._sample):
            self._sample, self._since_ns = sample, at_ns
        grey = small_grey(image_bgr)
        _, deviation = cv2.meanStdDev(cv2.Laplacian(grey, cv2.CV_16S))
        return Picture(
            brightness=round(float(grey.mean()), 1),
            sharpness=round(float(deviation[0, 0]) ** 2, 1),
            repeated_s=round((at_ns - self._since_ns) / NS, 3),
            colour=_colour(image_bgr),
            scene=scene_of(grey),
            shift_px=self._shift(grey, image_bgr.shape[1]),
        )

    def _shift(self, grey: Image, width_px: int) -> tuple[float, float] | None:
        """Against a slow mean of the pictures before, so that a sway is told as such and does not add up."""
        small = cv2.resize(grey, SHIFT_PX, interpolation=cv2.INTER_AREA).astype(np.float32)
        if self._reference is None:
            self._reference = small
            return (0.0, 0.0)
        # phaseCorrelate multiplies its window into what it is given: copies.
        (right, down), sure = cv2.phaseCorrelate(self._reference.copy(), small.copy(), _window())
        self._reference = REFERENCE_KEPT * self._reference + np.float32(1 - REFERENCE_KEPT) * small
        if sure < SHIFT_SURE:
            return None
        across = width_px / SHIFT_PX[0]
        return (
            round(right * across, 1),
            round(down * across * grey.shape[0] / grey.shape[1] * SHIFT_PX[0] / SHIFT_PX[1], 1),
        )


def scene_of(grey: Image) -> str:
    """16 x 9 neighbourhoods, one bit each: does it grow lighter to the right? Light changes few bits, a turn most."""
    across, down = SCENE_CELLS
    cells = cv2.resize(grey, (across + 1, down), interpolation=cv2.INTER_AREA).astype(np.int16)
    return np.packbits(cells[:, 1:] > cells[:, :-1] + SCENE_STEP).tobytes().hex()


def _colour(image_bgr: Image) -> float:
    few = image_bgr[::COLOUR_STEP_PX, ::COLOUR_STEP_PX].astype(np.int16)
    return round(float((few.max(axis=2) - few.min(axis=2)).mean()), 1)


@cache
def _window() -> NDArray[np.float32]:
    return cv2.createHanningWindow(SHIFT_PX, cv2.CV_32F).astype(np.float32, copy=False)


def small_grey(image_bgr: Image) -> Image:
    """The picture in grey, at most 320 px wide: what brightness, sharpness and the scene are measured on."""
    # Grey before small: a third of the pixels to average, and full HD takes 0.6 ms instead of 2 ms.
    grey = cv2.cvtColor(image_bgr, cv2.COLOR_BGR2GRAY).astype(np.uint8, copy=False)
    height, width = grey.shape
    if width <= MEASURED_WIDTH_PX:
        return grey
    return shrink(grey, (max(1, round(height * MEASURED_WIDTH_PX / width)), MEASURED_WIDTH_PX))
