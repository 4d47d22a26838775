"""The straw rule over labelled tower sequences: hits, latency, false alarms; before and after verification over time.

`python -m tests.bench.straw_sequences --data DIR [--keep FOLDER] [--part develop|judge|all]`

DIR as for `tantou straw replay`; here the labels are read, too. The rule was tuned on the part `develop` alone: the
sequences whose name's SHA-256 begins with 8 to f; the others are the part `judge`. Three ways are compared:
`each frame` calls on any candidate over the card's score at 80 % recall, `5 in a row` on one that touches another in
each of the four frames before, `sequence` is the rule. Counts only: a minute between frames gives no rate a day.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from contract.reports import ReplayedSequence, Shares, StrawCandidate
from edge.inference.plumes_look import card_score
from edge.straw_replay import CARD, open_looker, replay
from tests.bench.lines import show

QUIET = frozenset({"before_ignition", "before_first_box", "no_smoke_known"})
IN_A_ROW = 5


@dataclass(frozen=True)
class Truth:
    """One labelled frame."""

    frame: str
    label: str
    boxes: tuple[Shares, ...]


@dataclass(frozen=True)
class Call:
    """One alarm of any way of judging."""

    frame: str
    box: Shares


@dataclass(frozen=True)
class Score:
    """One sequence under one way: latency in frames of the first hit (None: missed), early and false alarms."""

    is_fire: bool
    latency: int | None
    early: int
    false: int
    false_quiet_frames: int


def part_of(sequence: str) -> str:
    """The part of a sequence, by its name alone."""
    return "develop" if hashlib.sha256(sequence.encode()).hexdigest()[0] in "89abcdef" else "judge"


def trap_of(sequence: str, truths: Sequence[Truth]) -> str:
    """What may be mistaken for smoke there: as the sequence is named; before a fire, whatever the view has."""
    quiet = all(truth.label == "no_smoke_known" for truth in truths)
    return sequence.split("-", 2)[-1] if quiet else "before a fire"


def read_truth(folder: Path) -> dict[str, list[Truth]]:
    """Sequence -> labelled frames in order."""
    truths: dict[str, list[Truth]] = defaultdict(list)
    with (folder / "manifest.csv").open(newline="", encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            boxes = tuple(_box(text) for text in row["boxes"].split(";") if text.strip())
            truths[row["sequence"]].append(Truth(row["frame"], row["label"], boxes))
    return dict(truths)


def score(calls: Sequence[Call], truths: Sequence[Truth]) -> Score:
    """The alarms of one sequence against its labels (acceptance formats, `tantou straw replay`)."""
    order = [truth.frame for truth in truths]
    labels = {truth.frame: truth for truth in truths}
    boxed = [index for index, truth in enumerate(truths) if truth.boxes]
    latency, early, false = None, 0, 0
    for call in calls:
        truth, index = labels[call.frame], order.index(call.frame)
        if truth.label in QUIET:
            false += 1
        elif truth.label == "after_ignition_no_box_yet":
            early += 1
        else:
            # Where this frame has no box of its own, the box nearest in time is what the smoke looks like.
            nearest = min(boxed, key=lambda one, at=index: abs(one - at))  # type: ignore[misc]
            if any(_touch(call.box, box) for box in truths[nearest].boxes):
                latency = index - boxed[0] if latency is None else latency
            else:
                false += truth.label == "smoke"
    quiet = {call.frame for call in calls if labels[call.frame].label in QUIET}
    return Score(bool(boxed), latency, early, false, len(quiet))


def each_frame(candidates: Sequence[StrawCandidate], least: float) -> list[Call]:
    """Every candidate over the score is an alarm: what a detector without a judge does."""
    return [Call(one.frame, one.box) for one in candidates if one.score >= least]


def in_a_row(candidates: Sequence[StrawCandidate], order: Sequence[str], least: float) -> list[Call]:
    """One alarm for a candidate that touches one in each of the frames before; again only after a break."""
    by_frame: dict[str, list[Shares]] = defaultdict(list)
    for one in candidates:
        if one.score >= least:
            by_frame[one.frame].append(one.box)
    runs: list[tuple[Shares, int]] = []
    calls: list[Call] = []
    for frame in order:
        after: list[tuple[Shares, int]] = []
        for box in by_frame[frame]:
            length = 1 + max((count for other, count in runs if _touch(box, other)), default=0)
            after.append((box, length))
            if length == IN_A_ROW:
                calls.append(Call(frame, box))
        runs = after
    return calls


def sequence_calls(replayed: ReplayedSequence) -> list[Call]:
    """The alarms of the rule."""
    return [Call(alarm.frame, alarm.box) for alarm in replayed.alarms]


def main(words: list[str]) -> int:
    """Prints the figures; 0."""
    args = _parser().parse_args(words)
    looker, detector = open_looker(args.card, keep=args.keep)
    least = card_score(detector.card)
    truths = read_truth(args.data)
    report = replay(args.data, looker=looker, detector=detector)
    print(f"{detector.card.name} {detector.card.version} {detector.card.sha256[:12]}, score at 80 % recall {least:.4f}")
    for part in ("develop", "judge") if args.part == "all" else (args.part,):
        names = [name for name in truths if part_of(name) == part]
        ways = {
            "each frame": {n: each_frame(report.sequences[n].candidates, least) for n in names},
            "5 in a row": {
                n: in_a_row(report.sequences[n].candidates, [t.frame for t in truths[n]], least) for n in names
            },
            "sequence": {n: sequence_calls(report.sequences[n]) for n in names},
        }
        print(f"\npart {part}: {len(names)} sequences")
        for way, calls in ways.items():
            _show_way(way, {name: score(calls[name], truths[name]) for name in names}, truths)
        _show_each(names, ways["sequence"], truths)
        _show_holds(names, report.sequences, truths, least)
    return 0


def _show_way(way: str, scores: dict[str, Score], truths: dict[str, list[Truth]]) -> None:
    fires = [one for one in scores.values() if one.is_fire]
    late = sorted(one.latency for one in fires if one.latency is not None)
    median = late[len(late) // 2] if late else None
    show(f"{way}: fires alarmed", f"{len(late)} of {len(fires)}")
    show(f"{way}: frames from the first box, each fire", ", ".join(map(str, late)) or "-")
    if median is not None:
        show(f"{way}: frames from the first box, median and largest", f"{median}, {late[-1]}")
    quiet = sum(truth.label in QUIET for name in scores for truth in truths[name])
    alarmed = sum(one.false_quiet_frames for one in scores.values())
    show(f"{way}: false alarms (frames alarmed of quiet ones)", f"{_false(scores.values())} ({alarmed} of {quiet})")
    by_trap: Counter[str] = Counter()
    for name, one in scores.items():
        by_trap[trap_of(name, truths[name])] += one.false
    for trap, count in sorted(by_trap.items()):
        show(f"{way}: false alarms, {trap}", str(count))


def _false(scores: object) -> int:
    return sum(one.false for one in scores)  # type: ignore[attr-defined]


def _show_each(names: Sequence[str], calls: dict[str, list[Call]], truths: dict[str, list[Truth]]) -> None:
    for name in names:
        one = score(calls[name], truths[name])
        said = f"hit after {one.latency}" if one.latency is not None else ("missed" if one.is_fire else "quiet")
        show(f"  {name}", f"{said}, early {one.early}, false {one.false}")


def _show_holds(
    names: Sequence[str], sequences: dict[str, ReplayedSequence], truths: dict[str, list[Truth]], least: float
) -> None:
    """Why candidates over the score, in quiet frames, were not alarmed."""
    held: Counter[str] = Counter()
    for name in names:
        quiet = {truth.frame for truth in truths[name] if truth.label in QUIET}
        for one in sequences[name].candidates:
            if one.frame in quiet and one.score >= least:
                held[one.held or "not enough looks"] += 1
    for kind, count in held.most_common():
        show(f"  quiet frames: candidates not alarmed, {kind}", str(count))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="straw_sequences", description="the straw rule over labelled sequences")
    parser.add_argument("--data", type=Path, required=True, metavar="DIR")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="detections by weight and picture")
    parser.add_argument("--card", default=CARD)
    parser.add_argument("--part", choices=("develop", "judge", "all"), default="all")
    return parser


def _box(text: str) -> Shares:
    left, top, right, bottom = (float(edge) for edge in text.split())
    return left, top, right, bottom


def _touch(one: Shares, other: Shares) -> bool:
    return min(one[2], other[2]) > max(one[0], other[0]) and min(one[3], other[3]) > max(one[1], other[1])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
