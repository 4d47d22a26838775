"""The grade against the parking reference: what P1 to P11 (section 1) and E1 to E11 (section 4) ask, missing alone.

A record without the zone's or the camera's basis is good for statistics and sends an officer: a lead only. What the
machine itself must reject (section 4) is a lead only too. Of the rest what is missing makes the record partial.
"""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from contract.approval import Approval
from contract.events import Clock, GradeLevel, Predicate
from contract.matters.illegal_parking import Facts
from contract.observations import Observation
from contract.times import NS
from detectors import illegal_parking as rule
from detectors.fold import Zone
from detectors.illegal_parking.config import Hours
from detectors.illegal_parking.grade import grade
from detectors.illegal_parking.place import Place
from detectors.illegal_parking.reading import PlateMemory
from detectors.illegal_parking.telling import evidence_set
from detectors.plate_voting import Ballot
from tests.unit.detectors.scene import APPROVAL, CONFIG, START_NS, ZONE, car, look, looks, run
from tests.unit.detectors.test_failure_table import DRIVING_IN, facts_of, pictured
from tests.unit.detectors.test_parking_grade import place, seen

READ = PlateMemory(ballot=Ballot(text="皖A12345", kind="blue", votes=(("皖A12345", 4),)), frames=())
WHOLE = place(plate=READ)
GOOD = seen()


def without(name: str) -> dict[str, Any]:
    return {"config": msgspec.structs.replace(CONFIG, **{name: None})}


def approved(**changed: Any) -> dict[str, Any]:
    return {"zone": msgspec.structs.replace(ZONE, approval=msgspec.structs.replace(APPROVAL, **changed))}


def stay(**changed: Any) -> dict[str, Any]:
    return {"stay": place(plate=READ, **changed)}


def clocked(clock: Clock | None) -> dict[str, Any]:
    return {"look": msgspec.structs.replace(GOOD, clock=clock)}


def graded(
    stay: Place = WHOLE, look: Observation = GOOD, zone: Zone = ZONE, config: rule.Config = CONFIG
) -> tuple[GradeLevel, list[Predicate]]:
    """The level when it has left, and the conditions that are not met."""
    found = grade(stay, look, zone, config, phase="closed")
    return found.level, [one for one in found.predicates if one.met != "met"]


def test_a_record_that_has_everything_is_full() -> None:
    assert graded() == ("full", [])


ASKED: list[tuple[str, dict[str, Any], GradeLevel, str, str]] = [
    ("P3 ground", without("legal_ground"), "lead_only", "zone_basis", "missing: legal_ground; statistics only"),
    ("P3 sign or line", without("marking"), "lead_only", "zone_basis", "missing: marking; statistics only"),
    (
        "P4 no record",
        {"zone": msgspec.structs.replace(ZONE, approval=None)},
        "lead_only",
        "camera_approval",
        "no record given; statistics only",
    ),
    (
        "P4 expired",
        approved(calibrated_until="2026-02-01"),
        "lead_only",
        "camera_approval",
        "calibration_expired; statistics only",
    ),
    (
        "P4 not reviewed",
        approved(reviewed_on="2026-12-01"),
        "lead_only",
        "camera_approval",
        "not_yet_reviewed; statistics only",
    ),
    (
        "P4 not published",
        approved(published_on="2026-12-01"),
        "lead_only",
        "camera_approval",
        "not_yet_published; statistics only",
    ),
    ("P4 no sign", approved(sign_photo=None), "lead_only", "camera_approval", "no_sign_photo; statistics only"),
    ("P8 unknown", clocked(None), "lead_only", "clock", "unknown"),
    ("P8 off", clocked(Clock(source="rtcp", offset_s=-1.2)), "lead_only", "clock", "-1.20 ± 0.00 s (rtcp)"),
    ("P9 two pictures", stay(last_seen_ns=START_NS + 25 * NS), "lead_only", "three_pictures", "2 over 20 s"),
    ("P9 one vehicle", stay(identity="broken"), "lead_only", "identity", "identity broken"),
    ("P9 plate", {"stay": place()}, "partial", "plate", "not_asked"),
    (
        "P9 line",
        {"config": msgspec.structs.replace(CONFIG, marking_px=())},
        "partial",
        "landmark",
        "not drawn in the zone",
    ),
    ("P11 authority", without("authority"), "lead_only", "zone_basis", "missing: authority; statistics only"),
    ("P11 carriageway or pavement", without("surface"), "partial", "zone_basis", "missing: surface"),
    ("E1", stay(arrival_seen=False), "partial", "arrival", "start not seen; there by 2026-"),
    ("E8 direction", without("facing"), "partial", "direction", "direction not configured"),
]


@pytest.mark.parametrize(
    ("changed", "level", "name", "words"), [row[1:] for row in ASKED], ids=[row[0] for row in ASKED]
)
def test_missing_alone_it_makes_the_grade_that_the_reference_asks_for_and_says_so(
    changed: dict[str, Any], level: GradeLevel, name: str, words: str
) -> None:
    found, missing = graded(**changed)
    assert found == level
    assert [one.id for one in missing] == [name]
    assert missing[0].found.startswith(words)


@pytest.mark.parametrize(
    ("changed", "names"),
    [
        (stay(due_ns=START_NS + 9 * NS), {"interval", "pictures", "three_pictures"}),
        (stay(last_seen_ns=START_NS + 19 * NS, due_ns=START_NS + 18 * NS), {"dwell", "three_pictures"}),
        ({"look": msgspec.structs.replace(GOOD, frame_px=(1279, 720))}, {"picture_size"}),
    ],
    ids=["closer than 10 s", "shorter than the grace", "under 1280x720"],
)
def test_what_the_machine_must_reject_is_a_lead_only(changed: dict[str, Any], names: set[str]) -> None:
    level, missing = graded(**changed)
    assert level == "lead_only"
    assert {one.id for one in missing} == names


STAY = pictured([*looks(0, 6), look(8, car(DRIVING_IN)), *looks(10, 60, car()), *looks(62, 90)])


def test_rejected_outside_its_hours_no_record_begins() -> None:
    hours = (Hours(begin="03:00", end="03:01"),)
    assert run(STAY, config=msgspec.structs.replace(CONFIG, hours=hours))[1] == []


def test_p9_until_the_vehicle_leaves_the_third_picture_is_said_to_come() -> None:
    opened, closed = run(STAY)[1]
    third = {one.phase: next(p for p in one.grade.predicates if p.id == "three_pictures") for one in (opened, closed)}
    assert (third["opened"].met, third["closed"].met) == ("not_seen", "met")
    assert third["opened"].found == "2 over 20 s; the last comes when it leaves"
    assert (opened.grade.level, closed.grade.level) == ("partial", "partial")  # nobody read its plate
    states = [{part.part: part.state for part in facts_of(one).evidence_set}["E4"] for one in (opened, closed)]
    assert states == ["later", "there"]


def test_p1_and_p5_a_record_is_never_a_fine_and_waits_for_a_person() -> None:
    """E11 is never the machine's to fill, and no fact of it is a penalty."""
    assert not {name for name in Facts.__struct_fields__ if "fine" in name or "penalty" in name}
    for phase in ("opened", "updated", "closed"):
        parts = {part.part: part.state for part in evidence_set(WHOLE, CONFIG, phase=phase)}
        assert parts["E11"] == "later"


def test_p2_driver_and_hindrance_are_not_visible_and_change_no_grade() -> None:
    answers = {one.kind: one.answer for one in facts_of(run(STAY)[1][-1]).answers}
    assert answers["driver_absent"] == answers["hinders_others"] == "not_visible"
    assert graded()[0] == "full"


@pytest.mark.parametrize(
    ("part", "stay", "config"),
    [
        ("E1", place(plate=READ, arrival_seen=False), CONFIG),
        ("E3", place(plate=READ, due_ns=None), CONFIG),
        ("E5", place(), CONFIG),
        ("E6", WHOLE, msgspec.structs.replace(CONFIG, marking_px=())),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_part_that_is_missing_alone_is_said_to_be_missing(part: str, stay: Place, config: rule.Config) -> None:
    parts = {one.part: one.state for one in evidence_set(stay, config, phase="closed")}
    assert [name for name, state in parts.items() if state == "missing"] == [part]
    assert [name for name, state in parts.items() if state == "later"] == ["E7", "E11"]
    assert list(parts) == [f"E{n}" for n in range(1, 12)]


def test_e2_to_e4_stand_for_the_pictures_that_the_grade_counts() -> None:
    """The set and the grade never contradict each other: a part that is missing is a condition that is not met."""
    for changed in (place(plate=READ, due_ns=None), place(plate=READ, last_seen_ns=START_NS + 25 * NS)):
        assert any(one.id == "three_pictures" for one in graded(changed)[1])


def test_every_record_of_the_reference_is_a_field_of_the_approval() -> None:
    """P4: approval number, review date, published place and date, sign photo, calibration expiry."""
    fields = {"number", "reviewed_on", "published_in", "published_on", "sign_photo", "calibrated_until"}
    assert set(Approval.__struct_fields__) == fields
