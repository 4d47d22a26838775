"""The figures agree with pycocotools, the reference of AP, on drawn crowds and on every degenerate case."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Sequence

import numpy as np
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from models.average_precision import Scene, average_precision, ignoring, mean_over_ious, rank
from models.boxes import Floats, areas


def scene(truth: Sequence[Sequence[float]], found: Sequence[Sequence[float]], scores: Sequence[float]) -> Scene:
    return Scene(
        np.array(truth, np.float32).reshape(-1, 4),
        np.zeros(len(truth), bool),
        np.array(found, np.float32).reshape(-1, 4),
        np.array(scores, np.float32),
        np.zeros(len(found), bool),
    )


def drawn(seed: int, pictures: int = 12) -> list[Scene]:
    """Pictures of up to 30 vehicles, found with shifted edges, some missed, some twice, some false, few score steps."""
    rng = np.random.default_rng(seed)
    scenes = []
    for _ in range(pictures):
        corner = rng.uniform(0, 500, (rng.integers(0, 31), 2))
        truth = np.concatenate([corner, corner + rng.uniform(8, 120, corner.shape)], axis=1)
        again = truth[rng.random(len(truth)) < 0.9]
        again = np.concatenate([again, again[rng.random(len(again)) < 0.2]])
        shifted = again + rng.normal(0, 4, again.shape)
        false = rng.uniform(0, 400, (rng.integers(0, 10), 2))
        found = np.concatenate([shifted, np.concatenate([false, false + 40], axis=1)]).round(1)
        found = found[(found[:, 2] > found[:, 0]) & (found[:, 3] > found[:, 1])]
        # Two decimals only: a crowd of equal scores in every picture.
        scenes.append(
            scene(truth.round(1).tolist(), found.tolist(), rng.uniform(0.01, 1, len(found)).round(2).tolist())
        )
    return scenes


def xywh(box: Sequence[float]) -> list[float]:
    return [float(box[0]), float(box[1]), float(box[2] - box[0]), float(box[3] - box[1])]


def coco_precision(scenes: Sequence[Scene], area: str = "all") -> Floats | None:
    """pycocotools' precision (IoU, recall point) of one area range, at most 300 boxes a picture; None: no truth."""
    boxes = [(at, xywh(box)) for at, one in enumerate(scenes) for box in one.truth_xyxy]
    truth = COCO()
    truth.dataset = {
        "images": [{"id": at, "width": 800, "height": 800, "file_name": ""} for at in range(len(scenes))],
        "categories": [{"id": 1, "name": "car", "supercategory": ""}],
        "annotations": [
            {
                "id": n,
                "image_id": at,
                "category_id": 1,
                "bbox": box,
                "area": box[2] * box[3],
                "segmentation": [],
                "iscrowd": 0,
            }
            for n, (at, box) in enumerate(boxes, 1)
        ],
    }
    answers = [
        {"image_id": at, "category_id": 1, "bbox": xywh(box), "score": float(score)}
        for at, one in enumerate(scenes)
        for box, score in zip(one.found_xyxy, one.scores, strict=True)
    ]
    if not boxes or not answers:
        return np.zeros((10, 101), np.float32) if boxes else None
    with contextlib.redirect_stdout(io.StringIO()):
        truth.createIndex()
        evaluation = COCOeval(truth, truth.loadRes(answers), "bbox")
        evaluation.params.maxDets = [1, 10, 300]
        evaluation.evaluate()
        evaluation.accumulate()
    return np.asarray(evaluation.eval["precision"][:, :, 0, evaluation.params.areaRngLbl.index(area), -1])


def coco_figures(scenes: Sequence[Scene]) -> tuple[float | None, float | None]:
    precision = coco_precision(scenes)
    return (None, None) if precision is None else (float(precision.mean()), float(precision[0].mean()))


def own_figures(scenes: Sequence[Scene]) -> tuple[float | None, float | None]:
    return mean_over_ious(scenes), average_precision(rank(scenes, 0.5))


def assert_same(scenes: Sequence[Scene]) -> None:
    for own, coco in zip(own_figures(scenes), coco_figures(scenes), strict=True):
        assert own == (None if coco is None else pytest.approx(coco, abs=1e-6))


@pytest.mark.parametrize("seed", range(6))
def test_drawn_crowds_score_as_in_pycocotools(seed: int) -> None:
    scenes = drawn(seed)
    assert_same(scenes)
    assert 0.2 < (average_precision(rank(scenes, 0.5)) or 0) < 1


BOX, OTHER = (10.0, 10.0, 50.0, 50.0), (200.0, 200.0, 260.0, 230.0)
DEGENERATE = {
    "no truth and nothing found": [scene([], [], [])],
    "no truth anywhere, something found": [scene([], [BOX], [0.9])],
    "nothing found": [scene([BOX], [], [])],
    "one picture without truth among others": [scene([], [BOX], [0.9]), scene([OTHER], [OTHER], [0.5])],
    "one truth found ten times": [scene([BOX, OTHER], [BOX] * 10 + [OTHER], [0.9] * 10 + [0.5])],
    "a crowd of equal scores": [scene([BOX] if at % 2 else [], [BOX, OTHER], [0.5, 0.5]) for at in range(20)],
    "two truths on the same spot": [scene([BOX, BOX], [BOX, BOX], [0.9, 0.8])],
    "a box without area": [scene([BOX], [(10, 10, 10, 50), BOX], [0.9, 0.8])],
}


@pytest.mark.parametrize("scenes", DEGENERATE.values(), ids=DEGENERATE)
def test_degenerate_cases_score_as_in_pycocotools(scenes: list[Scene]) -> None:
    assert_same(scenes)


def test_ignoring_a_size_scores_as_pycocotools_does_with_an_area_range() -> None:
    rng = np.random.default_rng(5)
    corner = rng.uniform(0, 400, (10, 12, 2))
    truth = np.concatenate([corner, corner + rng.uniform(12, 60, (10, 12, 1))], axis=2).round(1)
    found = (truth + rng.normal(0, 1.5, (10, 12, 1))).round(1)
    scores = rng.uniform(0.1, 1, (10, 12)).round(3)
    scenes = [scene(t.tolist(), f.tolist(), s.tolist()) for t, f, s in zip(truth, found, scores, strict=True)]
    small = ignoring(scenes, lambda boxes, _: areas(boxes) > 32**2)
    precision = coco_precision(scenes, "small")
    assert precision is not None
    assert average_precision(rank(small, 0.5)) == pytest.approx(float(precision[0].mean()), abs=1e-6)
