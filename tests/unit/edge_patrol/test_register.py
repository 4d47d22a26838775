"""Pictures laid on references: shifts are found, other places are not taken for the preset."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from edge.capture.types import Image
from edge.patrol.plan import Pose
from edge.patrol.register import Reference, register, small

POSE = Pose(pan=0.5, tilt=-0.1)


def scene(seed: int) -> Image:
    rng = np.random.default_rng(seed)
    coarse = cv2.resize(
        rng.integers(0, 255, (23 + 4 * seed, 41 + 6 * seed, 3), np.uint8), (1600, 960), interpolation=cv2.INTER_CUBIC
    )
    return np.asarray(coarse, np.uint8)


def test_the_same_view_fits_and_is_not_off() -> None:
    picture = scene(1)[100:820, 100:1380]
    noisy = np.clip(picture + np.random.default_rng(2).normal(0, 5, picture.shape), 0, 255).astype(np.uint8)
    told = register(small(noisy), [Reference(small(picture), POSE)], 1)
    assert told.quality is not None
    assert told.quality > 0.7
    assert told.shift == (0.0, 0.0)


@pytest.mark.parametrize("right", [-160, -84, 40, 120])
def test_a_view_that_is_off_says_by_how_much(right: int) -> None:
    whole = scene(1)
    reference = Reference(small(whole[100:820, 160:1440]), POSE)
    told = register(small(whole[100:820, 160 - right : 1440 - right]), [reference], 1)
    assert told.quality is not None
    assert told.quality > 0.6
    assert told.shift[0] * 1280 == pytest.approx(right, abs=3)
    assert told.pose == POSE


def test_another_place_does_not_fit() -> None:
    told = register(small(scene(3)[:720, :1280]), [Reference(small(scene(1)[:720, :1280]), POSE)], 1)
    assert told.quality is not None
    assert told.quality < 0.35


def test_without_a_reference_there_is_no_quality() -> None:
    assert register(small(scene(1)), [], 5).quality is None
