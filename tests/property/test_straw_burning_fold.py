"""The straw fold under any looks of a tower: it never breaks, tells in order, stays bounded, and repeats itself."""

from __future__ import annotations

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.matters.straw_burning import CheckId
from contract.observations import Observation, PlumeSeen, View
from detectors import straw_burning as rule
from detectors.fold import DropEvidence, HoldEvidence
from detectors.straw_burning.checking import MADE, Checks
from detectors.straw_burning.looks import look_at
from detectors.straw_burning.memory import GLIMPSES_MOST, NOTES_MOST, TRACKS_MOST, USUAL_MOST, Glimpse, Preset
from detectors.straw_burning.runs import run_of
from tests.unit.straw_burning import tower
from tests.unit.straw_burning.tower import look, plume, quiet, run, stare

maybe = st.one_of(st.none(), st.floats(0, 1).map(lambda value: round(value, 3)))
plumes = st.builds(
    lambda x, foot, width, surety, seen_in, change, area, decorrelation, flicker: plume(
        x,
        foot=foot,
        top=foot - 80,
        width=width,
        surety=surety if seen_in != "change" else -8.0,
        seen_in=seen_in,
        change_share=change,
        area_share=None if area is None else area / 50,
        base_px=None if area is None else (x, foot),
        decorrelation=decorrelation,
        flicker=flicker,
    ),
    st.sampled_from([100.0, 300.0, 330.0, 900.0, 1800.0]),
    st.sampled_from([300.0, 640.0, 700.0]),
    st.sampled_from([40.0, 200.0, 900.0]),
    st.sampled_from([-1.0, 0.5, 2.0, 4.0]),
    st.sampled_from(["whole", "tile", "change"]),
    maybe,
    maybe,
    maybe,
    maybe,
)
views = st.sampled_from(
    [
        None,
        tower.CLEAR,
        View(shift_px=(0.0, 0.0), quality=0.0, verified=False),
        View(shift_px=(40.0, -9.0), quality=0.6, verified=True, contrast_ratio=0.3, reference_looks=4),
        View(shift_px=(0.0, 0.0), quality=0.1, verified=False, contrast_ratio=0.9, reference_looks=4),
    ]
)
glimpse = st.tuples(
    st.sampled_from([0.5, 0.5, 1.0, 20.0, 60.0, 400.0]),
    st.sampled_from(["north", "north", "east"]),
    st.lists(plumes, max_size=4),
    views,
    st.sampled_from([20.0, 120.0]),
)


@st.composite
def scenes(draw: st.DrawFn) -> list[Observation]:
    """Looks in any rhythm; smoke that burns on in between, so that fires do come about."""
    at_s, scene = 0.0, []
    burning: list[PlumeSeen] = [plume()] if draw(st.booleans()) else []
    for step_s, preset, others, view, brightness in draw(st.lists(glimpse, max_size=60)):
        at_s += step_s
        scene.append(look(at_s, *burning, *others, preset=preset, view=view, brightness=brightness))
    return scene


@given(scenes())
@settings(max_examples=80, deadline=None)
def test_an_event_opens_once_and_nothing_follows_its_closing(scene: list[Observation]) -> None:
    by_event: dict[str, list[str]] = {}
    for finding in run(scene)[1]:
        by_event.setdefault(finding.event_id, []).append(finding.phase)
    for told in by_event.values():
        assert told[0] == "opened"
        assert told.count("opened") == 1
        assert "closed" not in told[:-1]


@given(scenes(), st.integers(0, 60))
@settings(max_examples=60, deadline=None)
def test_saved_and_restored_anywhere_it_tells_the_same(scene: list[Observation], cut: int) -> None:
    whole = run(scene)
    state, before, asked = run(scene[:cut])
    restored = msgspec.json.decode(msgspec.json.encode(state), type=rule.State)
    after_state, after, asked_after = run(scene[cut:], state=restored)
    assert (after_state, before + after, asked + asked_after) == whole


@given(scenes(), st.data())
@settings(max_examples=60, deadline=None)
def test_a_look_told_twice_or_late_changes_nothing(scene: list[Observation], data: st.DataObject) -> None:
    doubled: list[Observation] = []
    for index, one in enumerate(scene):
        doubled.append(one)
        if data.draw(st.booleans()):
            doubled.append(scene[data.draw(st.integers(0, index))])
    assert run(doubled) == run(scene)


@given(scenes(), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_the_order_of_plumes_in_a_look_does_not_matter(scene: list[Observation], shuffled: object) -> None:
    other = []
    for one in scene:
        turned = tuple(sorted(one.plumes, key=lambda _: shuffled.random()))  # type: ignore[attr-defined]
        other.append(msgspec.structs.replace(one, plumes=turned))
    assert run(other) == run(scene)


@given(scenes())
@settings(max_examples=60, deadline=None)
def test_a_step_leaves_its_state_alone_and_says_the_same_again(scene: list[Observation]) -> None:
    state = rule.initial_state()
    for seen in scene:
        saved = msgspec.json.encode(state)
        first = rule.step(state, seen, tower.ZONE, tower.CONFIG)
        assert msgspec.json.encode(state) == saved
        assert rule.step(state, seen, tower.ZONE, tower.CONFIG) == first
        state = first.state


@given(scenes())
@settings(max_examples=60, deadline=None)
def test_a_look_at_one_preset_changes_nothing_that_is_remembered_of_another(scene: list[Observation]) -> None:
    state = run([*quiet(4), *stare(-30, 24)])[0]
    assert len(state.fires) == 1
    for seen in scene:
        after = rule.step(state, seen, tower.ZONE, tower.CONFIG).state
        assert others(after, seen) == others(state, seen)
        looks = looks_of_fires(after, seen)
        assert looks.items() <= looks_of_fires(state, seen).items()
        state = after


def others(state: rule.State, seen: Observation) -> list[Preset]:
    return [one for one in state.presets if one.preset != seen.preset]


def looks_of_fires(state: rule.State, seen: Observation) -> dict[str, tuple[Glimpse, ...]]:
    """Those of other presets."""
    return {one.track.event_id: one.track.glimpses for one in state.fires if one.track.preset != seen.preset}


@given(scenes(), st.permutations(list(MADE)))
@settings(max_examples=60, deadline=None)
def test_a_check_says_the_same_whatever_was_asked_before_it(scene: list[Observation], order: list[CheckId]) -> None:
    if not scene:
        return
    state, seen = run(scene)[0], look_at(scene[-1], tower.CONFIG)
    for preset in state.presets:
        for track in preset.tracks:
            asked = Checks(run_of(track), preset, seen)
            for check in order:
                assert asked[check] == Checks(asked.run, preset, seen)[check]


@given(scenes())
@settings(max_examples=60, deadline=None)
def test_what_is_remembered_is_bounded(scene: list[Observation]) -> None:
    state = run(scene)[0]
    tracks = [track for one in state.presets for track in one.tracks] + [fire.track for fire in state.fires]
    assert all(len(one.tracks) <= TRACKS_MOST and len(one.usual) <= USUAL_MOST for one in state.presets)
    assert all(len(one.glimpses) <= GLIMPSES_MOST and len(one.notes) <= NOTES_MOST for one in tracks)


@given(scenes())
@settings(max_examples=60, deadline=None)
def test_what_was_held_is_dropped_told_or_still_watched(scene: list[Observation]) -> None:
    state, findings, asks = run(scene)
    held = {ask.event_id for ask in asks if isinstance(ask, HoldEvidence)}
    dropped = {ask.event_id for ask in asks if isinstance(ask, DropEvidence)}
    told = {finding.event_id for finding in findings}
    watched = {track.event_id for one in state.presets for track in one.tracks if track.is_held}
    assert told <= held
    assert dropped == held - told - watched


@given(scenes())
@settings(max_examples=60, deadline=None)
def test_every_hold_has_a_kind_and_a_reason_and_is_released_before_another(scene: list[Observation]) -> None:
    for finding in run(scene)[1]:
        last: str | None = None
        for note in finding.counter_evidence:
            if note.effect == "flagged":
                continue
            assert note.reason
            assert (last is None) if note.effect == "held" else (last in (note.kind, None))
            last = note.kind if note.effect == "held" else None
