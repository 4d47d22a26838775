"""`tantou models ...`: what cards there are, whether their weights are whole, how good and how quick they are."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import msgspec

from contract.errors import ModelError
from contract.reports import EvalReport
from models.bench import bench
from models.detector import Detector
from models.evaluate import MIN_SCORE, evaluate
from models.labelled import open_folder
from models.registry import OWN_CARDS, Listed, Registry, check_promise, load
from models.runtimes import DEFAULT_RUNTIME, RUNTIME_NAMES, open_runtime

EXIT_GOOD, EXIT_REFUSED = 0, 1


def add_parsers(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The words of this room."""
    models = commands.add_parser("models", help="model cards: list, pull, verify, evaluate")
    words = models.add_subparsers(dest="models_word", required=True, metavar="WORD")
    for word, (text, _) in WORDS.items():
        parser = words.add_parser(word, help=text, description=text)
        parser.add_argument("--cards", type=Path, action="append", default=[], metavar="DIR", help="more cards")
        parser.add_argument("--cache", type=Path, metavar="DIR", help="where pulled weights are kept")
        parser.add_argument("--json", action="store_true", help="print JSON and nothing else")
        parser.add_argument("--out", type=Path, metavar="FILE", help="write the JSON there instead of printing")
        if word == "verify":
            parser.add_argument("card", nargs="*", metavar="CARD", help="name or .toml path; all cards when left out")
        elif word != "list":
            parser.add_argument("card", metavar="CARD", help="a card's name or the path of its .toml")
        if word in ("eval", "bench"):
            parser.add_argument("--size", type=int, default=640, metavar="N", help="long side of the input in px")
            parser.add_argument("--runtime", choices=RUNTIME_NAMES, default=DEFAULT_RUNTIME)
            parser.add_argument("--threads", type=int, default=1, help="CPU threads of the network")
        if word == "eval":
            parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="images/, labels/, classes.txt")
            parser.add_argument("--predictions", type=Path, metavar="P", help="write the raw boxes there")
        if word == "bench":
            parser.add_argument("--batch", type=int, default=1, help="frames in one run")
            parser.add_argument("--runs", type=int, default=30, help="timed runs; the median counts")


def run(args: argparse.Namespace) -> int:
    """Exit code: 0, or 1 when a weight was refused. Raises ModelError or ConfigError with the reason."""
    _, act = WORDS[args.models_word]
    return act(args)


main = run


def _list(args: argparse.Namespace) -> int:
    registry = _registry(args)
    rows = [_row(registry, listed) for listed in registry.list()]
    words = [f"{row.name:<16} {row.version:<8} {row.precision:<8} {row.licence:<18} {row.state}" for row in rows]
    _tell(args, {"schema": "tantou.models/1", "cards": rows}, "\n".join(words) or "no cards")
    return EXIT_GOOD


def _show(args: argparse.Namespace) -> int:
    listed = _registry(args).find(args.card)
    _tell(args, listed.card, listed.file.read_text("utf-8").rstrip())
    return EXIT_GOOD


def _pull(args: argparse.Namespace) -> int:
    registry = _registry(args)
    weight = registry.pull(registry.find(args.card))
    _tell(args, {"schema": "tantou.models.pull/1", "card": args.card, "weight": str(weight)}, str(weight))
    return EXIT_GOOD


def _verify(args: argparse.Namespace) -> int:
    registry = _registry(args)
    chosen = [registry.find(name) for name in args.card] or list(registry.list())
    reasons = {listed.card.name: _reason(registry, listed) for listed in chosen}
    words = [f"{name}: {'good' if reason is None else f'REFUSED, {reason}'}" for name, reason in reasons.items()]
    _tell(args, {"schema": "tantou.models.verify/1", "refused": reasons}, "\n".join(words))
    return EXIT_GOOD if not any(reasons.values()) else EXIT_REFUSED


def _eval(args: argparse.Namespace) -> int:
    detector = _detector(args, threshold=MIN_SCORE)
    folder = open_folder(args.data)
    report = evaluate(
        detector,
        folder,
        predictions=args.predictions,
        progress=lambda count: print(f"\r{count}/{len(folder.images)}", end="", file=sys.stderr, flush=True),
    )
    print(file=sys.stderr)
    _tell(args, report, _in_words(report))
    return EXIT_GOOD


def _bench(args: argparse.Namespace) -> int:
    timing = bench(_detector(args, threshold=None), batch=args.batch, runs=args.runs)
    words = f"{timing.card} {timing.runtime} {timing.size} px, batch {timing.batch}, {args.threads} thread(s): "
    words += f"{timing.whole_ms} ms a frame (prepare {timing.prepare_ms}), {timing.frames_per_core_s} frames/s a core"
    _tell(args, timing, words)
    return EXIT_GOOD


WORDS = {
    "list": ("every card, and whether its weight is here", _list),
    "show": ("one card", _show),
    "pull": ("fetch a card's weight out of the published package it names", _pull),
    "verify": ("check weights: length, hash, licence, and the shape of their answer", _verify),
    "eval": ("measure a card on a labelled folder", _eval),
    "bench": ("time a card on this machine", _bench),
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
        absent = card.origin.package is not None and "not there" in str(refused)
        state = "to be pulled" if absent else str(refused)
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
        check_promise(listed.card, open_runtime(DEFAULT_RUNTIME, registry.weight(listed), threads=1))
    except ModelError as refused:
        return str(refused)
    return None


def _registry(args: argparse.Namespace) -> Registry:
    return Registry(folders=(OWN_CARDS, *args.cards), cache=args.cache)


def _detector(args: argparse.Namespace, *, threshold: float | None) -> Detector:
    registry = _registry(args)
    listed = registry.find(args.card)
    loaded = load(registry, listed, runtime=args.runtime, threads=args.threads)
    return Detector(listed.card, loaded, size_px=args.size, threshold=threshold)


def _in_words(report: EvalReport) -> str:
    shown = {name: value for name, value in report.ap50.items() if value is not None}
    lines = [f"{report.card} at {report.size} px, {report.precision}, {report.runtime}, {report.images} pictures"]
    for name, value in shown.items():
        lines.append(f"  {name:<12} AP50 {value}  AP50-95 {report.ap50_95[name]}  small {report.ap50_small[name]}")
    lines += [f"  {camera:<12} AP50 {found.ap50}  {found.boxes} boxes" for camera, found in report.by_camera.items()]
    if report.at_threshold is not None:
        at = report.at_threshold
        lines.append(f"  at {at.t}: precision {at.p}, recall {at.r}")
    return "\n".join(lines)


def _tell(args: argparse.Namespace, answer: object, words: str) -> None:
    text = msgspec.json.encode(answer).decode() if args.json or args.out else words
    if args.out is None:
        print(text)
    else:
        args.out.write_text(text + "\n", encoding="utf-8")
