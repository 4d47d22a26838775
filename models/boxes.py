"""Box arithmetic on arrays: what the detector, the evaluation and the training share.

Boxes are float arrays of shape (n, 4), `[x1, y1, x2, y2]`, in one unit of length throughout a call.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Indices = NDArray[np.intp]


def areas(boxes_xyxy: Floats) -> Floats:
    """Area of each box, zero for an inverted one, so that later ratios stay finite. (n, 4) -> (n,)."""
    sides = np.maximum(boxes_xyxy[:, 2:] - boxes_xyxy[:, :2], 0)
    return np.asarray(sides[:, 0] * sides[:, 1])


def intersections(a_xyxy: Floats, b_xyxy: Floats) -> Floats:
    """Shared area of each pair, the ground of IoU and of coverage. (n, 4), (m, 4) -> (n, m)."""
    top_left = np.maximum(a_xyxy[:, None, :2], b_xyxy[None, :, :2])
    bottom_right = np.minimum(a_xyxy[:, None, 2:], b_xyxy[None, :, 2:])
    sides = np.maximum(bottom_right - top_left, 0)
    return np.asarray(sides[..., 0] * sides[..., 1])


def ious(a_xyxy: Floats, b_xyxy: Floats) -> Floats:
    """Intersection over union of each pair; 0 where both boxes are empty. (n, 4), (m, 4) -> (n, m)."""
    shared = intersections(a_xyxy, b_xyxy)
    union = areas(a_xyxy)[:, None] + areas(b_xyxy)[None, :] - shared
    return np.asarray(shared / np.maximum(union, 1e-9))


def suppress(boxes_xyxy: Floats, scores: Floats, groups: NDArray[np.int64], *, iou_limit: float) -> Indices:
    """Indices kept by greedy suppression inside each group, best score first.

    boxes (n, 4), scores (n,), groups (n,): only boxes of one group compete, so a van scored as car and as truck
    stays one box when both classes share a group, while a rider does not remove the motorcycle.
    Equal scores keep the lower index: the same input gives the same boxes everywhere.
    """
    order = np.argsort(-scores, kind="stable")
    rivals = ious(boxes_xyxy[order], boxes_xyxy[order]) > iou_limit
    rivals &= groups[order][:, None] == groups[order][None, :]
    alive = np.ones(len(order), dtype=bool)
    for rank in np.flatnonzero(np.triu(rivals, 1).any(axis=1)):
        if alive[rank]:
            alive[rank + 1 :] &= ~rivals[rank, rank + 1 :]
    return np.asarray(order[alive])
