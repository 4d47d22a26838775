"""The detections of overlapping windows as those of one picture: each object once, whole where one window saw it whole.

Two boxes are one object when they agree on the part of the picture that both windows saw.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from contract.geometry import BboxPx
from contract.observations import Detection
from edge.inference.regions import Window
from models.boxes import Floats, ious

AGREE_IOU = 0.5
OTHER_LABEL_IOU = 0.75  # a van may be a car here and a truck there; a rider is not the motorcycle
CUT_SHARE = 0.005  # a box that ends this near to a window's border, as a share of its side, is cut by it
CUT_PX = 2.0


@dataclass(frozen=True, slots=True)
class _Seen:
    """A detection, the part of the picture in which it was looked for, and which of its edges that part cuts off."""

    found: Detection
    view: BboxPx
    cut: tuple[bool, bool, bool, bool]

    @property
    def rank(self) -> tuple[bool, float]:
        """Whole boxes first, then surer ones."""
        return any(self.cut), -self.found.score


def join(looks: Sequence[tuple[Window, Sequence[Detection]]], *, frame_px: tuple[int, int]) -> list[Detection]:
    """Boxes in pixels of each window -> of the frame, best score first.

    Score and label of an object seen twice are those of its whole box, or of the surer one.
    """
    joined: list[_Seen] = []
    for window, detections in looks:
        fresh = [_placed(detection, window, frame_px) for detection in detections]
        pairs = _pairs(joined, fresh, window)
        taken = {f for _, f in pairs}
        for j, f in pairs:
            joined[j] = _as_one(joined[j], fresh[f])
        joined += [seen for f, seen in enumerate(fresh) if f not in taken]
    return sorted((seen.found for seen in joined), key=lambda found: (-found.score, found.bbox_xyxy_px))


def _placed(found: Detection, window: Window, frame_px: tuple[int, int]) -> _Seen:
    left, top, right, bottom = found.bbox_xyxy_px
    box = (left + window[0], top + window[1], right + window[0], bottom + window[1])
    near_x = max(CUT_PX, CUT_SHARE * (window[2] - window[0]))
    near_y = max(CUT_PX, CUT_SHARE * (window[3] - window[1]))
    cut = (
        window[0] > 0 and box[0] - window[0] <= near_x,
        window[1] > 0 and box[1] - window[1] <= near_y,
        window[2] < frame_px[0] and window[2] - box[2] <= near_x,
        window[3] < frame_px[1] and window[3] - box[3] <= near_y,
    )
    return _Seen(Detection(bbox_xyxy_px=box, score=found.score, label=found.label), window, cut)


def _pairs(joined: Sequence[_Seen], fresh: Sequence[_Seen], window: Window) -> list[tuple[int, int]]:
    """Which of what was seen before is which of what this window shows; the best agreements first, each box once."""
    if not joined or not fresh:
        return []
    known, new = (np.array([seen.found.bbox_xyxy_px for seen in many], np.float32) for many in (joined, fresh))
    views = np.array([seen.view for seen in joined], np.float32)
    known_here = _clipped(known, np.array([window], np.float32))
    agree = np.array([ious(known_here[[j]], _clipped(new, views[[j]]))[0] for j in range(len(joined))])
    labels = [np.array([seen.found.label for seen in many]) for many in (joined, fresh)]
    agree[(labels[0][:, None] != labels[1][None, :]) & (agree < OTHER_LABEL_IOU)] = 0
    pairs: list[tuple[int, int]] = []
    for flat in np.argsort(-agree, axis=None, kind="stable"):
        j, f = divmod(int(flat), len(fresh))
        if agree[j, f] < AGREE_IOU:
            break
        if all(j != one and f != other for one, other in pairs):
            pairs.append((j, f))
    return pairs


def _clipped(boxes: Floats, view: Floats) -> Floats:
    """The part of each box (n, 4) inside the view (1, 4); a box outside has no area."""
    limits = np.concatenate([view[:, :2], view[:, :2]], axis=1), np.concatenate([view[:, 2:], view[:, 2:]], axis=1)
    return np.asarray(np.clip(boxes, *limits), np.float32)


def _as_one(one: _Seen, other: _Seen) -> _Seen:
    """The box that no window cuts; of two cut ones the box around both."""
    first, second = sorted((one, other), key=lambda seen: seen.rank)
    view = _around(one.view, other.view)
    if not any(first.cut):
        return _Seen(first.found, view, first.cut)
    box = _around(first.found.bbox_xyxy_px, second.found.bbox_xyxy_px)
    cut = tuple(
        any(seen.cut[edge] for seen in (one, other) if seen.found.bbox_xyxy_px[edge] == box[edge]) for edge in range(4)
    )
    found = Detection(bbox_xyxy_px=box, score=first.found.score, label=first.found.label)
    return _Seen(found, view, (cut[0], cut[1], cut[2], cut[3]))


def _around(one: BboxPx, other: BboxPx) -> BboxPx:
    return min(one[0], other[0]), min(one[1], other[1]), max(one[2], other[2]), max(one[3], other[3])
