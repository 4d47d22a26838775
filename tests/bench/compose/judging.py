"""A composed scene through the real decoder, detector and judge; its tape is kept, so that a rule is judged in seconds.

A tape is kept under the model's and the clip's hash and the shape of an observation; the zone's own table may change.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from contract.events import Event, Provenance
from contract.observations import Observation, Seen, StreamLost, TapeStart
from contract.times import NS
from detectors.fold import FullDecode, ReadPlate
from edge.capture.replay import Replay
from edge.capture.ring import PacketRing
from edge.config import EdgeConfig, load_edge
from edge.evidence.from_tape import TapeEvidence
from edge.evidence.tape import Tape, read_tape
from edge.inference.look import Detects, Looker
from edge.inference.plates import PlateReader
from edge.inference.views import Views
from edge.judge import CameraJudge, tape_start
from edge.judge.start import given_clock
from edge.replay import parse_start
from tests.bench.compose.truth import SceneTruth
from tests.bench.compose.writing import CLIP, TOML, TRUTH

CAMERA = "cam-1"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))  # signs nothing that leaves the bench


@dataclass(frozen=True, slots=True)
class Scene:
    """A folder that `tests.bench.compose` wrote."""

    folder: Path
    truth: SceneTruth

    @property
    def start_ns(self) -> int:
        """UTC of its first picture."""
        return parse_start(self.truth.start)

    def config(self) -> EdgeConfig:
        """Its edge.toml, checked; the key that it names lies beside it."""
        key = self.folder / "gateway.key.pem"
        if not key.exists():
            key.write_bytes(KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
            key.chmod(0o600)
        return load_edge((self.folder / TOML).read_text(), TOML, self.folder)


@dataclass(frozen=True, slots=True)
class Told:
    """One act as it was last told, in seconds of the scene."""

    event: Event
    from_s: float
    last_s: float
    is_open: bool
    first_told_s: float


def read_scenes(folder: Path) -> list[Scene]:
    """Every whole scene of a folder, by name."""
    found = sorted(folder.glob(f"*/{TRUTH}"))
    return [Scene(path.parent, msgspec.json.decode(path.read_bytes(), type=SceneTruth)) for path in found]


def tape_path(scene: Scene, cache: Path, *, model_sha256: str, with_plates: bool) -> Path:
    """Where the tape of this scene, model and shape of observation lies, or will lie."""
    shape = msgspec.json.encode(_without_words(msgspec.json.schema(Observation)))
    zones = repr([(zone.polygon_px, zone.frame_px) for zone in scene.config().zones])
    told = (model_sha256, scene.truth.clip_sha256, shape.decode(), zones, str(with_plates))
    return cache / f"{scene.truth.name}-{hashlib.sha256('|'.join(told).encode()).hexdigest()[:16]}.jsonl"


def _without_words(schema: object) -> object:
    """The schema less its descriptions: other words make no other observation."""
    if isinstance(schema, dict):
        return {key: _without_words(value) for key, value in schema.items() if key != "description"}
    return [_without_words(one) for one in schema] if isinstance(schema, list) else schema


def record_tape(
    scene: Scene, path: Path, *, detector: Detects, made_by: Provenance, plates: PlateReader | None
) -> None:
    """The clip through decoder and detector in lock-step; a tape is there whole or not at all.

    Without `plates` no rule is asked while it is recorded: each keyframe is a sample, whatever a rule would want.
    """
    config = scene.config()
    camera = config.cameras[0]
    replay = Replay(
        scene.folder / CLIP, start_ns=scene.start_ns, camera=camera, ring=PacketRing(camera.ring_s, 30_000_000)
    )
    views, clock = Views(config), given_clock(camera.clock)
    looker = Looker(detector, clock_of=lambda _: clock, windows_of=views.windows, zones_of=views.patched)
    start = tape_start(config, CAMERA, made_by)
    judge = CameraJudge(start, maker=TapeEvidence())
    partial = path.with_suffix(f".{os.getpid()}.part")
    partial.parent.mkdir(parents=True, exist_ok=True)
    tape = Tape(partial, start)
    at_ns = 0
    for frame in replay:
        (observation,) = looker.look([frame])
        at_ns = frame.at_ns
        tape.append(observation, state_before=judge.state)
        if plates is None:
            continue
        for ask in judge.take(observation).asks:
            if isinstance(ask, FullDecode):
                replay.ask_full_decode(ask.until_ns)
            if isinstance(ask, ReadPlate):
                looked = plates.look(ask, frame).looked
                tape.append(looked, state_before=judge.state)
                judge.take(looked)
    tape.append(StreamLost(device=CAMERA, at_ns=at_ns, reason="the recording ended"), state_before=judge.state)
    tape.close()
    partial.replace(path)


def observations(path: Path) -> Iterator[Seen]:
    """What a judge was told, without the tape's first line."""
    for taped in read_tape(path):
        if not isinstance(taped.record, TapeStart):
            yield taped.record


def judge_tape(scene: Scene, path: Path, *, made_by: Provenance) -> list[Told]:
    """The acts that today's rule tells of a tape, with the zones of today's edge.toml and the scene's restarts."""
    start = tape_start(scene.config(), CAMERA, made_by)
    judge = CameraJudge(start, maker=TapeEvidence())
    restarts = [scene.start_ns + round(at_s * NS) for at_s in scene.truth.restarts_s]
    last: dict[str, Event] = {}
    first: dict[str, float] = {}
    for record in observations(path):
        while restarts and record.at_ns >= restarts[0]:
            judge = CameraJudge(start, maker=TapeEvidence(), state=judge.state)
            restarts.pop(0)
        for event in judge.take(record).events:
            first.setdefault(event.event_id, (record.at_ns - scene.start_ns) / NS)
            last[event.event_id] = event
    return [_told(event, scene.start_ns, first[event.event_id]) for event in last.values()]


def _told(event: Event, start_ns: int, first_told_s: float) -> Told:
    def seconds(utc: str) -> float:
        return (parse_start(utc) - start_ns) / NS

    return Told(event, seconds(event.onset), seconds(event.last_seen), event.phase != "closed", first_told_s)
