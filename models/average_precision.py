"""Average precision as COCO counts it, on arrays: 101 recall points, greedy matching by score, ignored boxes.

An ignored truth box is neither found nor missed, and a detection that only meets an ignored one, or is itself out of
the asked size, is neither right nor wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.boxes import Floats, Indices, ious

Mask = NDArray[np.bool_]
IOU_STEPS = tuple(float(x) for x in np.linspace(0.5, 0.95, 10).round(2))
RECALL_POINTS = np.linspace(0, 1, 101)


@dataclass(frozen=True)
class Scene:
    """One picture's truth (m, 4) and found boxes (n, 4) with scores (n,), and whether each counts or is ignored."""

    truth_xyxy: Floats
    truth_ignored: Mask
    found_xyxy: Floats
    scores: Floats
    found_ignored: Mask


@dataclass(frozen=True)
class Ranking:
    """All detections that count, best first: scores (k,), hits (k,), and the picture of each (k,).

    `truths_in` (pictures,): how many boxes were to be found in each picture.
    """

    scores: Floats
    hits: Mask
    pictures: Indices
    truths_in: NDArray[np.int64]

    @property
    def truths(self) -> int:
        """How many boxes were to be found in all pictures."""
        return int(self.truths_in.sum())

    def of_pictures(self, chosen: Sequence[int]) -> Ranking:
        """The ranking of these pictures alone, which then are pictures 0, 1, 2 ..."""
        place = np.full(len(self.truths_in), -1)
        place[list(chosen)] = np.arange(len(chosen))
        kept = place[self.pictures] >= 0
        return Ranking(self.scores[kept], self.hits[kept], place[self.pictures[kept]], self.truths_in[list(chosen)])


def rank(scenes: Sequence[Scene], iou: float) -> Ranking:
    """Match each scene at one IoU and put the detections of all scenes in one order by score."""
    orders = [np.argsort(-scene.scores, kind="stable") for scene in scenes]
    matched = [match(scene, order, iou) for scene, order in zip(scenes, orders, strict=True)]
    empty = np.zeros(0, bool)
    ordered = [scene.scores[order] for scene, order in zip(scenes, orders, strict=True)]
    scores = np.concatenate([np.zeros(0, np.float32), *ordered])
    hits = np.concatenate([empty, *(found.hit for found in matched)])
    counted = np.concatenate([empty, *(found.counted for found in matched)])
    pictures = np.repeat(np.arange(len(scenes)), [len(order) for order in orders])
    best_first = np.argsort(-scores, kind="stable")
    best_first = best_first[counted[best_first]]
    truths_in = np.array([int((~scene.truth_ignored).sum()) for scene in scenes], np.int64)
    return Ranking(scores[best_first], hits[best_first], pictures[best_first], truths_in)


@dataclass(frozen=True)
class Match:
    """Of one scene: per detection in the order given, whether it hit and whether it counts; per truth, found or not."""

    hit: Mask
    counted: Mask
    truth_found: Mask


def match(scene: Scene, order: Indices, iou: float) -> Match:
    """Give each detection, in this order, the free truth box that it overlaps most and by at least `iou`."""
    hit, counted = np.zeros(len(order), bool), ~scene.found_ignored[order]
    free = np.ones(len(scene.truth_xyxy), bool)
    if not len(scene.truth_xyxy):
        return Match(hit, counted, ~free)
    overlap = ious(scene.found_xyxy[order], scene.truth_xyxy)
    overlap[overlap < iou] = -1
    for rank_index in np.flatnonzero((overlap > 0).any(axis=1)):
        # A box that counts is taken before an ignored one, whatever their overlaps.
        for kind in (~scene.truth_ignored, scene.truth_ignored):
            open_overlap = np.where(free & kind, overlap[rank_index], -1)
            best = int(open_overlap.argmax())
            if open_overlap[best] > 0:
                free[best] = False
                hit[rank_index] = not scene.truth_ignored[best]
                counted[rank_index] = hit[rank_index]
                break
    return Match(hit, counted, ~free)


def average_precision(ranking: Ranking, times: NDArray[np.int64] | None = None) -> float | None:
    """Mean of the best precision at 101 recall points; None when there was nothing to find.

    `times` (pictures,): how often each picture counts, as when they are drawn again for an interval; left out: once.
    """
    times = np.ones(len(ranking.truths_in), np.int64) if times is None else times
    truths = int(times @ ranking.truths_in)
    if truths == 0:
        return None
    weights = times[ranking.pictures]
    found, shown = np.cumsum(ranking.hits * weights), np.cumsum(weights)
    precision = found / np.maximum(shown, 1)
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    at = np.searchsorted(found / truths, RECALL_POINTS, side="left")
    return float(np.where(at < len(found), envelope[np.minimum(at, len(found) - 1)], 0).mean()) if len(found) else 0.0


def mean_over_ious(scenes: Sequence[Scene]) -> float | None:
    """AP50-95: the mean of the average precision over IoU 0.50, 0.55 ... 0.95."""
    values = [average_precision(rank(scenes, iou)) for iou in IOU_STEPS]
    return None if values[0] is None else float(np.mean([value for value in values if value is not None]))


def precision_recall(ranking: Ranking, threshold: float) -> tuple[float | None, float | None]:
    """Precision and recall of the detections at or above a threshold; None where the ratio has no denominator."""
    shown = ranking.scores >= threshold
    hits = int(ranking.hits[shown].sum())
    precision = hits / int(shown.sum()) if shown.any() else None
    return precision, hits / ranking.truths if ranking.truths else None


def ignoring(scenes: Sequence[Scene], out_of_size: Callable[[Floats, int], Mask]) -> list[Scene]:
    """The same scenes with every box ignored, truth and found alike, for which `out_of_size(boxes, scene)` holds."""
    return [
        Scene(
            scene.truth_xyxy,
            scene.truth_ignored | out_of_size(scene.truth_xyxy, index),
            scene.found_xyxy,
            scene.scores,
            scene.found_ignored | out_of_size(scene.found_xyxy, index),
        )
        for index, scene in enumerate(scenes)
    ]
