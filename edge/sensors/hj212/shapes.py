"""The shape of a data area: its names and separators without the values, understood once and kept by its text."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from msgspec import Struct

from edge.sensors.hj212.dialects import Version
from edge.sensors.hj212.names import Kind, Name, name_of
from edge.sensors.hj212.tolerances import Tolerance

CACHED_SHAPES: Final = 256
LONGEST_CACHED_SHAPE: Final = 160  # values; a strict data area of 950 bytes seldom has more
NO_MARK: Final = -1
_SEPARATOR: Final = re.compile(r"([;,])")

Column = tuple[int, str, str | None, Kind, int]  # which text, code, field, kind, which text is its mark


class Shape(Struct, frozen=True):
    """How the texts of an area are read, by their index. `columns` are all but the `marks`; `torn` is what
    belongs behind a text (`0,62` is one value); `doubled` pairs (again, first) of one name; `free` those that may then
    differ; `glued`: a separator is lost inside a value."""

    columns: tuple[Column, ...]
    marks: tuple[int, ...]
    data_time_at: int | None
    slips: frozenset[Tolerance]
    torn: tuple[tuple[int, str], ...]
    doubled: tuple[tuple[int, int], ...]
    free: frozenset[int]
    glued: bool


def shape_of(heads: tuple[str, ...], version: Version) -> Shape:
    """The shape of an area cut at its values: what stands before the first, between them, and behind the last."""
    return _cached(heads, version) if len(heads) <= LONGEST_CACHED_SHAPE else _understood(heads, version)


def _understood(heads: tuple[str, ...], version: Version) -> Shape:
    slips: set[Tolerance] = set()
    names: list[Name] = []
    joins: list[str] = []
    torn: list[tuple[int, str]] = []
    for index, head in enumerate(heads):
        *before, raw = _SEPARATOR.split(head)
        if index == len(heads) - 1:
            before, raw = [*before, raw], ""
        leftover, join = _between(before, first=index == 0, last=index == len(heads) - 1, slips=slips)
        if leftover:
            if index and names[-1].kind is Kind.NUMBER:
                torn.append((index - 1, leftover))
            else:
                slips.add(Tolerance.SEPARATORS)
        if index < len(heads) - 1:
            names.append(name_of(raw))
            joins.append(join)
            slips.update(names[-1].slips)
    if _wrongly_joined(names, joins, version):
        slips.add(Tolerance.SEPARATORS)
    return _shape(names, frozenset(slips), tuple(torn), glued="" in heads[1:-1])


def _between(pieces: list[str], *, first: bool, last: bool, slips: set[Tolerance]) -> tuple[str, str]:
    """(what belongs to the value before, the separator before the next name) of what stands between two values."""
    expected = 0 if first or last else 2
    joined = "".join(pieces)
    if len(pieces) == expected and not (pieces and pieces[0]):
        return "", pieces[-1] if pieces else ""
    if last and not joined:
        return "", ""
    rest = joined if last else joined[:-1]
    if not rest.strip("; \t\r\n,") or len(pieces) < 2:
        slips.add(Tolerance.SEPARATORS)
        return "", pieces[-1] if pieces else ""
    return rest.rstrip("; \t\r\n"), pieces[-1]


def _wrongly_joined(names: list[Name], joins: list[str], version: Version) -> bool:
    """`,` joins the values of one factor, `;` parts factors; in 2005 `,` may also join plain names."""
    for before, name, join in zip(names, names[1:], joins[1:], strict=False):
        plain = before.field is None and name.field is None
        if join == "," and before.code != name.code and not (plain and version is Version.HJT_2005):
            return True
        if join == ";" and before.code == name.code and before.field and name.field and before.field != name.field:
            return True
    return False


def _shape(names: list[Name], slips: frozenset[Tolerance], torn: tuple[tuple[int, str], ...], *, glued: bool) -> Shape:
    first: dict[tuple[str, str | None], int] = {}
    doubled = []
    for index, name in enumerate(names):
        if (at := first.setdefault((name.code, name.field), index)) != index:
            doubled.append((index, at))
    marks = {name.code: first[name.code, name.field] for name in names if name.kind is Kind.MARK}
    return Shape(
        columns=tuple(
            (index, name.code, name.field, name.kind, marks.get(name.code, NO_MARK))
            for index, name in enumerate(names)
            if name.kind is not Kind.MARK
        ),
        marks=tuple(index for index, name in enumerate(names) if name.kind is Kind.MARK),
        data_time_at=first.get(("DataTime", None)),
        slips=slips | ({Tolerance.SEPARATORS} if glued else set()),
        torn=torn,
        doubled=tuple(doubled),
        free=frozenset(index for index, name in enumerate(names) if name.kind is Kind.FREE),
        glued=glued,
    )


_cached: Final = lru_cache(CACHED_SHAPES)(_understood)
