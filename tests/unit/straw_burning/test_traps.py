"""What looks like smoke and is none: each trap by name, with the reason that holds it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from contract.observations import Observation, View
from contract.times import NS, utc_from_ns
from detectors import straw_burning as rule
from detectors.fold import LookSooner
from detectors.straw_burning.answers import Case, answer
from detectors.straw_burning.checking import Checks
from detectors.straw_burning.config import KnownPlace, Permit, PresetView
from detectors.straw_burning.looks import look_at
from detectors.straw_burning.runs import run_of
from tests.unit.straw_burning import tower
from tests.unit.straw_burning.tower import CLEAR, START_NS, look, minutes, plume, quiet, run, stare, track_of

AROUND = ((0.4, 0.5), (0.55, 0.5), (0.55, 0.65), (0.4, 0.65))
CHIMNEY = KnownPlace(name="brick works", kind="chimney", preset="north", polygon=AROUND)


def is_held(scene: list[Observation], kind: str, config: rule.Config = tower.CONFIG) -> bool:
    """Whether nothing was told and the only candidate was held for this, with a note that says why."""
    state, findings, _ = run(scene, config=config)
    track = track_of(state)
    noted = any(note.kind == kind and note.effect == "held" and note.reason for note in track.notes)
    return findings == [] and track.hold == kind and noted


def test_a_cloud_has_its_base_above_the_horizon() -> None:
    scene = [look(n * 0.5, plume(top=100, foot=220, base_px=(900, 220), area_share=0.01 + n / 1000)) for n in range(24)]
    assert is_held([*quiet(4), *scene], "cloud")


def test_a_fog_bank_is_wide() -> None:
    assert is_held([*quiet(4), *stare(0, 24, width=900)], "fog_bank")


def test_haze_changes_the_surroundings_as_well() -> None:
    assert is_held([*quiet(4), *stare(0, 24, ring_change_share=0.6, change_share=0.6)], "haze")


def test_low_visibility_holds_and_is_told_to_those_who_keep_the_tower() -> None:
    fog = msgspec.structs.replace(CLEAR, contrast_ratio=0.3)
    scene = [*quiet(4), *stare(0, 24, view=fog)]
    assert is_held(scene, "low_visibility")
    told = [one.maintenance for one in tower.steps(scene) if one.maintenance is not None]
    assert [item.kind for item in told[-1]] == ["visibility_low"]


def test_a_known_chimney_is_counted_and_not_alarmed() -> None:
    config = rule.Config(known_places=(CHIMNEY,))
    assert is_held([*quiet(4), *stare(0, 24)], "known_place", config)
    assert run([*quiet(4), *stare(0, 24)], config=config)[0].counts["held_known_place"] == 1


def test_what_an_answer_holds_is_checked_no_further() -> None:
    config = rule.Config(known_places=(CHIMNEY,))
    scene = [*quiet(4), *stare(0, 24)]
    state = run(scene, config=config)[0]
    preset, seen = tower.preset_of(state), look_at(scene[-1], config)
    checks = Checks(run_of(track_of(state)), preset, seen)
    assert answer(Case(checks.run, checks, preset, (), seen)) == ("known_place", "chimney 'brick works'")
    assert checks == {}


@pytest.mark.parametrize(
    "over",
    [
        {"valid_to": utc_from_ns(START_NS - NS)},
        {"valid_from": utc_from_ns(START_NS + 3600 * NS)},
        {"hours": (0.0, 0.01)},
        {"preset": "south"},
    ],
)
def test_a_known_place_that_is_not_valid_here_and_now_holds_nothing(over: dict[str, Any]) -> None:
    config = rule.Config(known_places=(msgspec.structs.replace(CHIMNEY, **over),))
    assert tower.phases(run([*quiet(4), *stare(0, 24)], config=config)[1])[0] == "opened"


def test_smoke_whose_base_is_outside_the_known_place_is_a_fire() -> None:
    config = rule.Config(known_places=(CHIMNEY,))
    opened = run([*quiet(4), *stare(0, 24, x=1300)], config=config)[1][0]
    assert opened.phase == "opened"
    assert tower.outcome(opened, "known_places") == "passed"


def test_steam_that_a_dismissal_taught_does_not_ring_a_second_time() -> None:
    first = run([*quiet(4), *stare(0, 24)])[1][0]
    left, top, right, bottom = first.bbox_xyxy_px or (0, 0, 0, 0)
    taught = KnownPlace(
        name="steam",
        kind="steam",
        preset="north",
        polygon=tuple(
            (x / 1920, y / 1080)
            for x, y in ((left, top - 9), (right, top - 9), (right, bottom + 9), (left, bottom + 9))
        ),
        learned_from=first.event_id,
    )
    assert run([*quiet(4), *stare(0, 24)], config=rule.Config(known_places=(taught,)))[1] == []


def test_a_permitted_burn_is_held_until_the_permit_ends() -> None:
    permit = Permit(
        name="plan 7",
        start=utc_from_ns(START_NS - NS),
        end=utc_from_ns(START_NS + 30 * NS),
        preset="north",
        polygon=AROUND,
    )
    config = rule.Config(permits=(permit,))
    assert is_held([*quiet(4), *stare(0, 24)], "permitted_burn", config)
    _, findings, _ = run([*quiet(4), *stare(0, 90)], config=config)
    assert findings[0].phase == "opened"
    effects = [(note.kind, note.effect) for note in findings[0].counter_evidence]
    assert effects == [("permitted_burn", "held"), ("permitted_burn", "released")]


def moving(**differs: Any) -> list[Observation]:
    """What travels 24 px a second along the ground."""
    return [look(n * 0.5, plume(600 + 12 * n, area_share=0.001 * (1 + n / 20), **differs)) for n in range(24)]


def test_dust_behind_a_machine_travels_and_is_coloured() -> None:
    assert is_held([*quiet(4), *moving(saturation_shift=0.1, saturation=0.3)], "dust")


def test_water_mist_of_a_sprayer_travels_and_has_no_colour() -> None:
    assert is_held([*quiet(4), *moving(saturation_shift=-0.05, saturation=0.05)], "water_mist")


def test_anything_else_that_travels_is_no_fire() -> None:
    assert is_held([*quiet(4), *moving(saturation_shift=0.0, saturation=0.2)], "moving_base")


def test_the_foot_of_a_fire_that_spreads_is_slower_than_any_machine() -> None:
    unsure: dict[str, Any] = {"surety": 0.45, "decorrelation": None, "flow_px_s": None}
    spreading = [look(60.0 * n, plume(900 + 20 * n, area_share=0.001 * (1 + n / 3), **unsure)) for n in range(8)]
    assert tower.phases(run([*quiet(4), *spreading])[1])[0] == "opened"
    assert track_of(run([*quiet(4), *moving(saturation=0.05)])[0]).hold == "water_mist"


def test_sun_glare_is_saturated() -> None:
    assert is_held([*quiet(4), *stare(0, 24, glare_share=0.6)], "sun_glare")


def test_smoke_before_a_burnt_out_sky_is_darker_than_it_and_no_glare() -> None:
    assert tower.phases(run([*quiet(4), *stare(0, 24, glare_share=0.6, grey_shift=-30.0)])[1])[0] == "opened"


def test_glare_near_the_sun_is_held_with_little_saturation() -> None:
    sunny = View(
        shift_px=(0.0, 0.0), quality=0.9, verified=True, contrast_ratio=1.0, reference_looks=5, sun_px=(950.0, 500.0)
    )
    assert is_held([*quiet(4), *stare(0, 24, glare_share=0.1, view=sunny)], "sun_glare")


def test_a_lamp_at_night_shines_without_flicker() -> None:
    assert is_held([*quiet(4), *stare(0, 24, label="fire", flicker=0.004, brightness_of_picture=20.0)], "lamp")


def test_smoke_that_is_darker_than_what_lies_behind_it_at_dusk_is_no_lamp() -> None:
    """Light adds: what it lights, or a lamp without flicker, is lighter."""
    dusk: dict[str, Any] = {"flicker": 0.004, "brightness_of_picture": 45.0}
    assert tower.phases(run([*quiet(4), *stare(0, 24, grey_shift=-12.0, **dusk)])[1])[:1] == ["opened"]
    assert is_held([*quiet(4), *stare(0, 24, grey_shift=12.0, **dusk)], "lamp")


def test_a_flame_at_night_flickers_and_is_told_as_fire() -> None:
    opened = run([*quiet(4), *stare(0, 24, label="fire", flicker=0.2, brightness_of_picture=20.0)])[1][0]
    assert (tower.facts(opened).what, tower.facts(opened).is_night) == ("fire", True)
    assert tower.outcome(opened, "flicker") == "passed"


def test_an_insect_near_the_lens_lives_a_look_or_two() -> None:
    insect = plume(900, top=200, foot=700, width=300)
    gone = [look(1 + n * 0.5) for n in range(20)]
    state, findings, _ = run([*quiet(4), look(0, insect), look(0.5, insect), *gone])
    assert findings == []
    assert state.counts["dropped_insect"] == 1


def test_a_drop_on_the_glass_is_at_the_same_pixels_in_several_presets() -> None:
    scene = [*quiet(2, preset="a"), *quiet(2, preset="b", every_s=61), *quiet(2, every_s=62)]
    scene = sorted(scene, key=lambda one: one.at_ns)
    scene += [look(0, plume(), preset="a"), look(20, plume(), preset="b"), *stare(40, 24)]
    state, findings, _ = run(scene)
    assert findings == []
    assert track_of(state).hold == "drop_on_glass"
    items = [one.maintenance for one in tower.steps(scene) if one.maintenance]
    assert items[-1][0].kind == "drop_on_glass"


def test_a_pale_roof_looks_like_its_background() -> None:
    assert is_held([*quiet(4), *stare(0, 24, change_share=0.01, area_share=0.00001)], "unchanged_background")


def test_a_place_that_always_calls_must_call_three_times_louder() -> None:
    usual = [look(60 * n, *([plume(surety=1.8)] if n % 5 == 0 else [])) for n in range(12)]
    assert is_held([*quiet(4), *usual, *minutes(720, 4, surety=2.0)], "not_above_usual")
    louder = run([*quiet(4), *usual, *minutes(720, 4, surety=4.0)])[1]
    assert tower.phases(louder)[0] == "opened"


CALLS = [look(60 * n, *([plume(surety=1.8)] if n % 5 == 0 else [])) for n in range(12)]


def asked_to_stay(scene: list[Observation]) -> bool:
    """Whether the last looks of a scene made the tower stay."""
    state = run([*quiet(4), *CALLS])[0]
    return any(isinstance(ask, LookSooner) for ask in run(scene, state=state)[2])


def test_smoke_at_the_usual_foot_is_stared_at_only_if_it_is_much_larger_and_told_only_if_it_grows() -> None:
    steady = [look(720 + n, plume(surety=2.0, grey_shift=-20.0, area_share=0.0015)) for n in range(24)]
    large = [look(720 + n, plume(surety=2.0, grey_shift=-20.0, area_share=0.004)) for n in range(24)]
    assert not asked_to_stay(steady)
    assert asked_to_stay(large)
    assert is_held([*quiet(4), *CALLS, *large], "not_above_usual")
    grows = stare(720, 24, surety=2.0, grey_shift=-20.0, area_share=0.004)
    assert tower.phases(run([*quiet(4), *CALLS, *grows])[1])[0] == "opened"


def test_smoke_on_another_foot_than_what_calls_there_usually_is_stared_at_and_told() -> None:
    other: dict[str, Any] = {"top": 560, "foot": 680, "surety": 2.0, "grey_shift": -20.0}
    scene = [look(720 + n, plume(**other)) for n in range(24)]
    assert asked_to_stay(scene)
    assert tower.phases(run([*quiet(4), *CALLS, *scene])[1])[0] == "opened"
    stiff = [look(720 + n, plume(**other, decorrelation=0.0)) for n in range(24)]
    assert run([*quiet(4), *CALLS, *stiff])[1] == []


def test_a_place_seen_for_the_first_time_is_told_by_motion_only() -> None:
    assert run(minutes(0, 6))[1] == []
    assert tower.phases(run(stare(0, 24))[1])[0] == "opened"


def test_what_stands_stiff_in_a_stare_is_not_smoke() -> None:
    stiff = [look(n * 0.5, plume(decorrelation=0.0, flow_px_s=(0.0, 0.0))) for n in range(40)]
    assert run([*quiet(4), *stiff])[1] == []


def test_drift_against_the_wind_is_not_smoke() -> None:
    windy = msgspec.structs.replace(CLEAR, wind_right_m_s=-4.0)
    assert run([*quiet(4), *stare(0, 40, view=windy)])[1] == []


def test_a_masked_place_is_never_looked_at_and_counted() -> None:
    config = rule.Config(presets=(PresetView(preset="north", masks=(AROUND,)),))
    state, findings, asks = run([*quiet(4), *stare(0, 24)], config=config)
    assert (findings, asks, state.counts["masked"]) == ([], [], 24)


def test_a_drawn_horizon_wins_over_the_one_found() -> None:
    config = rule.Config(presets=(PresetView(preset="north", horizon=((0.0, 0.8), (1.0, 0.8))),))
    assert is_held([*quiet(4), *stare(0, 24)], "cloud", config)


def test_a_wrong_view_is_not_judged_and_becomes_upkeep() -> None:
    elsewhere = View(shift_px=(0.0, 0.0), quality=0.1, verified=False, reference_looks=5)
    scene = [*quiet(4), *stare(0, 24, view=elsewhere)]
    state, findings, asks = run(scene)
    assert (findings, asks, state.counts["wrong_view"]) == ([], [], 24)
    told = [one.maintenance for one in tower.steps(scene) if one.maintenance is not None]
    assert told[-1][0].kind == "wrong_view"


def test_a_frozen_picture_confirms_nothing() -> None:
    frozen = [msgspec.structs.replace(one, picture=tower.look(0, repeated_s=9.0).picture) for one in stare(0, 40)]
    state, findings, _ = run([*quiet(4), *frozen])
    assert (findings, state.counts["frozen_picture"]) == ([], 40)


def test_a_held_candidate_gets_no_stare() -> None:
    asks = run([*quiet(4), *stare(0, 24, width=900)])[2]
    assert not any(isinstance(ask, LookSooner) for ask in asks)


def test_a_look_of_no_preset_says_nothing() -> None:
    assert run([look(n, plume(), preset=None) for n in range(30)])[0] == rule.initial_state()
