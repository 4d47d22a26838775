"""Residents and permit holders: held by the zone's list, counted by why, never told, and their plates stay here."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from contract.times import utc_from_ns
from detectors import illegal_parking as rule
from detectors.illegal_parking.checks import problems
from detectors.illegal_parking.config import Listed
from detectors.illegal_parking.hours import day_of
from tests.unit.detectors.scene import START_NS, ZONE, car, looks
from tests.unit.detectors.test_plates_in_events import Readers, facts_of, parked, plate, run

TODAY = day_of(START_NS)
OURS, OTHERS = "皖A12345", "皖A54321"


def listed(text: str = OURS, begin: str = TODAY, end: str = TODAY) -> Listed:
    return Listed(plate=text, begin=begin, end=end, because="resident")


def config(*exempt: Listed, **more: Any) -> rule.Config:
    values: dict[str, Any] = {"grace_s": 60, "exempt": exempt} | more
    return rule.Config(**values)


def answer(finding: Any) -> str:
    return next(one.answer for one in facts_of(finding).answers if one.kind == "permit_holder")


def test_a_resident_is_counted_by_why_and_opens_no_lead() -> None:
    state, findings = run(parked(200), Readers([plate(OURS)]), config=config(listed()))
    assert findings == []
    assert state.counts == {"permit_holder": 1}
    (place,) = state.places
    assert [(one.kind, one.effect) for one in place.counters][-1] == ("permit_holder", "held")


def test_the_reason_that_is_recorded_never_says_the_plate() -> None:
    state, _ = run(parked(200), Readers([plate(OURS)]), config=config(listed()))
    assert OURS not in "".join(one.reason for one in state.places[0].counters)


def test_a_car_that_is_not_on_the_list_is_told_and_the_question_answered() -> None:
    state, findings = run(parked(72), Readers([plate(OTHERS)]), config=config(listed()))
    assert [facts_of(one).plate for one in findings] == [OTHERS]
    assert answer(findings[0]) == "no"
    assert state.counts == {}


def test_without_a_list_or_without_a_number_the_question_stays_open() -> None:
    _, (no_list,) = run(parked(72), Readers([plate(OTHERS)]), config=config())
    _, (no_number,) = run(parked(72), Readers([plate("", sharpness=1.0)]), config=config(listed()))
    assert (answer(no_list), answer(no_number)) == ("not_visible", "not_visible")


@pytest.mark.parametrize(("begin", "end"), [("2000-01-01", "2000-12-31"), ("2999-01-01", "2999-12-31")])
def test_a_permit_that_is_over_or_has_not_begun_excuses_nobody(begin: str, end: str) -> None:
    _, findings = run(parked(72), Readers([plate(OURS)]), config=config(listed(begin=begin, end=end)))
    assert [facts_of(one).plate for one in findings] == [OURS]


def test_a_list_is_read_as_plates_are_written() -> None:
    _, findings = run(parked(200), Readers([plate(OURS)]), config=config(listed("皖A·12345")))
    assert findings == []


def test_one_picture_with_a_listed_number_waits_for_more_pictures() -> None:
    blind = plate("", sharpness=1.0)
    state, findings = run(parked(110), Readers([plate(OURS)], [blind]), config=config(listed()))
    assert findings == []
    assert ("perhaps_exempt", "held") in [(one.kind, one.effect) for one in state.places[0].counters]
    _, findings = run(parked(160), Readers([plate(OURS)], [blind]), config=config(listed()))
    assert [finding.phase for finding in findings] == ["opened"]


def test_a_resident_who_was_told_before_the_plate_was_read_is_closed_with_the_reason_and_without_the_number() -> None:
    blind = plate("", sharpness=1.0)
    readers = Readers([blind], [blind], [plate(OURS)])
    state, findings = run(parked(300), readers, config=config(listed(), grace_s=12, update_every_s=60))
    last = findings[-1]
    facts = facts_of(last)
    assert last.phase == "closed"
    assert (facts.plate, facts.plate_reason) == (None, "permit_holder")
    assert OURS not in msgspec.json.encode(last).decode()
    assert ("permit_holder", "released") in [(one.kind, one.effect) for one in last.counter_evidence]
    assert (answer(last), state.counts) == ("yes", {"permit_holder": 1})


def test_another_list_goes_on_with_who_stands_there_and_any_other_change_begins_anew() -> None:
    state, _ = run([*looks(0, 8), *looks(10, 30, car())], Readers([plate(OURS)]), config=config())
    assert rule.carry_over(state, config(), config(listed())) == state
    assert rule.carry_over(state, config(), config(listed(), grace_s=61)) is None


def test_the_list_holds_by_the_day_in_beijing_with_both_days_included() -> None:
    for day, expected in ((TODAY, 0), (day_of(START_NS - 86_400 * 10**9), 1)):
        _, findings = run(parked(72), Readers([plate(OURS)]), config=config(listed(begin=day, end=day)))
        assert len(findings) == expected, utc_from_ns(START_NS)


def test_entries_that_hold_nobody_are_told_by_their_place_and_never_by_their_plate() -> None:
    found = list(
        problems(
            config(listed(), listed("A-1"), listed(begin="2026-02-30"), listed(begin="2026-02-02", end="2026-02-01"))
        )
    )
    assert [key for key, _, _ in found] == [("exempt", 1, "plate"), ("exempt", 2), ("exempt", 3, "end")]
    assert not any("A-1" in text for _, problem, hint in found for text in (problem, hint))


def test_the_state_of_a_zone_with_a_list_is_saved_and_restored() -> None:
    state, _ = run(parked(200), Readers([plate(OURS)]), config=config(listed()))
    again = msgspec.json.decode(msgspec.json.encode(state), type=rule.State)
    assert again == state
    assert rule.step(again, looks(202, 203, car())[0], ZONE, config(listed())).findings == ()
