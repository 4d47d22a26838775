"""What of a sensor's reports goes to the centre for its curve: one value a factor and minute, and the day so far. Pure.

The whole record stays here and in packages; what is sent draws a curve. An id names its minute: a repeat is a repeat.
"""

from __future__ import annotations

from typing import Final

import msgspec
from msgspec import Struct

from contract import codec
from contract.health import Linkage
from contract.observations import FactorSeen, Reported, TapeStart
from contract.preparing import prepare
from contract.readings import Reading
from contract.times import NS, utc_from_ns
from detectors.cooking_fumes.factors import KNOWN
from edge.spool import READING_IDS, OutgoingReading

MINUTE_NS: Final = 60 * NS
_DRAWN: Final = frozenset(KNOWN)


class Outgoing:
    """The readings of one sensor for the centre; remembers the newest minute sent of each factor."""

    def __init__(self, start: TapeStart) -> None:
        self._device = start.device
        self._source = f"/towns/{start.town}/gateways/{start.gateway}/devices/{start.device}"
        self._sent: dict[str, int] = {}

    def take(self, told: Reported) -> list[OutgoingReading]:
        """The first values of this minute; of one factor the mean (Avg) goes before the moment (Rtd)."""
        minute = told.at_ns // MINUTE_NS
        made = []
        for seen in _best(told):
            if self._sent.get(seen.factor) == minute:
                continue
            self._sent[seen.factor] = minute
            made.append(self._message(told, seen, minute))
        return made

    def _message(self, told: Reported, seen: FactorSeen, minute: int) -> OutgoingReading:
        reading = Reading(
            device=self._device,
            at=utc_from_ns(told.at_ns),
            received=utc_from_ns(told.received_ns),
            factor=seen.factor,
            value=seen.value,
            unit=seen.unit,
            mark=seen.mark,
            raw_sha256=told.raw_sha256,
        )
        message_id = f"{READING_IDS}{self._device}/{seen.factor}/{minute}"
        message = codec.Message(id=message_id, source=self._source, time=reading.at, data=reading)
        return OutgoingReading(message_id, codec.encode(message))


def _best(told: Reported) -> list[FactorSeen]:
    best: dict[str, FactorSeen] = {}
    for one in told.factors:
        if one.factor in _DRAWN and (one.statistic == "Avg" or (one.statistic == "Rtd" and one.factor not in best)):
            best[one.factor] = one
    return list(best.values())


class _Day(Struct):
    date: str


class _Book(Struct):
    day: _Day
    fan_ns: int = 0
    purifier_ns: int = 0


class _Fold(Struct):
    book: _Book | None = None


class _Zone(Struct):
    state: _Fold | None = None


class _Judge(Struct):
    zones: dict[str, _Zone] = {}


prepare(_Judge)


def linkage_of(judge_state: bytes) -> Linkage | None:
    """What the fume rule's own book says of the day so far; None where no zone is judged for fumes, or nothing came."""
    try:
        zones = msgspec.json.decode(judge_state, type=_Judge).zones.values()
    except msgspec.MsgspecError:
        return None
    book = next((zone.state.book for zone in zones if zone.state is not None and zone.state.book is not None), None)
    if book is None:
        return None
    return Linkage(day=book.day.date, fan_s=round(book.fan_ns / NS, 1), purifier_s=round(book.purifier_ns / NS, 1))
