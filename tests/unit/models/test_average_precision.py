"""The figures against cases that can be counted by hand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from models.average_precision import Scene, average_precision, ignoring, mean_over_ious, precision_recall, rank

Box = tuple[float, float, float, float]
NEAR: Box = (0, 0, 10, 10)
FAR: Box = (100, 100, 110, 110)
NOWHERE: Box = (500, 500, 510, 510)


def scene(truth: Sequence[Box], found: Sequence[tuple[Box, float]]) -> Scene:
    return Scene(
        np.array(truth, np.float32).reshape(-1, 4),
        np.zeros(len(truth), bool),
        np.array([box for box, _ in found], np.float32).reshape(-1, 4),
        np.array([score for _, score in found], np.float32),
        np.zeros(len(found), bool),
    )


CASES = {
    "all found": ([NEAR, FAR], [(NEAR, 0.9), (FAR, 0.8)], 1.0),
    "half found": ([NEAR, FAR], [(NEAR, 0.9)], 51 / 101),
    "nothing found": ([NEAR], [], 0.0),
    "only a false box": ([NEAR], [(NOWHERE, 0.9)], 0.0),
    "a false box ranked last costs nothing": ([NEAR], [(NEAR, 0.9), (NOWHERE, 0.1)], 1.0),
    "a false box ranked first halves the precision": ([NEAR], [(NOWHERE, 0.9), (NEAR, 0.1)], 0.5),
    "a second box on one truth is false": (
        [NEAR, FAR],
        [(NEAR, 0.9), (NEAR, 0.8), (FAR, 0.7)],
        (51 + 50 * 2 / 3) / 101,
    ),
    "IoU just under a half is a miss": ([NEAR], [((0, 0, 10, 4.9), 0.9)], 0.0),
    "IoU of a half is a hit": ([NEAR], [((0, 0, 10, 5), 0.9)], 1.0),
}


@pytest.mark.parametrize(("truth", "found", "expected"), CASES.values(), ids=CASES)
def test_average_precision_counted_by_hand(truth: list[Box], found: list[tuple[Box, float]], expected: float) -> None:
    assert average_precision(rank([scene(truth, found)], 0.5)) == pytest.approx(expected)


def test_no_truth_is_unknown_and_not_zero() -> None:
    empty = [scene([], [(NEAR, 0.9)])]
    assert average_precision(rank(empty, 0.5)) is None
    assert mean_over_ious(empty) is None
    assert precision_recall(rank(empty, 0.5), 0.5) == (0.0, None)


def test_scores_are_ranked_over_all_pictures() -> None:
    scenes = [scene([NEAR], [(NEAR, 0.2)]), scene([], [(NEAR, 0.9)])]
    assert average_precision(rank(scenes, 0.5)) == pytest.approx(0.5)


def test_a_crowd_of_equal_scores_is_counted_in_picture_order() -> None:
    scenes = [scene([NEAR], [(NEAR, 0.5)]), scene([], [(NEAR, 0.5)]), scene([FAR], [(FAR, 0.5)])]
    assert average_precision(rank(scenes, 0.5)) == pytest.approx((51 + 50 * 2 / 3) / 101)


def test_the_mean_over_ious_counts_the_steps_that_a_loose_box_reaches() -> None:
    """A box of IoU 0.72 is right at 0.50, 0.55, 0.60, 0.65 and 0.70: five of ten steps."""
    assert mean_over_ious([scene([NEAR], [((0, 0, 10, 7.2), 0.9)])]) == pytest.approx(0.5)


def test_precision_and_recall_at_a_threshold() -> None:
    ranking = rank([scene([NEAR, FAR], [(NEAR, 0.9), (NOWHERE, 0.8), (FAR, 0.3)])], 0.5)
    assert precision_recall(ranking, 0.5) == (0.5, 0.5)
    assert precision_recall(ranking, 0.95) == (None, 0.0)


def test_ignored_boxes_are_neither_missed_nor_wrong() -> None:
    large: Box = (200, 200, 300, 300)
    scenes = [scene([NEAR, large], [(large, 0.9), ((200, 0, 300, 90), 0.8), (NEAR, 0.7)])]
    small = ignoring(scenes, lambda boxes, _: (boxes[:, 2] - boxes[:, 0]) >= 32)
    ranking = rank(small, 0.5)
    assert (ranking.truths, ranking.hits.tolist()) == (1, [True])
    assert average_precision(ranking) == 1.0


def test_a_box_that_counts_is_taken_before_an_ignored_one_of_higher_overlap() -> None:
    truth = [(0.0, 0.0, 40.0, 30.0), (0.0, 0.0, 30.0, 30.0)]
    scenes = ignoring([scene(truth, [((0, 0, 39, 30), 0.9)])], lambda boxes, _: boxes[:, 2] >= 40)
    assert rank(scenes, 0.5).hits.tolist() == [True]
