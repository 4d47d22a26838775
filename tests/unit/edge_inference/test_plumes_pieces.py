"""How high smoke goes that differs from what lies behind in pieces only; what stands by itself is as high as it is."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from contract.observations import Detection
from edge.inference.plumes_height import with_height
from tests.unit.edge_inference.test_plumes import learnt, measure, only
from tests.unit.edge_inference.test_plumes_height import FOCAL_PX, seen
from tests.unit.edge_inference.valley import HORIZON_Y, valley, with_smoke

LOW = Detection(bbox_xyxy_px=(460.0, HORIZON_Y + 10.0, 500.0, HORIZON_Y + 50.0), score=0.3, label="smoke")


def top_of(*pieces: tuple[int, int, int]) -> float:
    """Where the plume of the low call ends; pieces are (foot, size, bright)."""
    view = valley(90)
    for foot, size, bright in pieces:
        view = with_smoke(view, foot=foot, size=size, bright=bright, rough=4, dense=0.9)
    plume = only(measure(learnt(), view, 0, LOW))
    assert plume.top_px is not None
    return plume.top_px


WHITE_BEFORE_GROUND = (HORIZON_Y + 50, 40, 185)


def test_smoke_that_is_white_before_the_ground_and_dark_before_the_sky_is_one_plume() -> None:
    dark_before_sky = (HORIZON_Y - 5, 70, 90)
    assert top_of(WHITE_BEFORE_GROUND) == pytest.approx(HORIZON_Y + 10, abs=6)
    assert top_of(WHITE_BEFORE_GROUND, dark_before_sky) == pytest.approx(HORIZON_Y - 75, abs=10)


def test_what_hangs_further_away_than_a_puff_does_is_another_thing() -> None:
    cloud = (HORIZON_Y - 60, 70, 90)
    assert top_of(WHITE_BEFORE_GROUND, cloud) == pytest.approx(HORIZON_Y + 10, abs=6)


def test_what_lies_below_makes_nothing_higher() -> None:
    below = (HORIZON_Y + 130, 70, 185)
    assert top_of(WHITE_BEFORE_GROUND, below) == pytest.approx(HORIZON_Y + 10, abs=6)


def test_the_height_is_that_of_all_pieces() -> None:
    whole = with_height(replace(seen(), top_px=280.0), focal_px=FOCAL_PX)
    assert whole.height_m == pytest.approx(100.0)


def test_a_fringe_above_the_veil_makes_it_no_higher() -> None:
    fringed = with_height(replace(seen(), top_px=320.0), focal_px=FOCAL_PX)
    assert fringed.height_m == pytest.approx(50.0)
