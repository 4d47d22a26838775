"""The smoke figures of `models eval` on a hand-made set whose answers can be counted by hand."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from contract.observations import Detection
from models import commands
from models.bench import drawn_street
from models.labelled import Judged, Labelled
from models.smoke_metrics import smoke_eval, threshold_for


def picture(
    truth: list[tuple[float, float, float, float]], found: list[tuple[float, ...]], *, kind: str | None = "tower_far"
) -> Judged:
    """A picture of 100 x 100 px; `found` rows are x1, y1, x2, y2, score of smoke boxes."""
    boxes = np.array(truth, np.float32).reshape(-1, 4)
    labelled = Labelled("images/a.png", None, None, (100, 100), boxes, ("smoke",) * len(boxes), kind)
    detections = [Detection(bbox_xyxy_px=(a, b, c, d), score=s, label="smoke") for a, b, c, d, s in found]
    return Judged(labelled, tuple(detections))


def found_with(score: float, *, kind: str = "tower_far") -> Judged:
    return picture([(10, 10, 20, 20)], [(10, 10, 20, 20, score)], kind=kind)


def test_the_threshold_is_the_highest_that_finds_four_of_five() -> None:
    judged = [found_with(score) for score in (0.9, 0.8, 0.7, 0.6, 0.1)]
    assert smoke_eval(judged).t_at_r80 == 0.6


def test_six_pictures_need_five_found_and_not_four_point_eight() -> None:
    assert threshold_for(np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.1]), 0.8) == 0.5
    assert threshold_for(np.array([0.9, 0.8, 0.7, 0.6, 0.5]), 0.8) == 0.6


def test_a_negative_is_alarmed_by_any_smoke_box_at_or_above_the_threshold() -> None:
    positives = [found_with(0.5)]
    negatives = [
        picture([], [(0, 0, 5, 5, 0.5)], kind="negative_cloud"),
        picture([], [(0, 0, 5, 5, 0.4999)], kind="negative_cloud"),
        picture([], [], kind="negative_other"),
    ]
    figures = smoke_eval(positives + negatives)
    assert (figures.negatives, figures.alarmed) == (3, 1)


def test_a_fire_box_neither_finds_smoke_nor_alarms() -> None:
    fire = Detection(bbox_xyxy_px=(10, 10, 20, 20), score=0.9, label="fire")
    positive, negative = picture([(10, 10, 20, 20)], []), picture([], [])
    figures = smoke_eval([Judged(entry.truth, (fire,)) for entry in (positive, negative)] + [found_with(0.3)] * 4)
    assert figures.t_at_r80 == 0.3
    assert figures.alarmed == 0


@pytest.mark.parametrize(("x2", "met"), [(20.0, True), (13.1, True), (12.9, False)])
def test_a_box_finds_smoke_from_an_overlap_of_three_tenths(x2: float, met: bool) -> None:
    figures = smoke_eval([picture([(10, 10, 20, 20)], [(10, 10, x2, 20, 0.7)])])
    assert figures.t_at_r80 == (0.7 if met else None)


def test_recall_is_told_for_four_sizes_of_the_largest_box() -> None:
    sides = {0: 2.0, 1: 5.0, 2: 15.0, 3: 30.0}  # 0.04 %, 0.25 %, 2.25 %, 9 % of the picture
    judged = []
    for size, side in sides.items():
        box = (0.0, 0.0, side, side)
        judged += [picture([box], [(*box, 0.9)])] * (3 if size else 1)
        judged += [picture([box], [])] * (0 if size else 1)
    figures = smoke_eval(judged)
    assert figures.recall_by_size == (0.5, 1.0, 1.0, 1.0)


def test_an_empty_size_is_unknown_and_not_zero() -> None:
    assert smoke_eval([found_with(0.9)]).recall_by_size == (None, None, 1.0, None)


def test_only_tower_kinds_count_as_positives_when_kinds_are_stated() -> None:
    judged = [found_with(0.9), found_with(0.2, kind="near"), found_with(0.1, kind="straw_field")]
    assert smoke_eval(judged).t_at_r80 == 0.9


def test_without_stated_kinds_every_positive_counts() -> None:
    judged = [picture([(10, 10, 20, 20)], [(10, 10, 20, 20, score)], kind=None) for score in (0.9, 0.2)]
    assert smoke_eval(judged).t_at_r80 == 0.2


def test_a_recall_that_is_never_reached_leaves_the_figures_unknown() -> None:
    figures = smoke_eval([found_with(0.9), picture([(10, 10, 20, 20)], []), picture([], [(0, 0, 9, 9, 0.9)])])
    assert (figures.t_at_r80, figures.alarmed, figures.negatives) == (None, None, 1)
    assert figures.recall_by_size == (None, None, None, None)


def test_no_positive_at_all_leaves_the_threshold_unknown() -> None:
    assert smoke_eval([picture([], [])]).t_at_r80 is None


def test_eval_of_smoke_n_prints_the_smoke_object(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    split = tmp_path / "val"
    (split / "images").mkdir(parents=True)
    (split / "labels").mkdir()
    for name, label in (("a", ""), ("b", "0 0.5 0.5 0.2 0.2\n")):
        cv2.imwrite(str(split / "images" / f"{name}.png"), drawn_street(320, 192))
        (split / "labels" / f"{name}.txt").write_text(label)
    (tmp_path / "manifest.csv").write_text(
        "file,camera,kind\nval/images/a.png,,negative_other\nval/images/b.png,cam-1,tower_mid\n"
    )
    parser = argparse.ArgumentParser()
    commands.add_parsers(parser.add_subparsers())
    words = ["models", "eval", "smoke-n", "--data", str(split), "--size", "320", "--json"]
    assert commands.run(parser.parse_args(words)) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["smoke"]["negatives"] == 1
    assert set(report["smoke"]) == {"t_at_r80", "negatives", "alarmed", "recall_by_size"}
    assert len(report["smoke"]["recall_by_size"]) == 4
    assert {"smoke", "fire"} == set(report["ap50"])
