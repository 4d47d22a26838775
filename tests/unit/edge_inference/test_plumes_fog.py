"""The meter in fog: what comes evenly is no change, what stands in it is measured, what is patchy stays a change."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from edge.capture.types import Image
from edge.inference.plumes_light import match_light
from edge.inference.plumes_reference import small
from tests.unit.edge_inference.test_plumes import CALL, learnt, measure, only
from tests.unit.edge_inference.valley import HORIZON_Y, SIZE_PX, valley, with_smoke

AIR = 205.0


def in_fog(picture: Image, *, thick: float = 120.0, over: Image | None = None) -> Image:
    """The picture through even fog, which takes more of it the further the ground is; `over`: only there (0..1)."""
    rows = np.maximum(np.arange(picture.shape[0]) - HORIZON_Y + 10, 1.0)
    clear = np.where(np.arange(picture.shape[0]) < HORIZON_Y, 0.0, np.exp(-thick / rows))[:, None, None]
    taken = (1 - clear) if over is None else (1 - clear) * over[..., None]
    return np.asarray(np.round(picture + taken * (AIR - picture)), np.uint8)


def patch(x: int, y: int, across: int) -> Image:
    """A soft round place, 0..1, larger than a plume."""
    place = np.zeros((SIZE_PX[1], SIZE_PX[0]), np.float32)
    cv2.circle(place, (x, y), across // 2, 1.0, -1)
    return np.asarray(cv2.GaussianBlur(place, (0, 0), across / 8), np.float32)


@pytest.mark.parametrize("thick", [30.0, 120.0, 300.0])
def test_fog_that_comes_evenly_is_no_change(thick: float) -> None:
    plume = only(measure(learnt(), in_fog(valley(90), thick=thick), 0, CALL))
    assert (plume.change_share, plume.area_share) == (0.0, 0.0)
    assert plume.ring_change_share == pytest.approx(0.0, abs=0.01)


def test_a_plume_in_even_fog_is_measured_and_its_surroundings_are_as_they_should_be() -> None:
    clear = only(measure(learnt(), with_smoke(valley(91), dense=0.8, rough=8), 0, CALL))
    foggy = only(measure(learnt(), with_smoke(in_fog(valley(91)), dense=0.8, rough=8), 0, CALL))
    assert foggy.area_share == pytest.approx(clear.area_share, rel=0.35)
    assert foggy.base_px == pytest.approx(clear.base_px, abs=6)
    assert foggy.grey_shift is not None
    assert clear.grey_shift is not None
    assert 0 < foggy.grey_shift < clear.grey_shift
    assert foggy.ring_change_share == pytest.approx(clear.ring_change_share, abs=0.1)


def test_smoke_that_is_darker_than_the_fog_is_told_as_darker() -> None:
    foggy = only(measure(learnt(), with_smoke(in_fog(valley(91)), bright=110, dense=0.8, rough=8), 0, CALL))
    assert foggy.grey_shift is not None
    assert foggy.grey_shift < -15


@pytest.mark.parametrize("thick", [120.0, 300.0])
def test_smoke_over_a_third_of_the_picture_does_not_bend_what_fog_explains(thick: float) -> None:
    broad = np.zeros((SIZE_PX[1], SIZE_PX[0]), np.float32)
    broad[:, 320:640] = 1
    view = in_fog(valley(92), thick=thick)
    picture = np.asarray(view + broad[..., None] * 0.7 * (90.0 - view), np.uint8)
    light = match_light(small(picture).grey, small(valley(3)).grey, ground_from_y=HORIZON_Y)
    assert light.air is not None
    left = small(picture).grey[:, :300] - light.air.over(small(valley(3)).grey[:, :300], 0)
    assert float(np.median(np.abs(left[HORIZON_Y:]))) < 3


@pytest.mark.parametrize("spoilt", ["fog", "shadow"])
def test_a_patch_of_fog_or_a_shadow_changes_the_surroundings_of_a_call_as_well(spoilt: str) -> None:
    view, place = valley(93), patch(480, 370, 300)
    dark = np.asarray(view * (1 - 0.4 * place[..., None]), np.uint8)
    plume = only(measure(learnt(), in_fog(view, over=place) if spoilt == "fog" else dark, 0, CALL))
    assert plume.ring_change_share is not None
    assert plume.change_share is not None
    assert plume.ring_change_share > max(0.5, 0.8 * plume.change_share)


def test_a_patch_of_thicker_fog_in_even_fog_changes_the_surroundings_as_well() -> None:
    view = in_fog(in_fog(valley(94), thick=60.0), thick=300.0, over=patch(480, 370, 300))
    plume = only(measure(learnt(), view, 0, CALL))
    assert plume.ring_change_share is not None
    assert plume.change_share is not None
    assert plume.ring_change_share > max(0.5, 0.8 * plume.change_share)


@pytest.mark.parametrize("light", [0.8, 1.0, 1.2])
def test_by_clear_sight_one_light_for_the_picture_stays_all_that_is_asked(light: float) -> None:
    now = small(with_smoke(valley(95, light=light))).grey
    told = match_light(now, small(valley(1)).grey, ground_from_y=HORIZON_Y)
    assert told.air is None
    assert told.contrast_left(HORIZON_Y) == 1.0
    assert told.gain * float(np.median(now)) + told.offset == pytest.approx(
        float(np.median(small(valley(1)).grey)), abs=30
    )


def test_fog_that_hides_the_far_ground_alone_does_not_become_background() -> None:
    meter = learnt()
    for index in range(10):
        measure(meter, in_fog(valley(200 + index), thick=60.0), 60.0 * index)
    plume = only(measure(meter, with_smoke(valley(96)), 700, CALL))
    assert plume.ring_change_share is not None
    assert plume.ring_change_share < 0.2


def test_fog_leaves_less_contrast_to_far_ground_than_to_near() -> None:
    now = small(in_fog(valley(97))).grey
    told = match_light(now, small(valley(1)).grey, ground_from_y=HORIZON_Y)
    assert told.air is not None
    gains = [float(told.air.gain[y]) for y in (240, 300, 400, 500)]
    assert gains == pytest.approx([np.exp(-120 / (y - 190)) for y in (240, 300, 400, 500)], abs=0.08)


@pytest.mark.parametrize("thick", [300.0, 600.0])
def test_a_view_in_thick_fog_is_still_this_view_and_another_one_is_not(thick: float) -> None:
    meter, other = learnt(), np.ascontiguousarray(valley(98)[:, ::-1])
    assert measure(meter, in_fog(valley(98), thick=thick), 0).view.verified
    assert not measure(meter, in_fog(other, thick=thick), 1).view.verified
