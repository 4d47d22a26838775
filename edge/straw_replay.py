"""`tantou straw replay DIR`: recorded tower frames, looked at, measured and judged frame by frame.

DIR holds `manifest.csv`, of which only sequence, frame, file and t_s are read, and the frames. Each sequence is one
preset of one tower; an unknown `t_s` is the frame's index x 60 s. A frame that is no picture is a gap and is told.
What the detector found can be kept in a folder by the weight's sha256, so that a changed rule is judged again without
looking again.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import isfinite
from pathlib import Path
from statistics import median
from typing import Any

import cv2
import msgspec
import numpy as np

from contract.errors import CaptureError, ModelError
from contract.matters.straw_burning import Facts
from contract.observations import Detection, Observation
from contract.reports import ReplayedSequence, Shares, StrawAlarm, StrawCandidate, StrawReplayReport
from contract.texts import inner_path, text_of
from contract.times import NS
from detectors import straw_burning as rule
from detectors.fold import Finding, Zone
from edge.capture.types import Frame, Image
from edge.inference.plumes import UNSURE_BY, PlumeMeter, score_at
from edge.inference.plumes_look import TowerLooker, card_score
from models.detector import Detector, open_detector

CARD = "smoke-n"
STEP_S = 60.0
START_NS = 1_700_000_000 * NS
UNKNOWN = frozenset({"", "unknown", "nan", "null", "none"})  # how tables write a time that nobody knows
COLUMNS = ("sequence", "frame", "file", "t_s")
DEFAULTS = rule.Config()  # nothing is drawn for the views of a recording


@dataclass(frozen=True, slots=True)
class Listed:
    """One frame of the manifest; `is_timed`: its time is known."""

    sequence: str
    frame: str
    file: Path
    at_ns: int
    line: int
    is_timed: bool


def replay(folder: Path, *, looker: TowerLooker, detector: Detector) -> StrawReplayReport:
    """Every sequence of the folder judged; raises CaptureError for a manifest or folder that cannot be read."""
    sequences: dict[str, ReplayedSequence] = {}
    listed = read_manifest(folder)
    for name, frames in listed.items():
        sequences[name] = _judge(name, frames, looker)
        print(f"{name}: {len(frames)} frames", *_told(sequences[name].unread), file=sys.stderr)
    if all(len(one.unread) == len(listed[name]) for name, one in sequences.items()):
        first = next(iter(listed.values()))[0]
        raise CaptureError("garbage", f"{folder}: no frame of the manifest can be read, {first.file} is the first")
    return StrawReplayReport(sequences=sequences, card=detector.card.name, model_sha256=detector.card.sha256)


def _told(unread: Sequence[str]) -> list[str]:
    return [f"of which {len(unread)} cannot be read: {' '.join(unread)}"] if unread else []


def read_manifest(folder: Path) -> dict[str, list[Listed]]:
    """Sequence -> frames in order of time; raises CaptureError with the line at fault."""
    path = folder / "manifest.csv"
    try:
        rows = csv.DictReader(io.StringIO(text_of(path.read_bytes()), newline=""))
        missing = set(COLUMNS) - set(rows.fieldnames or ())
        if missing:
            raise CaptureError("garbage", f"{path}: no column {', '.join(sorted(missing))}")
        sequences: dict[str, list[Listed]] = defaultdict(list)
        for row in rows:
            sequence, frame, file, t_s = ((row[column] or "").strip() for column in COLUMNS)
            where = f"{path}, line {rows.line_num}"
            if not sequence or not frame or not file:
                raise CaptureError("garbage", f"{where}: sequence, frame and file must be named")
            known = t_s.lower() not in UNKNOWN
            at_s = _seconds(t_s, where) if known else len(sequences[sequence]) * STEP_S
            at_ns = START_NS + round(at_s * NS)
            one = Listed(sequence, frame, folder / inner_path(file), at_ns, rows.line_num, known)
            sequences[sequence].append(one)
    except FileNotFoundError as error:
        message = f"{path}: no such file; expected the manifest of a folder of sequences"
        raise CaptureError("not_found", message) from error
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CaptureError("garbage", f"{path}: {error}; expected a table of frames") from error
    if not sequences:
        raise CaptureError("garbage", f"{path}: no frame is listed; expected a line for each")
    return {name: _in_time(frames, path) for name, frames in sequences.items()}


def _in_time(frames: list[Listed], path: Path) -> list[Listed]:
    """A sequence in order of time, which the table's order need not be where every time is known."""
    if all(one.is_timed for one in frames):
        frames = sorted(frames, key=lambda one: one.at_ns)
    for earlier, later in pairwise(frames):
        if later.at_ns <= earlier.at_ns:
            what = "stands twice" if later.at_ns == earlier.at_ns else "goes back"
            line = max(earlier.line, later.line)
            raise CaptureError("garbage", f"{path}, line {line}: time {what} in {later.sequence}; correct its t_s")
    return frames


def _seconds(text: str, where: str) -> float:
    try:
        seconds = float(text)
        if isfinite(seconds) and abs(seconds) < START_NS / NS:
            return seconds
    except ValueError:
        pass
    raise CaptureError("garbage", f"{where}: t_s {text!r} is no number of seconds")


def _judge(name: str, frames: Sequence[Listed], looker: TowerLooker) -> ReplayedSequence:
    zone = Zone(town="published", device="tower", zone=name, matter="straw_burning")
    state = rule.initial_state()
    alarms: list[StrawAlarm] = []
    candidates: list[StrawCandidate] = []
    unmade: set[str] = set()
    unread: list[str] = []
    by_time = {one.at_ns: one.frame for one in frames}
    for one in frames:
        try:
            picture = read_picture(one.file)
        except CaptureError as error:
            print(error, file=sys.stderr)
            unread.append(one.frame)
            continue
        frame = Frame(device="tower", at_ns=one.at_ns, image_bgr=picture, is_keyframe=True)
        seen = looker.look(frame, preset=name)
        stepped = rule.step(state, seen, zone, DEFAULTS)
        state = stepped.state
        candidates += _candidates(one.frame, seen, state)
        for finding in stepped.findings:
            facts = msgspec.convert(msgspec.to_builtins(finding.facts), Facts)
            unmade |= {check.id for check in facts.checks if check.outcome == "not_applicable"}
            if finding.phase == "opened":
                alarms.append(_alarm(finding, facts, one.frame, by_time))
    gaps = [(later.at_ns - earlier.at_ns) / NS for earlier, later in pairwise(frames)]
    interval_s = round(median(gaps), 3) if gaps else None
    return ReplayedSequence(
        interval_s=interval_s,
        alarms=tuple(alarms),
        candidates=tuple(candidates),
        checks_not_applicable=tuple(sorted(unmade | set(rule.never_at(interval_s or STEP_S)))),
        unread=tuple(unread),
    )


def _alarm(finding: Finding, facts: Facts, frame: str, by_time: dict[int, str]) -> StrawAlarm:
    box = finding.bbox_xyxy_px
    if box is None or finding.frame_px is None:
        raise CaptureError("garbage", f"frame {frame}: a fire without a box")
    return StrawAlarm(
        frame=frame,
        onset_frame=by_time[finding.onset_ns],
        box=_shares(box, finding.frame_px),
        score=facts.score,
        what=facts.what,
    )


def _candidates(frame: str, seen: Observation, state: rule.State) -> list[StrawCandidate]:
    """What the detector proposed at this look and what the rule made of it."""
    told = []
    for plume in seen.plumes:
        if plume.seen_in == "change":
            continue
        box = _shares(plume.bbox_xyxy_px, seen.frame_px)
        held = rule.why_held(state, seen, plume, DEFAULTS)
        told.append(StrawCandidate(frame=frame, box=box, score=plume.score, held=held))
    return told


def _shares(box: tuple[float, float, float, float], frame_px: tuple[int, int]) -> Shares:
    left, top, right, bottom = (
        round(min(1.0, max(0.0, edge / side)), 5) for edge, side in zip(box, frame_px * 2, strict=True)
    )
    return left, top, right, bottom


def read_picture(path: Path) -> Image:
    """A picture as BGR; raises CaptureError for a file that is none."""
    try:
        data = np.frombuffer(path.read_bytes(), np.uint8)
    except OSError as error:
        raise CaptureError("not_found", f"{path}: {error.strerror}; is the folder whole?") from error
    image = cv2.imdecode(data, cv2.IMREAD_COLOR) if data.size else None
    if image is None:
        raise CaptureError("garbage", f"{path}: not a picture that can be read")
    return np.asarray(image, np.uint8)


class KeptDetector:
    """A detector whose answers are kept in a file by the pictures' sha256: another rule needs no second look."""

    def __init__(self, detector: Detector, folder: Path) -> None:
        self._detector = detector
        self._file = folder / f"{detector.card.sha256}-{detector.size_px}.jsonl"
        folder.mkdir(parents=True, exist_ok=True)
        lines = self._file.read_bytes().splitlines() if self._file.is_file() else []
        self._known = {one.picture: one.found for one in map(_Kept.read, lines)}

    def detect(self, frames_bgr: Sequence[Image], /) -> list[list[Detection]]:
        """As the detector itself."""
        answers = []
        for image in frames_bgr:
            name = hashlib.sha256(np.ascontiguousarray(image).tobytes()).hexdigest()
            if name not in self._known:
                self._known[name] = tuple(self._detector.detect([image])[0])
                with self._file.open("ab") as file:
                    file.write(msgspec.json.encode(_Kept(picture=name, found=self._known[name])) + b"\n")
            answers.append(list(self._known[name]))
        return answers


class _Kept(msgspec.Struct, frozen=True):
    """One line of a kept file."""

    picture: str
    found: tuple[Detection, ...]

    @classmethod
    def read(cls, line: bytes) -> _Kept:
        """A line; raises ModelError for one that is none."""
        try:
            return msgspec.json.decode(line, type=cls)
        except msgspec.MsgspecError as error:
            raise ModelError(f"kept detections: {error}; remove the folder to look again") from error


def add_parsers(subparsers: Any) -> None:
    """Adds `straw`."""
    straw = subparsers.add_parser("straw", help="judge recorded frames of towers")
    words = straw.add_subparsers(dest="straw_word", required=True, metavar="WORD")
    replaying = words.add_parser("replay", help="smoke model and straw rule over sequences of frames")
    replaying.add_argument("folder", type=Path, metavar="DIR", help="manifest.csv and the frames it names")
    replaying.add_argument("--card", default=CARD, help=f"the model card ({CARD})")
    replaying.add_argument("--threads", type=int, default=1, metavar="N", help="threads of the model (1)")
    replaying.add_argument("--keep", type=Path, metavar="FOLDER", help="keep detections there and use those kept")
    replaying.add_argument("--json", action="store_true", help="as JSON")
    replaying.add_argument("--out", type=Path, metavar="FILE", help="the JSON into a file")


def run(args: argparse.Namespace) -> int:
    """Runs `straw replay`; 0 when every sequence was judged."""
    if args.out is not None and not args.out.parent.is_dir():
        raise CaptureError("not_found", f"{args.out.parent}: no such folder; expected where --out may write")
    looker, detector = open_looker(args.card, threads=args.threads, keep=args.keep)
    report = replay(args.folder, looker=looker, detector=detector)
    text = msgspec.json.encode(report).decode()
    if args.out is not None:
        args.out.write_text(text + "\n", encoding="utf-8")
    elif args.json:
        print(text)
    else:
        _print(report)
    return 0


def open_looker(card: str, *, threads: int = 1, keep: Path | None = None) -> tuple[TowerLooker, Detector]:
    """The looker of a card at 640 and in tiles at 960, with its near detector; raises ModelError."""
    near = open_detector(card, size_px=640, threads=threads)
    score = card_score(near.card)
    floor = score_at(score, -UNSURE_BY)
    near, far = (open_detector(card, size_px=size, threads=threads, threshold=floor) for size in (640, 960))
    meter = PlumeMeter(score_at_r80=score)
    if keep is None:
        return TowerLooker(near, far=far, meter=meter), near
    return TowerLooker(KeptDetector(near, keep), far=KeptDetector(far, keep), meter=meter), near


def _print(report: StrawReplayReport) -> None:
    for name, sequence in report.sequences.items():
        print(f"{name}: {len(sequence.candidates)} candidates, {len(sequence.alarms)} alarms")
        for alarm in sequence.alarms:
            box = " ".join(f"{edge:.3f}" for edge in alarm.box)
            print(f"  {alarm.what} in frame {alarm.frame}, first seen in {alarm.onset_frame}, box {box}")
