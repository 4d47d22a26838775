"""Average precision as COCO counts it, on arrays: 101 recall points, greedy matching by score, ignored boxes.

An ignored truth box is neither found nor missed, and a detection that only meets an ignored one, or is itself out of
the asked size, is neither right nor wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.boxes import Floats, ious

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
    """All detections that count, best first: scores (k,) and hits (k,); `truths`: how many boxes were to be found."""

    scores: Floats
    hits: Mask
    truths: int


def rank(scenes: Sequence[Scene], iou: float) -> Ranking:
    """Match each scene at one IoU and put the detections of all scenes in one order by score."""
    scores, hits, counts = [np.zeros(0, np.float32)], [np.zeros(0, bool)], [np.zeros(0, bool)]
    for scene in scenes:
        order = np.argsort(-scene.scores, kind="stable")
        hit, counted = _match(scene, order, iou)
        scores.append(scene.scores[order])
        hits.append(hit)
        counts.append(counted)
    all_scores, all_hits, all_counted = np.concatenate(scores), np.concatenate(hits), np.concatenate(counts)
    best_first = np.argsort(-all_scores, kind="stable")
    best_first = best_first[all_counted[best_first]]
    truths = sum(int((~scene.truth_ignored).sum()) for scene in scenes)
    return Ranking(all_scores[best_first], all_hits[best_first], truths)


def _match(scene: Scene, order: NDArray[np.intp], iou: float) -> tuple[Mask, Mask]:
    """For each detection in score order: whether it hit a box that counts, and whether it counts itself."""
    hit, counted = np.zeros(len(order), bool), ~scene.found_ignored[order]
    if not len(scene.truth_xyxy):
        return hit, counted
    overlap = ious(scene.found_xyxy[order], scene.truth_xyxy)
    overlap[overlap < iou] = -1
    free = np.ones(len(scene.truth_xyxy), bool)
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
    return hit, counted


def average_precision(ranking: Ranking) -> float | None:
    """Mean of the best precision at 101 recall points; None when there was nothing to find."""
    if ranking.truths == 0:
        return None
    found = np.cumsum(ranking.hits)
    precision = found / np.arange(1, len(found) + 1)
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    at = np.searchsorted(found / ranking.truths, RECALL_POINTS, side="left")
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
