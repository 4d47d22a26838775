"""The meter of plumes: it learns a preset's background and tells smoke's numbers from those of anything else."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from contract.observations import Detection, PlumeSeen
from edge.capture.types import Image
from edge.inference.plumes import PRESETS_MOST, PlumeMeter, PlumesLook, score_at
from tests.unit.edge_inference.valley import HORIZON_Y, at_ns, valley, with_smoke

BOX = (450.0, 340.0, 510.0, 400.0)
CALL = Detection(bbox_xyxy_px=BOX, score=0.3, label="smoke")


def learnt(*, looks: int = 5, preset: str = "north") -> PlumeMeter:
    """A meter that has seen the empty valley once a minute until time 0."""
    meter = PlumeMeter(score_at_r80=0.1)
    for index in range(looks):
        measure(meter, valley(index), -60.0 * (looks - index), preset=preset)
    return meter


def measure(meter: PlumeMeter, picture: Image, at_s: float, *found: Detection, preset: str = "north") -> PlumesLook:
    """One look."""
    return meter.measure(picture, found, device="tower-1", preset=preset, at_ns=at_ns(at_s))


def only(look: PlumesLook) -> PlumeSeen:
    """The plume of a look that has one."""
    (plume,) = look.plumes
    return plume


def test_smoke_differs_from_the_learnt_background_and_stands_on_its_base() -> None:
    plume = only(measure(learnt(), with_smoke(valley(90)), 0, CALL))
    assert plume.change_share is not None
    assert plume.change_share > 0.4
    assert plume.base_px is not None
    assert plume.base_px == pytest.approx((480, 400), abs=8)
    assert plume.grey_shift is not None
    assert plume.grey_shift > 10
    assert plume.area_share == pytest.approx(60 * 60 * 0.7 / (960 * 540), rel=0.5)


def test_a_call_on_the_empty_background_shows_no_change() -> None:
    plume = only(measure(learnt(), valley(91), 0, CALL))
    assert (plume.change_share, plume.area_share, plume.base_px) == (0.0, 0.0, None)


def test_smoke_weakens_edges_and_leaves_them_in_place() -> None:
    thin = with_smoke(valley(92), dense=0.5, rough=8)
    plume = only(measure(learnt(), thin, 0, CALL))
    assert plume.texture_ratio is not None
    assert plume.texture_ratio < 0.9
    assert plume.edge_correlation is not None
    assert plume.edge_correlation > 0.2


def test_texture_that_changes_inside_and_not_around_is_told_between_close_looks_only() -> None:
    meter = learnt()
    measure(meter, with_smoke(valley(93), seed=1), 0, CALL)
    close = only(measure(meter, with_smoke(valley(94), seed=2), 0.5, CALL))
    far = only(measure(meter, with_smoke(valley(95), seed=3), 60, CALL))
    assert close.decorrelation is not None
    assert close.decorrelation > 0.1
    assert far.decorrelation is None
    assert far.flow_px_s is None


def test_a_veil_that_stands_stiff_does_not_decorrelate() -> None:
    meter = learnt()
    measure(meter, with_smoke(valley(96), seed=1), 0, CALL)
    stiff = only(measure(meter, with_smoke(valley(97), seed=1), 0.5, CALL))
    assert stiff.decorrelation is not None
    assert stiff.decorrelation < 0.05


def test_drift_is_the_way_the_upper_half_goes_in_pixels_a_second() -> None:
    meter = learnt()
    box = Detection(bbox_xyxy_px=(400.0, 280.0, 560.0, 400.0), score=0.3, label="smoke")
    rng = np.random.default_rng(5)
    texture = 5 * cv2.GaussianBlur(rng.normal(0, 30, (540, 960)), (0, 0), 4)

    def blown(by_px: int) -> Image:
        picture = valley(98, noise=0.5).astype(np.float32)
        picture[280:400, 400:560] = 160 + np.roll(texture, by_px, axis=1)[280:400, 400:560, None]
        return np.asarray(np.clip(picture, 0, 255), np.uint8)

    measure(meter, blown(0), 0, box)
    flow = only(measure(meter, blown(3), 0.5, box)).flow_px_s
    assert flow is not None
    assert flow[0] == pytest.approx(6.0, abs=2.0)
    assert abs(flow[1]) < 1.5


def test_brighter_light_over_the_whole_view_is_no_change() -> None:
    plume = only(measure(learnt(), valley(99, light=1.15), 0, CALL))
    assert plume.change_share is not None
    assert plume.change_share < 0.05


def test_a_nudged_head_is_measured_and_taken_back() -> None:
    look = measure(learnt(), with_smoke(valley(100, shift_px=(12, 6)), x=492, foot=406), 0, CALL)
    assert look.view.verified
    assert look.view.shift_px == pytest.approx((12, 6), abs=1.5)
    base = only(look).base_px
    assert base is not None
    assert base == pytest.approx((492, 406), abs=9)


def test_another_view_is_not_verified_and_nothing_is_measured_on_it() -> None:
    other = np.ascontiguousarray(valley(101)[:, ::-1])
    look = measure(learnt(), other, 0, CALL)
    assert not look.view.verified
    assert only(look).change_share is None


def test_the_first_look_has_no_reference_and_is_no_wrong_view() -> None:
    meter = PlumeMeter(score_at_r80=0.1)
    first, second = (measure(meter, valley(index), 60.0 * index).view for index in range(2))
    assert (first.verified, first.reference_looks) == (False, 0)
    assert (second.verified, second.reference_looks) == (True, 1)


def test_the_horizon_is_found_in_the_background() -> None:
    look = measure(learnt(), valley(102), 0)
    heights = [y for _, y in look.horizon_px]
    assert heights
    assert max(abs(y - HORIZON_Y) for y in heights) <= 12


def test_the_horizon_is_not_the_edge_of_a_dark_wood_in_haze() -> None:
    hazy = valley(1, noise=0.5).astype(np.float32)
    depth = np.clip((np.arange(540) - HORIZON_Y) / 200, 0, 1)[:, None, None]
    hazy[HORIZON_Y:] = (110 * (1 - depth) * 0.4 + hazy * (0.6 + 0.4 * depth))[HORIZON_Y:]
    hazy[330:] *= 0.15
    look = measure(PlumeMeter(score_at_r80=0.1), np.asarray(np.clip(hazy, 0, 255), np.uint8), 0)
    assert look.horizon_px
    assert max(y for _, y in look.horizon_px) < 300


def test_a_view_without_sky_has_no_horizon() -> None:
    meter = PlumeMeter(score_at_r80=0.1)
    ground = np.ascontiguousarray(np.vstack([valley(1)[220:], valley(1)[300:520]]))
    measure(meter, ground, 0)
    assert measure(meter, ground, 60).horizon_px == ()


def test_fog_lowers_the_contrast_ratio() -> None:
    fog = np.asarray(valley(103) * 0.3 + 150, np.uint8)
    ratio = measure(learnt(), fog, 0).view.contrast_ratio
    assert ratio is not None
    assert ratio < 0.5


def test_a_watched_place_is_measured_when_the_detector_misses_it() -> None:
    meter = learnt()
    measure(meter, with_smoke(valley(104), seed=1), 0, CALL)
    again = only(measure(meter, with_smoke(valley(105), seed=2), 0.5))
    assert (again.seen_in, again.score) == ("change", 0.0)
    assert again.area_share is not None
    assert again.area_share > 0.001
    assert measure(meter, valley(106), 1.0).plumes == ()


@pytest.mark.parametrize("apart_s", [60.0, 120.0, 600.0])
def test_a_place_is_watched_for_three_looks_however_far_they_are_apart(apart_s: float) -> None:
    meter = learnt()
    measure(meter, with_smoke(valley(107), seed=1), 0, CALL)
    looks = [measure(meter, with_smoke(valley(130 + one), seed=one), apart_s * one) for one in range(1, 5)]
    assert [len(one.plumes) for one in looks] == [1, 1, 1, 0]


def test_one_picture_of_another_size_does_not_cost_the_background_and_two_in_a_row_begin_a_new_one() -> None:
    meter = learnt()
    half = valley(140)[::2, ::2].copy()
    assert not measure(meter, half, 0).view.verified
    plume = only(measure(meter, with_smoke(valley(141)), 60, CALL))
    assert plume.change_share is not None
    assert plume.change_share > 0.4
    for minute in (2, 3):
        measure(meter, half, 60.0 * minute)
    assert measure(meter, half, 240).view.verified


def test_a_fire_does_not_become_background_while_it_burns() -> None:
    meter = learnt()
    for minute in range(8):
        measure(meter, with_smoke(valley(110 + minute), seed=minute), 60.0 * minute, CALL)
    plume = only(measure(meter, with_smoke(valley(120), seed=20), 480, CALL))
    assert plume.change_share is not None
    assert plume.change_share > 0.3


def test_a_flame_flickers_and_a_lamp_does_not() -> None:
    def shone(levels: list[int]) -> float | None:
        meter = learnt()
        seen: PlumeSeen | None = None
        for index, level in enumerate(levels):
            night = np.full((540, 960, 3), 20, np.uint8)
            night[370:380, 475:485] = level
            seen = only(measure(meter, night, index * 0.5, CALL))
        return None if seen is None else seen.flicker

    lamp, flame = shone([240] * 8), shone([240, 150, 220, 120, 250, 160, 230, 140])
    assert lamp is not None
    assert lamp < 0.01
    assert flame is not None
    assert flame > 0.1


def test_surety_is_zero_at_the_cards_own_score_whatever_the_card() -> None:
    for score in (0.04, 0.3, 0.7):
        meter = PlumeMeter(score_at_r80=score)
        assert meter.surety(score) == 0
        assert meter.surety(score_at(score, 1.5)) == pytest.approx(1.5)


def test_each_preset_has_its_own_background_and_what_they_hold_is_told_and_bounded() -> None:
    meter = PlumeMeter(score_at_r80=0.1)
    for index in range(PRESETS_MOST + 3):
        measure(meter, valley(1)[::4, ::4].copy(), float(index), preset=f"p{index}")
    held = meter.memory_bytes()
    assert len(held) == PRESETS_MOST
    assert "tower-1/p0" not in held
    assert max(held.values()) < 1_000_000


def test_a_preset_at_full_size_holds_less_than_six_megabytes() -> None:
    meter = learnt(looks=9)
    measure(meter, with_smoke(valley(130)), 0, CALL)
    assert 2_000_000 < meter.memory_bytes()["tower-1/north"] < 6_000_000


def foggy(seed: int) -> Image:
    """The valley with a tenth of its contrast."""
    return np.asarray(np.clip(200 + 0.1 * (valley(seed).astype(np.float32) - 200), 0, 255), np.uint8)


def test_fog_that_came_lately_does_not_become_background() -> None:
    meter = learnt()
    for index in range(10):
        measure(meter, foggy(200 + index), 60.0 * index)
    plume = only(measure(meter, with_smoke(valley(93)), 700, CALL))
    assert plume.ring_change_share is not None
    assert plume.ring_change_share < 0.2
    assert plume.edge_correlation is not None


def test_a_background_that_was_learnt_in_fog_begins_anew_in_clear_air() -> None:
    meter = PlumeMeter(score_at_r80=0.1)
    for index in range(5):
        measure(meter, foggy(index), 60.0 * index)
    for index in range(3):
        measure(meter, valley(50 + index), 300.0 + 60 * index)
    look = measure(meter, with_smoke(valley(94)), 600, CALL)
    assert look.view.contrast_ratio == pytest.approx(1.0, abs=0.2)
    assert only(look).ring_change_share == pytest.approx(0.0, abs=0.1)


def test_a_veil_that_stands_still_does_not_turn_over_and_smoke_does() -> None:
    turnovers = []
    for seed in (1, 2):
        meter = learnt()
        measure(meter, with_smoke(valley(96), seed=1), 0, CALL)
        turnovers.append(only(measure(meter, with_smoke(valley(97), seed=seed), 0.5, CALL)).turnover or 0.0)
    still, alive = turnovers
    assert still < 0.05
    assert alive > 0.2


def test_smoke_at_dawn_is_seen_although_every_look_is_lighter_than_the_last() -> None:
    meter = PlumeMeter(score_at_r80=0.1)
    for index in range(6):
        measure(meter, valley(index, light=0.6 + 0.06 * index), 60.0 * index)
    lit = valley(95, light=1.0)
    assert only(measure(meter, with_smoke(lit, dense=0.4), 400, CALL)).change_share == pytest.approx(0.5, abs=0.2)
    assert only(measure(meter, lit, 401, CALL)).change_share == pytest.approx(0.0, abs=0.05)
