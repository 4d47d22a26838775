"""The parking fold under any scene: it never breaks, never invents time, and forgets what came to nothing."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.matters.illegal_parking import Facts
from contract.observations import Detection, Observation, Picture, StreamLost
from contract.times import NS, ns_from_utc
from detectors import illegal_parking as rule
from detectors.fold import DropEvidence, Finding, HoldEvidence
from tests.unit.detectors.scene import START_NS, look, lost, run
from tests.unit.detectors.test_failure_table import patch

LANE = ((0.0, 0.0), (1280.0, 0.0), (1280.0, 720.0), (0.0, 720.0))
CONFIGS = st.sampled_from(
    [
        rule.Config(grace_s=20),
        rule.Config(grace_s=20, flow_lane_px=LANE, loading_limit_s=30, many_at_once=2),
        rule.Config(grace_s=20, flow_lane_px=LANE, signal_red_s=10, gap_budget_s=0, cover_limit_s=20),
    ]
)

edge_px = st.integers(0, 40).map(lambda tenth: tenth * 30.0)
vehicle = st.builds(
    lambda x, y, label, score, looks: Detection(
        bbox_xyxy_px=(x, y, x + 150.0, y + 100.0), score=score, label=label, patch=looks
    ),
    edge_px,
    edge_px,
    st.sampled_from(["car", "truck", "person"]),
    st.sampled_from([0.2, 0.5, 0.9]),
    st.sampled_from([None, patch(1), patch(2)]),
)
glimpse = st.tuples(
    st.sampled_from([0.0, 0.4, 2.0, 5.0, 20.0]),
    st.lists(vehicle, max_size=3),
    st.booleans(),
    st.sampled_from([False, False, True]),
    st.sampled_from([0.0, 0.0, 0.0, 14.0]),
)


def swayed(one: Detection, by_px: float) -> Detection:
    """The vehicle in a picture that lies so much further to the right and down."""
    left, top, right, bottom = one.bbox_xyxy_px
    return msgspec.structs.replace(one, bbox_xyxy_px=(left + by_px, top + by_px, right + by_px, bottom + by_px))


@st.composite
def scenes(draw: st.DrawFn) -> list[Observation | StreamLost]:
    """Any order of looks, repeats, gaps, losses, misses and shakes; vehicles tend to stay where they are."""
    at_s, last_s, scene, standing = 0.0, 0.0, [], draw(st.lists(vehicle, max_size=2))
    for step_s, others, is_lost, are_missed, sway_px in draw(st.lists(glimpse, max_size=40)):
        at_s += step_s
        frozen_s = at_s - last_s if is_lost and not others else 0.0
        seen = look(at_s, *(swayed(one, sway_px) for one in [*([] if are_missed else standing), *others]))
        picture = Picture(brightness=90, sharpness=9, repeated_s=frozen_s, shift_px=(sway_px, sway_px))
        scene.append(lost(at_s) if is_lost and others else msgspec.structs.replace(seen, picture=picture))
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
        uncounted_s = facts.no_picture_s + facts.held_s + facts.suspended_s
        assert abs(facts.dwell_s + uncounted_s - (last_ns - since_ns) / NS) < 0.01
        assert since_ns >= START_NS
        for earlier, later in zip(facts.spans, facts.spans[1:], strict=False):
            assert earlier.end <= later.start


@given(scenes(), st.integers(0, 40), CONFIGS)
@settings(max_examples=100)
def test_saved_and_restored_anywhere_it_tells_the_same(
    scene: list[Observation | StreamLost], cut: int, config: rule.Config
) -> None:
    _, whole, wanted = run(scene, config=config)
    state, before, asked = run(scene[:cut], config=config)
    restored = msgspec.json.decode(msgspec.json.encode(state), type=rule.State)
    _, after, asked_after = run(scene[cut:], config=config, state=restored)
    assert (before + after, asked + asked_after) == (whole, wanted)


@given(scenes(), CONFIGS)
@settings(max_examples=50)
def test_saved_and_restored_at_every_step_it_tells_the_same(
    scene: list[Observation | StreamLost], config: rule.Config
) -> None:
    _, whole, wanted = run(scene, config=config)
    state, findings, asks = rule.initial_state(), [], []
    for seen in scene:
        state = msgspec.json.decode(msgspec.json.encode(state), type=rule.State)
        state, told, asked = run([seen], config=config, state=state)
        findings += told
        asks += asked
    assert (findings, asks) == (whole, wanted)


@given(scenes(), st.data(), CONFIGS)
@settings(max_examples=100)
def test_duplicates_change_nothing(
    scene: list[Observation | StreamLost], data: st.DataObject, config: rule.Config
) -> None:
    copies = [data.draw(st.integers(1, 3)) for _ in scene]
    doubled = [seen for seen, count in zip(scene, copies, strict=True) for _ in range(count)]
    assert run(doubled, config=config) == run(scene, config=config)


@given(scenes(), st.data(), CONFIGS)
@settings(max_examples=100)
def test_the_order_of_detections_in_one_look_does_not_matter(
    scene: list[Observation | StreamLost], data: st.DataObject, config: rule.Config
) -> None:
    """Of boxes that are not the very same: two names of one box are told apart by their order alone."""
    shuffled: list[Observation | StreamLost] = []
    for seen in scene:
        if isinstance(seen, Observation):
            boxes = [one.bbox_xyxy_px for one in seen.detections]
            order = data.draw(st.permutations(seen.detections)) if len(set(boxes)) == len(boxes) else seen.detections
            seen = msgspec.structs.replace(seen, detections=tuple(order))  # noqa: PLW2901
        shuffled.append(seen)
    assert run(shuffled, config=config)[1] == run(scene, config=config)[1]


@given(scenes(), CONFIGS)
@settings(max_examples=100)
def test_of_looks_of_one_time_the_first_counts_whatever_follows(
    scene: list[Observation | StreamLost], config: rule.Config
) -> None:
    empty = [msgspec.structs.replace(seen, detections=()) if isinstance(seen, Observation) else None for seen in scene]
    twice = [one for seen, other in zip(scene, empty, strict=True) for one in (seen, other) if one is not None]
    assert run(twice, config=config) == run(scene, config=config)


@given(scenes(), CONFIGS)
@settings(max_examples=100)
def test_no_time_counts_while_nothing_was_seen(scene: list[Observation | StreamLost], config: rule.Config) -> None:
    """The dwell is never more than the time between looks that followed each other near enough, undisturbed."""
    watched = list(watched_intervals(scene))
    for finding in run(scene, config=config)[1]:
        onset_ns, last_ns = finding.onset_ns, finding.last_seen_ns
        watched_ns = sum(later - earlier for earlier, later in watched if onset_ns <= earlier and later <= last_ns)
        assert _facts(finding).dwell_s <= watched_ns / NS + 0.01


def watched_intervals(scene: list[Observation | StreamLost]) -> Iterator[tuple[int, int]]:
    """From look to look, where no loss came between, the gap is no outage, and the picture is not a frozen one."""
    last_ns: int | None = None
    for seen in scene:
        if isinstance(seen, StreamLost):
            last_ns = None
        elif seen.picture is None or seen.picture.repeated_s < 5:
            if last_ns is not None and seen.at_ns - last_ns <= 12 * NS:
                yield last_ns, seen.at_ns
            last_ns = seen.at_ns


@given(scenes(), CONFIGS)
@settings(max_examples=100)
def test_what_was_held_is_dropped_unless_the_act_opened_or_still_stands(
    scene: list[Observation | StreamLost], config: rule.Config
) -> None:
    state, findings, asks = run(scene, config=config)
    held = {ask.event_id for ask in asks if isinstance(ask, HoldEvidence)}
    dropped = {ask.event_id for ask in asks if isinstance(ask, DropEvidence)}
    opened = {finding.event_id for finding in findings}
    standing = {place.event_id for place in state.places}
    assert opened <= held
    assert dropped == held - opened - standing


def _facts(finding: Finding) -> Facts:
    return msgspec.convert(msgspec.to_builtins(finding.facts), Facts)
