"""What one picture of a plate is worth: a text that two readers agree on, or the named reason why there is none.

Readers are wrong with confidence, so no reader is believed alone: the same text from two of them, written as plates
are, on a colour that allows it, and no second text that as many support. Too small, tilted, dark or blown out is
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
    agreed = [text for text, readers in told.items() if len(readers) >= 2]
    if not agreed:
        return PlateRead(reason=_unread(seen, told, limits))
    if len(agreed) > 1:
        return PlateRead(reason="readers_disagree")
    (text,) = agreed
    kind = kind_of(text, seen.colour, seen.rows)
    if kind is None:
        return PlateRead(reason="colour_conflict")
    return PlateRead(text=text, kind=kind.name)


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
    return "too_bright" if seen.bright > limits.most_bright else None


def supporters(reads: Sequence[RawRead], limits: Limits) -> Mapping[str, frozenset[str]]:
    """Text -> the readers that see it in some cut, surely enough; only texts that a plate can have."""
    told: dict[str, frozenset[str]] = {}
    for read in reads:
        text = tidy(read.text)
        if kinds_of(text) and min(read.sure, default=0.0) >= limits.least_sure:
            told[text] = told.get(text, frozenset()) | {read.reader}
    return told


def _unread(seen: PlateSeen, told: Mapping[str, frozenset[str]], limits: Limits) -> Abstention:
    """Why no two readers agree: they differ, see no plate's text, or too few characters of a plate seen well."""
    if told:
        return "readers_disagree"
    longest = max((len(tidy(read.text)) for read in seen.reads), default=0)
    if longest == 0:
        return "no_plate"
    if longest < limits.shortest_text and seen.width_px >= limits.covered_width_px:
        return "covered"
    return "not_a_plate"
