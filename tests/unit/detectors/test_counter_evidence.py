"""What speaks against an act holds, releases or flags it, with code, reason and time (parking reference, 2.6, 5)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
import pytest

from contract.geometry import BboxPx
from contract.observations import Detection, Observation
from contract.times import NS, utc_from_ns
from detectors import illegal_parking as rule
from detectors.fold import Finding
from detectors.illegal_parking.config import Hours, Suspension
from detectors.illegal_parking.hours import SHANGHAI, moment_ns
from tests.unit.detectors.scene import SPOT, START_NS, car, look, looks, phases, run
from tests.unit.detectors.test_failure_table import facts_of, kinds, like, met

LANE = ((400.0, 300.0), (900.0, 300.0), (900.0, 600.0), (400.0, 600.0))
AHEAD, BEHIND = (500.0, 430.0, 700.0, 550.0), (710.0, 300.0, 890.0, 420.0)
QUEUE = rule.Config(grace_s=20, flow_lane_px=LANE)


def answer(finding: Finding, kind: str) -> str:
    return next(one.answer for one in facts_of(finding).answers if one.kind == kind)


def test_a_queue_in_the_flow_lane_stops_the_clock_and_opens_nothing() -> None:
    queue = [*looks(0, 8), *looks(10, 100, car(), car(AHEAD), car(BEHIND)), *looks(102, 130)]
    state, findings, _ = run(queue, config=QUEUE)
    assert findings == []
    assert state.places == ()


def test_without_a_flow_lane_three_that_stand_are_three_acts() -> None:
    _, findings, _ = run([*looks(0, 8), *looks(10, 60, car(), car(AHEAD), car(BEHIND))])
    assert phases(findings) == ["opened"] * 3


def test_who_stays_when_the_queue_drives_on_is_released_and_the_held_time_does_not_count() -> None:
    scene = [*looks(0, 8), *looks(10, 60, car(), car(AHEAD), car(BEHIND)), *looks(62, 100, car())]
    _, findings, _ = run(scene, config=QUEUE)
    assert phases(findings) == ["opened"]
    assert kinds(findings[0]) == [("queue", "held"), ("queue", "released")]
    facts = facts_of(findings[0])
    assert facts.held_s >= 44.0
    assert facts.dwell_s == 20.0
    assert answer(findings[0], "queue") == "yes"
    held, released = findings[0].counter_evidence
    assert held.at < released.at
    assert "2 other vehicles" in held.reason


def test_one_who_stood_before_the_queue_came_is_not_held() -> None:
    scene = [*looks(0, 8), *looks(10, 44, car()), *looks(46, 60, car(), car(AHEAD), car(BEHIND))]
    _, findings, _ = run(scene, config=rule.Config(grace_s=45, flow_lane_px=LANE))
    assert phases(findings) == ["opened"]
    assert findings[0].counter_evidence == ()


def test_a_queue_that_outlasts_its_limit_is_none() -> None:
    config = rule.Config(grace_s=20, flow_lane_px=LANE, queue_limit_s=60)
    _, findings, _ = run([*looks(0, 8), *looks(10, 120, car(), car(AHEAD), car(BEHIND))], config=config)
    assert phases(findings) == ["opened"] * 3


def test_a_queue_goes_on_beyond_its_lane() -> None:
    beyond = [car((20.0 + 150 * n, 640.0, 150.0 + 150 * n, 715.0)) for n in range(3)]
    scene = [*looks(0, 8), *looks(10, 60, car(), *beyond)]
    assert run(scene, config=QUEUE)[1] == []
    _, findings, _ = run([*scene, *looks(62, 100, car())], config=QUEUE)
    assert kinds(findings[0]) == [("jam", "held"), ("jam", "released")]


def test_those_who_stood_beyond_the_lane_before_are_no_queue() -> None:
    beyond = [car((20.0 + 150 * n, 640.0, 150.0 + 150 * n, 715.0)) for n in range(3)]
    _, findings, _ = run([*looks(0, 48, *beyond), *looks(50, 80, car(), *beyond)], config=QUEUE)
    assert phases(findings) == ["opened"]


@pytest.mark.parametrize(("away_s", "opened"), [(2, 1), (8, 0)])
def test_in_a_lane_nobody_without_looks_is_joined_across_a_longer_absence(away_s: int, opened: int) -> None:
    back_s = 24 + away_s
    scene = [*looks(0, 8), *looks(10, 22, car()), *looks(24, back_s - 2), *looks(back_s, back_s + 14, car())]
    assert len(run(scene, config=QUEUE)[1]) == opened


def at_the_light(arrivals_s: Sequence[float], *, green_s: float, until_s: float) -> list[Observation]:
    """Vehicles drive up a lane, stop one behind the other at its far end, and drive on one after the other."""

    def box(n: int, at_s: float) -> BboxPx | None:
        came_s, goes_s = arrivals_s[n], green_s + 2 * n
        y = 340.0 + 45 * n + 40 * max(0.0, came_s - at_s) - 40 * max(0.0, at_s - goes_s)
        width = 60 + 0.25 * (y - 300)
        found = (640.0 - width / 2, y - 0.6 * width, 640.0 + width / 2, y)
        return found if 210.0 < y < 680.0 else None

    times = [float(at_s) for at_s in range(round(until_s))]
    found = [[box(n, at_s) for n in range(len(arrivals_s))] for at_s in times]
    return [
        look(at_s, *(like(one, seed=n) for n, one in enumerate(boxes) if one))
        for at_s, boxes in zip(times, found, strict=True)
    ]


UNSIGNALLED = rule.Config(grace_s=60, flow_lane_px=LANE)  # nobody said how long the light is red here


def test_a_queue_at_a_red_light_that_nobody_configured_is_held_and_says_so() -> None:
    red = at_the_light([10, 14, 19, 22], green_s=110, until_s=180)
    state, findings, _ = run(red[:105], config=UNSIGNALLED)
    assert findings == []
    said = {(one.kind, one.effect, one.reason[:30]) for place in state.places for one in place.counters}
    assert said == {
        ("queue", "held", "3 other vehicles came to stand"),
        ("queue", "held", "2 other vehicles came to stand"),
    }
    assert len(state.places) == 4
    assert run(red[105:], config=UNSIGNALLED, state=state)[1] == []


def test_without_a_queue_the_same_red_is_an_act_and_red_light_was_not_asked() -> None:
    """The rule knows no light that nobody told it of, so it says so and leaves it to a person."""
    _, findings, _ = run(at_the_light([10], green_s=110, until_s=180), config=UNSIGNALLED)
    assert phases(findings) == ["opened", "closed"]
    assert answer(findings[0], "red_light") == "not_visible"
    signalled = rule.Config(grace_s=60, flow_lane_px=LANE, signal_red_s=110)
    assert run(at_the_light([10], green_s=110, until_s=180), config=signalled)[1] == []


def test_one_who_waited_long_before_its_queue_came_is_told_and_flagged_when_all_drive_on() -> None:
    first = at_the_light([10, 52, 62, 72], green_s=110, until_s=180)
    _, findings, _ = run(first, config=UNSIGNALLED)
    assert phases(findings) == ["opened", "closed"]
    assert kinds(findings[-1]) == [("left_together", "flagged")]
    assert answer(findings[-1], "queue") == "yes"


def test_red_light_stops_the_clock_for_the_longest_red() -> None:
    config = rule.Config(grace_s=20, flow_lane_px=LANE, signal_red_s=60)
    assert run([*looks(0, 8), *looks(10, 66, car())], config=config)[1] == []
    _, findings, _ = run([*looks(0, 8), *looks(10, 110, car())], config=config)
    assert kinds(findings[0]) == [("red_light", "held"), ("red_light", "released")]


def test_loading_stops_the_clock_up_to_its_limit() -> None:
    person = Detection(bbox_xyxy_px=(690.0, 320.0, 730.0, 430.0), score=0.8, label="person")
    config = rule.Config(grace_s=20, loading_limit_s=40)
    scene = [*looks(0, 8), *looks(10, 44, car(), person)]
    assert run(scene, config=config)[1] == []
    _, findings, _ = run([*scene, *looks(46, 90, car(), person)], config=config)
    assert kinds(findings[0]) == [("loading", "held"), ("loading", "released")]
    assert facts_of(findings[0]).held_s == 40.0


def test_left_and_came_back_is_a_new_act_that_says_so() -> None:
    scene = [*looks(0, 8), *looks(10, 40, like()), *looks(42, 70), *looks(72, 110, like())]
    _, findings, _ = run(scene)
    assert phases(findings) == ["opened", "closed", "opened"]
    assert kinds(findings[2]) == [("came_back", "flagged")]
    assert findings[0].event_id in findings[2].counter_evidence[0].reason
    assert answer(findings[2], "came_back") == "yes"


def test_another_car_at_the_same_place_did_not_come_back() -> None:
    scene = [*looks(0, 8), *looks(10, 40, like()), *looks(42, 70), *looks(72, 110, like(seed=3))]
    assert run(scene)[1][2].counter_evidence == ()


def test_outside_the_hours_nothing_is_judged() -> None:
    config = rule.Config(grace_s=20, hours=(Hours(begin="07:00", end="21:00"),))
    assert run([*looks(0, 8), *looks(10, 60, car())], config=config)[1] == []


def test_an_act_ends_when_the_hours_do_and_says_so() -> None:
    begins = START_NS // NS % 86_400 // 60 + 8 * 60
    over = (begins + 1) % 1440
    config = rule.Config(grace_s=20, hours=(Hours(begin="00:00", end=f"{over // 60:02d}:{over % 60:02d}"),))
    _, findings, _ = run([*looks(0, 8), *looks(10, 120, car())], config=config)
    assert phases(findings) == ["opened", "closed"]
    assert kinds(findings[1]) == [("not_in_force", "released")]


@pytest.mark.parametrize("because", ["works", "order", "worn_sign"])
def test_officers_order_road_works_or_a_worn_sign_suspend_the_zone_while_its_owner_says_so(because: str) -> None:
    def beijing(at_s: int) -> str:
        return f"{datetime.fromtimestamp(START_NS // NS + at_s, SHANGHAI):%Y-%m-%d %H:%M}"

    pause = msgspec.convert({"begin": beijing(60), "end": beijing(180), "because": because}, Suspension)
    config = rule.Config(grace_s=20, suspended=(pause,))
    begins_s = moment_ns(pause.begin) // NS - START_NS // NS
    _, findings, _ = run([*looks(0, begins_s - 30), *looks(begins_s - 28, 300, car())], config=config)
    assert phases(findings) == ["opened", "closed", "opened"]
    assert kinds(findings[1]) == [("zone_suspended", "released")]
    assert because in findings[1].counter_evidence[0].reason
    assert findings[1].last_seen_ns < moment_ns(pause.begin)
    assert findings[2].onset_ns >= moment_ns(pause.end)  # who stayed begins anew, and its start was not seen
    assert facts_of(findings[2]).arrival_seen is False


def test_stops_that_end_together_are_flagged() -> None:
    three = [car(), car(AHEAD), car(BEHIND)]
    _, findings, _ = run([*looks(0, 8), *looks(10, 60, *three), *looks(62, 90)])
    closed = findings[3:]
    assert phases(closed) == ["closed"] * 3
    assert [kinds(one) for one in closed] == [[("left_together", "flagged")]] * 3
    assert {answer(one, "queue") for one in closed} == {"yes"}  # nobody drew a lane, and yet it is known


def test_stops_that_end_apart_are_not_flagged() -> None:
    scene = [*looks(0, 8), *looks(10, 60, car(), car(AHEAD), car(BEHIND)), *looks(62, 74, car(AHEAD), car(BEHIND))]
    _, findings, _ = run([*scene, *looks(76, 88, car(BEHIND)), *looks(90, 120)])
    assert [kinds(one) for one in findings] == [[]] * 6


def test_a_marked_bay_is_no_zone() -> None:
    config = rule.Config(grace_s=20, permitted_px=(((480.0, 380.0), (720.0, 380.0), (720.0, 440.0), (480.0, 440.0)),))
    assert run([*looks(0, 8), *looks(10, 60, car(SPOT))], config=config)[1] == []


NEVER_SEEN = (
    "driver_absent",
    "hinders_others",
    "officer_or_works",
    "worn_sign",
    "breakdown_or_accident",
    "cloned_plate",
)
NOT_CONFIGURED = ("queue", "red_light", "loading", "marked_bay", "exempt_vehicle", "permit_holder")


@pytest.mark.parametrize("kind", [*NEVER_SEEN, *NOT_CONFIGURED])
def test_what_no_camera_shows_is_not_visible_and_never_guessed(kind: str) -> None:
    """Section 5: driver in the seat, officer or works, worn sign, breakdown, cloned plate; and what nobody drew."""
    _, findings, _ = run([*looks(0, 8), *looks(10, 40, car())])
    assert answer(findings[0], kind) == "not_visible"


def test_every_question_of_section_5_is_answered() -> None:
    _, findings, _ = run([*looks(0, 8), *looks(10, 40, car())])
    asked = [one.kind for one in facts_of(findings[0]).answers]
    assert sorted(asked) == sorted([*NEVER_SEEN, *NOT_CONFIGURED, "many_at_once", "came_back"])


@pytest.mark.parametrize("name", ["dwell", "identity", "clock", "picture_colour"])
def test_predicates_carry_codes_and_values(name: str) -> None:
    _, findings, _ = run([*looks(0, 8), *looks(10, 40, car())])
    predicate = next(one for one in findings[0].grade.predicates if one.id == name)
    assert predicate.source
    assert met(findings[0], name) in ("met", "not_met", "not_seen")
    assert name == "picture_colour" or predicate.values
    assert facts_of(findings[0]).since == utc_from_ns(START_NS + 10 * NS)


def test_many_at_once_are_those_that_stand_and_not_those_that_drove_by_before() -> None:
    """Four that follow each other up to a light are seen at the same places on their way: no more than four came."""
    _, findings, _ = run(at_the_light([10, 52, 56, 60], green_s=110, until_s=180), config=UNSIGNALLED)
    assert phases(findings) == ["opened", "closed"]
    assert "many_at_once" not in {kind for one in findings for kind, _ in kinds(one)}


def test_who_only_passes_where_another_passed_is_no_one_that_stands() -> None:
    """Vehicles that follow each other are seen at the same places, each once: nobody stands with the one that does."""
    passing = [look(at_s, car(), *([car(AHEAD), car(BEHIND)] if at_s % 5 == 0 else [])) for at_s in range(10, 60)]
    _, findings, _ = run([*looks(0, 8), *passing], config=QUEUE)
    assert phases(findings) == ["opened"]
    assert findings[0].counter_evidence == ()
