"""The conditions of the grade, one by one, and the level that follows from them."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from contract.events import Clock, Predicate
from contract.observations import Observation, Picture
from contract.times import NS
from detectors import illegal_parking as rule
from detectors.fold import Finding
from detectors.illegal_parking import grade, pictures
from detectors.illegal_parking.place import Place, TimerSpan
from tests.unit.detectors.scene import APPROVAL, CONFIG, GOOD_CLOCK, SPOT, START_NS, ZONE, car, look, looks, run
from tests.unit.detectors.test_failure_table import DRIVING_IN, facts_of, pictured


def place(**changed: Any) -> Place:
    given: dict[str, Any] = {
        "event_id": "e",
        "first_box": SPOT,
        "anchor": SPOT,
        "box": SPOT,
        "boxes": (SPOT,),
        "times_ns": (START_NS,),
        "scores": (0.9,),
        "labels": ("car",),
        "since_ns": START_NS,
        "before_ns": START_NS - NS,
        "arrival_seen": True,
        "last_seen_ns": START_NS + 40 * NS,
        "due_ns": START_NS + 20 * NS,
    }
    return Place(**{**given, **changed})


def seen(**picture: Any) -> Observation:
    given = {"brightness": 100.0, "sharpness": 300.0, "colour": 30.0, **picture}
    return msgspec.structs.replace(look(40), picture=msgspec.convert(given, Picture))


@pytest.mark.parametrize(
    ("found", "met"),
    [
        (grade.dwell(place(), CONFIG), "met"),
        (grade.dwell(place(last_seen_ns=START_NS + 10 * NS), CONFIG), "not_met"),
        (grade.interval(place()), "met"),
        (grade.interval(place(due_ns=START_NS + 9 * NS)), "not_met"),
        (pictures.picture_size((1280, 720)), "met"),
        (pictures.picture_size((1279, 720)), "not_met"),
        (pictures.clock(GOOD_CLOCK), "met"),
        (pictures.clock(Clock(source="rtcp", offset_s=0.9, uncertainty_s=0.2)), "not_met"),
        (pictures.clock(Clock(source="none")), "not_seen"),
        (pictures.clock(None), "not_seen"),
        (pictures.pictures(place()), "met"),
        (pictures.pictures(place(due_ns=START_NS + 5 * NS)), "not_met"),
        (pictures.three_pictures(place(), CONFIG, phase="opened"), "not_seen"),
        (pictures.three_pictures(place(), CONFIG, phase="closed"), "met"),
        (pictures.three_pictures(place(last_seen_ns=START_NS + 25 * NS), CONFIG, phase="closed"), "not_met"),
        (pictures.picture_colour(seen()), "met"),
        (pictures.picture_colour(seen(colour=1.0)), "not_met"),
        (pictures.picture_colour(look(40)), "not_seen"),
        (pictures.picture_light(seen(brightness=10.0)), "not_met"),
        (pictures.picture_sharpness(seen(sharpness=3.0)), "not_met"),
        (pictures.vehicle_size(place(box=(0.0, 0.0, 40.0, 23.0))), "not_met"),
        (pictures.whole_vehicle(place(), (1280, 720)), "met"),
        (pictures.whole_vehicle(place(box=(0.0, 300.0, 90.0, 420.0)), (1280, 720)), "not_met"),
        (pictures.landmark(place(), seen(), ZONE, CONFIG), "met"),
        (pictures.landmark(place(box=(400.0, 300.0, 800.0, 600.0)), seen(), ZONE, CONFIG), "not_seen"),
        (pictures.landmark(place(), seen(), ZONE, rule.Config(grace_s=20)), "not_seen"),
        (grade.arrival(place(arrival_seen=False)), "not_seen"),
        (grade.watched(place(spans=(TimerSpan(START_NS, START_NS + NS, "hidden"),))), "not_seen"),
        (grade.identity(place(identity="broken"), CONFIG), "not_met"),
        (grade.identity(place(identity="reidentified"), CONFIG), "met"),
        (grade.zone_basis(CONFIG), "met"),
        (grade.zone_basis(rule.Config(grace_s=20)), "not_met"),
        (grade.camera_approval(APPROVAL, START_NS), "met"),
        (grade.camera_approval(None, START_NS), "not_met"),
        (grade.camera_approval(msgspec.structs.replace(APPROVAL, calibrated_until="2026-02-01"), START_NS), "not_met"),
    ],
    ids=lambda value: value.id if isinstance(value, Predicate) else value,
)
def test_a_condition_says_whether_it_is_met(found: Predicate, met: str) -> None:
    assert found.met == met
    assert found.source


def act(**picture: Any) -> Finding:
    scene = [*looks(0, 6), look(8, car(DRIVING_IN)), *looks(10, 60, car()), *looks(62, 90)]
    return run(pictured(scene, **picture))[1][-1]


def test_a_record_without_a_plate_is_partial_and_says_what_is_missing() -> None:
    closed = act()
    assert closed.grade.level == "partial"
    missing = {one.id for one in closed.grade.predicates if one.met != "met"}
    assert missing == {"plate"}
    parts = {part.part: part.state for part in facts_of(closed).evidence_set}
    assert {part for part, state in parts.items() if state == "missing"} == {"E5"}
    assert sorted(parts, key=lambda part: int(part[1:])) == [f"E{n}" for n in range(1, 12)]


@pytest.mark.parametrize("picture", [{"colour": 1.0}, {"brightness": 20.0}, {"sharpness": 3.0}])
def test_a_grey_dark_or_blurred_picture_makes_a_lead_only(picture: dict[str, float]) -> None:
    closed = act(**picture)
    assert closed.grade.level == "lead_only"
    assert any(one.found.endswith("lead only") for one in closed.grade.predicates)


def test_every_condition_has_a_code_of_its_own() -> None:
    names = [one.id for one in act().grade.predicates]
    assert len(names) == len(set(names)) == 20
