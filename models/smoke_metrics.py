"""How a smoke detector does on tower pictures: what it costs in false alarms to find four smokes of five.

Pictures count, not boxes: an operator is called once a picture, and a faint second plume in it changes nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from contract.reports import SmokeEval
from models.boxes import areas, ious
from models.labelled import Judged

SMOKE = "smoke"
FOUND_IOU = 0.3
RECALL = 0.8
SIZE_EDGES_SHARE = (0.001, 0.01, 0.05)  # of the picture's area, by its largest box; four sizes
TOWER_KINDS = ("tower_far", "tower_mid")


def smoke_eval(judged: Sequence[Judged]) -> SmokeEval:
    """The threshold at which 80 % of the tower positives are found, and what happens there.

    Positives are the pictures with a smoke box of the manifest's tower kinds, or all of them when the folder states no
    kinds; negatives are all pictures without any box. Unknown figures are None: with no positive, or when the
    recall is never reached, there is no threshold.
    """
    stated = any(entry.truth.kind for entry in judged)
    positives = [e for e in judged if SMOKE in e.truth.labels and (not stated or e.truth.kind in TOWER_KINDS)]
    negatives = [entry for entry in judged if not entry.truth.labels]
    found_at = np.array([found_score(entry) for entry in positives])
    threshold = threshold_for(found_at, RECALL)
    if threshold is None:
        return SmokeEval(t_at_r80=None, negatives=len(negatives), alarmed=None, recall_by_size=(None,) * 4)
    sizes = np.searchsorted(SIZE_EDGES_SHARE, [largest_share(entry) for entry in positives], side="right")
    by_size = [found_at[sizes == size] for size in range(len(SIZE_EDGES_SHARE) + 1)]
    return SmokeEval(
        t_at_r80=threshold,
        negatives=len(negatives),
        alarmed=sum(alarm_score(entry) >= threshold for entry in negatives),
        recall_by_size=tuple(round(float((part >= threshold).mean()), 4) if len(part) else None for part in by_size),
    )


def threshold_for(found_at: np.ndarray, recall: float) -> float | None:
    """The highest score at which at least this share of the pictures is found; None when it never is."""
    needed = math.ceil(recall * len(found_at) - 1e-9)
    if needed == 0:
        return None
    score = float(np.sort(found_at)[::-1][needed - 1])
    return score if score > 0 else None


def found_score(entry: Judged) -> float:
    """The best score of a smoke box that meets a truth box of smoke (IoU >= 0.3); 0 when none does."""
    truth = entry.truth.boxes_xyxy_px[np.array([label == SMOKE for label in entry.truth.labels], bool)]
    smoke = [found for found in entry.found if found.label == SMOKE]
    if not len(truth) or not smoke:
        return 0.0
    boxes = np.array([found.bbox_xyxy_px for found in smoke], np.float32)
    meets = np.flatnonzero((ious(boxes, truth) >= FOUND_IOU).any(axis=1))
    return max((smoke[index].score for index in meets), default=0.0)


def alarm_score(entry: Judged) -> float:
    """The best score of any smoke box; 0 when there is none."""
    return max((found.score for found in entry.found if found.label == SMOKE), default=0.0)


def largest_share(entry: Judged) -> float:
    """The largest truth box as a share of the picture."""
    height, width = entry.truth.frame_hw
    return float(areas(entry.truth.boxes_xyxy_px).max()) / (height * width)
