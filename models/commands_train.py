"""`tantou models train` and `tantou models export`: from a card and a folder of one's own to a new card, measured.

The heavy work runs in the training environment; this side checks before it and measures after it.
"""

from __future__ import annotations

import argparse
import os
import shlex
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from contract.errors import ModelError
from models.answers import CARD_HELP, progress, registry_of, tell
from models.card_text import card_text
from models.cards import Card, Name, Training
from models.making import (
    ROOT,
    Made,
    Schedule,
    card_of,
    check_classes,
    check_environment,
    checkpoint_of,
    data_sources,
    export_steps,
    measured,
    run_steps,
    start_of,
    training_step,
)
from models.registry import Listed
from models.splits import check_splits

TRAINING_PYTHON = Path(".venv-train") / "bin" / "python"


def export_arguments(parser: argparse.ArgumentParser) -> None:
    """What `export` takes."""
    parser.add_argument("checkpoint", type=Path, metavar="CHECKPOINT", help="a .safetensors state dict of training")
    _making_arguments(parser)


def train_arguments(parser: argparse.ArgumentParser) -> None:
    """What `train` takes."""
    _making_arguments(parser)
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--lr", type=float, default=1e-4, help="peak learning rate")
    parser.add_argument("--seed", type=int, default=11)


def _making_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--from", dest="base", required=True, metavar="CARD", help=CARD_HELP)
    parser.add_argument(
        "--data", type=Path, required=True, metavar="DIR", help="train/, val/, classes.txt, manifest.csv"
    )
    parser.add_argument(
        "--out", dest="folder", type=Path, required=True, metavar="DIR", help="where card and weights go"
    )
    parser.set_defaults(out=None)  # here `--out` is the folder; the answer goes to standard output
    parser.add_argument("--name", help="of the new card; by default the base's with `-own`")
    parser.add_argument("--data-licence", default="the owner's own pictures, not for others", metavar="TEXT")
    parser.add_argument(
        "--python", type=Path, metavar="P", help=f"of the training environment; default {TRAINING_PYTHON}"
    )


def train_card(args: argparse.Namespace) -> int:
    """Fine-tune, export, quantise, measure, write the card; raises ModelError before any work that cannot end well."""
    base = registry_of(args).find(args.base)
    made, cameras, python, start = _made(args, base.card), _checked(args, base.card), _python(args), start_of(base)
    made.checkpoints.mkdir(parents=True, exist_ok=True)
    schedule = Schedule(args.epochs, args.lr, args.seed)
    run_steps(
        python,
        [training_step(start, args.data, base.card.classes, made, schedule)],
        environment=dict(os.environ),
    )
    said = f"tantou models train --from {base.card.name} --data {shlex.quote(args.data.name)} --out {made.folder.name}"
    said += f" --epochs {args.epochs} --lr {args.lr} --seed {args.seed}"
    return _finish(args, base, made, checkpoint_of(made, args.epochs), said, cameras)


def export_card(args: argparse.Namespace) -> int:
    """Make weights and card of one checkpoint; raises ModelError with the reason."""
    base = registry_of(args).find(args.base)
    made, cameras = _made(args, base.card), _checked(args, base.card)
    made.folder.mkdir(parents=True, exist_ok=True)
    said = f"tantou models export {args.checkpoint.name} --from {base.card.name} --data {shlex.quote(args.data.name)}"
    return _finish(args, base, made, args.checkpoint, said, cameras)


def _made(args: argparse.Namespace, base: Card) -> Made:
    """Where the new card goes, under a name that a card may have: found out before training, not after it."""
    name = args.name or f"{base.name}-own"
    try:
        msgspec.convert(name, Name)
    except msgspec.ValidationError as wrong:
        raise ModelError(
            f"--name {name!r}: a card's name is small letters, digits, dots, dashes; 64 at most"
        ) from wrong
    return Made(args.folder, name)


def _checked(args: argparse.Namespace, base: Card) -> tuple[str, ...]:
    """The training cameras of a folder that may be used."""
    check_classes(args.data, base)
    return check_splits(args.data)["train"]


def _python(args: argparse.Namespace) -> Path:
    """The training environment's interpreter, tried; not resolved: a link out of it would leave its packages behind."""
    python = args.python or next((p for p in (TRAINING_PYTHON, ROOT / TRAINING_PYTHON) if p.exists()), TRAINING_PYTHON)
    check_environment(python)
    return Path(python)


def _finish(
    args: argparse.Namespace, base: Listed, made: Made, checkpoint: Path, said: str, cameras: tuple[str, ...]
) -> int:
    run_steps(_python(args), export_steps(checkpoint, args.data, base.card.classes, made), environment=dict(os.environ))
    training = Training(
        commands=(said,),
        seeds=(getattr(args, "seed", 11),),
        date=datetime.now(UTC).date().isoformat(),
        base=f"{base.card.name} {base.card.version}",
        base_licence=base.card.licence,
        data=data_sources(base.card, args.data, cameras, args.data_licence),
    )
    about = f"{base.card.name} {base.card.version} trained on with {args.data.name}: {len(cameras)} cameras"
    heading = (
        f"Model card of {made.name}. Recount its figures: tantou models eval {made.card.name} --data DIR/val --size N"
    )
    card = card_of(base.card, made, training, about)
    made.card.write_text(card_text(card, heading=heading), encoding="utf-8")
    pictures = len(list((args.data / "val" / "images").iterdir()))
    card = measured(card, made, args.data, lambda count: progress(count, pictures))
    made.card.write_text(card_text(card, heading=heading), encoding="utf-8")
    figures = "\n".join(f"  {one.size_px} px: AP50 {one.ap50} on {one.images} pictures" for one in card.metrics)
    answer = {
        "schema": "tantou.models.made/1",
        "card": str(made.card),
        "weight": str(made.int8),
        "metrics": card.metrics,
    }
    tell(args, answer, f"{made.card}\n{figures}")
    return 0
