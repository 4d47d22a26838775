"""`tantou parking replay DIR`: recorded detector output of published videos through the parking rule, frame by frame.

DIR holds `videos.csv`, `detections/<video>.jsonl` (frame, left, top, right, bottom, type) and `mask_*.json` (forbidden
areas by video). Truth (`gt/`, `events.csv`) is never read. The recorder wrote standing vehicles only, and a sample that
misses one is common: a place stays taken for `OPEN_GAP_S`, and what was not seen is told as hidden. A video whose
recording cannot be read is skipped with the reason, and the others are judged.
"""

from __future__ import annotations

import argparse
import csv
import io
from collections import defaultdict
from collections.abc import Iterator, Sequence
from math import isfinite
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from contract.errors import CaptureError
from contract.geometry import BboxPx, PolygonPx
from contract.matters.illegal_parking import Facts
from contract.observations import Detection, Observation
from contract.reports import ParkingReplayReport, ReplayedEvent, ReplayedVideo
from contract.texts import text_of
from contract.times import NS, ns_from_utc
from detectors import illegal_parking as rule
from detectors.fold import Finding, Zone

OPEN_GAP_S = 60.0  # parking reference 2.2: measured on these recordings
STILL_S = 1.0  # the recorder wrote a vehicle only once it had stood for six samples
MOST_SAMPLES = 1_000_000  # of one video: eleven days at one a second
_DEVICE = "recording"
_Side = Annotated[int, Meta(ge=1, le=65536)]


class Video(Struct, frozen=True, kw_only=True):
    """One row of `videos.csv`."""

    video: str
    frame_step: Annotated[int, Meta(ge=1)]
    step_s: Annotated[float, Meta(gt=0, le=86400)]
    width: _Side
    height: _Side
    detections: Literal["yes", "no"]


class _Row(Struct, frozen=True):
    frame: Annotated[int, Meta(ge=0)]
    left: float
    top: float
    right: float
    bottom: float
    type: str = "car"


class _Area(Struct, frozen=True):
    points: Annotated[PolygonPx, Meta(min_length=3)]


class _Mask(Struct, frozen=True):
    """The forbidden areas of one video, in pixels of a picture of this size."""

    width: _Side
    height: _Side
    polygons: tuple[_Area, ...]


def replay_tracks(folder: Path, *, min_dwell_s: float) -> ParkingReplayReport:
    """Every video of the folder judged; raises CaptureError for a folder that is not of this form."""
    if not isfinite(min_dwell_s) or min_dwell_s <= 0:
        raise CaptureError("garbage", f"--min-dwell {min_dwell_s:g}: expected seconds above 0")
    masks = _read_masks(folder)
    videos = {video.video: _replay(folder, video, masks, min_dwell_s) for video in read_videos(folder)}
    return ParkingReplayReport(min_dwell_s=min_dwell_s, videos=videos)


def _replay(folder: Path, video: Video, masks: dict[str, _Mask], min_dwell_s: float) -> ReplayedVideo:
    """One video judged, or skipped with the reason."""
    path = folder / "detections" / f"{video.video}.jsonl"
    if video.detections == "no" or not path.is_file():
        return ReplayedVideo(skipped="no recorded detections", events=())
    mask = masks.get(video.video)
    if mask is None or not mask.polygons:
        return ReplayedVideo(skipped="no forbidden area in a mask file", events=())
    try:
        rows = _read_rows(path, video)
    except CaptureError as error:
        return ReplayedVideo(skipped=error.detail, events=())
    return ReplayedVideo(skipped=None, events=_judge(video, rows, mask, min_dwell_s))


def _judge(video: Video, rows: Sequence[_Row], mask: _Mask, min_dwell_s: float) -> tuple[ReplayedEvent, ...]:
    """The acts in all areas of one video, in order of their first frame."""
    config = rule.Config(grace_s=min_dwell_s, still_s=STILL_S, left_after_s=OPEN_GAP_S, cover_limit_s=OPEN_GAP_S)
    looks = tuple(_looks(video, rows))
    told: dict[tuple[int, BboxPx], ReplayedEvent] = {}
    for number, area in enumerate(mask.polygons):
        zone = Zone(
            town="published",
            device=_DEVICE,
            zone=f"area-{number}",
            matter="illegal_parking",
            polygon_px=area.points,
            frame_px=(mask.width, mask.height),
        )
        for finding in _closed(looks, zone, config):
            event = _replayed(finding, video)
            told.setdefault((event.first_frame, event.box), event)
    return tuple(told[key] for key in sorted(told))


def _closed(looks: Sequence[Observation], zone: Zone, config: rule.Config) -> Iterator[Finding]:
    state = rule.initial_state()
    for look in looks:
        step = rule.step(state, look, zone, config)
        state = step.state
        yield from (finding for finding in step.findings if finding.phase == "closed")


def _looks(video: Video, rows: Sequence[_Row]) -> Iterator[Observation]:
    """A look at every sample, also where nothing was written; then empty ones until every place is given up."""
    by_frame: dict[int, list[Detection]] = defaultdict(list)
    for row in rows:
        box = (row.left, row.top, row.right, row.bottom)
        by_frame[row.frame].append(Detection(bbox_xyxy_px=box, score=1.0, label=row.type))
    for frame in _sampled(sorted(by_frame), video):
        yield Observation(
            device=_DEVICE,
            at_ns=round(frame / video.frame_step * video.step_s * NS),
            frame_px=(video.width, video.height),
            detections=tuple(by_frame.get(frame, ())),
        )


def _sampled(written: Sequence[int], video: Video) -> Iterator[int]:
    """The frames that were looked at: those written, and one a step in every gap, before them and after them."""
    step = video.frame_step
    at = written[0] % step if written else 0
    for frame in written:
        yield from range(at, frame - step // 2, step)
        yield frame
        at = frame + step
    yield from range(at, at + round(2 * OPEN_GAP_S / video.step_s) * step, step)


def _replayed(finding: Finding, video: Video) -> ReplayedEvent:
    facts = msgspec.convert(finding.facts, Facts, from_attributes=True)

    def frame(at: str) -> int:
        return round(ns_from_utc(at) / NS / video.step_s * video.frame_step)

    return ReplayedEvent(
        first_frame=frame(facts.since),
        due_frame=frame(facts.due),
        last_frame=frame(facts.last_seen),
        dwell_s=facts.dwell_s,
        box=finding.bbox_xyxy_px or (0.0, 0.0, 0.0, 0.0),
        hidden=tuple((frame(span.start), frame(span.end)) for span in facts.spans if span.state == "hidden"),
        grade=finding.grade.level,
    )


def read_videos(folder: Path) -> list[Video]:
    """The rows of `videos.csv`; raises CaptureError for a file of another form."""
    path = folder / "videos.csv"
    videos: list[Video] = []
    try:
        rows = csv.DictReader(io.StringIO(text_of(path.read_bytes()), newline=""))
        for row in rows:
            cells = {name: (row.get(name) or "").strip() for name in Video.__struct_fields__}
            videos.append(msgspec.convert(cells | {"detections": cells["detections"].lower()}, Video, strict=False))
    except (csv.Error, msgspec.ValidationError) as error:
        raise CaptureError("garbage", f"{path} line {rows.line_num}: {error}; expected the list of videos") from error
    except OSError as error:
        raise CaptureError("not_found", f"{path}: {error.strerror}; expected the list of videos") from error
    except UnicodeDecodeError as error:
        raise CaptureError("garbage", f"{path}: {error}; expected the list of videos") from error
    return videos


def _read_rows(path: Path, video: Video) -> list[_Row]:
    """Every written box; raises CaptureError with the line at fault."""
    rows: list[_Row] = []
    try:
        lines = text_of(path.read_bytes()).splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise CaptureError("garbage", f"{path}: {error}; expected JSON lines of boxes") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = msgspec.json.decode(line, type=_Row, strict=False)
        except msgspec.MsgspecError as error:
            raise CaptureError("garbage", f"{path} line {number}: {error}; expected JSON lines of boxes") from error
        if row.frame > MOST_SAMPLES * video.frame_step:
            raise CaptureError("garbage", f"{path} line {number}: frame {row.frame} is beyond {MOST_SAMPLES} samples")
        rows.append(row)
    return rows


def _read_masks(folder: Path) -> dict[str, _Mask]:
    """The forbidden areas by video, of every mask file."""
    masks: dict[str, _Mask] = {}
    for path in sorted(folder.glob("mask_*.json")):
        try:
            masks |= msgspec.json.decode(text_of(path.read_bytes()), type=dict[str, _Mask])
        except (OSError, UnicodeDecodeError, msgspec.MsgspecError) as error:
            raise CaptureError("garbage", f"{path}: {error}; expected forbidden areas by video") from error
    return masks


def main(args: argparse.Namespace) -> int:
    """Runs `parking replay`; 0 when the folder was judged."""
    report = replay_tracks(args.folder, min_dwell_s=args.min_dwell)
    text = msgspec.json.encode(report).decode()
    if args.out is not None:
        args.out.write_text(text + "\n", encoding="utf-8")
    elif args.json:
        print(text)
    else:
        for name, video in report.videos.items():
            print(f"{name}: {video.skipped or f'{len(video.events)} event(s)'}")
            for event in video.events:
                box = ", ".join(f"{edge:.0f}" for edge in event.box)
                print(f"  frames {event.first_frame}-{event.last_frame}, {event.dwell_s:g} s, box {box}, {event.grade}")
    return 0
