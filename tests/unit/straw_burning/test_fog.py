"""Fires in fog: smoke that is darker than the fog stands before it; what may be fog itself, or hides in it, is held."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from contract.observations import Observation
from detectors.fold import LookSooner
from tests.unit.straw_burning import tower
from tests.unit.straw_burning.tower import CLEAR, look, phases, plume, quiet, run, stare, track_of

FOG = msgspec.structs.replace(CLEAR, contrast_ratio=0.3)
DARKER: dict[str, Any] = {"view": FOG, "grey_shift": -12.0}


def held(scene: list[Observation]) -> str | None:
    """What holds the only candidate; nothing was told."""
    state, findings, _ = run(scene)
    assert findings == []
    return track_of(state).hold


def test_dark_smoke_before_fog_that_moves_by_itself_in_a_stare_is_a_fire() -> None:
    assert phases(run([*quiet(4), *stare(0, 24, **DARKER)])[1]) == ["opened"]


def test_a_fire_in_fog_does_not_silence_that_visibility_is_low() -> None:
    told = [one.maintenance for one in tower.steps([*quiet(4), *stare(0, 24, **DARKER)]) if one.maintenance is not None]
    assert [item.kind for item in told[-1]] == ["visibility_low"]


@pytest.mark.parametrize(
    "differs",
    [
        {"grey_shift": 12.0},
        {"grey_shift": -2.0},
        {"grey_shift": None, "area_share": 0.0, "change_share": 0.0},
        {"change_share": 0.5, "ring_change_share": 0.45},
        {"decorrelation": 0.0},
    ],
    ids=["as bright as fog", "hardly darker", "hidden", "its surroundings changed as well", "stiff"],
)
def test_what_may_be_fog_or_hides_in_it_is_held(differs: dict[str, Any]) -> None:
    assert held([*quiet(4), *stare(0, 24, **{**DARKER, **differs})]) == "low_visibility"


def test_dark_smoke_in_fog_is_stared_at_and_fog_is_not() -> None:
    for shift, is_stared_at in ((-12.0, True), (12.0, False)):
        asks = run([*quiet(4), look(0, plume(grey_shift=shift), view=FOG)])[2]
        assert any(isinstance(ask, LookSooner) for ask in asks) is is_stared_at


def test_no_looks_far_apart_tell_a_fire_in_fog() -> None:
    still: dict[str, Any] = {"interval_s": 60.0, "flow_px_s": None, "decorrelation": None, "grey_shift": -12.0}
    scene = [look(60.0 * n, plume(area_share=0.001 * (1 + 0.3 * n), **still), view=FOG) for n in range(8)]
    assert held([*quiet(4), *scene]) == "low_visibility"
