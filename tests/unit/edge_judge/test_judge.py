"""From findings to events: revisions, evidence, clips that are owed, candidates that are dropped."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from contract.codec import decode, encode, event_message
from contract.errors import ContractError
from contract.events import Clock, Event, Grade, GradeLevel
from contract.observations import Observation, StreamLost
from contract.times import NS, utc_from_ns
from detectors.fold import FullDecode
from edge.capture.types import Frame
from edge.judge import CameraJudge
from edge.judge.unproved import unproved
from tests.unit.detectors.scene import FRAME_PX, GOOD_CLOCK, SPOT, START_NS, car, look, looks, lost
from tests.unit.edge_judge.listed import START, ListedEvidence

Scene = list[Observation | StreamLost]
PARKS: Scene = [*looks(0, 8), *looks(10, 40, car())]
PARKS_AND_LEAVES: Scene = [*PARKS, *looks(42, 62)]


def judged(scene: Scene, maker: ListedEvidence | None = None) -> list[Event]:
    judge = CameraJudge(START, maker=maker or ListedEvidence())
    return [event for record in scene for event in judge.take(record).events]


def told(events: list[Event]) -> list[tuple[int, str]]:
    return [(event.revision, event.phase) for event in events]


def test_an_overdue_car_is_told_with_stills_then_with_its_clips_then_as_gone() -> None:
    maker = ListedEvidence()
    events = judged(PARKS_AND_LEAVES, maker)
    assert told(events) == [(1, "opened"), (2, "updated"), (3, "closed")]
    assert len({event.event_id for event in events}) == 1
    assert [(order.revision, order.settle_clips) for order in maker.orders] == [(1, False), (2, True), (3, False)]


def test_an_event_says_where_when_by_what_and_passes_the_contract() -> None:
    event = judged(PARKS)[0]
    left, top, right, bottom = SPOT
    assert event.where.polygon_px == ((left, top), (right, top), (right, bottom), (left, bottom))
    assert event.where.frame_px == FRAME_PX
    assert event.where.position is not None
    assert (event.where.position.lat, event.where.position.error_m) == (30.5, 12.0)
    assert event.clock == GOOD_CLOCK
    assert event.provenance.rule == "illegal_parking/4"
    assert event.onset == utc_from_ns(START_NS + 10 * NS)
    assert decode(encode(event_message(event))).data == event


def test_each_revision_names_the_evidence_before_it() -> None:
    maker = ListedEvidence()
    events = judged(PARKS_AND_LEAVES, maker)
    assert [order.previous for order in maker.orders] == [None, events[0].evidence, events[1].evidence]
    assert [order.previous_revision for order in maker.orders] == [None, 1, 2]


def test_a_revision_without_new_pictures_keeps_its_evidence_and_the_chain_skips_it() -> None:
    maker = ListedEvidence()
    events = judged([*looks(0, 8), *looks(10, 340, car()), *looks(342, 362)], maker)
    assert told(events) == [(1, "opened"), (2, "updated"), (3, "updated"), (4, "closed")]
    assert events[2].evidence == events[1].evidence
    assert (maker.orders[-1].revision, maker.orders[-1].previous_revision) == (4, 2)


def test_a_lost_stream_settles_the_clips_at_once() -> None:
    opened_s = 30
    events = judged([*looks(0, 8), *looks(10, opened_s, car()), lost(opened_s + 1)])
    assert told(events) == [(1, "opened"), (2, "updated")]


def test_a_car_that_leaves_before_its_clips_are_settled_stays_closed() -> None:
    start = msgspec.structs.replace(START, post_roll_s=60.0)
    judge = CameraJudge(start, maker=ListedEvidence())
    events = [event for record in [*PARKS_AND_LEAVES, *looks(64, 120)] for event in judge.take(record).events]
    assert told(events) == [(1, "opened"), (2, "closed"), (3, "closed")]
    assert msgspec.json.decode(judge.state)["acts"] == {}


def test_a_car_that_leaves_early_is_dropped_and_never_told() -> None:
    maker = ListedEvidence()
    assert judged([*looks(0, 8), *looks(10, 20, car()), *looks(22, 60)], maker) == []
    assert [ask.role for ask in maker.holds] == ["arrival", "first_still"]
    assert maker.dropped == [maker.holds[0].event_id]


def test_evidence_that_cannot_be_made_is_said_in_the_event_and_made_up_for_later() -> None:
    maker = ListedEvidence(refuses={1})
    opened, updated, closed = judged(PARKS_AND_LEAVES, maker)
    assert opened.evidence is None
    assert [(said.kind, said.effect) for said in opened.counter_evidence] == [("evidence_failed", "flagged")]
    assert updated.evidence is not None
    assert opened.grade.level == "lead_only"
    package = opened.grade.predicates[-1]
    assert (package.id, package.met, package.found) == ("package", "not_met", "none")
    assert "package" not in {one.id for one in updated.grade.predicates}
    assert (updated.counter_evidence, closed.counter_evidence) == ((), ())
    assert maker.orders[1].previous is None


def test_a_revision_whose_package_fails_is_graded_by_the_one_before() -> None:
    opened, updated, closed = judged(PARKS_AND_LEAVES, ListedEvidence(refuses={3}))
    assert "package" not in {one.id for event in (opened, updated) for one in event.grade.predicates}
    assert closed.evidence == updated.evidence
    assert closed.grade.predicates[-1].found == "that of revision 2 only"


@pytest.mark.parametrize(
    ("level", "shown", "expected"),
    [
        ("full", None, "lead_only"),
        ("partial", None, "lead_only"),
        ("full", 1, "partial"),
        ("lead_only", 1, "lead_only"),
    ],
)
def test_a_grade_carries_no_further_than_what_can_be_shown(
    level: GradeLevel, shown: int | None, expected: GradeLevel
) -> None:
    event = msgspec.structs.replace(judged(PARKS)[0], grade=Grade(level=level))
    assert unproved(event, shown_revision=shown, at_ns=START_NS).grade.level == expected


def test_while_there_is_no_package_at_all_every_revision_says_so() -> None:
    events = judged([*looks(0, 8), *looks(10, 340, car()), *looks(342, 362)], ListedEvidence(refuses={1, 2}))
    assert told(events) == [(1, "opened"), (2, "updated"), (3, "updated"), (4, "closed")]
    assert [one.grade.level for one in events[:3]] == ["lead_only"] * 3
    assert [said.kind for said in events[2].counter_evidence] == ["evidence_failed"]
    assert events[3].evidence is not None
    assert events[3].counter_evidence == ()


def test_a_close_view_whose_package_fails_is_tried_once_a_minute_not_at_each_look() -> None:
    maker = ListedEvidence(refuses={3})
    judge = CameraJudge(START, maker=maker)
    (opened,) = (event for record in PARKS for event in judge.take(record).events if event.phase == "opened")
    picture = np.zeros((FRAME_PX[1], FRAME_PX[0], 3), np.uint8)
    assert judge.keep_close_view(opened.event_id, Frame("cam-1", START_NS + 41 * NS, picture, True))
    events = [event for record in looks(42, 200, car()) for event in judge.take(record).events]
    assert [order.at_ns // NS - START_NS // NS for order in maker.orders if order.revision == 3] == [42, 102, 162]
    assert events == []


def test_an_unknown_clock_stays_unknown() -> None:
    scene = [msgspec.structs.replace(record, clock=None) for record in PARKS]
    assert judged(list(scene))[0].clock == Clock(source="none")


def test_the_frames_of_a_step_are_asked_for_by_the_rule() -> None:
    judge = CameraJudge(START, maker=ListedEvidence())
    asks = [ask for record in PARKS for ask in judge.take(record).asks]
    assert [ask.until_ns for ask in asks if isinstance(ask, FullDecode)] == [START_NS + 17 * NS]


def test_what_waits_for_forgotten_acts_is_dropped_after_a_restart() -> None:
    first = ListedEvidence()
    judge = CameraJudge(START, maker=first)
    for record in PARKS[:12]:
        judge.take(record)
    again = ListedEvidence()
    CameraJudge(START, maker=again, state=judge.state)
    assert again.kept_only == [{first.holds[0].event_id}]


def test_a_redrawn_zone_begins_anew_and_lets_go_of_what_was_held_for_it() -> None:
    judge = CameraJudge(START, maker=ListedEvidence())
    for record in PARKS:
        judge.take(record)
    zone = msgspec.structs.replace(START.zones[0], polygon_px=((0.0, 0.0), (9.0, 0.0), (9.0, 9.0)))
    redrawn = msgspec.structs.replace(START, zones=(zone,))
    maker = ListedEvidence()
    after = CameraJudge(redrawn, maker=maker, state=judge.state)
    assert maker.kept_only == [set()]
    assert [event.phase for event in after.take(look(42, car())).events] == ["closed"]
    assert after.take(look(44, car())).events == ()


@pytest.mark.parametrize("state", [b"", b"[]", b'{"zones": 3}', b"\xff\xfe", b'{"acts":{"a":{"zone":1}}}'])
def test_a_state_that_cannot_be_read_is_named(state: bytes) -> None:
    with pytest.raises(ContractError, match="saved state"):
        CameraJudge(START, maker=ListedEvidence(), state=state)


def test_a_matter_without_a_rule_and_a_table_that_the_rule_refuses_are_named() -> None:
    for change, words in (({"matter": "loitering"}, "loitering"), ({"rule": {"grace_s": "soon"}}, "zone-1")):
        zone = msgspec.structs.replace(START.zones[0], **change)
        with pytest.raises(ContractError, match=words):
            CameraJudge(msgspec.structs.replace(START, zones=(zone,)), maker=ListedEvidence())
