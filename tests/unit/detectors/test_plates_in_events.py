"""When the parking rule asks for plates, and what the answers become: bounded, in time for the event, never guessed."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import msgspec
import pytest

from contract.geometry import BboxPx
from contract.matters.illegal_parking import Facts
from contract.observations import Detection, Observation, Picture, PlateLooked, StreamLost
from contract.plates import PlateSeen, RawRead
from contract.times import NS
from detectors import illegal_parking as rule
from detectors.fold import Finding, ReadPlate
from detectors.illegal_parking import reading
from tests.unit.detectors.scene import FRAME_PX, SPOT, START_NS, ZONE, car, look, looks, lost

PLATE_QUAD = ((560.0, 390.0), (640.0, 390.0), (640.0, 415.0), (560.0, 415.0))
CONFIG = rule.Config(grace_s=60)


def plate(text: str, **changed: Any) -> PlateSeen:
    """A plate on the vehicle at the spot that two readers read alike, easy but for what is changed."""
    reads = tuple(
        RawRead(reader=reader, rows=changed.pop("rows", 1), margin=0.0, text=text, sure=(0.9,) * len(text))
        for reader in ("one", "two")
    )
    easy: dict[str, Any] = {
        "quad_px": PLATE_QUAD,
        "corner_score": 0.9,
        "width_px": 80.0,
        "tilt_deg": 2.0,
        "colour": "blue",
        "dark": 0.0,
        "bright": 0.0,
        "sharpness": 12.0,
        "reads": reads if text else (),
    }
    return PlateSeen(**(easy | changed))


class Readers:
    """Answers every ask of the rule with the next of its plates, the last one again and again."""

    def __init__(self, *answers: Sequence[PlateSeen] | str) -> None:
        self.asks: list[ReadPlate] = []
        self._answers = answers

    def answer(self, ask: ReadPlate, now_ns: int) -> PlateLooked:
        """Plates, or a problem given as its name."""
        said = self._answers[min(len(self.asks), len(self._answers) - 1)]
        self.asks.append(ask)
        return PlateLooked(
            device="cam-1",
            at_ns=now_ns,
            event_id=ask.event_id,
            looked_at_ns=ask.at_ns,
            vehicle_px=ask.vehicle_px,
            frame_px=FRAME_PX,
            plates=() if isinstance(said, str) else tuple(said),
            problem=said if isinstance(said, str) else None,
            close_ups=("ab" * 32,) if said and not isinstance(said, str) else (),
            readers=("one 1.0 0", "two 1.0 0"),
        )


def run(
    scene: Sequence[Observation | StreamLost], readers: Readers, *, config: rule.Config = CONFIG, twice: bool = False
) -> tuple[rule.State, list[Finding]]:
    """The fold over a scene, each ask answered before the next look; `twice`: every answer comes a second time."""
    state, findings = rule.initial_state(), []
    for seen in scene:
        step = rule.step(state, seen, ZONE, config)
        state, told = step.state, list(step.findings)
        for ask in step.asks:
            if isinstance(ask, ReadPlate):
                looked = readers.answer(ask, seen.at_ns)
                for _ in range(1 + twice):
                    after = rule.step(state, looked, ZONE, config)
                    state = after.state
                    told += after.findings
        findings += told
    return state, findings


def facts_of(finding: Finding) -> Facts:
    return msgspec.convert(msgspec.to_builtins(finding.facts), Facts)


def parked(until_s: float, box: BboxPx = SPOT, *others: Detection) -> list[Observation | StreamLost]:
    """Empty until 10 s, then a car."""
    return [*looks(0, 8), *looks(10, until_s, car(box), *others)]


def test_the_opened_event_carries_the_number_that_was_read_before_it_was_due() -> None:
    readers = Readers([plate("皖A12345")])
    _, (opened,) = run(parked(72), readers)
    facts = facts_of(opened)
    assert (facts.plate, facts.plate_kind, facts.plate_reason) == ("皖A12345", "blue", None)
    assert [(vote.text, vote.kind, vote.close_ups) for vote in facts.plate_votes] == [
        ("皖A12345", "blue", ("ab" * 32,))
    ] * 4
    assert {(raw.reader, raw.text, raw.cuts, raw.sure) for raw in facts.plate_votes[0].raw} == {
        ("one", "皖A12345", 1, (0.9,) * 7),
        ("two", "皖A12345", 1, (0.9,) * 7),
    }
    assert facts.plate_readers == ("one 1.0 0", "two 1.0 0")
    held = next(one for one in opened.grade.predicates if one.id == "plate")
    assert (held.met, held.found) == ("met", "read alike in 4 of 4 pictures")


def test_only_vehicles_that_are_due_soon_are_read_and_no_more_once_four_pictures_agree() -> None:
    readers = Readers([plate("皖A12345")])
    run(parked(400), readers)
    assert len(readers.asks) == 4
    due_ns = START_NS + 70 * NS
    assert all(due_ns - reading.AHEAD_NS <= ask.at_ns < due_ns for ask in readers.asks)
    passing = Readers([plate("皖A12345")])
    run([*parked(40), *looks(42, 80)], passing)
    assert passing.asks == []


def test_at_most_twelve_looks_are_spent_on_one_act_each_apart_from_the_others() -> None:
    readers = Readers([plate("皖A12345")], [plate("皖A12346")])
    run(parked(3000), readers)
    assert len(readers.asks) == reading.MOST_ASKS == 12
    times = [ask.at_ns for ask in readers.asks]
    assert min(later - earlier for earlier, later in pairwise(times)) >= 2 * NS
    unread = Readers([plate("", width_px=80.0)])
    run(parked(3000), unread)
    assert len(unread.asks) <= 12


def test_of_many_due_vehicles_at_most_two_are_asked_for_at_a_look() -> None:
    boxes = [(400.0 + 5 * index, 100.0 + 100 * index, 560.0 + 5 * index, 190.0 + 100 * index) for index in range(2, 5)]
    state, asked = rule.initial_state(), []
    config = rule.Config(grace_s=10)
    for seen in looks(0, 20, *(car(box) for box in boxes)):
        step = rule.step(state, seen, ZONE, config)
        state = step.state
        asked.append(sum(isinstance(ask, ReadPlate) for ask in step.asks))
    assert max(asked) == 2
    assert sum(asked) == 3, "each is asked for once while its answer is out"


def test_a_number_that_stands_only_after_the_act_was_told_is_told_at_once() -> None:
    readers = Readers([plate("", sharpness=1.0)], [plate("", sharpness=1.0)], [plate("皖A12345")])
    _, findings = run(parked(200), readers, config=rule.Config(grace_s=12))
    assert [finding.phase for finding in findings][:2] == ["opened", "updated"]
    first, second = facts_of(findings[0]), facts_of(findings[1])
    assert (first.plate, second.plate) == (None, "皖A12345")
    assert first.plate_reason in ("blurred", "too_few_frames")


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"width_px": 59.0}, "too_small"),
        ({"tilt_deg": 31.0}, "tilted"),
        ({"dark": 0.95}, "too_dark"),
        ({"bright": 0.7}, "too_bright"),
        ({"corner_score": 0.3}, "corners_unsure"),
        ({"sharpness": 2.0}, "blurred"),
        ({"quad_px": ((660.0, 390.0), (740.0, 390.0), (740.0, 415.0), (660.0, 415.0))}, "outside_vehicle"),
        ({"colour": "white"}, "colour_conflict"),
        ({"reads": ()}, "no_plate"),
    ],
)
def test_refuses_below_60_px_and_in_each_case_of_3_4_with_the_reason(changed: dict[str, Any], reason: str) -> None:
    _, (opened, *_) = run(parked(72), Readers([plate("皖A12345", **changed)]))
    facts = facts_of(opened)
    assert (facts.plate, facts.plate_reason) == (None, reason)
    assert {vote.reason for vote in facts.plate_votes} == {reason}
    held = next(one for one in opened.grade.predicates if one.id == "plate")
    assert (held.met, held.found) == ("not_seen", reason)


def test_refuses_what_is_covered_on_a_plate_that_is_wide_enough() -> None:
    _, (opened, *_) = run(parked(72), Readers([plate("12345", width_px=120.0)]))
    assert facts_of(opened).plate_reason == "covered"


def test_votes_that_split_give_no_number_and_every_vote_is_told() -> None:
    _, (opened, *_) = run(parked(72), Readers(*[[plate("皖A12345")], [plate("皖A12346")]] * 6))
    facts = facts_of(opened)
    assert (facts.plate, facts.plate_reason) == (None, "votes_split")
    assert {vote.text for vote in facts.plate_votes} == {"皖A12345", "皖A12346"}


def test_two_pictures_are_too_few() -> None:
    answers: list[Sequence[PlateSeen] | str] = [[plate("皖A12345")], [plate("皖A12345")], [plate("", sharpness=1.0)]]
    _, (opened, *_) = run(parked(72), Readers(*answers))
    assert facts_of(opened).plate_reason == "too_few_frames"


@pytest.mark.parametrize("text", ["皖A1234警", "皖X1234应急", "WJ1234A"])
def test_police_fire_and_rescue_are_counted_and_open_no_lead(text: str) -> None:
    state, findings = run(parked(200), Readers([plate(text, colour="white")]))
    assert findings == []
    assert state.counts == {"exempt_vehicle": 1}


def test_an_exempt_vehicle_that_was_told_already_loses_its_number_and_says_why() -> None:
    readers = Readers([plate("", sharpness=1.0)], [plate("", sharpness=1.0)], [plate("皖A1234警", colour="white")])
    _, findings = run(parked(300), readers, config=rule.Config(grace_s=12, update_every_s=60))
    last = facts_of(findings[-1])
    assert (last.plate, last.plate_reason) == (None, "kind_exempt")
    assert {vote.text for vote in last.plate_votes} == {None}
    assert all(vote.raw == () for vote in last.plate_votes)


def test_the_plate_of_a_car_in_front_is_not_taken_for_the_one_behind() -> None:
    in_front = car((520.0, 350.0, 720.0, 470.0))
    _, findings = run(parked(72, SPOT, in_front), Readers([plate("皖A12345")]))
    by_box = {finding.bbox_xyxy_px: facts_of(finding) for finding in findings}
    assert by_box[SPOT].plate is None
    assert by_box[SPOT].plate_reason == "outside_vehicle"
    assert by_box[in_front.bbox_xyxy_px].plate == "皖A12345"


def test_two_plates_on_one_vehicle_that_say_different_things_give_no_number() -> None:
    other = plate("苏B99999", quad_px=((520.0, 390.0), (555.0, 390.0), (555.0, 415.0), (520.0, 415.0)))
    _, (opened, *_) = run(parked(72), Readers([plate("皖A12345"), other]))
    assert (facts_of(opened).plate, facts_of(opened).plate_reason) == (None, "readers_disagree")


def test_a_vehicle_too_small_to_have_a_readable_plate_is_not_asked_for() -> None:
    readers = Readers([plate("皖A12345")])
    _, (opened, *_) = run(parked(72, (500.0, 300.0, 610.0, 380.0)), readers)
    assert readers.asks == []
    assert facts_of(opened).plate_reason == "vehicle_too_small"


def test_without_readers_the_act_is_told_with_the_reason_and_little_is_asked() -> None:
    readers = Readers("plate_reader_unavailable")
    _, findings = run(parked(310), readers)
    assert {facts_of(finding).plate_reason for finding in findings} == {"plate_reader_unavailable"}
    assert len(readers.asks) <= 6


def test_an_answer_that_never_comes_holds_nothing_up() -> None:
    state, asks = rule.initial_state(), []
    for seen in parked(200):
        step = rule.step(state, seen, ZONE, CONFIG)
        state = step.state
        asks += [ask for ask in step.asks if isinstance(ask, ReadPlate)]
    assert 2 <= len(asks) <= 12
    assert all(later.at_ns - one.at_ns >= 30 * NS for one, later in pairwise(asks))


def test_after_a_cover_the_plate_is_read_again() -> None:
    bus = car((450.0, 250.0, 800.0, 500.0), label="bus")
    readers = Readers([plate("皖A12345")])
    run([*parked(80), *looks(82, 90, bus), *looks(92, 140, car())], readers)
    assert any(ask.at_ns > START_NS + 91 * NS for ask in readers.asks)


def test_what_was_read_on_a_picture_that_nobody_took_is_taken_back() -> None:
    readers = Readers([plate("皖A12345")])
    before, _ = run(parked(60), readers)
    (place,) = before.places
    assert len(place.plate.frames) == 4
    after = rule.step(before, lost(49), ZONE, CONFIG).state
    assert [frame.vote.at_ns <= START_NS + 49 * NS for frame in after.places[0].plate.frames] == [True] * 2
    assert after.places[0].plate.ballot.text is None


def test_a_second_same_answer_and_an_answer_about_nobody_change_nothing() -> None:
    once, told_once = run(parked(100), Readers([plate("皖A12345")]))
    again, told_again = run(parked(100), Readers([plate("皖A12345")]), twice=True)
    assert (once, told_once) == (again, told_again)
    stranger = Readers([plate("皖A12345")]).answer(
        ReadPlate(event_id="00000000-0000-8000-8000-000000000000", at_ns=START_NS, vehicle_px=SPOT), START_NS
    )
    assert rule.step(once, stranger, ZONE, CONFIG).state == once


def test_saved_and_restored_between_ask_and_answer_it_tells_the_same() -> None:
    readers = Readers([plate("皖A12345")])
    state, findings = rule.initial_state(), list[Finding]()
    for seen in parked(72):
        step = rule.step(state, seen, ZONE, CONFIG)
        state = msgspec.json.decode(msgspec.json.encode(step.state), type=rule.State)
        for ask in step.asks:
            if isinstance(ask, ReadPlate):
                state = rule.step(state, readers.answer(ask, seen.at_ns), ZONE, CONFIG).state
                state = msgspec.json.decode(msgspec.json.encode(state), type=rule.State)
        findings += step.findings
    assert findings == run(parked(72), Readers([plate("皖A12345")]))[1]


def test_the_number_is_in_the_facts_alone() -> None:
    _, (opened, *_) = run(parked(72), Readers([plate("皖A12345")]))
    rest = msgspec.structs.replace(opened, facts=rule.State())
    assert "12345" not in msgspec.json.encode(rest).decode()


def test_looks_of_one_picture_are_one_witness() -> None:
    assert look(1).at_ns < look(2).at_ns
    readers = Readers([plate("皖A12345")])
    fast = [*looks(0, 8), *looks(10, 72, car(), every_s=0.5)]
    run(fast, readers)
    times = [ask.at_ns for ask in readers.asks]
    assert min(later - earlier for earlier, later in pairwise(times)) >= 2 * NS


def test_reidentified_plate_bridges_a_gap_that_the_looks_cannot() -> None:
    readers = Readers([plate("皖A12345")])
    scene = [*parked(90), *looks(92, 102), *looks(104, 140, car()), *looks(142, 170)]
    _, findings = run(scene, readers)
    facts = facts_of(findings[-1])
    assert (findings[-1].phase, facts.identity) == ("closed", "reidentified")
    assert "reidentified_plate" in {span.state for span in facts.spans}
    assert (facts.hidden_s, facts.dwell_s) == (12.0, 130.0)


def test_another_plate_after_a_gap_bridges_nothing() -> None:
    readers = Readers(*[[plate("皖A12345")]] * 4, [plate("皖A54321")])
    scene = [*parked(90), *looks(92, 102), *looks(104, 140, car()), *looks(142, 170)]
    _, findings = run(scene, readers)
    facts = facts_of(findings[-1])
    assert facts.identity == "assumed"
    assert "reidentified_plate" not in {span.state for span in facts.spans}


def test_one_read_as_of_a_vehicle_on_duty_is_held_until_more_pictures_say_so() -> None:
    unlike = plate("辽K5EJ4", colour="white")
    split = msgspec.structs.replace(
        unlike, reads=(unlike.reads[0], msgspec.structs.replace(unlike.reads[1], text="辽K5EJ4警"))
    )
    readers = Readers(*[[split]] * 6, [plate("辽K5EJ4警", colour="white")])
    state, findings = run(parked(110), readers)
    assert findings == []
    assert ("perhaps_exempt", "held") in [(one.kind, one.effect) for one in state.places[0].counters]
    _, findings = run(parked(160), Readers([split]))
    assert [finding.phase for finding in findings] == ["opened"]


@pytest.mark.parametrize(("text", "opened"), [("皖A12345", 1), ("", 0)])
def test_headlamp_pool_has_no_plate_and_a_weak_box_with_one_is_a_vehicle(text: str, opened: int) -> None:
    """At night vehicle class and lamps, or a plate (parking reference, 2.5)."""
    dark = Picture(brightness=20.0, sharpness=300.0, colour=30.0)
    weak = [msgspec.structs.replace(seen, picture=dark) for seen in [*looks(0, 8), *looks(10, 90, car(score=0.4))]]
    _, findings = run(weak, Readers([plate(text)]))
    assert len(findings) == opened
