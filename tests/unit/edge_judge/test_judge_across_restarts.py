"""Saved and restored at any record, a judge tells the same events, byte for byte."""

from __future__ import annotations

from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.codec import encode, event_message
from contract.events import Event
from contract.observations import Observation, StreamLost, TapeStart
from edge.config import EvidenceConfig
from edge.evidence.files import EvidenceStore, FileEvidence
from edge.evidence.from_tape import TapeEvidence
from edge.evidence.tape import Rotation, Tape, read_tape
from edge.judge import CameraJudge
from tests.unit.detectors.scene import car, look, looks, lost
from tests.unit.edge_evidence.footage import footage
from tests.unit.edge_judge.listed import START, ListedEvidence

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
Scene = list[Observation | StreamLost]
PLACES = ((500.0, 300.0, 700.0, 420.0), (720.0, 320.0, 860.0, 430.0), (420.0, 460.0, 560.0, 580.0))


def told(scene: Scene, *, restart_at: int | None = None) -> tuple[list[bytes], bytes]:
    """The messages of a scene and the last state; with a new judge from the saved state before one record."""
    judge = CameraJudge(START, maker=ListedEvidence())
    messages: list[bytes] = []
    for index, record in enumerate(scene):
        if index == restart_at:
            judge = CameraJudge(START, maker=ListedEvidence(), state=bytes(judge.state))
        messages += [encode(event_message(event)) for event in judge.take(record).events]
    return messages, judge.state


@st.composite
def scenes(draw: st.DrawFn) -> Scene:
    """A street of up to three places over two minutes, with looks that fail and streams that break off."""
    stays = {place: sorted(draw(st.tuples(st.integers(0, 60), st.integers(0, 60)))) for place in PLACES}
    scene: Scene = []
    for index in range(60):
        there = [car(place) for place, (first, last) in stays.items() if first <= index < last]
        what = draw(st.sampled_from(("look", "look", "look", "look", "miss", "lost")))
        if what == "lost":
            scene.append(lost(index * 2 - 0.5))
        elif what == "look":
            scene.append(look(index * 2, *there))
    return scene


@given(scenes(), st.data())
@settings(max_examples=40, deadline=None)
def test_a_restart_anywhere_in_any_scene_changes_nothing(scene: Scene, data: st.DataObject) -> None:
    restart_at = data.draw(st.integers(0, max(0, len(scene) - 1)))
    assert told(scene, restart_at=restart_at) == told(scene)


def test_a_restart_at_every_record_of_a_whole_act_changes_nothing() -> None:
    scene: Scene = [*looks(0, 8), *looks(10, 44, car()), lost(45), *looks(60, 70, car()), *looks(72, 100)]
    plain = told(scene)
    assert len(plain[0]) >= 3
    assert [index for index in range(len(scene)) if told(scene, restart_at=index) != plain] == []


def test_an_edge_killed_before_its_event_was_kept_tells_it_again_under_the_same_id() -> None:
    scene: Scene = [*looks(0, 8), *looks(10, 40, car())]
    maker = ListedEvidence()
    judge = CameraJudge(START, maker=maker)
    steps = [judge.take(record) for record in scene]
    opening = next(index for index, step in enumerate(steps) if step.events)
    kept = maker.noted[opening][1]
    again = CameraJudge(START, maker=ListedEvidence(), state=kept)
    told_again = [event for record in scene[opening + 1 :] for event in again.take(record).events]
    lost_event = steps[opening].events[0]
    assert (told_again[0].event_id, told_again[0].revision) == (lost_event.event_id, 1)
    assert told_again[0].onset == lost_event.onset


def test_a_tape_that_begins_with_a_state_goes_on_from_it() -> None:
    scene: Scene = [*looks(0, 8), *looks(10, 60, car())]
    judge = CameraJudge(START, maker=ListedEvidence())
    for record in scene[:12]:
        judge.take(record)
    start = msgspec.structs.replace(START, state=msgspec.json.decode(judge.state))
    start = msgspec.json.decode(msgspec.json.encode(start), type=type(start))
    resumed = CameraJudge(start, maker=ListedEvidence())
    assert resumed.state == judge.state
    assert [resumed.take(record).events for record in scene[12:]] == [
        judge.take(record).events for record in scene[12:]
    ]


def test_a_live_tape_across_restarts_and_full_files_gives_the_same_events_file_by_file(tmp_path: Path) -> None:
    scene: Scene = [*looks(0, 8), *looks(10, 60, car()), *looks(62, 90)]
    state: bytes | None = None
    live: list[Event] = []
    for part in (scene[:7], scene[7:20], scene[20:]):
        tape = Tape(tmp_path / "o.jsonl", START, rotation=Rotation(max_file_bytes=2500, max_files=1000))
        store = EvidenceStore.open(tmp_path, key=KEY, config=EvidenceConfig())
        judge = CameraJudge(START, maker=FileEvidence(START, store=store, footage=footage(), tape=tape), state=state)
        steps = [judge.take(record) for record in part]
        live += [event for step in steps for event in step.events]
        state = judge.state
        tape.close()
    files = [*sorted(tmp_path.glob("o-*.jsonl")), tmp_path / "o.jsonl"]
    assert len(files) > 4
    assert [event.phase for event in live] == ["opened", "updated", "closed"]
    assert [event for path in files for event in rejudged(path)] == live


def rejudged(path: Path) -> list[Event]:
    """The events of one file of a tape, from itself alone."""
    maker = TapeEvidence()
    events: list[Event] = []
    for taped in read_tape(path):
        if isinstance(taped.record, TapeStart):
            judge = CameraJudge(taped.record, maker=maker)
        else:
            maker.expect(taped.made)
            events += judge.take(taped.record).events
    return events
