"""`tantou models ...`: what cards there are, whether their weights are whole, how good and how quick they are."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import msgspec

from contract.errors import ModelError
from contract.reports import EvalReport
from models.answers import CARD_HELP, check_writable, progress, registry_of, side_px, tell, warn
from models.bench import bench
from models.cards import Card
from models.commands_compare import compare_arguments, compare_cards
from models.commands_train import export_arguments, export_card, train_arguments, train_card
from models.detector import Detector
from models.eval_report import write_report
from models.evaluate import MIN_SCORE, judge, report, write_predictions
from models.labelled import LabelledFolder, open_folder, without_picture
from models.registry import Listed, Registry, load
from models.runtimes import DEFAULT_RUNTIME, RUNTIME_NAMES

EXIT_GOOD, EXIT_REFUSED = 0, 1


def add_parsers(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The words of this room."""
    models = commands.add_parser("models", help="model cards: list, pull, verify, measure, compare, train")
    words = models.add_subparsers(dest="models_word", required=True, metavar="WORD")
    for word, (text, add_arguments, _) in WORDS.items():
        parser = words.add_parser(word, help=text, description=text)
        parser.add_argument("--cards", type=Path, action="append", default=[], metavar="DIR", help="more cards")
        parser.add_argument("--cache", type=Path, metavar="DIR", help="where pulled weights are kept")
        parser.add_argument("--json", action="store_true", help="print JSON and nothing else")
        if word not in MAKING:
            parser.add_argument("--out", type=Path, metavar="FILE", help="write the JSON there instead of printing")
        add_arguments(parser)


def _no_arguments(_: argparse.ArgumentParser) -> None:
    """`list` has none of its own."""


def _card_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("card", metavar="CARD", help=CARD_HELP)


def _verify_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("card", nargs="*", metavar="CARD", help="name or .toml path; all cards when left out")


def _running_arguments(parser: argparse.ArgumentParser) -> None:
    _card_argument(parser)
    parser.add_argument("--size", type=side_px, default=640, metavar="N", help="long side of the input in px")
    parser.add_argument("--runtime", choices=RUNTIME_NAMES, default=DEFAULT_RUNTIME)
    parser.add_argument("--threads", type=int, default=1, help="CPU threads of the network")


def _eval_arguments(parser: argparse.ArgumentParser) -> None:
    _running_arguments(parser)
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="images/, labels/, classes.txt")
    parser.add_argument("--predictions", type=Path, metavar="P", help="write the raw boxes there")
    parser.add_argument("--report", type=Path, metavar="DIR", help="write a page and a contact sheet there")


def _bench_arguments(parser: argparse.ArgumentParser) -> None:
    _running_arguments(parser)
    parser.add_argument("--batch", type=int, default=1, help="frames in one run")
    parser.add_argument("--runs", type=int, default=30, help="timed runs; the median counts")


def run(args: argparse.Namespace) -> int:
    """Exit code: 0, or 1 when a weight was refused. Raises ModelError or ConfigError with the reason."""
    _, _, act = WORDS[args.models_word]
    return act(args)


main = run


def _list(args: argparse.Namespace) -> int:
    registry = registry_of(args)
    rows = [_row(registry, listed) for listed in registry.list()]
    words = [f"{row.name:<16} {row.version:<8} {row.precision:<8} {row.licence:<18} {row.state}" for row in rows]
    tell(args, {"schema": "tantou.models/1", "cards": rows}, "\n".join(words) or "no cards")
    return EXIT_GOOD


def _show(args: argparse.Namespace) -> int:
    listed = registry_of(args).find(args.card)
    tell(args, listed.card, listed.file.read_text("utf-8").rstrip())
    return EXIT_GOOD


def _pull(args: argparse.Namespace) -> int:
    registry = registry_of(args)
    weight = registry.pull(registry.find(args.card))
    tell(args, {"schema": "tantou.models.pull/1", "card": args.card, "weight": str(weight)}, str(weight))
    return EXIT_GOOD


def _verify(args: argparse.Namespace) -> int:
    registry = registry_of(args)
    # Unasked, a weight that nobody has pulled yet is no fault; asked for by name, it is.
    absent = [] if args.card else [listed.card.name for listed in registry.list() if not registry.is_here(listed)]
    chosen = [registry.find(name) for name in args.card] or [
        listed for listed in registry.list() if listed.card.name not in absent
    ]
    reasons = {listed.card.name: _reason(registry, listed) for listed in chosen}
    words = [f"{name}: {'good' if reason is None else f'REFUSED, {reason}'}" for name, reason in reasons.items()]
    words += [f"{name}: to be pulled" for name in absent]
    tell(args, {"schema": "tantou.models.verify/1", "refused": reasons, "to_be_pulled": absent}, "\n".join(words))
    return EXIT_GOOD if not any(reasons.values()) else EXIT_REFUSED


def _eval(args: argparse.Namespace) -> int:
    check_writable(args.out, args.predictions)
    detector = _detector(args, threshold=MIN_SCORE)
    # A folder that names no classes is taken to number them as the card does.
    opened = open_folder(args.data, unnamed=detector.card.classes)
    unread: list[str] = []

    def tell_unread(image: str, error: ModelError) -> None:
        unread.append(image)
        warn(error)

    folder = replace(opened, on_unread=tell_unread)
    for doubt in _doubts(folder, detector.card):
        warn(f"{args.data}: {doubt}")
    judged = judge(detector, folder, lambda count: progress(count, len(folder.images)))
    if not judged:
        raise ModelError(f"{args.data}: none of the {len(unread)} pictures can be read")
    if args.predictions is not None:
        with args.predictions.open("w", encoding="utf-8") as lines:
            write_predictions(judged, lines)
    found = report(detector.card, judged, size_px=detector.size_px, runtime=detector.runtime, unread=tuple(unread))
    if args.report is not None:
        write_report(args.report, args.data, detector.card, found, judged)
    tell(args, found, _in_words(found))
    return EXIT_GOOD


def _doubts(folder: LabelledFolder, card: Card) -> Iterator[str]:
    """What makes the figures of a folder mean less than they seem to."""
    strangers = [name for name in folder.classes if name not in card.classes]
    if strangers:
        yield f"classes that {card.name} does not know are not counted: {', '.join(strangers)}"
    if not folder.rows:
        yield "no picture has a label file under labels/: each counts as one with nothing to find"
    if missing := without_picture(folder):
        yield f"{len(missing)} label file(s) without a picture are not counted, {missing[0]} is the first"


def _bench(args: argparse.Namespace) -> int:
    timing = bench(_detector(args, threshold=None), batch=args.batch, runs=args.runs)
    words = f"{timing.card} {timing.runtime} {timing.size} px, batch {timing.batch}, {args.threads} thread(s): "
    words += f"{timing.whole_ms} ms a frame (prepare {timing.prepare_ms}), {timing.frames_per_core_s} frames/s a core"
    tell(args, timing, words)
    return EXIT_GOOD


MAKING = ("train", "export")  # their `--out` is the folder of what they make
WORDS = {
    "list": ("every card, and whether its weight is here", _no_arguments, _list),
    "show": ("one card", _card_argument, _show),
    "pull": ("fetch a card's weight out of the published package it names", _card_argument, _pull),
    "verify": ("check weights: length, hash, licence, and the shape of their answer", _verify_arguments, _verify),
    "eval": ("measure a card on a labelled folder", _eval_arguments, _eval),
    "compare": ("measure cards on the same pictures, against the first", compare_arguments, compare_cards),
    "bench": ("time a card on this machine", _bench_arguments, _bench),
    "train": ("fine-tune a card on your own pictures and write a new card", train_arguments, train_card),
    "export": ("make weights and a card of a training checkpoint", export_arguments, export_card),
}


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One line of `list`."""

    name: str
    version: str
    precision: str
    licence: str
    size_bytes: int
    state: str


def _row(registry: Registry, listed: Listed) -> Row:
    card = listed.card
    try:
        registry.weight(listed)
        state = "here"
    except ModelError as refused:
        state = str(refused) if registry.is_here(listed) else "to be pulled"
    return Row(
        name=card.name,
        version=card.version,
        precision=card.precision,
        licence=card.licence,
        size_bytes=card.size_bytes,
        state=state,
    )


def _reason(registry: Registry, listed: Listed) -> str | None:
    """Why a card's weight is refused; None: it is good, on the default runtime."""
    try:
        load(registry, listed, task=listed.card.task)
    except ModelError as refused:
        return str(refused)
    return None


def _detector(args: argparse.Namespace, *, threshold: float | None) -> Detector:
    registry = registry_of(args)
    listed = registry.find(args.card)
    loaded = load(registry, listed, runtime=args.runtime, threads=args.threads)
    return Detector(listed.card, loaded, size_px=args.size, threshold=threshold)


def _in_words(report: EvalReport) -> str:
    known = {name: value for name, value in report.ap50.items() if value is not None}
    between = "" if report.ap50_90 is None else f", 90 % interval of AP50 {report.ap50_90[0]} to {report.ap50_90[1]}"
    lines = [
        f"{report.card} at {report.size} px, {report.precision}, {report.runtime}, {report.images} pictures{between}"
    ]
    for name, value in known.items():
        lines.append(f"  {name:<12} AP50 {value}  AP50-95 {report.ap50_95[name]}  small {report.ap50_small[name]}")
    for name, part in (report.by_camera | report.by_scene | report.by_size).items():
        lines.append(f"  {name:<12} AP50 {part.ap50} {part.ap50_90 or ''}  {part.boxes} boxes  p {part.p}  r {part.r}")
    if report.at_threshold is not None:
        at = report.at_threshold
        lines.append(f"  at {at.t}: precision {at.p}, recall {at.r}")
    if report.smoke is not None:
        found = report.smoke
        lines.append(
            f"  four smokes of five found at {found.t_at_r80}: {found.alarmed} of {found.negatives} alarmed falsely"
        )
        lines.append(f"  found by size {found.recall_by_size}")
    return "\n".join(lines)
