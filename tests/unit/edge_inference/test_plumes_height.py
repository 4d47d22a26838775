"""The height of a veil in metres: range times angle, and nothing where either is not known."""

from __future__ import annotations

from typing import Any

import pytest

from contract.geometry import Sight
from contract.observations import PlumeSeen
from edge.inference.plumes_height import FARTHEST_M, with_height

FOCAL_PX = 2400.0


def seen(**differs: Any) -> PlumeSeen:
    """A veil of 60 px over its base, 2 km away."""
    sight = Sight(azimuth_deg=10.0, elevation_deg=-1.1, range_m=2000.0)
    usual: dict[str, Any] = {"base_px": (530.0, 400.0), "veil_xyxy_px": (500.0, 340.0, 560.0, 400.0), "sight": sight}
    return PlumeSeen(bbox_xyxy_px=(500.0, 330.0, 560.0, 400.0), score=0.5, label="smoke", **{**usual, **differs})


def test_sixty_pixels_two_kilometres_away_are_fifty_metres() -> None:
    assert with_height(seen(), focal_px=FOCAL_PX).height_m == pytest.approx(50.0)


@pytest.mark.parametrize(
    "differs",
    [
        {"sight": None},
        {"base_px": None},
        {"veil_xyxy_px": None},
        {"sight": Sight(azimuth_deg=10.0, elevation_deg=0.5)},
        {"sight": Sight(azimuth_deg=10.0, elevation_deg=-0.2, range_m=FARTHEST_M + 1)},
    ],
)
def test_without_a_place_within_reach_there_is_no_height(differs: dict[str, Any]) -> None:
    assert with_height(seen(**differs), focal_px=FOCAL_PX).height_m is None
