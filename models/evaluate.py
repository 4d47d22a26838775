"""`tantou models eval`: how good a detector is on a labelled folder, with the raw boxes to recount it from.

Every figure is computed from the predictions as written (rounded, at most 300 a picture), so the two never disagree.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TextIO

import numpy as np

from contract.reports import AtThreshold, EvalReport, PartAp
from models.average_precision import (
    Mask,
    Ranking,
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
from models.intervals import interval90
from models.labelled import Judged, Labelled, LabelledFolder
from models.letterbox import Frame
from models.smoke_metrics import SMOKE, smoke_eval

MIN_SCORE = 0.001
SMALL_SIDE_PX = 32
SMALL_AT_PX = 640  # "small" is a side under 32 px when the picture's long side is 640, whatever size is evaluated
SIZES_PX = {"small": (0, SMALL_SIDE_PX), "medium": (SMALL_SIDE_PX, 96), "large": (96, 10**6)}  # short side at 640
EDGE_PX = 1e-3  # a side of exactly 32 px comes out of single precision as 31.99999 and is still not small
DIGITS = 4


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


def report(
    card: Card, judged: Sequence[Judged], *, size_px: int, runtime: str, unread: tuple[str, ...] = ()
) -> EvalReport:
    """All figures of one evaluation; a class with no truth box anywhere is None, unknown.

    `unread`: pictures of the folder that could not be judged, named beside the figures.
    """
    groups = groups_of(card)
    scenes = {name: scenes_of(judged, members) for name, members in groups.items()}
    rankings = {name: rank(found, 0.5) for name, found in scenes.items()}
    small = {name: of_size(found, judged, "small") for name, found in scenes.items()}
    main = next(iter(groups))
    precision, recall = precision_recall(rankings[main], card.threshold)
    return EvalReport(
        card=card.name,
        sha256=card.sha256,
        size=size_px,
        runtime=runtime,
        precision=card.precision,
        images=len(judged),
        boxes=rankings[main].truths,
        ap50={name: _rounded(average_precision(found)) for name, found in rankings.items()},
        ap50_95={name: _rounded(mean_over_ious(found)) for name, found in scenes.items()},
        ap50_small={name: _rounded(average_precision(rank(found, 0.5))) for name, found in small.items()},
        ap50_90=_interval(rankings[main], judged),
        by_camera=_parts(card, scenes[main], judged, [entry.truth.camera for entry in judged]),
        by_scene=_parts(card, scenes[main], judged, [entry.truth.scene for entry in judged]),
        by_size={size: _part(card, of_size(scenes[main], judged, size), judged) for size in SIZES_PX},
        at_threshold=AtThreshold(t=card.threshold, p=_rounded(precision), r=_rounded(recall)),
        smoke=smoke_eval(judged) if SMOKE in card.classes else None,
        unread=unread,
    )


def groups_of(card: Card) -> dict[str, tuple[str, ...]]:
    """What is scored: merged classes first, then each class alone; the first one is what parts and intervals are of."""
    return dict(card.merged) | {name: (name,) for name in card.classes}


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


def of_size(scenes: Sequence[Scene], judged: Sequence[Judged], size: str) -> list[Scene]:
    """The same scenes with every box of another size ignored."""
    return ignoring(scenes, lambda boxes, at: _outside(boxes, judged[at].truth, SIZES_PX[size]))


def _outside(boxes: Floats, truth: Labelled, sides_px: tuple[int, int]) -> Mask:
    short_side = np.minimum(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]) * (SMALL_AT_PX / max(truth.frame_hw))
    short_side = short_side + EDGE_PX
    return np.asarray((short_side < sides_px[0]) | (short_side >= sides_px[1]))


def _parts(
    card: Card, scenes: Sequence[Scene], judged: Sequence[Judged], keys: Sequence[str | None]
) -> dict[str, PartAp]:
    """One part for each known key (a camera, a scene of the day)."""
    parts = {}
    for name in sorted({key for key in keys if key}):
        chosen = [at for at, key in enumerate(keys) if key == name]
        parts[name] = _part(card, [scenes[at] for at in chosen], [judged[at] for at in chosen])
    return parts


def _part(card: Card, scenes: Sequence[Scene], judged: Sequence[Judged]) -> PartAp:
    ranking = rank(scenes, 0.5)
    precision, recall = precision_recall(ranking, card.threshold)
    return PartAp(
        ap50=_rounded(average_precision(ranking)),
        boxes=ranking.truths,
        images=len(scenes),
        ap50_90=_interval(ranking, judged),
        p=_rounded(precision),
        r=_rounded(recall),
    )


def _interval(ranking: Ranking, judged: Sequence[Judged]) -> tuple[float, float] | None:
    ends = interval90(ranking, [entry.truth.camera for entry in judged])
    return None if ends is None else (round(ends[0], DIGITS), round(ends[1], DIGITS))


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, DIGITS)


def evaluate(
    detector: Detector,
    folder: LabelledFolder,
    *,
    predictions: Path | None = None,
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
