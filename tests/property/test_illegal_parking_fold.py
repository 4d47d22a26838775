"""The parking fold under any scene: it never breaks, never invents time, and forgets what came to nothing."""

from __future__ import annotations

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.matters.illegal_parking import Facts
from contract.observations import Detection, Observation, Picture, StreamLost
from contract.times import NS, ns_from_utc
from detectors import illegal_parking as rule
from detectors.fold import DropEvidence, Finding, HoldEvidence
from tests.unit.detectors.scene import START_NS, look, lost, run

edge_px = st.integers(0, 40).map(lambda tenth: tenth * 30.0)
vehicle = st.builds(
    lambda x, y, label, score: Detection(bbox_xyxy_px=(x, y, x + 150.0, y + 100.0), score=score, label=label),
    edge_px,
    edge_px,
    st.sampled_from(["car", "truck", "person"]),
    st.sampled_from([0.2, 0.5, 0.9]),
)
glimpse = st.tuples(st.sampled_from([0.0, 0.4, 2.0, 5.0, 20.0]), st.lists(vehicle, max_size=3), st.booleans())


@st.composite
def scenes(draw: st.DrawFn) -> list[Observation | StreamLost]:
    """Any order of looks, repeats, gaps and losses; vehicles tend to stay where they are."""
    at_s, last_s, scene, standing = 0.0, 0.0, [], draw(st.lists(vehicle, max_size=2))
    for step_s, others, is_lost in draw(st.lists(glimpse, max_size=40)):
        at_s += step_s
        frozen_s = at_s - last_s if is_lost and not others else 0.0
        seen = look(at_s, *standing, *others)
        pictured = msgspec.structs.replace(seen, picture=Picture(brightness=90, sharpness=9, repeated_s=frozen_s))
        scene.append(lost(at_s) if is_lost and others else pictured)
        last_s = last_s if frozen_s else at_s
    return scene


@given(scenes())
@settings(max_examples=150)
def test_an_act_opens_once_closes_at_most_once_and_never_in_another_order(
    scene: list[Observation | StreamLost],
) -> None:
    _, findings, _ = run(scene)
    by_event: dict[str, list[str]] = {}
    for finding in findings:
        by_event.setdefault(finding.event_id, []).append(finding.phase)
    for told in by_event.values():
        assert told[0] == "opened"
        assert told.count("opened") == 1
        assert "closed" not in told[:-1]


@given(scenes())
@settings(max_examples=150)
def test_dwell_is_never_more_than_the_stream_time_that_passed(scene: list[Observation | StreamLost]) -> None:
    for finding in run(scene)[1]:
        facts = _facts(finding)
        since_ns, last_ns = ns_from_utc(facts.since), ns_from_utc(facts.last_seen)
        assert facts.dwell_s <= (last_ns - since_ns) / NS + 0.001
        assert abs(facts.dwell_s + facts.no_picture_s - (last_ns - since_ns) / NS) < 0.01
        assert since_ns >= START_NS
        for earlier, later in zip(facts.spans, facts.spans[1:], strict=False):
            assert earlier.end <= later.start


@given(scenes(), st.integers(0, 40))
@settings(max_examples=100)
def test_saved_and_restored_anywhere_it_tells_the_same(scene: list[Observation | StreamLost], cut: int) -> None:
    _, whole, wanted = run(scene)
    state, before, asked = run(scene[:cut])
    restored = msgspec.json.decode(msgspec.json.encode(state), type=rule.State)
    _, after, asked_after = run(scene[cut:], state=restored)
    assert (before + after, asked + asked_after) == (whole, wanted)


@given(scenes())
@settings(max_examples=100)
def test_what_was_held_is_dropped_unless_the_act_opened_or_still_stands(scene: list[Observation | StreamLost]) -> None:
    state, findings, asks = run(scene)
    held = {ask.event_id for ask in asks if isinstance(ask, HoldEvidence)}
    dropped = {ask.event_id for ask in asks if isinstance(ask, DropEvidence)}
    opened = {finding.event_id for finding in findings}
    standing = {place.event_id for place in state.places}
    assert opened <= held
    assert dropped == held - opened - standing


def _facts(finding: Finding) -> Facts:
    return msgspec.convert(msgspec.to_builtins(finding.facts), Facts)
