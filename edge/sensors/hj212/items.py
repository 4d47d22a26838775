"""The data area between `&&` and `&&`: what the device wrote, as typed values with their marks.

A device sends the same names all day, so the shape of an area (names and separators) is understood once and kept; a
frame of a known shape costs one regular expression and its numbers.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from msgspec import Struct

from edge.sensors.hj212.dialects import MARKS, Version
from edge.sensors.hj212.names import Kind
from edge.sensors.hj212.shapes import NO_MARK, Shape, shape_of
from edge.sensors.hj212.tolerances import Tolerance
from edge.sensors.hj212.values import moment, number

MAX_TEXT: Final = 2048  # of a log text between // and //, in which separators mean nothing
_VALUE: Final = re.compile(rf"=(//.{{0,{MAX_TEXT}}}?//(?=[;,]|\Z)|[^;,=]*)", re.DOTALL)
_GLUED: Final = re.compile(
    r"-Flag=(?P<mark>[A-Za-z0-9])(?P<after_mark>[A-Za-z][\w.]*-[A-Za-z]+=)"
    r"|=(?P<number>[-+.0-9]+)(?P<after_number>[A-Za-z][\w.]*(?:-[A-Za-z]+)?=)"
)


class Value(Struct, frozen=True, gc=False):
    """One value: `value` None when it is no number; `text` as sent; `flag` the factor's mark as sent, None: none."""

    code: str
    field: str | None
    value: float | None
    text: str
    flag: str | None = None


class Items(Struct, frozen=True):
    """A data area. `data_time` None: absent or unreadable, its text beside it; `unread` numbers that gave None;
    `conflict`: a number, time or mark stands twice with different texts, and no one can say which is meant."""

    values: tuple[Value, ...]
    data_time: datetime | None = None
    data_time_text: str | None = None
    unread: int = 0
    marks: tuple[str, ...] = ()
    conflict: bool = False
    slips: frozenset[Tolerance] = frozenset()


def parse_items(text: str, version: Version) -> Items:
    """Everything the data area says, with the tolerances it needed; never fails."""
    parts = _VALUE.split(text)
    shape = shape_of(tuple(parts[::2]), version)
    slips = set(shape.slips)
    if shape.glued and (parted := _parted(text)) != text:
        parts = _VALUE.split(parted)
        shape = shape_of(tuple(parts[::2]), version)
        slips |= shape.slips
    if "&&" in text or "\r" in text or "\n" in text:
        slips.add(Tolerance.TEXT_BREAK)
    return _typed(_texts(text, parts[1::2], shape, slips), shape, MARKS[version], slips)


def _parted(text: str) -> str:
    """The area with the separators put in that were lost between a mark, number or time and the next name."""

    def part(found: re.Match[str]) -> str:
        if found["mark"]:
            return f"-Flag={found['mark']};{found['after_mark']}"
        following = found["after_number"]
        return f"={found['number']}{',' if following.endswith('-Flag=') else ';'}{following}"

    before = None
    while before != text:  # a name that was just parted may be glued to the one after it
        before, text = text, _GLUED.sub(part, text)
    return text


def _texts(text: str, sent: list[str], shape: Shape, slips: set[Tolerance]) -> list[str]:
    """The texts of the values, blanks around them taken off, torn ones put together."""
    if len(text.split(None, 1)) > 1 or text[:1].isspace() or text[-1:].isspace():
        stripped = [one.strip() for one in sent]
        if stripped != sent:
            slips.add(Tolerance.SEPARATORS)
        sent = stripped
    for index, torn_off in shape.torn:
        sent[index] += torn_off
    return sent


def _typed(texts: list[str], shape: Shape, known_marks: frozenset[str], slips: set[Tolerance]) -> Items:
    values: list[Value] = []
    data_time: datetime | None = None
    unread = 0
    skipped, conflict = _doubled(texts, shape, slips) if shape.doubled else (frozenset(), False)
    for index, code, field, kind, mark_at in shape.columns:
        text = texts[index]
        if kind is Kind.TIME:
            when, clean = moment(text)
            if not clean:
                slips.add(Tolerance.TIME)
            if index == shape.data_time_at:
                data_time = when
                continue
            value = None
        else:
            value, clean = number(text)
            if not clean:
                if kind is Kind.NUMBER:
                    slips.add(Tolerance.NUMBER)
                    unread += value is None
                else:
                    value = None
        if index not in skipped:
            values.append(Value(code, field, value, text, texts[mark_at] if mark_at != NO_MARK else None))
    marks = [texts[index] for index in shape.marks]
    if not known_marks.issuperset(marks):
        slips.add(Tolerance.CODE)
    data_time_text = None if shape.data_time_at is None else texts[shape.data_time_at]
    return Items(tuple(values), data_time, data_time_text, unread, tuple(marks), conflict, frozenset(slips))


def _doubled(texts: list[str], shape: Shape, slips: set[Tolerance]) -> tuple[frozenset[int], bool]:
    """Values that stand twice alike are taken once (T8); whether one stands there with two texts."""
    alike = frozenset(index for index, first in shape.doubled if texts[index] == texts[first])
    if alike:
        slips.add(Tolerance.SEPARATORS)
    return alike, any(index not in alike and index not in shape.free for index, _ in shape.doubled)
