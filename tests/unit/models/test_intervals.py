"""Bootstrap intervals: drawn again by camera, the same on every machine, and paired where two cards are compared."""

from __future__ import annotations

import numpy as np
import pytest

from models.average_precision import Scene, average_precision, rank
from models.intervals import difference90, draw_times, interval90


def scenes(seed: int, pictures: int, *, share_found: float) -> list[Scene]:
    """Pictures of eight boxes of which a share is found, with two false boxes each."""
    rng = np.random.default_rng(seed)
    made = []
    for _ in range(pictures):
        corner = np.arange(8)[:, None] * np.array([[40, 0]]) + rng.uniform(0, 5, (8, 2))
        truth = np.concatenate([corner, corner + 20], axis=1).astype(np.float32)
        found = np.concatenate([truth[rng.random(8) < share_found], truth[:2] + 300])
        scores = rng.uniform(0.05, 1, len(found)).astype(np.float32)
        made.append(Scene(truth, np.zeros(8, bool), found, scores, np.zeros(len(found), bool)))
    return made


@pytest.mark.parametrize("seed", range(5))
def test_a_picture_that_counts_twice_scores_as_if_it_were_there_twice(seed: int) -> None:
    seen = scenes(seed, 6, share_found=0.7)
    times = np.random.default_rng(seed).integers(0, 4, 6)
    repeated = [scene for scene, count in zip(seen, times, strict=True) for _ in range(count)]
    assert average_precision(rank(seen, 0.5), times) == pytest.approx(average_precision(rank(repeated, 0.5)))


def test_each_draw_takes_whole_cameras_and_as_many_pictures_as_they_have() -> None:
    cameras = ["a"] * 3 + ["b"] * 3 + [None] * 3
    times = draw_times(cameras, draws=200)
    of_camera = times.reshape(200, 3, 3).sum(axis=2)
    assert (of_camera % 3 == 0).all()
    assert (of_camera.sum(axis=1) == 9).all()
    assert {0, 3, 6} <= set(of_camera.ravel().tolist())


def test_the_same_cameras_give_the_same_draws_and_another_seed_gives_others() -> None:
    cameras = ["a"] * 4 + ["b"] * 6
    assert (draw_times(cameras) == draw_times(cameras)).all()
    assert (draw_times(cameras) != draw_times(cameras, seed=1)).any()


def test_an_interval_holds_the_figure_and_narrows_with_more_pictures() -> None:
    few, many = scenes(1, 6, share_found=0.7), scenes(1, 60, share_found=0.7)
    widths = []
    for seen in (few, many):
        ends = interval90(rank(seen, 0.5), ["a"] * len(seen))
        assert ends is not None
        assert ends[0] < (average_precision(rank(seen, 0.5)) or 0) < ends[1]
        widths.append(ends[1] - ends[0])
    assert widths[1] < widths[0] / 2


def test_cameras_that_differ_widen_the_interval_more_than_pictures_do() -> None:
    seen = scenes(2, 20, share_found=0.95) + scenes(3, 20, share_found=0.3)
    as_one = interval90(rank(seen, 0.5), ["a"] * 40)
    as_two = interval90(rank(seen, 0.5), ["a"] * 20 + ["b"] * 20)
    assert as_one is not None
    assert as_two is not None
    assert as_two[1] - as_two[0] > 1.5 * (as_one[1] - as_one[0])


def test_a_paired_difference_is_narrower_than_the_two_intervals_suggest() -> None:
    """One camera is hard for both; the second card finds a little more everywhere."""
    seen = scenes(4, 20, share_found=0.9) + scenes(5, 20, share_found=0.3)
    better = [
        Scene(s.truth_xyxy, s.truth_ignored, s.found_xyxy[:-1], s.scores[:-1], s.found_ignored[:-1]) for s in seen
    ]
    cameras = ["a"] * 20 + ["b"] * 20
    change = difference90(rank(seen, 0.5), rank(better, 0.5), cameras)
    alone = interval90(rank(seen, 0.5), cameras)
    assert change is not None
    assert alone is not None
    assert 0 < change[0] < change[1]
    assert change[1] - change[0] < (alone[1] - alone[0]) / 2


def test_a_card_against_itself_differs_by_nothing() -> None:
    ranking = rank(scenes(6, 8, share_found=0.6), 0.5)
    assert difference90(ranking, ranking, ["a"] * 8) == (0.0, 0.0)


def test_one_picture_or_nothing_to_find_has_no_interval() -> None:
    assert interval90(rank(scenes(7, 1, share_found=0.6), 0.5), ["a"]) is None
    no_boxes, no_marks = np.zeros((0, 4), np.float32), np.zeros(0, bool)
    empty = Scene(no_boxes, no_marks, no_boxes, np.zeros(0, np.float32), no_marks)
    assert interval90(rank([empty, empty], 0.5), ["a", "b"]) is None
    assert interval90(rank([], 0.5), []) is None


def test_a_ranking_of_some_pictures_is_the_ranking_of_them_alone() -> None:
    seen = scenes(8, 9, share_found=0.7)
    chosen = [1, 4, 8]
    part, alone = rank(seen, 0.5).of_pictures(chosen), rank([seen[at] for at in chosen], 0.5)
    assert part.scores.tolist() == alone.scores.tolist()
    assert part.hits.tolist() == alone.hits.tolist()
    assert part.pictures.tolist() == alone.pictures.tolist()
    assert part.truths_in.tolist() == alone.truths_in.tolist()
