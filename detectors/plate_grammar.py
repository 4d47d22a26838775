"""Which kinds of plate a text can be, and whether its colour and rows allow that.

In: texts as readers give them. Out: kinds of `contract.plates.KINDS`. No character is ever filled in or guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from contract.plates import ALPHABETS, KINDS, Colour, PlateKind

SEPARATORS = " ·•・.:,-_'`"
# Readers know letters that no plate has; both stand for the digit that they look like.
LOOKS_LIKE = {"O": "0", "I": "1"}
DROPPED = str.maketrans({**dict.fromkeys(SEPARATORS), **LOOKS_LIKE})


def _pattern(kind: PlateKind) -> re.Pattern[str]:
    written = (
        "".join(f"[{ALPHABETS[mark]}]" if mark in ALPHABETS else mark for mark in form.replace("/", ""))
        for form in kind.forms
    )
    return re.compile("|".join(written))


_PATTERNS = tuple((kind, _pattern(kind)) for kind in KINDS)


def tidy(raw: str) -> str:
    """A reader's text as plates are written: no dots or spaces, O and I as the digits they look like."""
    return raw.translate(DROPPED)


def kinds_of(text: str) -> tuple[PlateKind, ...]:
    """Every kind that has such a text, in the order of the table; empty: no plate is written so."""
    return tuple(kind for kind, pattern in _PATTERNS if pattern.fullmatch(text))


def kind_of(text: str, colour: Colour | None, rows: int) -> PlateKind | None:
    """The kind of a text on that colour and in that many rows; None: colour and text contradict each other.

    An unknown colour contradicts nothing. Rows only choose between kinds: a double row can look like one from afar.
    """
    allowed = [kind for kind in kinds_of(text) if colour is None or colour in _seen_as(kind.colours)]
    return min(allowed, key=lambda kind: kind.rows != rows, default=None)


def _seen_as(colours: Iterable[Colour]) -> set[Colour]:
    """The colours that pixels may show for a plate: of a yellow-green one, the green part alone may be in sight."""
    return {*colours, *(("green",) if "yellow-green" in colours else ())}
