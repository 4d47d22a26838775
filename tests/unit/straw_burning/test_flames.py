"""A new light at night: told as fire where a stare shows a warm flame that stays, flickers and changes its shape."""

from __future__ import annotations

from typing import Any

import pytest

from contract.geometry import Sight
from contract.observations import LightSeen, Observation, PlumeSeen
from tests.unit.straw_burning import tower
from tests.unit.straw_burning.tower import look, quiet, run, track_of

FLAME: dict[str, Any] = {"flicker": 0.06, "sway": 0.08, "least": 0.9, "stays": 0.85, "recolour": 0.02}


def shining(at_s: float, *, looks: int, warmth: float = 0.5, sight: Sight | None = None, **said: Any) -> Observation:
    """A look at one light; what is said of it once enough looks show it."""
    light = LightSeen(looks=looks, warmth=warmth, **({**FLAME, **said} if looks >= 10 else {}))
    plume = PlumeSeen(
        bbox_xyxy_px=(900.0, 600.0, 940.0, 610.0),
        score=0.1,
        label="fire",
        area_share=0.0001,
        base_px=(920.0, 610.0),
        change_share=0.6,
        flicker=light.flicker,
        light=light,
        sight=sight,
    )
    return look(at_s, plume, brightness=10.0)


def stare(first_s: float = 0.0, **said: Any) -> list[Observation]:
    return [shining(first_s + number, looks=number + 1, **said) for number in range(16)]


def test_a_flame_is_told_as_fire_within_one_stare() -> None:
    opened = run([*quiet(4), *stare()])[1][0]
    assert (tower.facts(opened).what, tower.facts(opened).is_night) == ("fire", True)
    assert tower.outcome(opened, "flicker") == "passed"


def test_nothing_is_told_before_a_stare_has_shown_it() -> None:
    state, findings, asks = run([*quiet(4), *stare()[:9]])
    assert findings == []
    assert track_of(state).hold is None
    assert asks != []


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"flicker": 0.004, "sway": 0.0}, "without flicker"),
        ({"least": 0.0, "flicker": 0.9}, "goes out and comes back"),
        ({"sway": 0.005, "flicker": 0.3}, "without a change of its shape"),
        ({"stays": 0.1}, "moves"),
        ({"warmth": -0.05, "flicker": 0.5}, "white or blue"),
        ({"recolour": 0.4}, "changes its colour"),
    ],
    ids=["a lamp that goes on", "a beacon", "a broken lamp", "headlights", "a welder", "a screen"],
)
def test_what_is_no_flame_is_held_as_a_lamp_with_its_reason(said: dict[str, Any], reason: str) -> None:
    state, findings, _ = run([*quiet(4), *stare(**said)])
    assert findings == []
    assert track_of(state).hold == "lamp"
    assert any(reason in note.reason for note in track_of(state).notes)


def test_a_light_above_the_horizontal_is_no_fire_of_a_field() -> None:
    sight = Sight(azimuth_deg=10.0, elevation_deg=0.4)
    state, findings, _ = run([*quiet(4), *stare(sight=sight)])
    assert findings == []
    assert track_of(state).hold == "lamp"


def test_what_a_stare_said_of_a_lamp_holds_at_the_next_visits() -> None:
    later = [shining(80.0 * visit, looks=1) for visit in (1, 2, 3)]
    state, findings, _ = run([*quiet(4), *stare(flicker=0.0, sway=0.0), *later])
    assert findings == []
    assert track_of(state).hold == "lamp"
