"""Which smoke is one fire's and which another's: torn, blown in from beside the picture, or with its own foot."""

from __future__ import annotations

from typing import Any

from contract.geometry import Sight
from contract.matters.straw_burning import Facts
from contract.observations import Observation, PlumeSeen
from detectors.fold import LookSooner
from tests.unit.straw_burning import tower
from tests.unit.straw_burning.tower import look, plume, quiet, run, stare

DEGREE_M = 111_195.0


def sight(azimuth_deg: float, east_m: float, north_m: float, *, sd_m: float = 30.0, up_deg: float = -1.0) -> Sight:
    """A place so far from a tower at 30 N 120 E, with a standard deviation that points to the tower."""
    return Sight(
        azimuth_deg=azimuth_deg,
        elevation_deg=up_deg,
        lat=30.0 + north_m / DEGREE_M,
        lon=120.0 + east_m / (DEGREE_M * 0.866),
        range_m=(east_m**2 + north_m**2) ** 0.5,
        cov_m2=(100.0, 0.0, sd_m * sd_m),
        method="flat",
    )


FAR_UP: dict[str, Any] = {"top": 420.0, "foot": 460.0, "width": 160.0, "sight": sight(1.0, 60.0, 4000.0, sd_m=300.0)}
LOW: dict[str, Any] = {"top": 455.0, "foot": 540.0, "width": 60.0, "sight": sight(5.0, 140.0, 1600.0)}
OLD = quiet(4)


def both(first_s: float, count: int, left: dict[str, Any], right: dict[str, Any], flow: float) -> list[Observation]:
    """Looks at two smokes that grow, one wide and high at 700, one low at 840 that touches it."""
    return [
        look(
            first_s + index * 0.5,
            plume(700, flow_px_s=(flow, -1.0), area_share=0.002 * (1 + index / 20), **left),
            plume(840, flow_px_s=(flow, -1.0), area_share=0.001 * (1 + index / 20), surety=1.0, **right),
        )
        for index in range(count)
    ]


def opened(scene: list[Observation]) -> int:
    """How many fires were told."""
    return tower.phases(run([*OLD, *scene])[1]).count("opened")


def test_smoke_torn_from_its_foot_by_the_wind_is_one_fire() -> None:
    assert opened(both(0, 48, FAR_UP, LOW, flow=-8.0)) == 1


def test_its_place_is_that_of_the_lower_part_whichever_was_told_first() -> None:
    state, _, _ = run([*OLD, *both(0, 48, FAR_UP, LOW, flow=-8.0)])
    assert state.fires[0].track.sight == LOW["sight"]


def test_a_new_fire_is_told_where_the_lowest_part_of_its_smoke_stands_even_if_another_part_confirmed_it() -> None:
    scene = [
        look(n * 0.5, plume(700, flow_px_s=(-8.0, -1.0), area_share=0.002 * (1 + n / 20), **FAR_UP), faint_foot())
        for n in range(48)
    ]
    facts = run([*OLD, *scene])[1][0].facts
    assert isinstance(facts, Facts)
    assert (facts.sight, facts.base_px) == (LOW["sight"], (840.0, 540.0))


def faint_foot() -> PlumeSeen:
    """The foot of the smoke, called too unsurely to be told for itself."""
    return plume(840, flow_px_s=(-8.0, -1.0), area_share=0.001, surety=-0.3, **LOW)


def test_smoke_that_stands_upwind_of_a_fire_and_behind_it_is_another_fire() -> None:
    assert opened(both(0, 48, FAR_UP, LOW, flow=8.0)) == 2


def test_a_foot_that_comes_to_light_minutes_later_is_another_fire() -> None:
    alone = [*stare(0, 24, x=700, flow_px_s=(-8.0, -1.0), **FAR_UP), *later(60, 5, FAR_UP)]
    assert opened([*alone, *both(400, 48, FAR_UP, LOW, flow=-8.0)]) == 2


def later(first_s: float, count: int, smoke: dict[str, Any]) -> list[Observation]:
    """One look a minute."""
    return [look(first_s + 60 * index, plume(700, **smoke)) for index in range(count)]


def two_presets(first: dict[str, Any], second: dict[str, Any]) -> list[Observation]:
    """A stare at each of two presets that overlap."""
    return [
        *quiet(4, preset="east", every_s=55),
        *stare(0, 24, **first),
        *stare(60, 24, preset="east", **second),
    ]


def test_one_bearing_of_one_tower_is_one_fire_however_far_each_preset_takes_it_to_be() -> None:
    near, far = sight(40.0, 1000.0, 1200.0), sight(40.6, 2200.0, 2600.0)
    assert opened(two_presets({"sight": far}, {"sight": near})) == 1


def test_a_fire_that_stands_over_the_top_of_the_smoke_before_it_is_another_one() -> None:
    near, far = sight(40.0, 1000.0, 1200.0, up_deg=-1.5), sight(40.6, 3600.0, 4200.0, up_deg=-0.4)
    for before_m, fires in ((60.0, 1), (28.0, 2)):
        before = {"sight": near, "height_m": before_m, "grey_shift": -20.0}
        assert opened(two_presets({"sight": far, "height_m": 80.0, "grey_shift": -20.0}, before)) == fires


def test_a_nearer_foot_on_the_bearing_of_a_fire_told_minutes_ago_is_another_fire() -> None:
    near, far = sight(40.0, 1000.0, 1200.0, up_deg=-1.5), sight(40.6, 2200.0, 2600.0, up_deg=-0.7)
    first = [*quiet(4), *quiet(4, preset="east", every_s=55), *stare(0, 24, sight=far)]
    for after_s, fires in ((60.0, 1), (400.0, 2)):
        burns = [look(60.0 * n, plume(sight=far)) for n in range(1, int(after_s / 60))]
        assert opened([*first, *burns, *stare(after_s, 24, preset="east", sight=near)]) == fires


def test_a_place_that_is_miles_long_does_not_swallow_a_new_fire_that_stands_on_it() -> None:
    near = sight(0.8, 20.0, 1500.0, up_deg=-1.5)
    far = sight(0.1, 25.0, 13_000.0, sd_m=5000.0, up_deg=-0.2)
    first = [*quiet(4), *quiet(4, preset="east", every_s=55), *stare(0, 24, sight=far)]
    for after_s, fires in ((60.0, 1), (400.0, 2)):
        burns = [look(60.0 * n, plume(sight=far)) for n in range(1, int(after_s / 60))]
        assert opened([*first, *burns, *stare(after_s, 24, preset="east", sight=near)]) == fires


def test_the_higher_part_downwind_of_a_fire_is_that_fire_and_upwind_of_it_another() -> None:
    foot, torn = sight(40.0, 1000.0, 1200.0, up_deg=-1.5), sight(42.5, 2700.0, 2950.0, up_deg=-0.6)
    for flow, fires in ((8.0, 1), (-8.0, 2)):
        drift = {"flow_px_s": (flow, -1.0)}
        assert opened(two_presets({"sight": foot, **drift}, {"sight": torn, **drift})) == fires


def test_two_fires_three_hundred_metres_apart_stay_two_in_two_presets() -> None:
    here, there = sight(40.0, 1929.0, 2298.0), sight(45.7, 2147.0, 2095.0)
    assert opened(two_presets({"sight": here}, {"sight": there})) == 2


def test_smoke_blown_in_over_the_side_behind_which_a_fire_burns_is_that_fire() -> None:
    fire, piece = sight(40.0, 500.0, 600.0), sight(45.0, 4000.0, 4000.0, sd_m=400.0)
    blown = {"x": 60.0, "width": 120.0, "flow_px_s": (8.0, -1.0)}
    assert opened(two_presets({"sight": fire, "flow_px_s": (8.0, -1.0)}, {"sight": piece, **blown})) == 1
    against = {**blown, "flow_px_s": (-8.0, -1.0)}
    assert opened(two_presets({"sight": fire, "flow_px_s": (-8.0, -1.0)}, {"sight": piece, **against})) == 2


def test_what_another_preset_shows_of_a_told_fire_is_not_stared_at_again() -> None:
    near = sight(40.0, 1000.0, 1200.0)
    scene = [*OLD, *two_presets({"sight": near}, {"sight": near})]
    state, _, _ = run(scene)
    again = [look(200 + 60 * index, plume(sight=near), preset="east") for index in range(3)]
    _, _, asks = run(again, state=state)
    assert not any(isinstance(ask, LookSooner) for ask in asks)


def test_a_fire_that_another_preset_still_shows_is_not_out() -> None:
    near = sight(40.0, 1000.0, 1200.0)
    scene = [*OLD, *two_presets({"sight": near}, {"sight": near})]
    state, _, _ = run(scene)
    gone = [
        one
        for n in range(12)
        for one in (look(100 + 60 * n), look(130 + 60 * n, plume(sight=near, surety=0.3), preset="east"))
    ]
    assert run(gone, state=state)[0].fires[0].state != "out"
    assert run([one for one in gone if one.preset == "north"], state=state)[0].fires[0].state == "out"


def test_smoke_at_the_place_of_a_fire_that_is_out_is_told_anew_by_another_preset() -> None:
    near = sight(40.0, 1000.0, 1200.0)
    first = [
        *OLD,
        *quiet(4, preset="east", every_s=55),
        *stare(0, 24, sight=near),
        *[look(60.0 * n) for n in range(1, 10)],
    ]
    state, _, _ = run(first)
    assert state.fires[0].state == "out"
    _, findings, _ = run(stare(700, 24, preset="east", sight=near), state=state)
    assert "opened" in tower.phases(findings)


def test_a_fire_that_is_out_burns_up_again_at_its_own_foot_and_not_where_its_last_smoke_hung() -> None:
    burnt = [*OLD, *stare(0, 24, x=900), look(60, plume(1010, top=420, foot=470, width=80, base_px=(1010, 470)))]
    gone = [look(60.0 * n) for n in range(2, 12)]
    for x, fires in ((910.0, 1), (1030.0, 2)):
        assert opened([*burnt, *gone, *stare(800, 24, x=x, top=440, width=200)]) == fires


def test_smoke_that_hangs_far_away_takes_no_place_from_a_fire_and_a_new_foot_there_is_another_fire() -> None:
    here = sight(10.0, 350.0, 1900.0, sd_m=60.0, up_deg=-1.2)
    hanging = Sight(azimuth_deg=8.0, elevation_deg=0.2)
    nearer = sight(6.0, 130.0, 1200.0, up_deg=-1.9)
    burns = [*OLD, *stare(0, 24, sight=here), *[look(60.0 * n, plume(820, sight=hanging)) for n in range(1, 6)]]
    assert run(burns)[0].fires[0].track.sight == here
    assert opened([*burns, *stare(400, 24, x=710, foot=760, width=200, sight=nearer)]) == 2


def test_what_stands_elsewhere_after_dust_went_by_is_stared_at_as_a_new_thing() -> None:
    here, there = sight(40.0, 300.0, 400.0), sight(40.0, 600.0, 800.0)
    dust = [
        look(n, plume(600 + 12 * n, width=300, saturation_shift=0.1, sight=here, area_share=0.01)) for n in range(20)
    ]
    fire = look(100, plume(760, top=500, foot=560, width=120, sight=there, area_share=0.01))
    steps = tower.steps([*OLD, *dust, fire])
    assert steps[-2].state.presets[0].tracks[0].hold is not None
    assert steps[-1].state.counts["candidates"] == steps[-2].state.counts["candidates"] + 1
