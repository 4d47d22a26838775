"""One link decoded: bytes and times in, judged outcomes out; framing, reading, memory and splits joined.

Storing and answering are the caller's, in this order; nothing here sleeps, reads a clock or opens a file.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from edge.sensors.hj212 import splits
from edge.sensors.hj212.dialects import answer_to
from edge.sensors.hj212.framing import IDLE_S, Link, expire, feed
from edge.sensors.hj212.memory import Devices, Meeting, meet, score, score_loss
from edge.sensors.hj212.message import NO_KEYS, Message, read
from edge.sensors.hj212.pieces import Frame, Lost, Noise, Piece
from edge.sensors.hj212.tolerances import Tolerance, in_order


class Fate(Enum):
    """What became of a piece."""

    ACCEPTED = "accepted"
    STORED_RAW = "stored-raw"
    DUPLICATE = "duplicate"
    PARTIAL = "partial"
    MERGED = "merged"
    SPLIT_LEFT = "stored-raw(incomplete-split)"
    LOST = "lost"
    NOISE = "ignored(noise)"


class Outcome(Struct, frozen=True, gc=False):
    """One judged piece. `verdict` is the strict and tolerant verdict in words; `answer` the CN owed to the device;
    `message` what was understood (merged: the whole), None for losses and noise; `raw` the bytes to keep."""

    fate: Fate
    verdict: str
    raw: bytes
    message: Message | None = None
    answer: str | None = None
    slips: frozenset[Tolerance] = frozenset()
    quality: tuple[str, ...] = ()


_ACCEPTED: Final = "accepted"


class Decoder:
    """The decoder of one link. `devices` may be shared by the links of a server; `keys` are SM4 keys by MN or `*`."""

    def __init__(
        self, *, devices: Devices | None = None, keys: Mapping[str, bytes] = NO_KEYS, uploaded: bool = True
    ) -> None:
        self.devices = devices or Devices()
        self.keys = keys
        self.uploaded = uploaded
        self.link = Link()
        self.mn: str | None = None  # of the last genuine message: losses are scored to it

    def feed(self, data: bytes, *, at_s: float, clock: datetime | None = None) -> list[Outcome]:
        """What is decided by bytes that came at `at_s` (monotonic seconds) and `clock` (the server's wall clock)."""
        self.link, pieces = feed(self.link, data, at_s=at_s)
        return self._judged(pieces, at_s, clock)

    def silence(self, *, at_s: float, clock: datetime | None = None, idle_s: float = IDLE_S) -> list[Outcome]:
        """What is decided because nothing came since; call it when the idle timer fires and when the link closes."""
        self.link, pieces = expire(self.link, at_s=at_s, idle_s=idle_s)
        return self._judged(pieces, at_s, clock)

    def _judged(self, pieces: list[Piece], at_s: float, clock: datetime | None) -> list[Outcome]:
        outcomes: list[Outcome] = []
        for piece in pieces:
            if isinstance(piece, Noise):
                outcomes.append(Outcome(Fate.NOISE, Fate.NOISE.value, piece.sample))
                continue
            message = (
                read(piece, clock=clock, keys=self.keys, uploaded=self.uploaded) if isinstance(piece, Frame) else piece
            )
            if isinstance(message, Lost):
                if self.mn is not None:
                    score_loss(self.devices.of(self.mn), message.reason)
                outcomes.append(Outcome(Fate.LOST, message.reason.verdict, message.raw))
            else:
                outcomes += self._genuine(message, piece.raw, at_s)
        return outcomes

    def _genuine(self, message: Message, raw: bytes, at_s: float) -> list[Outcome]:
        header = message.header
        self.mn = header.mn
        memory = self.devices.of(header.mn)
        meeting = meet(memory, message, uploaded=self.uploaded)
        if meeting is Meeting.QN_REUSED:
            message = replace(message, slips=message.slips | {Tolerance.QN_REUSED})
        if self.uploaded:
            score(memory, message.slips, message.variant)
        answer = answer_to(header.cn, header.flag) if self.uploaded else None
        left, self.devices.abandoned = self.devices.abandoned, []
        fate, verdict = Fate.ACCEPTED, _ACCEPTED
        if meeting is Meeting.DUPLICATE:
            fate, verdict = Fate.DUPLICATE, "duplicate"
        elif message.raw_reason is not None:
            fate, verdict = Fate.STORED_RAW, f"stored-raw({message.raw_reason})"
        elif header.part is not None:
            number, count = header.part
            placed = splits.place(memory.open_sets, message, at_s=at_s)
            left, message = [*left, *placed.left], placed.message
            fate, verdict = Fate.PARTIAL, f"partial({number}/{count})"
            if placed.repeated:
                fate, verdict = Fate.DUPLICATE, "duplicate"
            elif placed.merged:
                fate, verdict = Fate.MERGED, f"merged({count})"
            if fate is not Fate.DUPLICATE and message.slips:
                verdict = f"{verdict} {_listed(message.slips)}"
        elif message.slips:
            verdict = f"accepted-tolerant{_listed(message.slips)}"
        outcome = Outcome(fate, verdict, raw, message, answer, message.slips, message.quality)
        return [outcome, *map(left_over, left)] if left else [outcome]


def overdue_splits(devices: Devices, *, at_s: float, open_s: float = splits.OPEN_S) -> list[Outcome]:
    """The part sets of all devices that stayed open too long: parts to be kept raw, marked with what is missing."""
    return [
        left_over(one)
        for memory in devices.by_mn.values()
        if memory.open_sets
        for one in splits.overdue(memory.open_sets, at_s=at_s, open_s=open_s)
    ]


def left_over(part_set: splits.PartSet) -> Outcome:
    """The outcome of a set that will not be completed."""
    parts = [part_set.parts[number] for number in sorted(part_set.parts)]
    mark = f"incomplete-split(missing={','.join(map(str, part_set.missing))})"
    slips = frozenset[Tolerance]().union(*(part.slips for part in parts))
    raw = b"\n".join(part.data for part in parts)
    return Outcome(Fate.SPLIT_LEFT, f"stored-raw({mark})", raw, parts[0], None, slips, (mark,))


def _listed(slips: frozenset[Tolerance]) -> str:
    return f"({','.join(tolerance.value for tolerance in in_order(slips))})"
