"""What rules and health ask of a picture itself: brightness, sharpness, for how long it has not changed."""

from __future__ import annotations

import hashlib

import cv2
import numpy as np

from contract.observations import Picture
from contract.times import NS
from edge.capture.types import Image

MEASURED_WIDTH_PX = 320
SAMPLE_STEP_PX = 4


class PictureMeter:
    """Measures the pictures of one camera in order of time."""

    def __init__(self) -> None:
        self._digest = b""
        self._since_ns = 0

    def measure(self, image_bgr: Image, at_ns: int) -> Picture:
        """Mean grey 0..255, variance of the Laplacian at 320 px width, seconds since the picture last changed.

        "Unchanged" means bit-identical on every fourth pixel of every fourth row: sensor noise alone changes those.
        """
        digest = _digest(image_bgr)
        if digest != self._digest:
            self._digest, self._since_ns = digest, at_ns
        grey = _small_grey(image_bgr)
        return Picture(
            brightness=round(float(grey.mean()), 1),
            sharpness=round(float(cv2.Laplacian(grey, cv2.CV_64F).var()), 1),
            repeated_s=round((at_ns - self._since_ns) / NS, 3),
        )


def _digest(image_bgr: Image) -> bytes:
    sample = np.ascontiguousarray(image_bgr[::SAMPLE_STEP_PX, ::SAMPLE_STEP_PX])
    return hashlib.blake2b(repr(image_bgr.shape).encode() + sample.tobytes(), digest_size=16).digest()


def _small_grey(image_bgr: Image) -> Image:
    height, width = image_bgr.shape[:2]
    if width > MEASURED_WIDTH_PX:
        size = (MEASURED_WIDTH_PX, max(1, round(height * MEASURED_WIDTH_PX / width)))
        image_bgr = cv2.resize(image_bgr, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
    return cv2.cvtColor(image_bgr, cv2.COLOR_BGR2GRAY).astype(np.uint8, copy=False)
