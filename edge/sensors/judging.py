"""The judging of one sensor's rows: state in, steps out; what a step does not hold has not happened.

A step's state holds the last row that it judged, so that after kill -9 the rows behind it are judged, each once.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import msgspec
from msgspec import Struct

from contract import codec
from contract.errors import ContractError
from contract.events import Event
from contract.health import Linkage, MaintenanceItem
from contract.observations import Elapsed, Reported, TapeStart
from contract.preparing import prepare
from contract.times import utc_from_ns
from detectors.fold import FillGap, LookSooner
from edge.evidence.files import EvidenceStore
from edge.evidence.tape import Tape
from edge.judge import CameraJudge, JudgeStep
from edge.sensors.evidence import SensorEvidence
from edge.sensors.evidence.maker import Binding, told_ns
from edge.sensors.evidence.readings import KeptReading
from edge.sensors.hj212.server.store import RawStore, StoredFrame
from edge.sensors.hj212.tolerances import SCORED_FRAMES
from edge.sensors.outgoing import Outgoing, linkage_of
from edge.sensors.outlet import Look, OutletWatch
from edge.sensors.reading import WRONG_PASSWORD, Asked, Read
from edge.sensors.rows import WARM_NS
from edge.sensors.status import MAX_ASKED, asked_items, wrong_password_items
from edge.spool import OutgoingEvent, OutgoingReading, Step

log = logging.getLogger(__name__)
NO_JUDGE: Final = msgspec.Raw(b"null")
MAX_ROWS: Final = 20_000  # that one package looks through


class ReadsRows(Protocol):
    """Turns kept rows into readings: `FrameReader` those of HJ 212, `ValuesReader` those of Modbus and MQTT."""

    counts: Counter[str]

    @property
    def score(self) -> float:
        """The device's conformity, 0..100."""
        ...

    def warm(self, rows: Sequence[StoredFrame]) -> None:
        """Rows that were judged before, of which a later one may be a part."""
        ...

    def read(self, row: StoredFrame) -> Read:
        """What one row tells."""
        ...


class SensorState(Struct, frozen=True, kw_only=True):
    """What is remembered of a sensor: the last row that was judged, its judge, the codes it asks about (since when, and
    one value as sent)."""

    cursor: int = 0
    judge: msgspec.Raw = NO_JUDGE  # a Raw beside None is read as null only
    asked: dict[str, tuple[str, str]] = {}


prepare(SensorState)


def _nobody_listens(_reported: Reported) -> None:
    """Where nothing else needs a sensor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What a judging is made of; `reader_of` makes a reader from the penalties of the rows before; `outlets` are looked
    at by cameras; `on_reported` hears every report, in the judge's thread."""

    binding: Binding
    start: TapeStart
    store: EvidenceStore
    rows: RawStore
    reader_of: Callable[[Sequence[int]], ReadsRows]
    outlets: tuple[OutletWatch, ...] = ()
    on_reported: Callable[[Reported], None] = _nobody_listens

    @property
    def owner(self) -> str:
        """Under which number its rows are kept."""
        return self.binding.sensor.mn or self.binding.sensor.id


class Judging:
    """One life of a sensor's judge; raises ContractError for a zone that cannot be judged."""

    def __init__(self, parts: Parts, tape: Tape, saved: bytes | None) -> None:
        self._parts = parts
        self._upto = 0
        self.counts: Counter[str] = Counter()
        self.asks: list[FillGap | LookSooner] = []
        state = self._recalled(saved)
        self.cursor = self._upto = state.cursor
        self._asked = dict(state.asked)
        self._wrong_since_ns: int | None = None
        self._outgoing = Outgoing(parts.start)
        self.maker = SensorEvidence(parts.start, parts.binding, store=parts.store, rows=self._kept, tape=tape)
        self._judge = self._judge_from(state)
        self.reader = self._warmed()

    @property
    def maintenance(self) -> tuple[MaintenanceItem, ...]:
        """What the rules and the profile want somebody to look at."""
        asked = asked_items(self._asked, self._parts.binding.known.profile)
        return (*self._judge.maintenance, *asked, *wrong_password_items(self._wrong_since_ns))

    @property
    def linkage(self) -> Linkage | None:
        """Fan and purifier time of the day so far, as the rule counts them."""
        return linkage_of(self._judge.state)

    def take(self, rows: Sequence[StoredFrame]) -> Step:
        """The step of some rows in their order."""
        events: list[Event] = []
        readings: list[OutgoingReading] = []
        for row in rows:
            self._upto = row.id
            read = self.reader.read(row)
            self._ask_about(read.asked, row.received_ns)
            if read.reported is not None:
                is_wrong = WRONG_PASSWORD in read.reported.doubts
                self._wrong_since_ns = (self._wrong_since_ns or row.received_ns) if is_wrong else None
            if read.reported is not None:
                self._parts.on_reported(read.reported)
                events += self._told(self._judge.take(read.reported))
                readings += self._outgoing.take(read.reported)
            self.cursor = row.id
        return self._step(events, readings)

    def pass_time(self, now_ns: int) -> Step:
        """The step of nothing having come until now."""
        elapsed = Elapsed(device=self._parts.start.device, at_ns=now_ns)
        return self._step(self._told(self._judge.take(elapsed)))

    def look(self, look: Look) -> Step:
        """The step of a look at an outlet; its still lies there before an act may take it."""
        if look.still is not None:
            self.maker.keep_still(look.still)
        return self._step(self._told(self._judge.take(look.looked)))

    def _told(self, judged: JudgeStep) -> tuple[Event, ...]:
        """Its events; what it asks of the sensor and of cameras waits in `asks` until the step is committed."""
        self.asks += [ask for ask in judged.asks if isinstance(ask, FillGap | LookSooner)]
        return judged.events

    def _step(self, events: Sequence[Event], readings: Sequence[OutgoingReading] = ()) -> Step:
        messages = [codec.event_message(event) for event in events]
        for event in events:
            log.info(
                "event device=%s id=%s revision=%d phase=%s", event.device, event.event_id, event.revision, event.phase
            )
        state = SensorState(cursor=self.cursor, judge=msgspec.Raw(self._judge.state), asked=self._asked)
        outgoing = tuple(OutgoingEvent(message.id, codec.encode(message)) for message in messages)
        uploads = self.maker.take_uploads()
        return Step(self._parts.start.device, msgspec.json.encode(state), outgoing, uploads, tuple(readings))

    def _ask_about(self, asked: Sequence[Asked], received_ns: int) -> None:
        for one in asked:
            if one.code in self._asked:
                continue
            if len(self._asked) >= MAX_ASKED:
                self.counts["codes_not_asked_about"] += 1
            else:
                self._asked[one.code] = (utc_from_ns(received_ns), one.text[:64])

    def _recalled(self, saved: bytes | None) -> SensorState:
        if saved is None:
            return SensorState()
        try:
            return msgspec.json.decode(saved, type=SensorState)
        except msgspec.MsgspecError as error:
            # A state of another version must not keep the sensor from being judged; what was kept before is not judged
            # a second time for it.
            self._begins_anew(str(error))
            return SensorState(cursor=self._parts.rows.last_row(self._parts.owner))

    def _judge_from(self, state: SensorState) -> CameraJudge:
        saved = None if bytes(state.judge) == bytes(NO_JUDGE) else bytes(state.judge)
        try:
            return CameraJudge(self._parts.start, maker=self.maker, state=saved)
        except ContractError as error:
            if saved is None:
                raise
            self._begins_anew(error.reason)
            return CameraJudge(self._parts.start, maker=self.maker)

    def _begins_anew(self, reason: str) -> None:
        self.counts["states_unreadable"] += 1
        log.error("judge_begins_anew device=%s reason=%r", self._parts.start.device, reason)

    def _warmed(self) -> ReadsRows:
        """A reader that knows the parts and the score of the rows up to the cursor."""
        rows, owner = self._parts.rows, self._parts.owner
        reader = self._parts.reader_of(rows.penalties(owner, up_to=self.cursor, limit=SCORED_FRAMES))
        last = rows.frames_of(owner, after=self.cursor - 1, limit=1)
        if last and last[0].id == self.cursor:
            last_ns = last[0].received_ns
            reader.warm(rows.frames_between(owner, last_ns - WARM_NS, last_ns, up_to=self.cursor))
        return reader

    def _kept(self, from_ns: int, to_ns: int) -> list[KeptReading]:
        """The rows of a time, up to the one being judged, read again; late ones belong to the time they tell of."""
        parts = self._parts
        reader = parts.reader_of(())
        rows = parts.rows.frames_between(parts.owner, from_ns, 2**62, up_to=self._upto, limit=MAX_ROWS)
        read = [KeptReading(row, reader.read(row).reported) for row in rows]
        return [one for one in read if from_ns <= told_ns(one) <= to_ns]
