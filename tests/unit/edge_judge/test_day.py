"""The last day of what a tower looked at and held back: by reason, saved with the judge, and never older than a day."""

from __future__ import annotations

import msgspec

from contract.observations import Detection, Elapsed, Observation
from contract.times import NS, utc_from_ns
from edge.capture.types import Frame, Image
from edge.evidence.from_tape import TapeEvidence
from edge.inference.plumes import PlumeMeter
from edge.judge import CameraJudge
from edge.judge.day import HOUR_NS, Hour, noted, of_day
from tests.unit.edge_evidence.burning import START, ZONE, looks, measured
from tests.unit.edge_inference.valley import at_ns, valley
from tests.unit.edge_judge.listed import START as STREET
from tests.unit.edge_judge.test_carried_over import start_of

KNOWN = {
    "known_places": [
        {"name": "kiln", "kind": "kiln", "preset": "north", "polygon": [[0.4, 0.6], [0.6, 0.6], [0.6, 0.9], [0.4, 0.9]]}
    ]
}


def quiet_and_smoke() -> list[Observation]:
    """Four visits without smoke, then a stare at smoke that stands in a known place."""
    meter = PlumeMeter(score_at_r80=0.3)
    scene: list[tuple[float, Image, tuple[Detection, ...]]] = [
        (-60.0 * (4 - visit), valley(seed=100 + visit), ()) for visit in range(4)
    ]
    scene += [(at_s, image, (found,)) for at_s, image, found in looks(12)]
    frames = [(Frame("tower-1", at_ns(at_s), image, is_keyframe=True), found) for at_s, image, found in scene]
    return [measured(meter, frame, found) for frame, found in frames]


def judge(state: bytes | None = None) -> CameraJudge:
    start = msgspec.structs.replace(START, zones=(msgspec.structs.replace(ZONE, rule=KNOWN),))
    return CameraJudge(start, maker=TapeEvidence(), state=state)


def test_what_was_held_back_is_told_by_its_reason_since_the_first_look() -> None:
    tower, seen = judge(), quiet_and_smoke()
    for one in seen:
        assert tower.take(one).events == ()
    day = tower.day
    assert day is not None
    assert day.since == utc_from_ns(seen[0].at_ns)
    assert day.counts["candidates"] == 1
    assert day.counts["held_known_place"] == 1


def test_a_restart_forgets_nothing_of_the_day() -> None:
    tower, seen = judge(), quiet_and_smoke()
    for one in seen[:10]:
        tower.take(one)
    after = judge(tower.state)
    for one in seen[10:]:
        after.take(one)
        tower.take(one)
    assert after.day == tower.day


def test_a_rule_that_counts_nothing_tells_no_day() -> None:
    kitchen = CameraJudge(start_of(), maker=TapeEvidence())
    kitchen.take(Elapsed(device="kitchen-1", at_ns=NS))
    assert kitchen.day is None


def test_a_street_tells_who_was_counted_and_told_to_nobody() -> None:
    street = CameraJudge(STREET, maker=TapeEvidence())
    street.take(Observation(device="cam-1", at_ns=NS, frame_px=(1280, 720), detections=()))
    assert street.day is not None
    assert street.day.counts == {}


def test_hours_older_than_a_day_are_gone() -> None:
    hours: tuple[Hour, ...] = ()
    for hour in range(30):
        hours = noted(hours, hour * HOUR_NS + 5 * NS, before={"held_cloud": hour}, after={"held_cloud": hour + 1})
    day = of_day(hours)
    assert day is not None
    assert (day.counts, day.since) == ({"held_cloud": 24}, utc_from_ns(6 * HOUR_NS + 5 * NS))


def test_counts_that_began_anew_take_nothing_back() -> None:
    hours = noted((), NS, before={}, after={"held_dust": 4})
    hours = noted(hours, 2 * NS, before={"held_dust": 4}, after={"held_dust": 4, "stares": 1})
    hours = noted(hours, HOUR_NS, before={"stares": 1}, after={"stares": 1})
    day = of_day(hours)
    assert day is not None
    assert day.counts == {"held_dust": 4, "stares": 1}
