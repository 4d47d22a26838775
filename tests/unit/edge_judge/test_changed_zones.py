"""A zone that was redrawn, got another rule or is gone: its open acts are closed with a reason, never dropped."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from contract.codec import encode, event_message
from contract.observations import TapeStart
from edge.judge import CameraJudge
from edge.judge.judge import ZONE_CHANGED
from tests.unit.detectors.scene import car, looks
from tests.unit.edge_judge.listed import START, ListedEvidence

PARKED = [*looks(0, 8), *looks(10, 44, car())]


def changed(**zone: Any) -> TapeStart:
    return msgspec.structs.replace(START, zones=(msgspec.structs.replace(START.zones[0], **zone),))


def parked() -> CameraJudge:
    judge = CameraJudge(START, maker=ListedEvidence())
    for record in PARKED:
        judge.take(record)
    return judge


@pytest.mark.parametrize(
    "start",
    [
        changed(rule={"grace_s": 30}),
        changed(polygon_px=((400.0, 300.0), (900.0, 300.0), (900.0, 650.0), (400.0, 600.0))),
        msgspec.structs.replace(START, zones=()),
    ],
    ids=["another rule", "redrawn", "gone"],
)
def test_an_open_act_of_a_changed_zone_is_closed_with_its_reason(start: TapeStart) -> None:
    before = parked()
    after = CameraJudge(start, maker=ListedEvidence(), state=before.state)
    closed, *others = after.take(looks(46, 46, car())[0]).events
    assert others == []
    assert (closed.phase, closed.revision) == ("closed", 3)
    assert closed.evidence is not None
    assert [(one.kind, one.effect) for one in closed.counter_evidence] == [(ZONE_CHANGED, "flagged")]
    assert encode(event_message(closed))
    assert after.take(looks(48, 48, car())[0]).events == ()


def test_who_stays_is_judged_anew_under_another_name() -> None:
    after = CameraJudge(changed(rule={"grace_s": 30}), maker=ListedEvidence(), state=parked().state)
    told = [event for record in looks(46, 90, car()) for event in after.take(record).events]
    assert [event.phase for event in told[:2]] == ["closed", "opened"]
    assert told[0].event_id != told[1].event_id


def test_a_judge_that_dies_before_its_first_record_still_closes_them() -> None:
    start = changed(rule={"grace_s": 30})
    first = CameraJudge(start, maker=ListedEvidence(), state=parked().state)
    again = CameraJudge(start, maker=ListedEvidence(), state=first.state)
    record = looks(46, 46, car())[0]
    assert again.take(record).events == first.take(record).events != ()


def test_an_unchanged_zone_closes_nothing() -> None:
    after = CameraJudge(START, maker=ListedEvidence(), state=parked().state)
    assert after.take(looks(46, 46, car())[0]).events == ()
