"""How the words of `tantou models` answer: text for people, or one JSON document alone on standard output."""

from __future__ import annotations

import argparse
import sys

import msgspec

from models.registry import OWN_CARDS, Registry

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


def progress(count: int, of: int) -> None:
    """One line on standard error that counts up; nothing of it meets the JSON."""
    print(f"\r{count}/{of}", end="\n" if count == of else "", file=sys.stderr, flush=True)
