"""`tantou models compare`: runs every card at every size in every runtime on one folder, then times them in turn."""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import msgspec
import numpy as np

from contract.errors import ModelError
from models.answers import CARD_HELP, check_writable, progress, registry_of, side_px, tell
from models.bench import side_by_side
from models.cards import Card
from models.compare import CompareReport, Skipped, Tried, as_page, compare, cost_plot, in_words
from models.detector import Detector
from models.evaluate import MIN_SCORE, judge
from models.labelled import Judged, LabelledFolder, open_folder
from models.registry import Listed, Registry, load
from models.runtimes import RUNTIME_NAMES, Runtime


def compare_arguments(parser: argparse.ArgumentParser) -> None:
    """What `compare` takes."""
    parser.add_argument("card", nargs="+", metavar="CARD", help=f"{CARD_HELP}; the others are held against the first")
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="images/, labels/, classes.txt")
    parser.add_argument(
        "--size", type=side_px, nargs="+", default=[640], metavar="N", help="long sides of the input in px"
    )
    parser.add_argument("--runtime", nargs="+", choices=RUNTIME_NAMES, default=list(RUNTIME_NAMES))
    parser.add_argument("--timed", type=int, default=40, metavar="N", help="pictures to time, all cards in turn")
    parser.add_argument("--report", type=Path, metavar="DIR", help="write page, plot and figures there")


def compare_cards(args: argparse.Namespace) -> int:
    """Exit code 0; raises ModelError when the first card cannot be run at any size."""
    check_writable(args.out)
    cv2.setNumThreads(1)  # one thread is what a camera gets, and what the times are to be of
    registry = registry_of(args)
    cards = [registry.find(name) for name in args.card]
    names = [listed.card.name for listed in cards]
    if len(set(names)) < len(names):
        raise ModelError(
            f"cards to compare must differ in name, found {', '.join(names)}; rename one (`name` in its file)"
        )
    folder = open_folder(args.data, unnamed=cards[0].card.classes)
    ran: list[Ran] = []
    skipped: list[Skipped] = []
    for listed in cards:
        for runtime in args.runtime:
            _run(_Asked(registry, listed, runtime, tuple(args.size)), folder, ran, skipped)
    first = cards[0].card.name
    if not ran or ran[0].card.name != first:
        raise ModelError(f"{first}, which the others are held against, could not be run: {skipped[0].reason}")
    frames = [frame for frame, _ in _evenly(folder, args.timed)]
    # At the card's own threshold: otherwise the many weak boxes of an evaluation would be timed.
    times = side_by_side([Detector(one.card, one.loaded, size_px=one.size) for one in ran], frames)
    tried = [
        Tried(card=one.card, size=one.size, runtime=one.loaded.name, judged=one.judged, wall_ms=wall, cpu_ms=cpu)
        for one, (wall, cpu) in zip(ran, times, strict=True)
    ]
    report = compare(tried, skipped, timed_pictures=len(frames))
    if args.report is not None:
        _write(args.report, report)
    tell(args, report, in_words(report))
    return 0


@dataclass(frozen=True)
class _Asked:
    registry: Registry
    listed: Listed
    runtime: str
    sizes: tuple[int, ...]


@dataclass(frozen=True)
class Ran:
    """One card at one size in one loaded runtime, with every picture judged."""

    card: Card
    loaded: Runtime
    size: int
    judged: tuple[Judged, ...]


def _run(asked: _Asked, folder: LabelledFolder, ran: list[Ran], skipped: list[Skipped]) -> None:
    """Judge all pictures at each size; what cannot run is put to `skipped` with its reason, and the rest goes on."""
    card = asked.listed.card

    def skip(size: int, refused: ModelError) -> None:
        reason = " ".join(str(refused).split())
        skipped.append(Skipped(card=card.name, size=size, runtime=asked.runtime, reason=reason))

    try:
        loaded = load(asked.registry, asked.listed, runtime=asked.runtime)
    except ModelError as refused:
        for size in asked.sizes:
            skip(size, refused)
        return
    for size in asked.sizes:
        print(f"{card.name}, {size} px, {asked.runtime}", file=sys.stderr)
        detector = Detector(card, loaded, size_px=size, threshold=MIN_SCORE)
        try:
            judged = judge(detector, folder, lambda count: progress(count, len(folder.images)))
        except ModelError as refused:
            skip(size, refused)
        else:
            ran.append(Ran(card, loaded, size, tuple(judged)))


def _evenly(folder: LabelledFolder, count: int) -> LabelledFolder:
    """A part of a folder: `count` of its pictures, evenly over their order, so that every camera has its share."""
    chosen = np.unique(np.linspace(0, len(folder.images) - 1, max(count, 1)).round().astype(int))
    return replace(folder, images=tuple(folder.images[at] for at in chosen))


def _write(out: Path, report: CompareReport) -> None:
    out.mkdir(parents=True, exist_ok=True)
    (out / "compare.html").write_text(as_page(report), encoding="utf-8")
    (out / "ap-against-time.svg").write_text(cost_plot(report), encoding="utf-8")
    (out / "compare.json").write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=1) + b"\n")
