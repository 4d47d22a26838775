"""Veils of two to four grey values: measured over many pixels, apart from grain, slow light and cloud."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from contract.observations import Detection
from edge.capture.types import Image
from tests.unit.edge_inference.test_plumes import learnt, measure, only
from tests.unit.edge_inference.valley import HORIZON_Y, valley

SIZE_PX = (960, 540)
FOOT = (480, 400)
CALL = Detection(bbox_xyxy_px=(450.0, 340.0, 510.0, 400.0), score=0.3, label="smoke")


def veil(
    grey: float, *, side: int = 60, foot: tuple[int, int] = FOOT
) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    """A soft square that stands on its foot."""
    laid = np.zeros(SIZE_PX[::-1], np.float32)
    laid[foot[1] - side : foot[1], foot[0] - side // 2 : foot[0] + side // 2] = grey
    return np.asarray(cv2.blur(laid, (5, 5)), np.float32)


def added(view: Image, grey: np.ndarray[tuple[int, int], np.dtype[np.float32]] | float) -> Image:
    """The view with so many grey values more; the half of a value is a matter of chance, as in a camera."""
    more = np.broadcast_to(np.asarray(grey, np.float32), view.shape[:2])[..., None]
    chance = np.random.default_rng(5).random(view.shape[:2], np.float32)[..., None]
    return np.asarray(np.clip(view + more + chance - 0.5, 0, 255).round(), np.uint8)


@pytest.mark.parametrize("grey", [5.0, -5.0])
def test_a_veil_fainter_than_the_grain_of_a_pixel_is_a_change_that_stands_on_its_foot(grey: float) -> None:
    plume = only(measure(learnt(), added(valley(90, noise=1.5), veil(grey)), 0, CALL))
    assert plume.change_share is not None
    assert plume.change_share > 0.7
    assert plume.base_px == pytest.approx(FOOT, abs=8)
    assert plume.grey_shift == pytest.approx(grey, abs=1.5)


def test_a_veil_that_is_faint_all_over_has_no_size() -> None:
    assert only(measure(learnt(), added(valley(90, noise=1.5), veil(4.5)), 0, CALL)).area_share == pytest.approx(
        0, abs=5e-5
    )


def test_the_thin_top_of_a_plume_is_a_change_and_its_size_is_that_of_the_thick_foot() -> None:
    top, foot = veil(3.0, side=60, foot=(480, 360)), veil(25.0, side=40)
    call = Detection(bbox_xyxy_px=(450.0, 300.0, 510.0, 400.0), score=0.3, label="smoke")
    plume = only(measure(learnt(), added(valley(91, noise=1.5), top + foot), 0, call))
    assert plume.change_share is not None
    assert plume.change_share > 0.7
    assert plume.area_share == pytest.approx(40 * 40 / (960 * 540), rel=0.2)


@pytest.mark.parametrize("seed", range(6))
def test_grain_alone_is_no_veil(seed: int) -> None:
    assert only(measure(learnt(), valley(100 + seed), 0, CALL)).change_share == 0


def test_a_cloud_that_is_wider_than_the_candidate_is_no_veil() -> None:
    cloud = np.zeros(SIZE_PX[::-1], np.float32)
    cloud[60:HORIZON_Y, 300:700] = 4.0
    call = Detection(bbox_xyxy_px=(450.0, 100.0, 510.0, 160.0), score=0.3, label="smoke")
    assert only(measure(learnt(), added(valley(92), cloud), 0, call)).change_share == 0


def test_where_light_comes_and_goes_by_itself_a_faint_difference_is_no_veil() -> None:
    meter = learnt(looks=0)
    for index in range(7):
        measure(meter, added(valley(index), veil(4.0 * (index % 3 - 1), side=120)), -60.0 * (7 - index))
    assert only(measure(meter, added(valley(93), veil(4.0)), 0, CALL)).change_share == 0


def test_before_the_background_knows_what_changes_by_itself_nothing_faint_is_told() -> None:
    faint = added(valley(94), veil(4.0))
    assert only(measure(learnt(looks=2), faint, 0, CALL)).change_share == 0
