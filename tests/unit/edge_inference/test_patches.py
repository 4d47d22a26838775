"""What is measured of vehicles and pictures so that a rule can know them again."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from contract.observations import Detection, Picture
from contract.times import NS
from detectors.illegal_parking.appearance import colour_likeness, compare
from detectors.illegal_parking.sight import SAME_SCENE, likeness
from edge.capture.types import Image
from edge.inference.patches import patch_of, with_patches
from edge.inference.pictures import PictureMeter

BOX = (100.0, 60.0, 220.0, 140.0)
ZONE = ((0.0, 100.0), (300.0, 100.0), (300.0, 239.0), (0.0, 239.0))


def street(seed: int = 1, *, size: tuple[int, int] = (240, 320)) -> Image:
    """A picture of random tiles: the same for a seed."""
    tiles = np.random.default_rng(seed).integers(30, 220, (12, 16, 3), np.uint8)
    across, down = size[1] // 16, size[0] // 12
    return np.ascontiguousarray(np.kron(tiles, np.ones((down, across, 1), np.uint8)))


def found(box: tuple[float, float, float, float] = BOX) -> Detection:
    return Detection(bbox_xyxy_px=box, score=0.9, label="car")


def test_a_patch_is_76_hex_digits_and_the_same_each_time() -> None:
    patch = patch_of(street(), BOX)
    assert patch is not None
    assert len(patch) == 76
    assert int(patch, 16) >= 0
    assert patch == patch_of(street().copy(), BOX)
    assert msgspec.convert({**msgspec.to_builtins(found()), "patch": patch}, Detection).patch == patch


def test_noise_light_and_a_box_a_little_off_leave_it_the_same() -> None:
    noise = np.random.default_rng(5).normal(0, 5, street().shape)
    dimmer = np.clip(street() * 0.8 + noise, 0, 255).astype(np.uint8)
    off = (BOX[0] + 2, BOX[1] - 2, BOX[2] + 3, BOX[3] + 1)
    assert compare((patch_of(street(), BOX) or "",), patch_of(dimmer, off)) == "same"
    assert compare((patch_of(street(), BOX) or "",), patch_of(street(2), BOX)) == "different"


def test_colours_are_told_apart_and_grey_has_none() -> None:
    red, blue = np.full((90, 90, 3), (30, 30, 200), np.uint8), np.full((90, 90, 3), (200, 60, 20), np.uint8)
    patches = [patch_of(one, (0.0, 0.0, 90.0, 90.0)) or "" for one in (red, blue, np.full((90, 90, 3), 90, np.uint8))]
    assert colour_likeness(patches[0], patches[1]) == 0.0
    assert [patch[64:68] for patch in patches] == ["0000", "0000", "0f00"]
    assert {patch[:64] for patch in patches} == {"0" * 64}  # flat: no pattern to compare by


@pytest.mark.parametrize("box", [(0.0, 0.0, 5.0, 90.0), (400.0, 10.0, 500.0, 90.0)])
def test_a_box_that_shows_too_little_has_no_patch(box: tuple[float, float, float, float]) -> None:
    assert patch_of(street(), box) is None


def test_only_vehicles_whose_wheels_are_in_a_zone_are_measured() -> None:
    inside, outside = found(), found((100.0, 10.0, 220.0, 90.0))
    measured = with_patches(street(), [inside, outside], [ZONE])
    assert [one.patch is not None for one in measured] == [True, False]
    assert with_patches(street(), [inside], []) == [inside]


def measured(*pictures: Image) -> list[Picture]:
    meter = PictureMeter()
    return [meter.measure(picture, index * NS) for index, picture in enumerate(pictures)]


def test_the_scene_stays_under_noise_and_differs_elsewhere() -> None:
    noisy = np.clip(street() * 0.9 + np.random.default_rng(3).normal(0, 6, street().shape), 0, 255).astype(np.uint8)
    here, again, elsewhere = (one.scene or "" for one in measured(street(), noisy, street(2)))
    assert likeness(here, again) > 0.8
    assert likeness(here, elsewhere) < SAME_SCENE


def test_a_sway_is_measured_in_pixels_of_the_frame() -> None:
    large = street(size=(720, 1280))
    still, swayed = measured(large, np.roll(large, (8, 16), (0, 1)))
    assert still.shift_px == (0.0, 0.0)
    assert swayed.shift_px == pytest.approx((16.0, 8.0), abs=2.5)


def test_a_grey_picture_has_no_colour() -> None:
    grey = np.repeat(street()[:, :, :1], 3, axis=2)
    coloured, infrared = (one.colour for one in measured(street(), grey))
    assert infrared == 0.0
    assert coloured is not None
    assert coloured > 20
