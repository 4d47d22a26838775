"""A new light at night: told as fire where a stare shows a warm flame that stays, flickers and changes its shape."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from contract.geometry import Sight
from contract.observations import LightSeen, Observation, PlumeSeen
from detectors.fold import LookSooner
from detectors.straw_burning.memory import TRACKS_MOST
from tests.unit.straw_burning import tower
from tests.unit.straw_burning.tower import look, quiet, run, track_of

FLAME: dict[str, Any] = {"flicker": 0.06, "sway": 0.08, "least": 0.9, "stays": 0.85, "recolour": 0.02}


def lit(x: float = 920.0, *, looks: int, warmth: float = 0.5, sight: Sight | None = None, **said: Any) -> PlumeSeen:
    """A light; what is said of it once enough looks show it."""
    light = LightSeen(looks=looks, warmth=warmth, **({**FLAME, **said} if looks >= 10 else {}))
    return PlumeSeen(
        bbox_xyxy_px=(x - 20, 600.0, x + 20, 610.0),
        score=0.1,
        label="fire",
        area_share=0.0001,
        base_px=(x, 610.0),
        change_share=0.6,
        flicker=light.flicker,
        light=light,
        sight=sight,
    )


def dark(at_s: float, *lights: PlumeSeen) -> Observation:
    return look(at_s, *lights, brightness=10.0)


def shining(at_s: float, *, looks: int, **said: Any) -> Observation:
    """A look at one light."""
    return dark(at_s, lit(looks=looks, **said))


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


def test_a_lamp_is_stared_at_later_and_later() -> None:
    """However often the turn comes by: a lamp that shines all night would use up the stares."""
    begun, state = [], run(quiet(4))[0]
    for visit in range(26):
        before = state.counts.get("stares", 0)
        state = run([shining(60.0 * visit, looks=1)], state=state)[0]
        if state.counts.get("stares", 0) > before:
            begun.append(60.0 * visit)
            watched = [shining(60.0 * visit + number, looks=number + 1, flicker=0.0) for number in range(1, 16)]
            state = run(watched, state=state)[0]
    gaps = [later - earlier for earlier, later in pairwise(begun)]
    assert gaps == [360.0, 660.0]


def test_a_light_that_drives_off_ends_its_stare_and_leaves_it_to_another() -> None:
    gone = [dark(float(number)) for number in range(1, 4)]
    state, _, asks = run([*quiet(4), shining(0.0, looks=1), *gone])
    stays = [(ask.until_ns - tower.START_NS) / 1e9 for ask in asks if isinstance(ask, LookSooner)]
    assert stays == [20.0, 3.0]
    assert state.stares_ns == ()


def test_a_flame_that_a_look_misses_is_stared_at_to_the_end() -> None:
    seen = [shining(float(number), looks=number + 1) if number % 3 else dark(float(number)) for number in range(1, 8)]
    asks = run([*quiet(4), shining(0.0, looks=1), *seen])[2]
    assert [(ask.until_ns - tower.START_NS) / 1e9 for ask in asks if isinstance(ask, LookSooner)] == [20.0]


def test_lamps_do_not_crowd_a_flame_out() -> None:
    """A street that went on has more lights than are followed."""
    street = [lit(60.0 + 100 * number, looks=1, warmth=0.1) for number in range(TRACKS_MOST + 2)]
    flame = lit(1850.0, looks=1)
    state = run([*quiet(4), dark(0.0, *street), dark(60.0, *street, flame)])[0]
    tracks = tower.preset_of(state).tracks
    assert len(tracks) == TRACKS_MOST
    assert [track.hold for track in tracks].count(None) == 1
