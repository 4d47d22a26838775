"""`tantou parking replay DIR`: recorded detector output of published videos through the parking rule, frame by frame.

DIR holds `videos.csv`, `detections/<video>.jsonl` (frame, left, top, right, bottom, type) and `mask_*.json` (forbidden
areas by video). Truth (`gt/`, `events.csv`) is never read. The recorder wrote standing vehicles only, and a sample that
misses one is common: a place stays taken for `OPEN_GAP_S`, and what was not seen is told as hidden.
"""

from __future__ import annotations

import argparse
import csv
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from contract.errors import CaptureError
from contract.geometry import BboxPx, PolygonPx
from contract.matters.illegal_parking import Facts
from contract.observations import Detection, Observation
from contract.reports import ParkingReplayReport, ReplayedEvent, ReplayedVideo
from contract.times import NS, ns_from_utc
from detectors import illegal_parking as rule
from detectors.fold import Finding, Zone

OPEN_GAP_S = 60.0  # parking reference 2.2: measured on these recordings
STILL_S = 1.0  # the recorder wrote a vehicle only once it had stood for six samples
_DEVICE = "recording"


class Video(Struct, frozen=True, kw_only=True):
    """One row of `videos.csv`."""

    video: str
    frame_step: int
    step_s: float
    width: int
    height: int
    detections: Literal["yes", "no"]


class _Row(Struct, frozen=True):
    frame: int
    left: float
    top: float
    right: float
    bottom: float
    type: str = "car"


def replay_tracks(folder: Path, *, min_dwell_s: float) -> ParkingReplayReport:
    """Every video of the folder judged; raises CaptureError for a folder that is not of this form."""
    areas = _read_areas(folder)
    videos: dict[str, ReplayedVideo] = {}
    for video in read_videos(folder):
        path = folder / "detections" / f"{video.video}.jsonl"
        if video.detections == "no" or not path.is_file():
            videos[video.video] = ReplayedVideo(skipped="no recorded detections", events=())
        elif video.video not in areas:
            videos[video.video] = ReplayedVideo(skipped="no forbidden area in a mask file", events=())
        else:
            rows = _read_rows(path)
            videos[video.video] = ReplayedVideo(
                skipped=None, events=_judge(video, rows, areas[video.video], min_dwell_s)
            )
    return ParkingReplayReport(min_dwell_s=min_dwell_s, videos=videos)


def _judge(
    video: Video, rows: Sequence[_Row], areas: Sequence[PolygonPx], min_dwell_s: float
) -> tuple[ReplayedEvent, ...]:
    """The acts in all areas of one video, in order of their first frame."""
    config = rule.Config(grace_s=min_dwell_s, still_s=STILL_S, left_after_s=OPEN_GAP_S, cover_limit_s=OPEN_GAP_S)
    looks = tuple(_looks(video, rows))
    told: dict[tuple[int, BboxPx], ReplayedEvent] = {}
    for number, area in enumerate(areas):
        zone = Zone(
            town="published",
            device=_DEVICE,
            zone=f"area-{number}",
            matter="illegal_parking",
            polygon_px=area,
            frame_px=(video.width, video.height),
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
    last = max(by_frame, default=0) + round(2 * OPEN_GAP_S / video.step_s) * video.frame_step
    for frame in range(0, last + 1, video.frame_step):
        yield Observation(
            device=_DEVICE,
            at_ns=round(frame / video.frame_step * video.step_s * NS),
            frame_px=(video.width, video.height),
            detections=tuple(by_frame.get(frame, ())),
        )


def _replayed(finding: Finding, video: Video) -> ReplayedEvent:
    facts = msgspec.convert(finding.facts, Facts, from_attributes=True)

    def frame(at: str) -> int:
        return round(ns_from_utc(at) / NS / video.step_s) * video.frame_step

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
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return [msgspec.convert(row, Video, strict=False) for row in csv.DictReader(file)]
    except (OSError, UnicodeDecodeError, csv.Error, msgspec.ValidationError) as error:
        raise CaptureError("garbage", f"{path}: {error}; expected the list of videos") from error


def _read_rows(path: Path) -> list[_Row]:
    rows: list[_Row] = []
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                rows.append(msgspec.json.decode(line, type=_Row))
            except msgspec.MsgspecError as error:
                raise CaptureError("garbage", f"{path} line {number}: {error}") from error
    return rows


class _Area(Struct, frozen=True):
    points: PolygonPx


class _Mask(Struct, frozen=True):
    width: int
    height: int
    polygons: tuple[_Area, ...]


def _read_areas(folder: Path) -> dict[str, tuple[PolygonPx, ...]]:
    """The forbidden areas by video, of every mask file."""
    areas: dict[str, tuple[PolygonPx, ...]] = {}
    for path in sorted(folder.glob("mask_*.json")):
        try:
            masks = msgspec.json.decode(path.read_bytes(), type=dict[str, _Mask])
        except (OSError, msgspec.MsgspecError) as error:
            raise CaptureError("garbage", f"{path}: {error}; expected forbidden areas by video") from error
        areas |= {video: tuple(area.points for area in mask.polygons) for video, mask in masks.items()}
    return areas


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
