"""The parking rule by behaviour: each row of the failure table that this rule answers."""

from __future__ import annotations

import msgspec
import pytest

from contract.matters.illegal_parking import Facts
from contract.observations import Detection, Picture, Seen
from contract.times import NS, utc_from_ns
from detectors import illegal_parking as rule
from detectors.fold import DropEvidence, Finding, FullDecode, HoldEvidence
from tests.unit.detectors.scene import SPOT, START_NS, car, look, looks, lost, phases, run

DRIVING_IN = (380.0, 220.0, 560.0, 330.0)
EMPTY_THEN_PARKED = [*looks(0, 6), look(8, car(DRIVING_IN)), *looks(10, 40, car())]


def facts_of(finding: Finding) -> Facts:
    return msgspec.convert(msgspec.to_builtins(finding.facts), Facts)


def test_a_car_that_outstays_its_grace_is_told_once() -> None:
    _, findings, _ = run(EMPTY_THEN_PARKED)
    assert phases(findings) == ["opened"]
    assert facts_of(findings[0]).dwell_s == 20.0
    assert findings[0].onset_ns == START_NS + 10 * NS


def test_dwell_is_stream_time_and_not_a_count_of_looks() -> None:
    _, findings, _ = run([*looks(0, 8), look(10, car()), look(18, car()), look(26, car()), look(31, car())])
    assert facts_of(findings[0]).dwell_s == 21.0


def test_a_car_that_leaves_within_its_grace_leaves_no_finding_and_its_evidence_is_dropped() -> None:
    _, findings, asks = run([*looks(0, 8), *looks(10, 22, car()), *looks(24, 50)])
    assert findings == []
    held = {ask.event_id for ask in asks if isinstance(ask, HoldEvidence)}
    assert [ask.event_id for ask in asks if isinstance(ask, DropEvidence)] == list(held)


def test_passing_traffic_asks_for_no_evidence() -> None:
    passing = [look(index * 2.0, car((x, 300.0, x + 200.0, 420.0))) for index, x in enumerate(range(300, 900, 60))]
    _, findings, asks = run(passing)
    assert (findings, asks) == ([], [])


def test_standing_asks_for_the_arrival_the_first_still_and_a_closer_look() -> None:
    _, _, asks = run(EMPTY_THEN_PARKED)
    held = [(ask.role, ask.at_ns - START_NS) for ask in asks if isinstance(ask, HoldEvidence)]
    assert held == [("arrival", 8 * NS), ("first_still", 10 * NS)]
    assert any(isinstance(ask, FullDecode) for ask in asks)


def test_a_car_that_was_there_at_the_first_look_is_said_to_have_no_seen_start() -> None:
    _, findings, asks = run(looks(0, 40, car()))
    assert facts_of(findings[0]).arrival_seen is False
    assert [ask.role for ask in asks if isinstance(ask, HoldEvidence)] == ["first_still"]
    arrival = next(p for p in findings[0].grade.predicates if p.id == "arrival")
    assert arrival.met == "not_seen"
    assert "start not seen" in arrival.found


def test_a_car_that_was_merely_not_found_before_is_not_said_to_have_arrived() -> None:
    _, findings, asks = run([*looks(0, 8), *looks(10, 40, car())])
    assert facts_of(findings[0]).arrival_seen is False
    assert [ask.role for ask in asks if isinstance(ask, HoldEvidence)] == ["arrival", "first_still"]


def test_a_car_that_was_seen_to_drive_in_is_said_to_have_arrived() -> None:
    _, findings, _ = run(EMPTY_THEN_PARKED)
    assert facts_of(findings[0]).arrival_seen is True


def test_a_car_that_was_seen_only_through_another_window_is_not_said_to_have_arrived() -> None:
    narrow = [msgspec.structs.replace(seen, looked_px=((400.0, 250.0, 900.0, 600.0),)) for seen in looks(10, 40, car())]
    _, findings, _ = run([*looks(0, 6), look(8, car(DRIVING_IN)), *narrow])
    assert facts_of(findings[0]).arrival_seen is False


def test_a_car_that_creeps_in_is_said_to_have_arrived() -> None:
    creeping = [look(2.0 * i, car((440.0 + 45 * i, 300.0, 640.0 + 45 * i, 420.0))) for i in range(1, 6)]
    _, findings, _ = run([look(0), *creeping, *looks(12, 40, car((665.0, 300.0, 865.0, 420.0)))])
    assert facts_of(findings[0]).arrival_seen is True


def test_a_car_that_rolls_to_its_spot_stands_from_the_first_look_that_shows_it_there() -> None:
    def off_by(px: float) -> Detection:
        return car((SPOT[0] + px, SPOT[1], SPOT[2] + px, SPOT[3]))

    rolls = [look(10 + n, off_by(px)) for n, px in enumerate((-40, -12, -12, 12))]  # its box jumps when it has halted
    _, findings, _ = run([*looks(0, 8), *rolls, *looks(14, 40, car(), every_s=1)])
    assert (findings[0].onset_ns, findings[0].last_seen_ns) == (START_NS + 11 * NS, START_NS + 31 * NS)


def test_a_neighbour_that_drives_off_does_not_count_as_the_arrival_of_one_not_found_before() -> None:
    far = car((5.0, 20.0, 60.0, 50.0))
    _, findings, _ = run([*looks(0, 8, far), *looks(10, 40, car())])
    assert facts_of(findings[0]).arrival_seen is False


def test_missed_detections_do_not_stop_the_timer() -> None:
    _, findings, _ = run([*looks(0, 8), *looks(10, 16, car()), *looks(18, 24), *looks(26, 40, car())])
    facts = facts_of(findings[0])
    assert phases(findings) == ["opened"]
    assert facts.since == utc_from_ns(START_NS + 10 * NS)
    assert facts.hidden_s == 8.0  # four looks missed it, two seconds each
    assert [span.state for span in facts.spans] == ["seen", "hidden", "seen"]


def test_a_bus_in_front_does_not_stop_the_timer() -> None:
    bus = car((400.0, 250.0, 800.0, 560.0), label="bus")
    _, findings, _ = run([*looks(0, 8), *looks(10, 30, car()), *looks(32, 48, bus), *looks(50, 80, car())])
    assert phases(findings) == ["opened"]


def test_a_car_on_open_ground_that_is_not_found_has_left() -> None:
    _, findings, _ = run([*EMPTY_THEN_PARKED, *looks(42, 70)])
    assert phases(findings) == ["opened", "closed"]
    assert facts_of(findings[1]).left == utc_from_ns(START_NS + 40 * NS)


@pytest.mark.parametrize(("wider_px", "last_s"), [((24, 26, 24), 43), ((0, 0, 30), 42), ((0, 24, 60), 41)])
def test_a_car_stood_until_its_box_moves_on_and_not_until_its_lamp_is_lit(wider_px: list[int], last_s: int) -> None:
    left, top, right, bottom = SPOT
    last = [look(41 + n, car((left - px, top, right, bottom))) for n, px in enumerate(wider_px)]
    _, findings, _ = run([*looks(0, 8), *looks(10, 40, car(), every_s=1), *last, *looks(44, 70)])
    assert phases(findings) == ["opened", "closed"]
    assert findings[1].last_seen_ns == START_NS + last_s * NS


def test_leaving_and_returning_is_a_new_act() -> None:
    scene = [*EMPTY_THEN_PARKED, *looks(42, 60), *looks(62, 100, car())]
    _, findings, _ = run(scene)
    assert phases(findings) == ["opened", "closed", "opened"]
    assert findings[0].event_id == findings[1].event_id != findings[2].event_id


def test_a_jumping_box_on_a_still_car_is_still_the_same_stay() -> None:
    jumpy = [look(10 + 2 * i, car((500.0 + 25 * (i % 2), 300.0, 700.0 + 25 * (i % 2), 420.0))) for i in range(12)]
    _, findings, _ = run([*looks(0, 8), *jumpy])
    assert phases(findings) == ["opened"]


def test_time_without_a_picture_is_not_counted_and_is_said() -> None:
    _, findings, _ = run([*looks(0, 8), *looks(10, 20, car()), lost(21), *looks(60, 80, car())])
    facts = facts_of(findings[0])
    assert facts.no_picture_s == 40.0
    assert facts.dwell_s == 20.0
    assert findings[0].last_seen_ns == START_NS + 70 * NS


def test_a_frozen_picture_of_a_car_is_not_standing_time() -> None:
    frozen = [
        msgspec.structs.replace(
            look(at_s, car()), picture=Picture(brightness=90.0, sharpness=50.0, repeated_s=at_s - 20.0)
        )
        for at_s in range(22, 90, 2)
    ]
    _, findings, _ = run([*looks(0, 8), *looks(10, 20, car()), *frozen])
    assert findings == []


def test_after_a_frozen_picture_the_timer_goes_on_without_the_frozen_time() -> None:
    frozen = [
        msgspec.structs.replace(
            look(at_s, car()), picture=Picture(brightness=90.0, sharpness=50.0, repeated_s=at_s - 20.0)
        )
        for at_s in range(22, 60, 2)
    ]
    _, findings, _ = run([*looks(0, 8), *looks(10, 20, car()), *frozen, *looks(60, 80, car())])
    facts = facts_of(findings[0])
    assert (facts.dwell_s, facts.no_picture_s) == (20.0, 40.0)
    assert findings[0].last_seen_ns == START_NS + 70 * NS


def test_a_silent_gap_without_a_word_of_loss_is_not_counted_either() -> None:
    _, findings, _ = run([*looks(0, 8), *looks(10, 20, car()), *looks(60, 80, car())])
    assert facts_of(findings[0]).no_picture_s == 40.0


def test_a_second_outage_before_it_is_seen_again_gives_the_first_one_no_time_back() -> None:
    twice: list[Seen] = [lost(20), look(40), lost(40)]
    _, findings, _ = run([*looks(0, 8), *looks(10, 20, car()), *twice, *looks(50, 70, car())])
    facts = facts_of(findings[0])
    assert (facts.dwell_s, facts.no_picture_s) == (20.0, 30.0)


def test_whoever_stands_there_after_a_long_outage_begins_anew() -> None:
    _, findings, asks = run([*looks(0, 8), *looks(10, 28, car()), lost(29), *looks(3600, 3618, car())])
    assert findings == []
    held = {ask.event_id for ask in asks if isinstance(ask, HoldEvidence)}
    assert len(held) == 2
    assert len([ask for ask in asks if isinstance(ask, DropEvidence)]) == 1


def test_an_overdue_car_is_not_said_to_have_stood_on_through_a_long_outage() -> None:
    _, findings, _ = run([*EMPTY_THEN_PARKED, lost(41), *looks(3600, 3630, car())])
    assert phases(findings) == ["opened", "closed", "opened"]
    assert findings[1].last_seen_ns == START_NS + 40 * NS
    assert facts_of(findings[2]).since == utc_from_ns(START_NS + 3600 * NS)


def test_a_restart_from_saved_state_gives_the_same_findings_at_every_index() -> None:
    scene = [*EMPTY_THEN_PARKED, *looks(42, 70), *looks(72, 110, car())]
    _, whole, _ = run(scene)
    for cut in range(len(scene)):
        state, before, _ = run(scene[:cut])
        saved = msgspec.json.decode(msgspec.json.encode(state), type=rule.State)
        _, after, _ = run(scene[cut:], state=saved)
        assert before + after == whole


def test_repeated_and_late_observations_change_nothing() -> None:
    doubled = [seen for seen in EMPTY_THEN_PARKED for _ in range(2)]
    assert run(doubled)[1] == run(EMPTY_THEN_PARKED)[1]
    assert run([*EMPTY_THEN_PARKED, look(5, car())])[0] == run(EMPTY_THEN_PARKED)[0]


def test_the_ground_point_decides_and_not_the_roof_that_leans_over_the_line() -> None:
    tall = car((500.0, 320.0, 700.0, 690.0), label="truck")
    assert run(looks(0, 60, tall))[1] == []


@pytest.mark.parametrize("found", [car(label="person"), car(score=0.1)])
def test_other_classes_and_weak_boxes_are_not_judged(found: object) -> None:
    assert run(looks(0, 60, found))[1] == []  # type: ignore[arg-type]


def test_two_cars_side_by_side_are_two_acts() -> None:
    beside = car((710.0, 300.0, 890.0, 420.0))
    _, findings, _ = run([*looks(0, 8), *looks(10, 40, car(), beside)])
    assert len({finding.event_id for finding in findings}) == 2


def test_a_new_picture_size_moves_the_places_along() -> None:
    half = car(tuple(edge / 2 for edge in SPOT))  # type: ignore[arg-type]
    scene = [*looks(0, 8), *looks(10, 20, car()), *(look(s, half, frame_px=(640, 360)) for s in range(22, 40, 2))]
    _, findings, _ = run(scene)
    assert findings[0].onset_ns == START_NS + 10 * NS


def test_a_standing_act_is_told_again_at_its_interval() -> None:
    config = rule.Config(grace_s=20, update_every_s=60)
    _, findings, _ = run([*looks(0, 8), *looks(10, 160, car())], config=config)
    assert phases(findings) == ["opened", "updated", "updated"]


def test_an_unknown_clock_makes_the_record_a_lead_only() -> None:
    scene = [msgspec.structs.replace(seen, clock=None) for seen in EMPTY_THEN_PARKED]
    _, findings, _ = run(scene)
    assert findings[0].grade.level == "lead_only"


def test_a_crowd_beyond_the_limit_is_counted_and_those_known_are_kept() -> None:
    crowd = [car((410.0 + i * 2, 300.0 + 130 * (i % 2), 411.0 + i * 2, 420.0 + 130 * (i % 2))) for i in range(240)]
    state, _, _ = run([look(0, *crowd[:150]), look(2, *crowd)])
    assert len(state.places) == 200
    assert state.crowded_out == 40
    assert {place.since_ns for place in state.places[:150]} == {START_NS}
