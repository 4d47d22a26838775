"""Frames in, detections out: card + runtime + letterbox + decoding + suppression, all vectorised.

Boxes are rounded to 0.1 px and scores to 0.0001 here, at the border: recorded observations stay compact and a replay
reads back exactly the numbers that were judged.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from contract.observations import Detection
from models.boxes import Floats, suppress
from models.cards import Card
from models.letterbox import Frame, letterbox, to_frame
from models.registry import Registry, load
from models.runtimes import DEFAULT_RUNTIME, Runtime

MAX_DETECTIONS = 300
MAX_CANDIDATES = 2000  # before suppression; a crowded street has a few hundred above a usual threshold


class Detector:
    """A card's network at one size; `detect` may be called from one thread at a time."""

    def __init__(self, card: Card, runtime: Runtime, *, size_px: int, threshold: float | None = None) -> None:
        self.card = card
        self.size_px = size_px
        self.threshold = card.threshold if threshold is None else threshold
        self._runtime = runtime
        self._pad_bgr = (card.input.pad_bgr[0], card.input.pad_bgr[1], card.input.pad_bgr[2])
        self._groups = _rival_groups(card)

    @property
    def runtime(self) -> str:
        """The name of the engine that runs the network."""
        return self._runtime.name

    def detect(self, frames_bgr: Sequence[Frame]) -> list[list[Detection]]:
        """One list a frame, best score first, at most 300 each; frames (h, w, 3) uint8 BGR of any, also mixed, sizes.

        One run for all frames; an empty sequence gives an empty list. Boxes are pixels of each frame, clipped to it.
        """
        if not frames_bgr:
            return []
        fitted = letterbox(frames_bgr, size_px=self.size_px, pad_bgr=self._pad_bgr, divide_by=self.card.input.divide_by)
        output = self._runtime.run(fitted.batch)
        return [
            self._decode(output[index], fitted.scales_xy[index], (frame.shape[0], frame.shape[1]))
            for index, frame in enumerate(frames_bgr)
        ]

    def _decode(self, output: Floats, scale_xy: Floats, frame_hw: tuple[int, int]) -> list[Detection]:
        """One picture's output (4 + classes, anchors) -> detections in frame pixels."""
        class_scores = output[4:]
        scores = class_scores.max(axis=0)
        candidates = np.flatnonzero(scores >= self.threshold)
        if len(candidates) > MAX_CANDIDATES:
            candidates = candidates[np.argsort(-scores[candidates], kind="stable")[:MAX_CANDIDATES]]
        scores, classes = scores[candidates], class_scores[:, candidates].argmax(axis=0)
        centre, half = output[:2, candidates].T, output[2:4, candidates].T / 2
        boxes = to_frame(np.concatenate([centre - half, centre + half], axis=1), scale_xy, frame_hw)
        kept = suppress(boxes, scores, self._groups[classes], iou_limit=self.card.iou_limit)[:MAX_DETECTIONS]
        # Through float64 text-like rounding: 0.1 has no float32, and 12.3 must be written 12.3.
        rounded = boxes[kept].astype(np.float64).round(1)
        whole = (rounded[:, 2] > rounded[:, 0]) & (rounded[:, 3] > rounded[:, 1])
        return [
            Detection(bbox_xyxy_px=(x1, y1, x2, y2), score=score, label=self.card.classes[label])
            for (x1, y1, x2, y2), score, label in zip(
                rounded[whole].tolist(),
                scores[kept][whole].astype(np.float64).round(4).tolist(),
                classes[kept][whole].tolist(),
                strict=True,
            )
        ]


def _rival_groups(card: Card) -> NDArray[np.int64]:
    """For each class the group in which its boxes compete: its own, or the one it is merged into."""
    groups = {name: index for index, name in enumerate(card.classes)}
    for members in card.merged.values():
        groups.update(dict.fromkeys(members, groups[members[0]]))
    return np.array([groups[name] for name in card.classes], np.int64)


def open_detector(
    name_or_path: str,
    *,
    size_px: int | None = None,
    runtime: str = DEFAULT_RUNTIME,
    threads: int = 1,
    threshold: float | None = None,
    folders: tuple[Path, ...] = (),
) -> Detector:
    """A ready detector from a card's name or path: weight verified, loaded, and tried once.

    `size_px` is the long side of the input, by default the card's first; `folders` are searched beside the built-in
    cards. Raises ModelError or ConfigError with the reason.
    """
    registry = Registry(folders=(*Registry().folders, *folders))
    listed = registry.find(name_or_path)
    loaded = load(registry, listed, runtime=runtime, threads=threads)
    return Detector(listed.card, loaded, size_px=size_px or listed.card.input.sizes_px[0], threshold=threshold)
