"""What one picture of a plate is worth: a text that two readers agree on, or the named reason why there is none.

Readers are wrong with confidence, so no reader is believed alone: the same text from two of them, written as plates
are, on a colour that allows it, and no second text that as many support. What the seen colour forbids counts for
nothing: eight characters on blue are one too many, whoever reads them. Too small, tilted, dark or blown out is
refused before anybody reads. Nothing is filled in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from contract.plates import Abstention, PlateRead, PlateSeen, RawRead
from detectors.plate_grammar import kind_of, kinds_of, tidy


class Limits(Struct, frozen=True, kw_only=True):
    """From where on a plate is not read; measured in the working reference, 3.2 and 3.4."""

    least_width_px: float = 60.0
    most_tilt_deg: float = 30.0
    least_corner_score: float = 0.5
    most_dark: float = 0.9
    most_bright: float = 0.6
    least_sharpness: float = 4.5  # readers agree on wrong glyphs below; day plates that are read have 10 to 60
    least_sure: float = 0.5  # the least probable character of a read
    shortest_text: int = 7
    covered_width_px: float = 100.0  # wide enough that missing characters are not the distance


def read_one(seen: PlateSeen, limits: Limits | None = None) -> PlateRead:
    """The text of one plate in one picture, or why it has none."""
    limits = limits or Limits()
    reason = unfit(seen, limits)
    if reason is not None:
        return PlateRead(reason=reason)
    told = supporters(seen.reads, limits)
    possible = {text: readers for text, readers in told.items() if kind_of(text, seen.colour, 1) is not None}
    agreed = [text for text, readers in possible.items() if len(readers) >= 2]
    if not agreed:
        return PlateRead(reason=_unread(seen, told, possible, limits))
    text = agreed[0]
    # Readers drop characters more often than they add one: a longer plate's text that holds this one speaks against it.
    if len(agreed) > 1 or any(text in longer for longer in possible if longer != text):
        return PlateRead(reason="readers_disagree")
    kind = kind_of(text, seen.colour, _rows(text, seen.reads))
    return PlateRead(text=text, kind=kind.name if kind else None)


def unfit(seen: PlateSeen, limits: Limits) -> Abstention | None:
    """Why a plate is not to be read at all, whatever readers make of it."""
    if seen.width_px < limits.least_width_px:
        return "too_small"
    if seen.corner_score < limits.least_corner_score:
        return "corners_unsure"
    if seen.tilt_deg > limits.most_tilt_deg:
        return "tilted"
    if seen.dark > limits.most_dark:
        return "too_dark"
    if seen.bright > limits.most_bright:
        return "too_bright"
    return "blurred" if seen.sharpness < limits.least_sharpness else None


def supporters(reads: Sequence[RawRead], limits: Limits) -> Mapping[str, frozenset[str]]:
    """Text -> the readers that see it in some cut, surely enough; only what a plate of the cut's rows can say."""
    told: dict[str, frozenset[str]] = {}
    for read in reads:
        text = tidy(read.text)
        if any(kind.rows == read.rows for kind in kinds_of(text)) and min(read.sure, default=0.0) >= limits.least_sure:
            told[text] = told.get(text, frozenset()) | {read.reader}
    return told


def _rows(text: str, reads: Sequence[RawRead]) -> int:
    """The rows for which the plate was cut when it said this text; the fewer when both did."""
    return min((read.rows for read in reads if tidy(read.text) == text), default=1)


Told = Mapping[str, frozenset[str]]


def _unread(seen: PlateSeen, told: Told, possible: Told, limits: Limits) -> Abstention:
    """Why no text stands: agreed on the wrong colour, no agreement, or too few characters on a clear plate."""
    if any(len(readers) >= 2 and text not in possible for text, readers in told.items()):
        return "colour_conflict"
    if told:
        return "readers_disagree"
    longest = max((len(tidy(read.text)) for read in seen.reads), default=0)
    if longest == 0:
        return "no_plate"
    if longest < limits.shortest_text and seen.width_px >= limits.covered_width_px:
        return "covered"
    return "not_a_plate"
