"""The parking rule over recorded detections of published videos, beside their truth, video by video.

`python -m tests.bench.parking_tracks --data DIR` where DIR holds what `tantou parking replay` reads and `events.csv`,
`gt/<video>.jsonl`. An event counts when it lasts `--min-dwell`; it is found by an act that overlaps it in time with
boxes of IoU >= 0.3. Standing time runs from an event's first to its last truth frame.
"""

from __future__ import annotations

import argparse
import csv
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from contract.geometry import BboxPx
from contract.reports import ReplayedEvent
from detectors.geometry import iou
from edge.tracks import Video, read_videos, replay_tracks
from tests.bench.lines import percentile

MATCH_IOU = 0.3


@dataclass(frozen=True)
class Truth:
    """One event of `events.csv`, in frames of its video."""

    video: str
    first_frame: int
    last_frame: int
    box: BboxPx

    def lasts_s(self, video: Video) -> float:
        """How long it stands."""
        return (self.last_frame - self.first_frame) / video.frame_step * video.step_s


@dataclass(frozen=True)
class Score:
    """What one video came to; frames are samples of standing time."""

    found: int
    missed: int
    false: int
    errors_s: tuple[float, ...]
    standing: int
    covered: int
    covered_seen: int


def read_truth(folder: Path) -> dict[str, list[Truth]]:
    """The events by video."""
    events: dict[str, list[Truth]] = defaultdict(list)
    with (folder / "events.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["type"] == "none":
                continue
            left, top, right, bottom = (float(row[edge]) for edge in ("left", "top", "right", "bottom"))
            truth = Truth(row["video"], int(row["first_frame"]), int(row["last_frame"]), (left, top, right, bottom))
            events[row["video"]].append(truth)
    return events


def score(video: Video, truths: list[Truth], told: tuple[ReplayedEvent, ...], *, min_dwell_s: float) -> Score:
    """Each act goes to the truth it overlaps longest; acts on events that are too short to count are no false ones."""
    lasting = [truth for truth in truths if truth.lasts_s(video) >= min_dwell_s]
    acts: dict[Truth, list[ReplayedEvent]] = defaultdict(list)
    false = 0
    for act in told:
        fitting = [truth for truth in truths if _shared(truth, act) > 0 and iou(truth.box, act.box) >= MATCH_IOU]
        if not fitting:
            false += 1
            continue
        acts[max(fitting, key=lambda truth: _shared(truth, act))].append(act)
    false += sum(len(own) - 1 for own in acts.values())  # an event told twice is told once too often
    found = [truth for truth in lasting if truth in acts]
    standing = covered = covered_seen = 0
    for truth in lasting:
        frames = range(truth.first_frame, truth.last_frame + 1, video.frame_step)
        standing += len(frames)
        for frame in frames:
            over = [act for act in acts.get(truth, []) if act.first_frame <= frame <= act.last_frame]
            covered += bool(over)
            covered_seen += any(not any(a < frame <= b for a, b in act.hidden) for act in over)
    errors = tuple(abs(sum(act.dwell_s for act in acts[truth]) - truth.lasts_s(video)) for truth in found)
    return Score(len(found), len(lasting) - len(found), false, errors, standing, covered, covered_seen)


def _shared(truth: Truth, act: ReplayedEvent) -> int:
    return min(truth.last_frame, act.last_frame) - max(truth.first_frame, act.first_frame)


def total(scores: list[Score]) -> Score:
    """All videos together."""
    return Score(
        sum(one.found for one in scores),
        sum(one.missed for one in scores),
        sum(one.false for one in scores),
        tuple(error for one in scores for error in one.errors_s),
        sum(one.standing for one in scores),
        sum(one.covered for one in scores),
        sum(one.covered_seen for one in scores),
    )


def told(name: str, of: Score) -> str:
    """One line of the table."""
    precision = of.found / (of.found + of.false) if of.found + of.false else None
    recall = of.found / (of.found + of.missed) if of.found + of.missed else None
    f1 = 2 * of.found / (2 * of.found + of.false + of.missed) if of.found + of.false + of.missed else None
    errors = (
        f"{percentile(of.errors_s, 0.5):6.1f} {percentile(of.errors_s, 0.95):6.1f}"
        if of.errors_s
        else f"{'-':>6} {'-':>6}"
    )
    frames = [None if not of.standing else part / of.standing for part in (of.covered, of.covered_seen)]
    shares = " ".join("     -" if value is None else f"{value:6.3f}" for value in (precision, recall, f1, *frames))
    return f"{name:<18} {of.found:3} {of.missed:3} {of.false:3} {shares} {errors}"


def main() -> None:
    """Prints the table: events, shares, frame recall with hidden spans and on seen frames, dwell error in seconds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--min-dwell", type=float, default=60.0)
    args = parser.parse_args()
    truths = read_truth(args.data)
    report = replay_tracks(args.data, min_dwell_s=args.min_dwell)
    videos = {video.video: video for video in read_videos(args.data)}
    print(f"{'video':<18} tp  fn  fp {'P':>6} {'R':>6} {'F1':>6} {'frames':>6} {'seen':>6} {'median':>6} {'p95':>6}")
    scores: dict[str, list[Score]] = defaultdict(list)
    for name, video in report.videos.items():
        if video.skipped is not None:
            print(f"{name:<18} {video.skipped}")
            continue
        one = score(videos[name], truths.get(name, []), video.events, min_dwell_s=args.min_dwell)
        scores["".join(c for c in name if c.isalpha())].append(one)
        print(told(name, one))
    for group, some in scores.items():
        if len(some) > 1:
            print(told(f"all {group}", total(some)))
    print(told("all", total([one for some in scores.values() for one in some])))


if __name__ == "__main__":
    main()
