"""Split messages put together: parts belong to one by (MN, ST, CN, PNUM, DataTime), never by QN, which each part has
for itself; parts without a DataTime belong to the set that is open."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from msgspec.structs import replace

from edge.sensors.hj212.message import Message
from edge.sensors.hj212.tolerances import Tolerance

OPEN_S: Final = 600.0
MAX_OPEN_SETS: Final = 32  # per device; the oldest goes first, stored as parts
MAX_HELD_BYTES: Final = 128 * 1024  # of data segments in open sets, per device

SetKey = tuple[str | None, str, int]  # ST, CN, PNUM


@dataclass(slots=True)
class PartSet:
    """An open set: parts by number in the order of arrival; `since_s` when it was opened; `size` in bytes."""

    key: SetKey
    since_s: float
    data_time: str | None
    parts: dict[int, Message] = field(default_factory=dict)
    size: int = 0

    @property
    def missing(self) -> tuple[int, ...]:
        """Part numbers that never came."""
        return tuple(number for number in range(1, self.key[2] + 1) if number not in self.parts)


@dataclass(frozen=True, slots=True)
class Placed:
    """What one part did: `message` is the part as it is kept, or the whole that it completes; `repeated`: it was there
    already; `left` are sets given up for room."""

    message: Message
    merged: bool = False
    repeated: bool = False
    left: tuple[PartSet, ...] = ()


def place(open_sets: list[PartSet], part: Message, *, at_s: float) -> Placed:
    """Puts a part where it belongs; `open_sets` of its device change."""
    number, count = part.header.part or (1, 1)
    key = (part.header.st, part.header.cn, count)
    home = _home(open_sets, key, part.items.data_time_text, number)
    if home is None:
        home = PartSet(key, at_s, part.items.data_time_text)
        open_sets.append(home)
    before = home.parts.get(number)
    if before is not None and _area(before) == _area(part):
        return Placed(part, repeated=True)
    if before is not None:
        part = replace(part, slips=part.slips | {Tolerance.QN_REUSED})
    home.data_time = home.data_time or part.items.data_time_text
    home.parts[number] = part
    home.size += len(part.data) - (len(before.data) if before else 0)
    if len(home.parts) == count:
        open_sets.remove(home)
        return Placed(_merged(home), merged=True)
    return Placed(part, left=tuple(_make_room(open_sets)))


def _make_room(open_sets: list[PartSet]) -> Iterator[PartSet]:
    """Gives up the oldest sets until the rest is within the bounds."""
    while len(open_sets) > MAX_OPEN_SETS or sum(one.size for one in open_sets) > MAX_HELD_BYTES:
        yield open_sets.pop(0)


def overdue(open_sets: list[PartSet], *, at_s: float, open_s: float = OPEN_S) -> list[PartSet]:
    """The sets that were open too long, taken out."""
    late = [one for one in open_sets if at_s - one.since_s >= open_s]
    open_sets[:] = [one for one in open_sets if one not in late]
    return late


def _home(open_sets: list[PartSet], key: SetKey, data_time: str | None, number: int) -> PartSet | None:
    """The open set of a part; without a DataTime on either side the newest one that lacks the part."""
    candidates = [one for one in reversed(open_sets) if one.key == key]
    for one in candidates:
        if data_time is not None and one.data_time == data_time:
            return one
    open_ended = (one for one in candidates if data_time is None or one.data_time is None)
    return next((one for one in open_ended if number not in one.parts), None)


def _area(message: Message) -> bytes:
    return message.data.partition(b"&&")[2]


def _merged(whole: PartSet) -> Message:
    """The message of all parts in order of their numbers; T14 when they came otherwise."""
    arrived = list(whole.parts)
    parts = [whole.parts[number] for number in sorted(arrived)]
    slips = frozenset().union(*(part.slips for part in parts))
    if arrived != sorted(arrived):
        slips |= {Tolerance.PART_ORDER}
    timed = next((part.items for part in parts if part.items.data_time_text is not None), parts[0].items)
    items = replace(
        timed,
        values=tuple(value for part in parts for value in part.values),
        unread=sum(part.items.unread for part in parts),
        marks=tuple(mark for part in parts for mark in part.items.marks),
        slips=slips,
    )
    return replace(
        parts[0],
        header=replace(parts[0].header, part=None),
        items=items,
        data=b"\n".join(part.data for part in parts),
        slips=slips,
        quality=tuple(dict.fromkeys(mark for part in parts for mark in part.quality)),
    )
