"""What the fold says of real smoke: found in one stare or within minutes, one event, growing, still, out."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from contract.events import Clock
from contract.geometry import Ellipse, Sight
from contract.observations import View
from contract.times import ns_from_utc
from detectors import straw_burning as rule
from detectors.fold import DropEvidence, HoldEvidence, LookSooner, ZoomIn
from tests.unit.straw_burning import tower
from tests.unit.straw_burning.tower import look, minutes, plume, quiet, run, stare

HERE = Sight(
    azimuth_deg=36.9,
    elevation_deg=-0.9,
    lat=30.9,
    lon=120.1,
    cov_m2=(100.0, 0.0, 2500.0),
    ellipse=Ellipse(major_m=50.0, minor_m=10.0, bearing_deg=0.0),
    method="flat",
)


def test_one_stare_of_ten_seconds_confirms_smoke_and_asks_for_a_zoom() -> None:
    _, findings, asks = run([*quiet(4), *stare(0, 24)])
    opened = findings[0]
    assert opened.phase == "opened"
    assert 8 <= (ns_from_utc(tower.facts(opened).confirmed) - tower.START_NS) / 1e9 <= 12
    assert tower.facts(opened).urgency == "urgent"
    assert any(isinstance(ask, ZoomIn) for ask in asks)


def test_the_first_look_at_smoke_asks_to_stay_and_holds_its_picture() -> None:
    *_, last = tower.steps([*quiet(4), look(0, plume())])
    kinds = {type(ask) for ask in last.asks}
    assert {LookSooner, HoldEvidence} <= kinds
    assert last.findings == ()


def test_looks_a_minute_apart_confirm_after_three_and_name_the_checks_they_cannot_make() -> None:
    _, findings, _ = run([*quiet(4), *minutes(0, 4)])
    opened = findings[0]
    assert opened.phase == "opened"
    assert tower.facts(opened).looks == 3
    unmade = {one.id for one in tower.facts(opened).checks if one.outcome == "not_applicable"}
    assert {"drift", "decorrelation", "wind", "flicker"} <= unmade
    assert set(rule.never_at(60.0)) <= unmade


def test_the_response_clock_runs_from_the_confirmation() -> None:
    opened = run([*quiet(4), *stare(0, 24)])[1][0]
    told = tower.facts(opened)
    dues = [(ns_from_utc(one.due) - ns_from_utc(told.confirmed)) / 60e9 for one in told.deadlines]
    assert dues == [1, 3, 15]
    assert [one.step for one in told.deadlines] == ["answer", "set_out", "on_site"]


def test_a_fire_grows_then_stands_still_then_is_out_and_closes() -> None:
    growing = minutes(0, 8)
    still = minutes(480, 12, area=0.0035, grows=0.0)
    gone = [look(1200 + 60 * index) for index in range(8)]
    later = [look(1700 + 300 * index) for index in range(8)]
    _, findings, _ = run([*quiet(4), *growing, *still, *gone, *later])
    states = [tower.facts(one).fire_state for one in findings]
    assert [state for index, state in enumerate(states) if index == 0 or states[index - 1] != state] == [
        "growing",
        "still",
        "out",
    ]
    assert findings[-1].phase == "closed"
    assert len({one.event_id for one in findings}) == 1
    assert tower.facts(findings[-1]).out is not None


def test_smoke_that_comes_back_within_half_an_hour_is_the_same_event() -> None:
    gone = [look(500 + 60 * index) for index in range(8)]
    _, findings, _ = run([*quiet(4), *minutes(0, 8), *gone, *minutes(1500, 6)])
    states = [tower.facts(one).fire_state for one in findings]
    assert "out" in states
    assert states[-1] == "growing"
    assert len({one.event_id for one in findings}) == 1


def test_one_fire_whose_box_jumps_and_splits_stays_one_event() -> None:
    scene = [*quiet(4), *minutes(0, 4)]
    scene += [
        look(240 + 60 * n, plume(880, area_share=0.003), plume(960, width=60, area_share=0.002)) for n in range(6)
    ]
    _, findings, _ = run(scene)
    assert len({one.event_id for one in findings}) == 1


def test_two_fires_apart_in_one_picture_are_two_events() -> None:
    scene = [
        look(60 * n, plume(500, area_share=0.001 + n / 2000), plume(1300, area_share=0.001 + n / 2000))
        for n in range(5)
    ]
    _, findings, _ = run([*quiet(4), *scene])
    assert len({one.event_id for one in findings if one.phase == "opened"}) == 2


def test_one_fire_seen_from_two_presets_is_one_event_by_its_place() -> None:
    first = stare(0, 24, sight=HERE)
    second = stare(60, 24, sight=HERE, preset="north-east", x=60)
    _, findings, asks = run([*quiet(4), *quiet(4, preset="north-east", every_s=55), *first, *second])
    assert tower.phases(findings).count("opened") == 1
    assert any(isinstance(ask, DropEvidence) for ask in asks)
    state, _, _ = run([*quiet(4), *quiet(4, preset="north-east", every_s=55), *first, *second])
    assert state.fires[0].presets == ("north", "north-east")
    assert "merged" in {note.kind for note in state.fires[0].track.notes}


def test_without_a_calibration_there_is_no_place_and_the_grade_says_so() -> None:
    opened = run([*quiet(4), *stare(0, 24)])[1][0]
    assert tower.facts(opened).sight is None
    place = next(one for one in opened.grade.predicates if one.id == "place")
    assert (place.met, opened.grade.level) == ("not_seen", "partial")


def test_with_place_clock_size_and_ban_the_grade_is_full() -> None:
    config = rule.Config(legal_ground="浙江省大气污染防治条例 第四十六条")
    opened = run([*quiet(4), *stare(0, 24, sight=HERE)], config=config)[1][0]
    assert opened.grade.level == "full"
    assert all(one.source for one in opened.grade.predicates)


@pytest.mark.parametrize("offset_s", [1.2, -1.2, None])
def test_a_clock_more_than_a_second_off_or_unknown_leaves_a_lead_without_evidence_of_time(
    offset_s: float | None,
) -> None:
    clock = Clock(source="onvif", offset_s=offset_s, uncertainty_s=0.05)
    config = rule.Config(legal_ground="浙江省大气污染防治条例 第四十六条")
    seen = [replace(one, clock=clock) for one in (*quiet(4), *stare(0, 24, sight=HERE))]
    opened = run(seen, config=config)[1][0]
    assert opened.grade.level == "lead_only"
    assert [one.id for one in opened.grade.predicates if one.met != "met"] == ["clock"]


def test_a_candidate_that_dies_is_dropped_with_its_evidence() -> None:
    state, findings, asks = run([*quiet(4), look(0, plume()), *[look(60 * n) for n in range(1, 5)]])
    assert findings == []
    held = {ask.event_id for ask in asks if isinstance(ask, HoldEvidence)}
    assert held == {ask.event_id for ask in asks if isinstance(ask, DropEvidence)}
    assert state.counts["dropped_gone"] == 1


def test_stares_are_capped_so_that_fog_cannot_stop_the_patrol() -> None:
    # Not the same pixels in each preset: those would be drops on the glass.
    scene = [look(n, *[plume(150 + 290 * k + 45 * n) for k in range(6)], preset=f"p{n}") for n in range(6)]
    stares = [ask for ask in run(scene)[2] if isinstance(ask, LookSooner)]
    assert len(stares) == tower.CONFIG.stares_per_cycle


def test_a_nudged_head_does_not_move_what_is_followed() -> None:
    scene = quiet(4)
    for index in range(24):
        shift = (30.0, -12.0) if index % 2 else (0.0, 0.0)
        moved = plume(900 + shift[0], top=560 + shift[1], foot=640 + shift[1], area_share=0.001 * (1 + index / 20))
        view = View(shift_px=shift, quality=0.8, verified=True, contrast_ratio=1.0, reference_looks=5)
        scene.append(look(index * 0.5, moved, view=view))
    assert tower.phases(run(scene)[1])[0] == "opened"


def test_what_called_once_at_the_first_look_is_told_when_it_burns_many_visits_later() -> None:
    weak = look(-660, plume(surety=-0.5, area_share=0.0002))
    faint = [look(-600 + 60 * index, plume(surety=-9.0, seen_in="change", area_share=0.0002)) for index in range(10)]
    _, findings, _ = run([weak, *faint, *minutes(0, 4)])
    assert tower.phases(findings)[:1] == ["opened"]


def test_until_a_few_visits_have_passed_nobody_knows_what_the_place_looks_like() -> None:
    _, findings, _ = run(minutes(0, 7))
    assert findings == []


def test_a_weak_call_between_sure_ones_speaks_no_more_against_smoke_than_silence() -> None:
    sureties = (2.5, -0.5, 0.6)
    scene = [
        look(60 * index, plume(surety=one, area_share=0.001 + 0.0003 * index)) for index, one in enumerate(sureties)
    ]
    _, findings, _ = run([*quiet(4), *scene])
    assert tower.phases(findings) == ["opened"]
