"""A kitchen's table that was changed: days that make a pattern and open leads go on where no day was judged by it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from contract.events import Event
from contract.observations import Seen, TapeStart, ZoneOnTape
from edge.judge import CameraJudge
from edge.judge.judge import ZONE_CHANGED
from tests.unit.cooking_fumes.kitchen import minutes, rest, varied
from tests.unit.edge_judge.listed import START, ListedEvidence

RULE: dict[str, Any] = {"premises": "Noodle house", "sensor": {"bound": True}, "cleaning": {"cleaned_on": "2026-02-20"}}
OUTLET = {"camera": "cam-1", "polygon_px": [[0, 0], [90, 0], [90, 90]], "frame_px": [100, 100]}
GOES_ON: list[dict[str, Any]] = [
    {"cleaning": {"cleaned_on": "2026-03-02"}},
    {"closed_on": ["2026-05-01"]},
    {"outlet": OUTLET},
    {"sensor": {"bound": True, "calibrated_on": "2026-03-02"}},
]
ANEW: list[dict[str, Any]] = [
    {"limits": [{"limit": 1.0, "source": "DB11/1488-2018"}]},
    {"hours": [{"begin": "10:00", "end": "22:00"}]},
    {"sensor": {"bound": True, "profile": "another"}},
    {"premises": "Dumpling house"},
    {"signals": {"fan_on_a": 2.0}},
]


def start_of(**changed: Any) -> TapeStart:
    zone = ZoneOnTape(zone="flue-1", matter="cooking_fumes", rule={**RULE, **changed})
    return msgspec.structs.replace(START, device="kitchen-1", zones=(zone,), post_roll_s=1800.0)


def low_linkage(day: int) -> list[Seen]:
    """A day on which the purifier seldom runs, for less than R1 at a time."""
    seen: list[Seen] = []
    for hour in (11, 12, 13, 17, 18, 19):
        for half in ("00", "09", "18", "27", "36", "45"):
            seen += minutes(f"{hour}:{half}", 8, day=day, purifier_state=0, purifier_a=0.0)
            seen += minutes(f"{hour}:{int(half) + 8:02d}", 1, day=day)
    return [*varied(seen), rest("22:00", day=day)]  # type: ignore[arg-type]


def told(judge: CameraJudge, seen: Sequence[Seen]) -> list[Event]:
    return [event for record in seen for event in judge.take(record).events]


def after(changed: dict[str, Any], state: bytes) -> CameraJudge:
    return CameraJudge(start_of(**changed), maker=ListedEvidence(), state=state)


@pytest.mark.parametrize("changed", GOES_ON, ids=lambda one: next(iter(one)))
def test_days_that_make_a_pattern_are_kept_under_a_table_by_which_no_day_was_judged(changed: dict[str, Any]) -> None:
    first = CameraJudge(start_of(), maker=ListedEvidence())
    assert told(first, low_linkage(0)) == []
    events = told(after(changed, first.state), [*low_linkage(1), rest("05:00", day=2)])
    assert [event.facts["rule"] for event in events][:1] == ["R2"]
    assert events[0].facts["pattern_days"] == ["2026-03-02", "2026-03-03"]


@pytest.mark.parametrize("changed", ANEW, ids=lambda one: next(iter(one)))
def test_days_of_two_measures_make_no_pattern(changed: dict[str, Any]) -> None:
    first = CameraJudge(start_of(), maker=ListedEvidence())
    told(first, low_linkage(0))
    assert "R2" not in {event.facts["rule"] for event in told(after(changed, first.state), low_linkage(1))}


def opened() -> tuple[CameraJudge, Event]:
    judge = CameraJudge(start_of(), maker=ListedEvidence())
    (event,) = told(judge, varied(minutes("11:00", "11:15", purifier_state=0, purifier_a=0.0)))
    return judge, event


@pytest.mark.parametrize("changed", GOES_ON, ids=lambda one: next(iter(one)))
def test_an_open_lead_goes_on_under_its_name(changed: dict[str, Any]) -> None:
    before, first = opened()
    more = told(after(changed, before.state), varied(minutes("11:15", "13:00", purifier_state=0, purifier_a=0.0)))
    assert more
    assert {event.event_id for event in more} == {first.event_id}
    assert ZONE_CHANGED not in {one.kind for event in more for one in event.counter_evidence}


@pytest.mark.parametrize("changed", ANEW, ids=lambda one: next(iter(one)))
def test_an_open_lead_is_closed_with_the_reason_where_the_measure_changed(changed: dict[str, Any]) -> None:
    before, first = opened()
    closed, *_ = told(after(changed, before.state), varied(minutes("11:15", "11:16")))
    assert (closed.event_id, closed.phase) == (first.event_id, "closed")
    assert [one.kind for one in closed.counter_evidence] == [ZONE_CHANGED]


def test_two_changes_one_after_the_other_are_carried_as_well() -> None:
    before, first = opened()
    between = after(GOES_ON[0], before.state)
    last = after({**GOES_ON[0], **GOES_ON[1]}, between.state)
    more = told(last, varied(minutes("11:15", "13:00", purifier_state=0, purifier_a=0.0)))
    assert {event.event_id for event in more} == {first.event_id}


def test_a_state_that_was_saved_without_its_table_begins_anew() -> None:
    before, first = opened()
    saved = msgspec.json.decode(before.state)
    saved["zones"]["flue-1"]["table"] = None
    again = after(GOES_ON[0], msgspec.json.encode(saved))
    closed, *_ = told(again, varied(minutes("11:15", "11:16")))
    assert (closed.event_id, closed.phase) == (first.event_id, "closed")
