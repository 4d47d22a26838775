"""Plates in a picture: their corners and how sure the network is, best first.

The network answers for two anchors a cell of three grids; boxes and corners are offsets from the anchor, as in
RetinaFace. The box only serves to suppress doubles; what goes out are the corners.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from models.boxes import Floats, suppress
from models.cards import Card
from models.letterbox import Frame, shrink
from models.plates.align import in_order
from models.runtimes import Runtime

MEAN_BGR = (104.0, 117.0, 123.0)
GRIDS = ((8, (24, 48)), (16, (96, 192)), (32, (384, 768)))  # cell in px, the anchors' sides in px
CENTRE_SCALE, SIDE_SCALE = 0.1, 0.2
MOST_CANDIDATES = 200
MOST_PLATES = 10
SIZES_PX = (1280, 960, 640)  # a plate that is missed at full size is found in a smaller picture now and then


@dataclass(frozen=True)
class Found:
    """One plate: corners (4, 2) clockwise from the top left in pixels of the picture, and the score 0..1."""

    quad: Floats
    score: float


class CornerFinder:
    """A card's corner network; `find` may be called from one thread at a time."""

    def __init__(self, card: Card, runtime: Runtime) -> None:
        self.card = card
        self._runtime = runtime

    def find(self, frame: Frame, *, sizes_px: Sequence[int] = SIZES_PX) -> list[Found]:
        """The plates of a picture (h, w, 3) uint8 BGR; the next size is looked at when the one before showed none."""
        for size_px in dict.fromkeys(min(size_px, max(frame.shape[:2])) for size_px in sizes_px):
            found = self._at(frame, size_px)
            if found:
                return found
        return []

    def _at(self, frame: Frame, size_px: int) -> list[Found]:
        scale = size_px / max(frame.shape[:2])
        size_hw = (max(32, round(frame.shape[0] * scale)), max(32, round(frame.shape[1] * scale)))
        small = frame if size_hw == frame.shape[:2] else shrink(frame, size_hw)
        offsets, scores, corners = self._runtime.run_all(cv2.dnn.blobFromImage(small, mean=MEAN_BGR).astype(np.float32))
        likely = np.flatnonzero(scores[0, :, 1] >= self.card.threshold)
        likely = likely[np.argsort(-scores[0, likely, 1], kind="stable")][:MOST_CANDIDATES]
        anchors = anchors_of(size_hw)[likely]
        boxes = _boxes(offsets[0, likely], anchors)
        sure = scores[0, likely, 1]
        kept = suppress(boxes, sure, np.zeros(len(likely), np.int64), iou_limit=self.card.iou_limit)[:MOST_PLATES]
        step = corners[0, likely].reshape(-1, 4, 2) * CENTRE_SCALE
        to_frame = np.array([frame.shape[1] / size_hw[1], frame.shape[0] / size_hw[0]], np.float32)
        quads = (anchors[:, None, :2] + step * anchors[:, None, 2:]) * to_frame
        return [Found(in_order(quads[index]), min(1.0, float(sure[index]))) for index in kept]


def anchors_of(size_hw: tuple[int, int]) -> Floats:
    """Centre x, y and sides of every anchor in px, in the order of the network's outputs."""
    parts = []
    for cell, sides in GRIDS:
        rows, columns = -(-size_hw[0] // cell), -(-size_hw[1] // cell)
        y, x = np.mgrid[:rows, :columns]
        centres = (np.stack([x, y], axis=-1).reshape(-1, 1, 2) + 0.5) * cell
        each = np.broadcast_to(np.array(sides, np.float32)[None, :, None], (rows * columns, len(sides), 2))
        parts.append(np.concatenate([np.broadcast_to(centres, each.shape), each], axis=2).reshape(-1, 4))
    return np.concatenate(parts).astype(np.float32)


def _boxes(offsets: Floats, anchors: Floats) -> Floats:
    """Anchors (n, 4) moved and scaled by the network's offsets -> boxes x1, y1, x2, y2."""
    centre = anchors[:, :2] + offsets[:, :2] * CENTRE_SCALE * anchors[:, 2:]
    half = anchors[:, 2:] * np.exp(offsets[:, 2:] * SIDE_SCALE) / 2
    return np.asarray(np.concatenate([centre - half, centre + half], axis=1), np.float32)
