"""What must be remembered of each device to know its next message: recent messages, open sets, habits, score."""

from __future__ import annotations

import hashlib
from collections import Counter, OrderedDict, deque
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from edge.sensors.hj212.crc import Variant
from edge.sensors.hj212.message import Message
from edge.sensors.hj212.pieces import Loss
from edge.sensors.hj212.splits import PartSet
from edge.sensors.hj212.tolerances import LOST_PENALTY, SCORED_FRAMES, Tolerance, conformity, penalty

MAX_REMEMBERED: Final = 1024  # request numbers per device
MAX_CONTENTS: Final = 16  # contents of one request number
MAX_DEVICES: Final = 1024
_DIGEST_BYTES: Final = 12

SeenKey = tuple[bool, str, str | bytes, int]  # from the device, CN, QN (without one: the content), PNO


class Meeting(Enum):
    """Whether a message was met before."""

    NEW = "new"
    DUPLICATE = "duplicate"
    QN_REUSED = "qn reused"


@dataclass(slots=True)
class DeviceMemory:
    """All that is kept of one MN; plain data, bounded by the constants above and of `splits`."""

    seen: OrderedDict[SeenKey, tuple[bytes, ...]] = field(default_factory=OrderedDict)
    open_sets: list[PartSet] = field(default_factory=list)
    penalties: deque[int] = field(default_factory=lambda: deque(maxlen=SCORED_FRAMES))
    variants: Counter[Variant] = field(default_factory=Counter)
    tolerated: Counter[Tolerance] = field(default_factory=Counter)
    losses: Counter[Loss] = field(default_factory=Counter)

    @property
    def conformity(self) -> float:
        """0..100, see `tolerances.conformity`."""
        return conformity(self.penalties)


class Devices:
    """The memories by MN; the device that was silent longest is forgotten first, and counted; its open sets wait in
    `abandoned` until they are told."""

    def __init__(self, limit: int = MAX_DEVICES) -> None:
        self.limit = limit
        self.forgotten = 0
        self.abandoned: list[PartSet] = []
        self.by_mn: OrderedDict[str, DeviceMemory] = OrderedDict()

    def of(self, mn: str) -> DeviceMemory:
        """The memory of a device, a fresh one at first."""
        known = self.by_mn.get(mn)
        if known is None:
            known = self.by_mn[mn] = DeviceMemory()
            if len(self.by_mn) > self.limit:
                _, oldest = self.by_mn.popitem(last=False)
                self.abandoned += oldest.open_sets
                self.forgotten += 1
        else:
            self.by_mn.move_to_end(mn)
        return known


def meet(memory: DeviceMemory, message: Message, *, uploaded: bool = True) -> Meeting:
    """Whether this message came before, by MN, CN, QN, PNO and its bytes; it is remembered from now on.

    What the server asks (`uploaded` false) and what the device replies share their QN and are two messages.
    """
    digest = hashlib.blake2b(message.data, digest_size=_DIGEST_BYTES).digest()
    number = message.header.part[0] if message.header.part else 0
    key = (uploaded, message.header.cn, message.header.qn or digest, number)
    known = memory.seen.get(key)
    if known is None:
        memory.seen[key] = (digest,)
        if len(memory.seen) > MAX_REMEMBERED:
            memory.seen.popitem(last=False)
        return Meeting.NEW
    memory.seen.move_to_end(key)
    if digest in known:
        return Meeting.DUPLICATE
    memory.seen[key] = (*known, digest)[-MAX_CONTENTS:]
    return Meeting.QN_REUSED


def score(memory: DeviceMemory, slips: frozenset[Tolerance], variant: Variant | None) -> None:
    """Counts a genuine frame."""
    memory.penalties.append(penalty(slips) if slips else 0)
    if variant is not None:
        memory.variants[variant] += 1
    if slips:
        memory.tolerated.update(slips)


def score_loss(memory: DeviceMemory, loss: Loss) -> None:
    """Counts a frame that was rejected or never completed."""
    memory.penalties.append(LOST_PENALTY)
    memory.losses[loss] += 1
