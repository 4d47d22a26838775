"""Private places, painted over in the decoded picture before anything else sees it."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from contract.geometry import PolygonPx
from edge.capture.types import Image

_PAINT = (0, 0, 0)


class Masks:
    """Polygons in pixels of `frame_px` (None: of the picture itself); scaled when the camera sends another size."""

    def __init__(self, polygons: Sequence[PolygonPx], frame_px: tuple[int, int] | None) -> None:
        self._polygons = tuple(polygons)
        self._frame_px = frame_px
        self._scaled: list[np.ndarray[tuple[int, ...], np.dtype[np.int32]]] = []
        self._scaled_for: tuple[int, int] | None = None

    def paint(self, image_bgr: Image) -> None:
        """Covers the polygons, borders included, in place."""
        if not self._polygons:
            return
        height, width = image_bgr.shape[:2]
        if self._scaled_for != (width, height):
            self._scale(width, height)
        cv2.fillPoly(image_bgr, self._scaled, _PAINT)
        # The border too: rounding to whole pixels must not leave a private pixel at the edge.
        cv2.polylines(image_bgr, self._scaled, True, _PAINT, thickness=2)

    def _scale(self, width: int, height: int) -> None:
        drawn = self._frame_px or (width, height)
        scale = (width / drawn[0], height / drawn[1])
        self._scaled = [np.rint(np.asarray(polygon) * scale).astype(np.int32) for polygon in self._polygons]
        self._scaled_for = (width, height)
