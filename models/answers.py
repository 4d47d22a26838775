"""How the words of `tantou models` answer: text for people, or one JSON document alone on standard output."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import msgspec

from contract.errors import ModelError
from models.registry import OWN_CARDS, Registry

SIDES_PX = (32, 4096)  # of a network's input: one stride, and what a CPU still runs
CARD_HELP = "a card's name or the path of its .toml"


def registry_of(args: argparse.Namespace) -> Registry:
    """The built-in cards and those of `--cards`, with the cache of `--cache`."""
    return Registry(folders=(OWN_CARDS, *args.cards), cache=args.cache)


def tell(args: argparse.Namespace, answer: object, words: str) -> None:
    """Print `words`, or `answer` as JSON when that was asked for; `--out FILE` takes it instead of standard output."""
    text = msgspec.json.encode(answer).decode() if args.json or args.out else words
    if args.out is None:
        print(text)
    else:
        args.out.write_text(text + "\n", encoding="utf-8")


def side_px(text: str) -> int:
    """The long side that `--size` asks for; raises ArgumentTypeError for one that no input has."""
    if not text.isdecimal() or not SIDES_PX[0] <= int(text) <= SIDES_PX[1]:
        raise argparse.ArgumentTypeError(f"{text[:20]!r} is no side in px; expected {SIDES_PX[0]} to {SIDES_PX[1]}")
    return int(text)


def check_writable(*files: Path | None) -> None:
    """Pass when each file can be made where it is wanted: better known before an hour of work than after it."""
    for file in files:
        if file is not None and (file.is_dir() or not file.absolute().parent.is_dir()):
            raise ModelError(f"{file}: cannot be written; its folder must be there, and it must be no folder itself")


def warn(text: object) -> None:
    """One line on standard error; nothing of it meets the JSON."""
    print(text, file=sys.stderr, flush=True)


def progress(count: int, of: int) -> None:
    """One line on standard error that counts up; nothing of it meets the JSON."""
    print(f"\r{count}/{of}", end="\n" if count == of else "", file=sys.stderr, flush=True)
