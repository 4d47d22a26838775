"""Each row of the failure table (parking reference, 2.5) has its answer here, by its name."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
import pytest

from contract.matters.illegal_parking import Facts
from contract.observations import Detection, Observation, Picture, Seen
from contract.times import NS
from detectors import illegal_parking as rule
from detectors.fold import Finding, Step
from tests.unit.detectors.scene import CONFIG, FRAME_PX, SPOT, START_NS, ZONE, car, look, looks, lost, phases, run

DRIVING_IN = (380.0, 220.0, 560.0, 330.0)
SCENE = "5a" * 18
ELSEWHERE = "a5" * 18


def patch(seed: int) -> str:
    """The looks of one vehicle: always the same for a seed, unlike those of any other."""
    number, digits = seed * 7919 + 1, []
    for _ in range(64):
        number = number * 1103515245 + 12345 & 0x7FFFFFFF
        digits.append(f"{number >> 16 & 15:x}")
    return "".join(digits) + "0" * (seed % 12) + "f" + "0" * (11 - seed % 12)


def like(box: tuple[float, float, float, float] = SPOT, *, seed: int = 1, label: str = "car") -> Detection:
    """A vehicle with its looks."""
    return msgspec.structs.replace(car(box, label=label), patch=patch(seed))


def pictured(looked: Iterable[Observation], **measured: object) -> list[Observation]:
    """The looks with a picture that measures so."""
    given = {"brightness": 100.0, "sharpness": 300.0, "colour": 30.0, **measured}
    picture = msgspec.convert(given, Picture)
    return [msgspec.structs.replace(seen, picture=picture) for seen in looked]


def facts_of(finding: Finding) -> Facts:
    return msgspec.convert(msgspec.to_builtins(finding.facts), Facts)


def met(finding: Finding, name: str) -> str:
    return next(one.met for one in finding.grade.predicates if one.id == name)


def kinds(finding: Finding) -> list[tuple[str, str]]:
    return [(one.kind, one.effect) for one in finding.counter_evidence]


def steps(scene: Iterable[Seen], config: rule.Config = CONFIG) -> list[Step[rule.State]]:
    state, told = rule.initial_state(), []
    for seen in scene:
        step = rule.step(state, seen, ZONE, config)
        state = step.state
        told.append(step)
    return told


def test_id_switch_and_missed_frames_do_not_end_a_stay() -> None:
    scene = [look(at, *([like()] if at % 6 else [])) for at in range(10, 60, 2)]
    _, findings, _ = run([*looks(0, 6), look(8, car(DRIVING_IN)), *scene])
    assert phases(findings) == ["opened"]
    assert facts_of(findings[0]).identity == "reidentified"
    assert "reidentified_patch" in {span.state for span in facts_of(findings[0]).spans}


def test_cover_by_a_bus_is_hidden_time_and_the_car_is_known_again_by_its_looks() -> None:
    bus = like((400.0, 250.0, 800.0, 640.0), seed=2, label="bus")
    scene = [*looks(0, 8), *looks(10, 30, like()), *looks(32, 48, bus), *looks(50, 62, like()), *looks(64, 90)]
    _, findings, _ = run(scene)
    assert phases(findings) == ["opened", "closed"]
    facts = facts_of(findings[1])
    assert (facts.hidden_s, facts.identity, facts.dwell_s) == (18.0, "reidentified", 52.0)
    assert met(findings[1], "identity") == "met"


def test_cover_of_more_than_half_of_the_stay_opens_no_lead() -> None:
    bus = like((400.0, 250.0, 800.0, 640.0), seed=2, label="bus")
    _, findings, _ = run([*looks(0, 8), *looks(10, 16, like()), *looks(18, 50, bus), look(52, like())])
    assert findings == []


def test_cover_that_brings_another_car_to_light_ends_the_stay_and_begins_another() -> None:
    bus = like((400.0, 250.0, 800.0, 640.0), seed=2, label="bus")
    scene = [*looks(0, 8), *looks(10, 40, like()), *looks(42, 48, bus), *looks(50, 90, like(seed=3))]
    _, findings, _ = run(scene)
    assert phases(findings) == ["opened", "closed", "opened"]
    assert findings[1].last_seen_ns == START_NS + 40 * NS
    assert facts_of(findings[2]).arrival_seen is False


def test_cover_of_one_side_by_a_neighbour_that_comes_makes_no_other_car_of_it() -> None:
    neighbour, rest = like((420.0, 380.0, 560.0, 470.0), seed=2), like((530.0, 300.0, 700.0, 420.0), seed=3)
    passes = car((700.0, 100.0, 900.0, 220.0))  # and is gone at the next look: nobody came from there
    scene = [*looks(0, 8), *looks(10, 20, like()), look(22, neighbour, passes), *looks(24, 40, rest, neighbour)]
    scene += [look(42, neighbour), *looks(44, 60, rest, neighbour)]  # missed again, and known by what showed of it
    _, findings, _ = run(scene)
    assert [(one.phase, one.onset_ns - START_NS) for one in findings] == [("opened", 10 * NS), ("opened", 22 * NS)]
    assert facts_of(findings[0]).identity == "assumed"


@pytest.mark.parametrize(("seed", "identity"), [(2, "assumed"), (1, "reidentified")])
def test_looks_that_were_learned_after_a_gap_prove_nothing_about_the_one_before_it(seed: int, identity: str) -> None:
    after = [look(40, car()), *looks(42, 80, like(seed=seed))]
    _, findings, _ = run([*looks(0, 8), *looks(10, 20, like()), lost(20), *after])
    assert facts_of(findings[0]).identity == identity


def test_cover_after_which_one_look_of_another_car_says_nothing_is_two_stays() -> None:
    jumped = (560.0, 300.0, 700.0, 420.0)  # it shows other things in the same cells
    after = [*looks(30, 32, like(seed=2)), look(34, like(jumped, seed=2)), *looks(36, 46, like(seed=2))]
    _, findings, _ = run([*looks(0, 8), *looks(10, 20, like()), *looks(22, 28), *after])
    assert findings == []


def test_swap_of_two_alike_boxes_is_two_stays() -> None:
    scene = [*looks(0, 8), *looks(10, 24, like()), look(26), *looks(28, 42, like(seed=3))]
    _, findings, _ = run(scene)
    assert findings == []  # neither stood for 20 s, both together did


def test_light_that_changes_between_two_looks_makes_no_other_car_of_it() -> None:
    _, findings, _ = run([*looks(0, 8), *looks(10, 24, like()), *looks(26, 60, like(seed=3))])
    assert phases(findings) == ["opened"]
    assert facts_of(findings[0]).identity == "kept"


def test_one_that_is_seen_to_drive_off_has_left_whoever_comes_next() -> None:
    leaving = [look(26, like((500.0, 285.0, 700.0, 405.0))), look(28, like((500.0, 200.0, 700.0, 320.0))), look(30)]
    _, findings, _ = run([*looks(0, 8), *looks(10, 24, like()), *leaving, *looks(32, 44, like())])
    assert findings == []  # two of one make: the second stood 12 s


def test_a_vehicle_that_moves_alone_is_no_sway() -> None:
    moved = tuple(edge + 14 for edge in SPOT)
    measured = pictured([look(22, car(moved))], shift_px=(14.0, 14.0))  # type: ignore[arg-type]
    _, findings, _ = run([*looks(0, 8), *looks(10, 20, car()), *measured, *looks(24, 40, car())])
    assert facts_of(findings[0]).suspended_s == 0.0


def test_gap_longer_than_the_budget_without_proof_is_a_lead_only() -> None:
    config = rule.Config(grace_s=20, gap_budget_s=8)
    scene = [*looks(0, 8), *looks(10, 30, car()), *looks(32, 42), *looks(44, 60, car())]
    _, findings, _ = run([*scene, *looks(62, 90)], config=config)
    assert facts_of(findings[-1]).identity == "broken"
    assert (findings[-1].grade.level, met(findings[-1], "identity")) == ("lead_only", "not_met")


def test_box_that_jumps_on_a_still_car_stays_the_same_stay() -> None:
    jumpy = [look(10 + 2 * i, like((500.0 + 25 * (i % 2), 300.0, 700.0 + 25 * (i % 2), 420.0))) for i in range(12)]
    _, findings, _ = run([*looks(0, 8), *jumpy])
    assert phases(findings) == ["opened"]


def test_box_that_shrinks_on_its_ground_has_not_moved() -> None:
    less = like((520.0, 345.0, 690.0, 418.0))
    _, findings, _ = run([*looks(0, 8), *looks(10, 40, like()), *looks(42, 120, less)])
    assert phases(findings) == ["opened"]


def test_ghost_there_from_the_start_is_said_and_after_a_day_a_person_is_asked() -> None:
    config = rule.Config(grace_s=20, stationary_after_s=600, update_every_s=86_400)
    told = steps(looks(0, 640, like()), config)
    opened = next(finding for step in told for finding in step.findings)
    assert met(opened, "arrival") == "not_seen"
    items = [item for step in told for item in step.maintenance or ()]
    assert [item.kind for item in items] == ["stationary_object"]


@pytest.mark.parametrize(("score", "opened"), [(0.4, 0), (0.8, 1)])
def test_headlamp_pool_or_shadow_at_night_is_no_lead(score: float, opened: int) -> None:
    scene = pictured([*looks(0, 8), *looks(10, 60, car(score=score))], brightness=20.0)
    _, findings, _ = run(scene)
    assert len(findings) == opened
    assert all(finding.grade.level == "lead_only" for finding in findings)


def test_headlamp_pool_that_goes_out_makes_no_other_vehicle_of_it() -> None:
    lit, dark = like((440.0, 300.0, 700.0, 420.0)), like((500.0, 300.0, 700.0, 420.0), seed=3)
    _, findings, _ = run([*looks(0, 8), *looks(10, 16, lit), *looks(18, 60, dark)])
    assert [finding.onset_ns for finding in findings] == [START_NS + 10 * NS]


def test_camera_shake_is_compensated_where_the_standing_vehicles_say_so() -> None:
    small, other = (600.0, 400.0, 624.0, 420.0), (700.0, 500.0, 730.0, 525.0)
    still = [*looks(0, 8), *looks(10, 20, car(small), car(other))]
    swayed = [car(tuple(edge + (6, 5)[n % 2] for n, edge in enumerate(box))) for box in (small, other)]  # type: ignore[arg-type]
    shaken = [
        pictured(
            [look(22.0 + i, *(swayed if i % 2 else [car(small), car(other)]))],
            shift_px=(6.0, 5.0) if i % 2 else (0.0, 0.0),
        )[0]
        for i in range(20)
    ]
    state, findings, _ = run([*still, *shaken])
    assert phases(findings) == ["opened", "opened"]
    assert facts_of(findings[0]).hidden_s == 0.0
    assert [place.box for place in state.places] == [small, other]


def test_camera_shake_beyond_what_can_be_compensated_suspends_the_clock() -> None:
    both = [car(), car((420.0, 450.0, 600.0, 560.0))]
    far = [car(tuple(edge + 14 for edge in one.bbox_xyxy_px)) for one in both]  # type: ignore[arg-type]
    shaken = pictured(looks(22, 40, *far), shift_px=(14.0, 14.0))
    _, findings, _ = run([*looks(0, 8), *looks(10, 20, *both), *shaken, *looks(42, 60, *both)])
    assert facts_of(findings[0]).suspended_s == 20.0  # from its first look, which shows both where they stood
    assert facts_of(findings[0]).dwell_s == 20.0
    gone = pictured(looks(22, 40, far[0]), shift_px=(14.0, 14.0))
    state, _, _ = run([*looks(0, 8), *looks(10, 20, *both), *gone, *looks(42, 48, *both)])
    assert [place.total_ns("suspended") // NS for place in sorted(state.places, key=lambda one: one.box)] == [22, 20]


@pytest.mark.parametrize(("spot", "suspended_s"), [(SPOT, 6.0), ((600.0, 400.0, 624.0, 420.0), 8.0)])
def test_a_spell_of_shaking_is_suspended_whole_where_one_vehicle_tells_of_it(
    spot: tuple[float, float, float, float], suspended_s: float
) -> None:
    def shaken(at_s: float, px: float) -> Observation:
        moved = car(tuple(edge + px for edge in spot))  # type: ignore[arg-type]
        return pictured([look(at_s, moved)], shift_px=(px, px))[0]

    spell = [shaken(22, 14), look(24, car(spot)), shaken(25, -12), shaken(26, 3), shaken(27, 13)]
    _, findings, _ = run([*looks(0, 8), *looks(10, 20, car(spot)), *spell, *looks(28, 60, car(spot))])
    # From its first look, if that one found the vehicle in its place, else from the look before; to the first after it.
    assert (phases(findings), facts_of(findings[0]).suspended_s) == (["opened"], suspended_s)


def test_ptz_moved_suspends_the_zone_and_says_so() -> None:
    here = pictured([*looks(0, 8), *looks(10, 20, car())], scene=SCENE)
    away = pictured(looks(22, 40, car()), scene=ELSEWHERE)
    _, findings, _ = run([*here, *away, *pictured(looks(42, 60, car()), scene=SCENE)])
    assert facts_of(findings[0]).suspended_s == 22.0
    assert findings[0].last_seen_ns == START_NS + 52 * NS
    told = steps([*here, *pictured(looks(22, 100, car()), scene=ELSEWHERE)], rule.Config(grace_s=20, scene=SCENE))
    assert [item.kind for step in told for item in step.maintenance or ()] == ["view_changed"]
    assert [finding for step in told for finding in step.findings] == []


def test_preset_of_another_place_is_not_judged() -> None:
    config = rule.Config(grace_s=20, preset="east")
    elsewhere = [msgspec.structs.replace(seen, preset="west") for seen in looks(0, 60, car())]
    _, findings, _ = run(elsewhere, config=config)
    assert findings == []


def test_far_and_small_is_no_evidence() -> None:
    far = (600.0, 400.0, 624.0, 420.0)
    _, findings, _ = run([*looks(0, 8), *looks(10, 40, car(far))])
    assert (met(findings[0], "vehicle_size"), findings[0].grade.level) == ("not_met", "lead_only")


def test_perspective_lets_the_ground_contact_decide() -> None:
    leaning = car((420.0, 310.0, 560.0, 640.0), label="truck")
    beside = car((300.0, 380.0, 470.0, 520.0))  # most of its wheels stand left of the zone
    inside = car((380.0, 380.0, 560.0, 520.0))
    assert run(looks(0, 60, leaning))[1] == []
    assert run(looks(0, 60, beside))[1] == []
    assert phases(run(looks(0, 40, inside))[1]) == ["opened"]


def test_two_in_one_box_is_flagged_for_review_and_ends_no_stay() -> None:
    left, right = like((420.0, 320.0, 600.0, 440.0)), like((600.0, 320.0, 780.0, 440.0), seed=2)
    both = like((420.0, 320.0, 780.0, 440.0), seed=3)
    scene = [*looks(0, 8), *looks(10, 18, left, right), *looks(20, 26, both), *looks(28, 60, left, right)]
    _, findings, _ = run(scene)
    assert phases(findings) == ["opened", "opened"]
    assert all(("two_in_one_box", "flagged") in kinds(finding) for finding in findings)


def test_two_in_one_box_opens_no_act_of_its_own() -> None:
    first, both = like((420.0, 320.0, 600.0, 440.0)), like((420.0, 320.0, 780.0, 440.0), seed=3)
    scene = [*looks(0, 8), *looks(10, 18, first), *looks(20, 60, first, both)]
    state, findings, _ = run(scene)
    assert [finding.bbox_xyxy_px for finding in findings] == [first.bbox_xyxy_px]
    assert len(state.places) == 1


def test_two_in_one_box_of_another_kind_is_a_vehicle_in_front() -> None:
    first, bus = like((420.0, 320.0, 600.0, 440.0)), like((420.0, 320.0, 700.0, 460.0), seed=3, label="bus")
    _, findings, _ = run([*looks(0, 8), *looks(10, 18, first), *looks(20, 60, first, bus)])
    assert phases(findings) == ["opened", "opened"]


def test_two_in_one_box_is_no_sight_of_one_that_was_away_in_a_lane() -> None:
    lane = ((400.0, 300.0), (900.0, 300.0), (900.0, 600.0), (400.0, 600.0))
    first, following = like((500.0, 300.0, 620.0, 400.0)), like((500.0, 300.0, 700.0, 420.0), seed=2)
    scene = [*looks(0, 8), *looks(10, 16, first), *looks(18, 22), *looks(24, 60, following)]
    _, findings, _ = run(scene, config=rule.Config(grace_s=20, flow_lane_px=lane))
    assert [one.onset_ns for one in findings if one.onset_ns < START_NS + 24 * NS] == []


def test_perspective_puts_one_at_the_edge_of_a_lane_into_it_by_the_ground_that_put_it_into_the_zone() -> None:
    came, stands = car((500.0, 488.0, 700.0, 608.0)), car((500.0, 490.0, 700.0, 610.0))  # the zone ends at 600
    at_a_light = rule.Config(grace_s=20, flow_lane_px=ZONE.polygon_px, signal_red_s=65)
    scene = [*looks(0, 8), look(10, came), *looks(12, 50, stands)]
    assert phases(run(scene)[1]) == ["opened"]
    assert run(scene, config=at_a_light)[1] == []


def test_one_who_stands_beside_the_zone_takes_over_no_arrival() -> None:
    beside = (380.0, 210.0, 520.0, 295.0)  # its wheels stand above the zone
    both = (380.0, 210.0, 540.0, 330.0)  # with one that drives past, in the zone
    scene = [*looks(0, 8, car(beside)), look(10, car(both)), *looks(12, 80, car(beside))]
    state, findings, _ = run(scene)
    assert (findings, state.places) == ([], ())


def test_two_in_one_box_with_a_newcomer_is_still_seen_and_flagged() -> None:
    first, both = like((560.0, 320.0, 660.0, 400.0)), like((500.0, 320.0, 660.0, 470.0), seed=3)
    _, findings, _ = run([*looks(0, 8), *looks(10, 18, first), *looks(20, 120, both)])
    own = next(finding for finding in findings if finding.onset_ns == START_NS + 10 * NS)
    assert ("two_in_one_box", "flagged") in kinds(own)
    assert (facts_of(own).identity, facts_of(own).hidden_s) == ("assumed", 2.0)  # one look until the box has stood


def test_frozen_stream_is_no_standing_time() -> None:
    frozen = [pictured([look(at, car())], repeated_s=at - 20.0)[0] for at in range(22, 60, 2)]
    _, findings, _ = run([*looks(0, 8), *looks(10, 20, car()), *frozen, *looks(60, 80, car())])
    assert (facts_of(findings[0]).dwell_s, facts_of(findings[0]).no_picture_s) == (20.0, 40.0)


@pytest.mark.parametrize("jump_s", [3600, -3600])
def test_clock_jump_makes_no_standing_time(jump_s: int) -> None:
    _, findings, _ = run([*looks(0, 8), *looks(10, 20, car()), *looks(22 + jump_s, 36 + jump_s, car())])
    assert findings == []


def test_restart_goes_on_and_counts_no_time_of_the_pause() -> None:
    before, _, _ = run([*looks(0, 8), *looks(10, 20, like())])
    saved = msgspec.json.decode(msgspec.json.encode(before), type=rule.State)
    _, findings, _ = run([lost(20), *looks(50, 70, like())], state=saved)
    facts = facts_of(findings[0])
    assert (facts.no_picture_s, facts.dwell_s, facts.identity) == (30.0, 20.0, "reidentified")


def test_many_at_once_wait_for_a_second_grace_and_are_leads_only() -> None:
    row = [like((410.0 + 80 * i, 310.0, 480.0 + 80 * i, 370.0), seed=i) for i in range(6)]
    _, early, _ = run([*looks(0, 8), *looks(10, 40, *row)])
    assert early == []
    _, findings, _ = run([*looks(0, 8), *looks(10, 60, *row)])
    assert phases(findings) == ["opened"] * 6
    assert all(("many_at_once", "flagged") in kinds(finding) for finding in findings)
    assert {finding.grade.level for finding in findings} == {"lead_only"}
    assert FRAME_PX == (1280, 720)
