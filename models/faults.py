"""Where a detector was wrong at its threshold: boxes it missed and boxes it made up, the worst of each first.

Pure: which boxes, not how they look. A miss is the worse the larger it is, a false box the surer it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from models.average_precision import Scene, match
from models.boxes import Floats, areas, ious

SEEN_IOU = 0.3  # a box that meets a truth box by this much had seen it, if badly
SAME_PLACE_IOU = 0.4


@dataclass(frozen=True)
class Fault:
    """One wrong box of one picture; `box_xyxy_px` is the truth box missed, or the box made up.

    `weight` orders them: the share of the picture for a miss, the score for a false box. `score` of a miss is the best
    of any box that met it, 0 when none did; `iou` of a false box is the most that it met of any truth box.
    """

    kind: Literal["missed", "false"]
    picture: int
    box_xyxy_px: tuple[float, float, float, float]
    weight: float
    score: float
    iou: float


def faults_of(scenes: Sequence[Scene], frames_hw: Sequence[tuple[int, int]], threshold: float) -> list[Fault]:
    """Every miss and every false box of all pictures at one threshold (IoU 0.5), the worst of each kind first."""
    found = [
        fault
        for picture, (scene, frame_hw) in enumerate(zip(scenes, frames_hw, strict=True))
        for fault in _of_one(scene, frame_hw, picture, threshold)
    ]
    return sorted(found, key=lambda fault: (fault.kind, -fault.weight, fault.picture))


def worst(
    faults: Sequence[Fault], kind: Literal["missed", "false"], count: int, cameras: Sequence[str | None]
) -> list[Fault]:
    """The first `count` of one kind, none at a place of a camera (of each picture) where one is shown already.

    A parked car that is missed in every picture of a fixed camera is one fault to look at, not twenty.
    """
    taken: list[Fault] = []
    for fault in faults:
        if len(taken) == count:
            break
        if fault.kind == kind and not any(_same_place(fault, other, cameras) for other in taken):
            taken.append(fault)
    return taken


def _same_place(one: Fault, other: Fault, cameras: Sequence[str | None]) -> bool:
    camera = cameras[one.picture]
    if one.picture != other.picture and (camera is None or camera != cameras[other.picture]):
        return False
    boxes = np.array([one.box_xyxy_px, other.box_xyxy_px], np.float32)
    return bool(ious(boxes[:1], boxes[1:])[0, 0] >= SAME_PLACE_IOU)


def _of_one(scene: Scene, frame_hw: tuple[int, int], picture: int, threshold: float) -> list[Fault]:
    order = np.argsort(-scene.scores, kind="stable")
    shown = order[scene.scores[order] >= threshold]
    matched = match(scene, shown, 0.5)
    overlap = ious(scene.found_xyxy, scene.truth_xyxy)
    shares = areas(scene.truth_xyxy) / (frame_hw[0] * frame_hw[1])
    missed = [
        Fault(
            "missed",
            picture,
            corners(scene.truth_xyxy[at]),
            weight=float(shares[at]),
            score=float(np.max(scene.scores * (overlap[:, at] >= SEEN_IOU), initial=0)),
            iou=float(np.max(overlap[:, at], initial=0)),
        )
        for at in np.flatnonzero(~matched.truth_found & ~scene.truth_ignored)
    ]
    false = [
        Fault(
            "false",
            picture,
            corners(scene.found_xyxy[at]),
            weight=float(scene.scores[at]),
            score=float(scene.scores[at]),
            iou=float(np.max(overlap[at], initial=0)),
        )
        for at in shown[matched.counted & ~matched.hit]
    ]
    return missed + false


def corners(box_xyxy: Floats) -> tuple[float, float, float, float]:
    """One row of boxes as plain floats."""
    x1, y1, x2, y2 = box_xyxy.tolist()
    return x1, y1, x2, y2
