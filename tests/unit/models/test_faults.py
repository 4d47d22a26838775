"""Which boxes were wrong, the worst first, and how they are shown."""

from __future__ import annotations

import numpy as np
import pytest

from models.average_precision import Scene
from models.contact_sheet import COLUMNS, FAULT_BGR, GAP_PX, TILE_PX, contact_sheet, cut_around
from models.faults import Fault, faults_of, worst

HW = (400, 600)
CAR, BUS, FAR = (10, 10, 50, 40), (100, 100, 300, 250), (400, 20, 412, 30)


def scene(truth: list[tuple[int, ...]], found: list[tuple[tuple[int, ...], float]]) -> Scene:
    return Scene(
        np.array(truth, np.float32).reshape(-1, 4),
        np.zeros(len(truth), bool),
        np.array([box for box, _ in found], np.float32).reshape(-1, 4),
        np.array([score for _, score in found], np.float32),
        np.zeros(len(found), bool),
    )


def told(faults: list[Fault]) -> list[tuple[str, int, tuple[float, ...]]]:
    return [(fault.kind, fault.picture, fault.box_xyxy_px) for fault in faults]


def test_misses_come_by_size_and_false_boxes_by_score() -> None:
    scenes = [scene([CAR, BUS, FAR], [(FAR, 0.9)]), scene([CAR], [(CAR, 0.9), (BUS, 0.5), (FAR, 0.8)])]
    assert told(faults_of(scenes, [HW, HW], 0.3)) == [
        ("false", 1, FAR),
        ("false", 1, BUS),
        ("missed", 0, BUS),
        ("missed", 0, CAR),
    ]


def test_a_box_below_the_threshold_is_a_miss_that_tells_its_score() -> None:
    (fault,) = faults_of([scene([CAR], [(CAR, 0.2)])], [HW], 0.3)
    assert fault.kind == "missed"
    assert (fault.score, fault.iou) == pytest.approx((0.2, 1))


def test_a_second_box_on_one_truth_is_false_and_tells_what_it_met() -> None:
    (fault,) = faults_of([scene([CAR], [(CAR, 0.9), (CAR, 0.8)])], [HW], 0.3)
    assert fault.kind == "false"
    assert (fault.score, fault.iou) == pytest.approx((0.8, 1))


def test_a_detector_that_is_right_has_no_faults_and_an_empty_sheet() -> None:
    assert faults_of([scene([CAR], [(CAR, 0.9)]), scene([], [])], [HW, HW], 0.3) == []
    sheet = contact_sheet([], [], picture_of=lambda _: np.zeros((*HW, 3), np.uint8), caption_of=str, threshold=0.3)
    assert sheet.shape[1] == COLUMNS * (TILE_PX[0] + GAP_PX) + GAP_PX


def test_the_same_place_of_a_fixed_camera_is_shown_once() -> None:
    scenes = [scene([BUS, FAR], []) for _ in range(5)]
    faults = faults_of(scenes, [HW] * 5, 0.3)
    assert len(faults) == 10
    assert told(worst(faults, "missed", 24, ["gate"] * 5)) == [("missed", 0, BUS), ("missed", 0, FAR)]
    assert len(worst(faults, "missed", 24, ["gate", "gate", "bridge", None, None])) == 8
    assert len(worst(faults, "missed", 3, [None] * 5)) == 3


def test_a_sheet_has_one_tile_a_fault_with_the_box_marked() -> None:
    scenes = [scene([CAR, BUS, FAR], [])]
    faults = faults_of(scenes, [HW], 0.3)
    grey = np.full((*HW, 3), 120, np.uint8)
    sheet = contact_sheet([("missed", faults)], scenes, picture_of=lambda _: grey, caption_of=str, threshold=0.3)
    marked = (sheet == FAULT_BGR).all(axis=2).any(axis=0)
    columns = [bool(marked[GAP_PX + at * (TILE_PX[0] + GAP_PX) :][: TILE_PX[0]].any()) for at in range(COLUMNS)]
    assert columns == [True] * 3 + [False] * (COLUMNS - 3)


@pytest.mark.parametrize("box", [(0, 0, 5, 5), (590, 390, 600, 400), (0, 0, 600, 400), (-20, -20, 900, 900)])
def test_what_is_cut_out_lies_inside_the_picture(box: tuple[float, float, float, float]) -> None:
    x1, y1, x2, y2 = cut_around(box, HW)
    assert 0 <= x1 < x2 <= HW[1]
    assert 0 <= y1 < y2 <= HW[0]
