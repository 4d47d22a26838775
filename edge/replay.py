"""A recording, or a tape of observations, judged again without broker or server: for evaluation and for disputes.

Writes `events.jsonl` (the messages as they would be sent, sorted), and for a recording `observations.jsonl` and
`evidence/`. Two runs give equal bytes; if the process dies, the folder is incomplete and a run into a new one is due.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import msgspec

from contract.codec import encode, event_message
from contract.errors import CaptureError, ContractError, EvidenceError, TantouError
from contract.events import Event, Provenance
from contract.observations import StreamLost, TapeStart
from contract.times import NS
from detectors.fold import FullDecode, ReadPlate
from edge.capture.masks import Masks
from edge.capture.pyav_engine import PyAvEngine
from edge.capture.replay import Replay
from edge.capture.ring import PacketRing
from edge.commands import read_config
from edge.config import CameraConfig, EdgeConfig
from edge.evidence.clips import Footage
from edge.evidence.disk import write_durably
from edge.evidence.files import EvidenceStore, FileEvidence
from edge.evidence.fires.files import Near
from edge.evidence.from_tape import TapeEvidence
from edge.evidence.key import read_signing_key
from edge.evidence.tape import Tape, read_tape
from edge.inference.look import Detects, Looker
from edge.inference.plates import PlateReader
from edge.inference.sights import areas_of
from edge.inference.views import Views
from edge.judge import CameraJudge, provenance, tape_start
from edge.judge.start import given_clock
from edge.networks import open_model, open_plates

EVENTS_NAME = "events.jsonl"
TAPE_NAME = "observations.jsonl"
EXIT_BROKEN_OFF, EXIT_UNBEGUN = 1, 2
PROGRESS_EVERY_NS = 300 * NS
_RFC3339 = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:)(\d\d)(?:\.(\d+))?([Zz]|[+-]\d\d:[0-5]\d)", re.ASCII)
LAST_START_S = 7_258_118_400  # 2200: nanoseconds fit 64 bits with room for any recording

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Recording:
    """A video file as the recording of one configured camera; `start_ns` is the UTC time of its first picture."""

    path: Path
    camera: str
    start_ns: int


@dataclass
class Told:
    """The events of a replay, and how far it is."""

    say: Say
    events: list[Event] = field(default_factory=list)
    records: int = 0
    _begun_ns: int | None = None
    _said_ns: int = 0

    def add(self, at_ns: int, events: tuple[Event, ...]) -> None:
        """What one record led to."""
        self.records += 1
        self.events += events
        if self._begun_ns is None:
            self._begun_ns = self._said_ns = at_ns
        if at_ns - self._said_ns >= PROGRESS_EVERY_NS:
            self._said_ns = at_ns
            self.say(f"{(at_ns - self._begun_ns) // NS} s judged, {self.records} records, {len(self.events)} events")

    def write(self, path: Path) -> None:
        """One message a line, sorted by onset, event id and revision."""
        ordered = sorted(self.events, key=lambda event: (event.onset, event.event_id, event.revision))
        write_durably(path, b"".join(encode(event_message(event)) + b"\n" for event in ordered))
        self.say(f"{self.records} records judged, {len(ordered)} events in {path}")


def replay_recording(
    config: EdgeConfig,
    recording: Recording,
    *,
    detector: Detects,
    made_by: Provenance,
    out: Path,
    say: Say,
    plates: PlateReader | None = None,
) -> None:
    """Judge a recording in lock-step into the empty folder `out`; without `plates` nobody reads plates.

    A recording that breaks off is judged as far as it goes, and then its CaptureError is raised; raises ContractError
    and EvidenceError for a camera, zone or key that cannot be used.
    """
    start = tape_start(config, recording.camera, made_by)
    camera = next(camera for camera in config.cameras if camera.id == recording.camera)
    key = read_signing_key(Path(config.gateway.key_file))
    _make_empty(out)
    store = EvidenceStore.open(out, key=key, config=config.evidence)
    ring = PacketRing(camera.ring_s, camera.ring_mb * 1_000_000)
    replay = Replay(recording.path, start_ns=recording.start_ns, camera=camera, ring=ring)
    tape = Tape(out / TAPE_NAME, start)
    footage, near = _footage(replay, ring, camera), Near(areas=areas_of(camera.tower))
    maker = FileEvidence(start, store=store, footage=footage, tape=tape, near=near)
    told = Told(say)
    clock = given_clock(camera.clock)
    views = Views(config)
    looker = Looker(detector, clock_of=lambda _: clock, windows_of=views.windows, zones_of=views.patched)
    try:
        judging = _Judging(CameraJudge(start, maker=maker), looker, plates or PlateReader())
        broken = _judge_frames(replay, judging, told)
    finally:
        tape.close()
        # Acts that were not due when the recording ended leave nothing; manifests lie in their packages.
        shutil.rmtree(out / "candidates", ignore_errors=True)
        shutil.rmtree(out / "manifests", ignore_errors=True)
    told.write(out / EVENTS_NAME)
    if broken is not None:
        raise broken


def replay_tape(tape: Path, *, out: Path, say: Say) -> None:
    """Judge a tape again into the empty folder `out`; raises ContractError for a file that is no tape."""
    _make_empty(out)
    told = Told(say)
    maker = TapeEvidence()
    judge: CameraJudge | None = None
    for taped in read_tape(tape):
        if isinstance(taped.record, TapeStart):
            judge = CameraJudge(taped.record, maker=maker)
        elif judge is not None:
            maker.expect(taped.made)
            told.add(taped.record.at_ns, judge.take(taped.record).events)
    told.write(out / EVENTS_NAME)


def parse_start(text: str) -> int:
    """UTC nanoseconds of an RFC 3339 time with its offset: `2026-01-31T16:00:00+08:00`; raises ContractError."""
    found = _RFC3339.fullmatch(text)
    try:
        if found is None:
            raise ValueError("not of this form")
        day, clock, second, fraction, offset = found.groups()
        is_leap = second == "60"
        zone = "+00:00" if offset in "Zz" else offset
        whole_s = round(datetime.fromisoformat(f"{day}T{clock}{'59' if is_leap else second}{zone}").timestamp())
        if not 0 <= whole_s < LAST_START_S:
            raise ValueError("not of the years 1970 to 2199")
    except ValueError as error:
        example = "2026-01-31T16:00:00+08:00 or 2026-01-31T08:00:00Z"
        raise ContractError(f"start time {text[:40]!r}: {error}; expected RFC 3339 as {example}") from error
    return (whole_s + is_leap) * NS + int((fraction or "0").ljust(9, "0")[:9])


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `edge replay` takes."""
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--source", type=Path, metavar="FILE", help="a video file: recorded by --camera from --start on")
    what.add_argument("--observations", type=Path, metavar="FILE", help="a tape of observations, judged again")
    parser.add_argument("--config", type=Path, metavar="FILE", help="edge.toml (with --source)")
    parser.add_argument("--camera", metavar="ID", help="the configured camera that recorded it (with --source)")
    parser.add_argument("--start", metavar="TIME", help="when the recording begins, RFC 3339 (with --source)")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="an empty folder, or one to be made")
    parser.add_argument("--json", action="store_true", help="tell what was written as JSON on standard output")


def main(args: argparse.Namespace) -> int:
    """Run `edge replay`; 0 done, 1 the recording broke off and was judged that far, 2 it could not begin."""
    code = _replayed(args)
    if args.json and code != EXIT_UNBEGUN:
        told = {
            "schema": "tantou.edge.replay/1",
            "events": (args.out / EVENTS_NAME).read_bytes().count(b"\n"),
            "files": sorted(path.name for path in args.out.iterdir() if path.is_file()),
            "whole": code == 0,
        }
        print(msgspec.json.encode(told).decode())
    return code


def _replayed(args: argparse.Namespace) -> int:
    try:
        if args.observations is not None:
            replay_tape(args.observations, out=args.out, say=_say)
            return 0
        lacking = [name for name in ("config", "camera", "start") if getattr(args, name) is None]
        if lacking:
            raise ContractError(f"--source also needs {', '.join('--' + name for name in lacking)}")
        _replay_configured(args)
    except CaptureError as error:
        _say(f"{args.source}: {error}")
        return EXIT_BROKEN_OFF if (args.out / EVENTS_NAME).exists() else EXIT_UNBEGUN
    except (TantouError, OSError) as error:
        _say(str(error))
        return EXIT_UNBEGUN
    return 0


def _replay_configured(args: argparse.Namespace) -> None:
    config = read_config(args.config)
    model = open_model(config.inference)
    made_by = provenance(config, model=model.name, model_sha256=model.sha256)
    recording = Recording(args.source, args.camera, parse_start(args.start))
    plates = open_plates(config)
    if plates.eyes is None:
        _say(f"plates are not read: {plates.detail}")
    replay_recording(config, recording, detector=model.detector, made_by=made_by, out=args.out, say=_say, plates=plates)


class _Judging(NamedTuple):
    """What looks at a frame, judges it, and reads the plates that the rule asks for."""

    judge: CameraJudge
    looker: Looker
    plates: PlateReader


def _judge_frames(replay: Replay, judging: _Judging, told: Told) -> CaptureError | None:
    """Every frame in order; the end is a lost stream: what waits for more is settled. What broke the recording off."""
    judge, looker, plates = judging
    device, at_ns, broken = "", 0, None
    try:
        for frame in replay:
            (observation,) = looker.look([frame])
            device, at_ns = frame.device, frame.at_ns
            step = judge.take(observation, frame)
            for ask in step.asks:
                if isinstance(ask, FullDecode):
                    replay.ask_full_decode(ask.until_ns)
            told.add(at_ns, step.events)
            for ask in step.asks:
                if isinstance(ask, ReadPlate):
                    answer = plates.look(ask, frame)
                    told.add(at_ns, judge.take(answer.looked, cuts=answer.cuts).events)
    except CaptureError as error:
        broken = error
    if not told.records:
        raise broken or CaptureError("garbage", "the recording holds no picture")
    reason = "the recording ended" if broken is None else f"the recording broke off: {broken.detail}"
    told.add(at_ns, judge.take(StreamLost(device=device, at_ns=at_ns, reason=reason)).events)
    return broken


def _footage(replay: Replay, ring: PacketRing, camera: CameraConfig) -> Footage:
    return Footage(
        ring=ring,
        stream_info=lambda: replay.stream_info,
        decoder=PyAvEngine(lambda: 0).decoder,
        paint=Masks(camera.masks, camera.frame_px).paint if camera.masks else None,
    )


def _make_empty(out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    if any(out.iterdir()):
        raise EvidenceError(f"{out}: is not empty; evidence is never written over, give a new folder")


def _say(text: str) -> None:
    print(f"replay: {text}", file=sys.stderr, flush=True)
