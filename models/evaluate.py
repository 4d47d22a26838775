"""`tantou models eval`: how good a detector is on a labelled folder, with the raw boxes to recount it from.

Every figure is computed from the predictions as written (rounded, at most 300 a picture), so the two never disagree.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import numpy as np

from contract.observations import Detection
from contract.reports import AtThreshold, CameraAp, EvalReport
from models.average_precision import (
    Mask,
    Scene,
    average_precision,
    ignoring,
    mean_over_ious,
    precision_recall,
    rank,
)
from models.boxes import Floats
from models.cards import Card
from models.detector import Detector
from models.labelled import Labelled, LabelledFolder
from models.letterbox import Frame

MIN_SCORE = 0.001
SMALL_SIDE_PX = 32
SMALL_AT_PX = 640  # "small" is a side under 32 px when the picture's long side is 640, whatever size is evaluated
DIGITS = 4


@dataclass(frozen=True)
class Judged:
    """One picture's truth and what was found in it."""

    truth: Labelled
    found: tuple[Detection, ...]


def judge(
    detector: Detector, folder: Iterable[tuple[Frame, Labelled]], progress: Callable[[int], None] = lambda _: None
) -> list[Judged]:
    """Run the detector on every picture, one at a time so that mixed sizes never change each other's padding."""
    judged = []
    for count, (frame, truth) in enumerate(folder, 1):
        judged.append(Judged(truth, tuple(detector.detect([frame])[0])))
        progress(count)
    return judged


def write_predictions(judged: Sequence[Judged], lines: TextIO) -> None:
    """JSON lines `{"file", "boxes": [[x1, y1, x2, y2, score, label], ...]}`, boxes in pixels of the stored picture."""
    for entry in judged:
        boxes = [[*found.bbox_xyxy_px, found.score, found.label] for found in entry.found]
        lines.write(json.dumps({"file": entry.truth.file, "boxes": boxes}, separators=(",", ":")) + "\n")


def report(card: Card, judged: Sequence[Judged], *, size_px: int, runtime: str) -> EvalReport:
    """All figures of one evaluation; a class with no truth box anywhere is None, unknown."""
    groups = dict(card.merged) | {name: (name,) for name in card.classes}
    main = next(iter(groups))
    scenes = {name: scenes_of(judged, members) for name, members in groups.items()}
    small = {name: ignoring(found, lambda boxes, at: _large(boxes, judged[at].truth)) for name, found in scenes.items()}
    precision, recall = precision_recall(rank(scenes[main], 0.5), card.threshold)
    cameras = sorted({entry.truth.camera for entry in judged if entry.truth.camera})
    return EvalReport(
        card=card.name,
        sha256=card.sha256,
        size=size_px,
        runtime=runtime,
        precision=card.precision,
        images=len(judged),
        boxes=rank(scenes[main], 0.5).truths,
        ap50={name: _rounded(average_precision(rank(found, 0.5))) for name, found in scenes.items()},
        ap50_95={name: _rounded(mean_over_ious(found)) for name, found in scenes.items()},
        ap50_small={name: _rounded(average_precision(rank(found, 0.5))) for name, found in small.items()},
        by_camera={camera: _camera_ap(scenes[main], judged, camera) for camera in cameras},
        at_threshold=AtThreshold(t=card.threshold, p=_rounded(precision), r=_rounded(recall)),
    )


def scenes_of(judged: Sequence[Judged], members: Sequence[str]) -> list[Scene]:
    """The truth and the found boxes of these classes, as one class."""
    scenes = []
    for entry in judged:
        truth = entry.truth.boxes_xyxy_px[np.array([label in members for label in entry.truth.labels], bool)]
        found = [detection for detection in entry.found if detection.label in members]
        boxes = np.array([detection.bbox_xyxy_px for detection in found], np.float32).reshape(-1, 4)
        scores = np.array([detection.score for detection in found], np.float32)
        scenes.append(Scene(truth, np.zeros(len(truth), bool), boxes, scores, np.zeros(len(boxes), bool)))
    return scenes


def _large(boxes: Floats, truth: Labelled) -> Mask:
    short_side = np.minimum(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1])
    return np.asarray(short_side * (SMALL_AT_PX / max(truth.frame_hw)) >= SMALL_SIDE_PX)


def _camera_ap(scenes: Sequence[Scene], judged: Sequence[Judged], camera: str) -> CameraAp:
    ranking = rank([s for s, entry in zip(scenes, judged, strict=True) if entry.truth.camera == camera], 0.5)
    return CameraAp(ap50=_rounded(average_precision(ranking)), boxes=ranking.truths)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, DIGITS)


def evaluate(
    detector: Detector,
    folder: LabelledFolder,
    *,
    predictions: Path | None,
    progress: Callable[[int], None] = lambda _: None,
) -> EvalReport:
    """Judge a folder and report; `predictions` is where the raw boxes go, if anywhere.

    The detector must have been opened with `threshold=MIN_SCORE`, or the low end of the curve is missing.
    """
    judged = judge(detector, folder, progress)
    if predictions is not None:
        with predictions.open("w", encoding="utf-8") as lines:
            write_predictions(judged, lines)
    return report(detector.card, judged, size_px=detector.size_px, runtime=detector.runtime)
