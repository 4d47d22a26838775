"""Plates in a picture: their corners and how sure the network is, best first.

The network answers for two anchors a cell of three grids; boxes and corners are offsets from the anchor, as in
RetinaFace. The box only serves to suppress doubles; what goes out are the corners.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from models.boxes import Floats, suppress
from models.cards import Card
from models.letterbox import Frame, shrink
from models.plates.align import in_order, sides_px
from models.runtimes import Runtime

MEAN_BGR = (104.0, 117.0, 123.0)
GRIDS = ((8, (24, 48)), (16, (96, 192)), (32, (384, 768)))  # cell in px, the anchors' sides in px
CENTRE_SCALE, SIDE_SCALE = 0.1, 0.2
MOST_CANDIDATES = 200
MOST_PLATES = 10
LEAST_PX, MOST_PX = 320, 1280  # long sides; a plate from 60 px of them on is found
SIZES_PX = (640, 480, 960)  # a plate that is missed in one size is found in another
SURE_SCORE = 0.5
SAME_PLATE = 0.3  # of its width: how far its middle may move between two looks


@dataclass(frozen=True)
class Found:
    """One plate: corners (4, 2) clockwise from the top left in pixels of the picture, and the score 0..1.

    `looks` are the corners by each look at it, the best first: where they differ, a reader is to see each.
    """

    quad: Floats
    score: float
    looks: tuple[Floats, ...] = ()


class CornerFinder:
    """A card's corner network; `find` may be called from one thread at a time."""

    def __init__(self, card: Card, runtime: Runtime) -> None:
        self.card = card
        self._runtime = runtime

    def find(self, frame: Frame, *, sizes_px: Sequence[int] = SIZES_PX) -> list[Found]:
        """The plates of a picture (h, w, 3) uint8 BGR, best first; further sizes are tried until a plate is sure.

        The first size is the picture's own, within what the network is good at. Each plate is looked at again from
        near, which brings wrong corners of small and of tilted plates back.
        """
        own_px = min(max(LEAST_PX, *frame.shape[:2]), MOST_PX)
        best: list[Found] = []
        for size_px in dict.fromkeys((own_px, *sizes_px)):
            found = self._at(frame, size_px)
            best = max(best, found, key=_top_score)
            if _top_score(best) >= SURE_SCORE:
                break
        return [self._again(frame, one) for one in best]

    def _again(self, frame: Frame, first: Found) -> Found:
        """The plate found once more in a piece of the picture twice its size; as it was when it is not found there."""
        width_px, _ = sides_px(first.quad)
        middle = first.quad.mean(axis=0)
        x, y = np.maximum(0, middle - width_px).astype(int)
        x_end, y_end = (middle + width_px).astype(int)
        piece = frame[y : y_end + 1, x : x_end + 1]
        found = self._at(piece, LEAST_PX) if piece.size else []
        corner = np.array([x, y], np.float32)
        moved = [Found(np.asarray(one.quad + corner, np.float32), one.score) for one in found]
        same = [one for one in moved if np.abs(one.quad.mean(axis=0) - middle).max() < width_px * SAME_PLATE]
        if not same:
            return replace(first, looks=(first.quad,))
        second = max(same, key=lambda one: one.score)
        return Found(second.quad, max(first.score, second.score), (second.quad, first.quad))

    def _at(self, frame: Frame, size_px: int) -> list[Found]:
        scale = size_px / max(frame.shape[:2])
        size_hw = (max(32, round(frame.shape[0] * scale)), max(32, round(frame.shape[1] * scale)))
        small = frame if size_hw == frame.shape[:2] else _resized(frame, size_hw)
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


def _top_score(found: Sequence[Found]) -> float:
    return found[0].score if found else 0.0


def _resized(frame: Frame, size_hw: tuple[int, int]) -> Frame:
    """Small pictures are made larger: the network misses most plates under 60 px."""
    if size_hw[1] <= frame.shape[1]:
        return shrink(frame, size_hw)
    return np.asarray(cv2.resize(frame, (size_hw[1], size_hw[0]), interpolation=cv2.INTER_CUBIC), np.uint8)


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
