"""Mist, dust and steam against smoke: what stays low, what is white and grows no more, what close looks must show."""

from __future__ import annotations

from typing import Any

import pytest

from contract.geometry import Sight
from contract.observations import Observation
from detectors.fold import LookSooner
from tests.unit.straw_burning import tower
from tests.unit.straw_burning.tower import look, minutes, plume, quiet, run, stare, track_of

WHITE = {"grey_shift": 20.0, "decorrelation": 0.2}
DARK = {"grey_shift": -20.0, "decorrelation": 0.2}


def still(count: int, **differs: Any) -> list[Observation]:
    """A stare at what moves by itself and does not grow."""
    return [look(n, plume(**differs)) for n in range(count)]


def of_size(height_m: float, *, area_share: float = 0.0004, **differs: Any) -> dict[str, Any]:
    """A veil of 80 px that stands so high."""
    veil = (860.0, 560.0, 940.0, 640.0)
    return {"height_m": height_m, "veil_xyxy_px": veil, "area_share": area_share, **differs}


def growing(count: int) -> list[Observation]:
    """A stare at white, upright smoke that grows all the time."""
    return [look(n, plume(**of_size(30.0, area_share=0.0002 * (1 + n / 5), **WHITE))) for n in range(count)]


def stays_until_ns(scene: list[Observation]) -> int:
    """Until when the tower was asked to stay."""
    return max(ask.until_ns for ask in run([*quiet(4), *scene])[2] if isinstance(ask, LookSooner))


def test_mist_that_stays_low_is_held_however_it_grows() -> None:
    state, findings, _ = run([*quiet(4), *stare(0, 24, height_m=15.0)])
    assert (findings, track_of(state).hold) == ([], "water_mist")
    assert any("15 m over its base" in note.reason for note in track_of(state).notes)


def test_dust_that_stays_low_is_told_by_its_colour() -> None:
    state, findings, _ = run([*quiet(4), *stare(0, 24, height_m=20.0, saturation_shift=0.1)])
    assert (findings, track_of(state).hold) == ([], "dust")


def test_young_smoke_is_let_go_as_soon_as_it_stands_high() -> None:
    rising = [
        look(n, plume(area_share=0.0004 * (1 + n / 5), grey_shift=-20.0, height_m=10.0 + 1.5 * n)) for n in range(24)
    ]
    opened = run([*quiet(4), *rising])[1][0]
    effects = [(note.kind, note.effect) for note in opened.counter_evidence]
    assert effects == [("water_mist", "held"), ("water_mist", "released")]


def test_white_that_does_not_grow_may_be_steam_and_is_not_told() -> None:
    state, findings, _ = run([*quiet(4), *still(40, **WHITE)])
    track = track_of(state)
    assert (findings, track.hold, track.doubt) == ([], None, "vapour")
    assert [(note.kind, note.effect, note.reason) for note in track.notes] == [
        ("vapour", "held", "white and does not grow")
    ]
    gone, _, _ = run([look(40 + 10 * n) for n in range(4)], state=state)
    assert (gone.counts["held_vapour"], gone.counts["dropped_vapour"], gone.counts.get("dropped_gone")) == (1, 1, None)


def test_smoke_that_waited_as_vapour_says_so_when_it_is_told() -> None:
    opened = run([*quiet(4), *growing(46)])[1][0]
    assert [(note.kind, note.effect) for note in opened.counter_evidence] == [
        ("vapour", "held"),
        ("vapour", "released"),
    ]


def test_what_is_darker_than_its_background_is_no_vapour() -> None:
    assert tower.phases(run([*quiet(4), *still(40, **DARK)])[1])[0] == "opened"


def test_steam_that_has_just_begun_grows_only_for_a_while() -> None:
    areas = [0.0003 * min(1 + n / 5, 3) for n in range(34)]
    scene = [look(n, plume(**of_size(40.0, area_share=area, **WHITE))) for n, area in enumerate(areas)]
    assert run([*quiet(4), *scene])[1] == []


def test_white_smoke_that_begins_is_told_once_steam_would_be_as_long_as_it_gets() -> None:
    steps = tower.steps([*quiet(4), *growing(46)])
    opened = next(n for n, step in enumerate(steps) if step.findings)
    assert 40 <= opened - 4 <= 42


def test_white_smoke_that_was_there_at_the_visit_before_is_told_within_half_a_minute() -> None:
    before = [look(n - 60.0, plume(**of_size(30.0, area_share=0.0002, **WHITE))) for n in range(4)]
    steps = tower.steps([*quiet(4), *before, *growing(34)])
    opened = next(n for n, step in enumerate(steps) if step.findings)
    assert 24 <= opened - 8 <= 30


def test_steam_of_long_life_that_has_just_begun_is_not_told() -> None:
    # Of 40 s, and too thin to be seen in the last ten.
    areas = [0.0003 * (1 + min(n, 30) / 12) for n in range(60)]
    scene = [look(n, plume(**of_size(40.0, area_share=area, **WHITE))) for n, area in enumerate(areas)]
    assert run([*quiet(4), *scene])[1] == []


def test_a_stare_goes_on_while_only_time_can_tell_smoke_from_steam() -> None:
    assert tower.START_NS + 24 * 10**9 <= stays_until_ns(growing(20)) <= tower.START_NS + 27 * 10**9
    assert stays_until_ns(growing(26)) >= tower.START_NS + 40 * 10**9
    assert stays_until_ns(still(46, **of_size(40.0, area_share=0.0003, **WHITE))) <= tower.START_NS + 27 * 10**9


@pytest.mark.parametrize("height_m", [30.0, 80.0])
def test_white_smoke_that_lies_along_the_ground_need_not_grow_however_far_it_seems(height_m: float) -> None:
    opened = run([*quiet(4), *still(24, **of_size(height_m, area_share=0.002, **WHITE))])[1]
    assert tower.phases(opened)[0] == "opened"


def test_a_tall_narrow_white_plume_is_not_told_however_large_it_seems() -> None:
    assert run([*quiet(4), *still(24, **of_size(300.0, area_share=0.0008, **WHITE))])[1] == []


def test_white_that_is_larger_by_chance_at_looks_a_minute_apart_is_not_told() -> None:
    seen = [plume(**of_size(60.0, area_share=0.0003 * (1 + n / 4), **WHITE)) for n in range(8)]
    spaced = [look(60.0 * (n + 1), one) for n, one in enumerate(seen)]
    assert run([*quiet(4), *still(12, **of_size(60.0, **WHITE)), *spaced])[1] == []


def test_a_tower_that_could_look_closely_does_not_confirm_by_minutes_without_growth() -> None:
    watched = still(12, grey_shift=20.0, decorrelation=0.0, flow_px_s=(0.0, 0.0))
    steady = minutes(72, 6, grows=0.0)
    assert run([*quiet(4), *watched, *steady])[1] == []
    assert tower.phases(run([*quiet(4), *steady])[1])[0] == "opened"


def test_a_few_pixels_that_come_and_go_do_not_grow() -> None:
    tiny = [look(n, plume(area_share=0.00002 * (1 + n / 5), **WHITE)) for n in range(24)]
    assert run([*quiet(4), *tiny])[1] == []


@pytest.mark.parametrize(("elevation_deg", "held"), [(-0.8, None), (0.4, "cloud")])
def test_what_stands_below_the_horizontal_is_no_cloud_whatever_line_haze_leaves(
    elevation_deg: float, held: str | None
) -> None:
    sight = Sight(azimuth_deg=10.0, elevation_deg=elevation_deg)
    high = plume(top=200, foot=300, base_px=(900, 300), sight=sight)
    assert track_of(run([*quiet(4), look(0, high)])[0]).hold == held


def test_a_loose_box_over_the_sky_does_not_swallow_the_smoke_inside() -> None:
    loose = plume(960, top=20, foot=350, width=1800, base_px=(960, 350), area_share=0.2)
    scene = [look(60.0 * n, loose) for n in range(-4, 0)]
    opened = run([*quiet(4, every_s=100), *scene, *stare(0, 24, top=240, foot=640, **DARK)])[1]
    assert tower.phases(opened)[0] == "opened"


def test_a_fire_whose_boxes_jumped_is_not_usual_by_its_own_calls() -> None:
    called = [look(60.0 * n, plume(surety=3.0)) for n in (-3, -2)]
    lost = [look(n) for n in (-50.0, -45.0, -40.0)]
    quiet_before = [look(-1000.0 + 100 * n) for n in range(8)]
    opened = run([*quiet_before, *called, *lost, *still(24, **DARK)])[1]
    assert tower.phases(opened)[0] == "opened"


def test_a_fire_beside_what_was_held_is_judged_anew() -> None:
    low: dict[str, Any] = {"width": 40, "top": 600, "foot": 640, "area_share": 0.0002, "height_m": 15.0}
    mist = [look(60.0 * n, plume(900, **low)) for n in range(-12, 0)]
    fire = [look(n, plume(910, width=200, top=400, foot=650, area_share=0.01, **DARK)) for n in range(24)]
    assert track_of(run(mist)[0]).hold == "water_mist"
    assert any(isinstance(ask, LookSooner) for ask in tower.steps([*mist, fire[0]])[-1].asks)
    assert tower.phases(run([*mist, *fire])[1])[0] == "opened"


def test_a_hot_spot_is_no_vapour_even_where_the_tower_could_stare() -> None:
    stared = still(12, grey_shift=20.0, decorrelation=0.0, flow_px_s=(0.0, 0.0))
    spot: dict[str, Any] = {
        "label": "fire",
        "area_share": None,
        "base_px": None,
        "grey_shift": None,
        "change_share": None,
    }
    spots = [look(600 + 60 * n, plume(300, **spot)) for n in range(6)]
    opened = run([*quiet(4), *stared, *spots])[1]
    assert tower.phases(opened)[:1] == ["opened"]
    assert tower.facts(opened[0]).what == "fire"
