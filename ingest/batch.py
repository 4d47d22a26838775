"""One batch of letters -> one transaction -> the acks that may go out because it is committed."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection
from sqlalchemy.exc import InterfaceError, OperationalError

from contract.acks import Ack
from contract.errors import StoreError, TantouError
from contract.events import Event
from contract.health import Birth, Health, Will
from contract.readings import Reading
from contract.times import Utc
from ingest.intake import ACKED, Letter, Refused, Taken, read, topic_of
from store import Store, arrivals, events, gateways, leads
from store.arrivals import ReadingArrival, Reject
from store.events import Arrival

log = logging.getLogger(__name__)
NO_GATEWAY = "-"


class StoreAwayError(TantouError):
    """The database cannot be reached or has no room: nothing was stored, the batch must be tried again."""


@dataclass(slots=True)
class Answers:
    """What one committed batch lets us say: acks by (town, gateway), and counts by (gateway, name).

    `unborn`: gateways that are heard and whose birth never came; they are asked for it.
    """

    acks: dict[tuple[str, str], list[Ack]] = field(default_factory=dict)
    unborn: set[tuple[str, str]] = field(default_factory=set)
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, other: Answers) -> None:
        """Take in the answers of another batch."""
        for place, acks in other.acks.items():
            self.acks.setdefault(place, []).extend(acks)
        self.unborn |= other.unborn
        self.counts.update(other.counts)


def commit(store: Store, letters: Sequence[Letter], *, at: Utc) -> Answers:
    """Store a batch in one transaction and return its answers; raises StoreAwayError when the database is away.

    When the batch as a whole is refused by the database, each letter gets a transaction of its own, so that one of them
    never holds up the others; the one at fault is kept as a reject, not acked, and its gateway sends it again.
    """
    try:
        return _commit_together(store, letters, at)
    except (OperationalError, InterfaceError) as error:
        raise StoreAwayError(f"database: {_short(error)}") from error
    except Exception as error:  # noqa: BLE001 -- whatever one letter does, the others go on; counted and logged below
        if len(letters) == 1:
            return _keep_failed(store, letters[0], at, error)
        log.warning("batch_split size=%d because=%r", len(letters), _short(error))
        answers = Answers()
        for letter in letters:
            answers.add(commit(store, [letter], at=at))
        return answers


def _commit_together(store: Store, letters: Sequence[Letter], at: Utc) -> Answers:
    with store.write() as conn:
        batch = _Batch(conn, at)
        batch.take(letters)
        arrivals.count(conn, batch.answers.counts)
    return batch.answers


def _keep_failed(store: Store, letter: Letter, at: Utc, failure: Exception) -> Answers:
    topic = topic_of(letter)
    gateway = NO_GATEWAY if isinstance(topic, Refused) else topic.gateway
    log.error("letter_failed gateway=%s because=%r", gateway, _short(failure))
    answers = Answers(counts=Counter({(gateway, "failed"): 1}))
    reject = Reject(topic=letter.topic, gateway=gateway, reason=f"failed: {_short(failure)}", body=letter.body)
    try:
        with store.write() as conn:
            arrivals.keep_rejects(conn, [reject], at=at)
            arrivals.count(conn, answers.counts)
    except (OperationalError, InterfaceError) as error:
        raise StoreAwayError(f"database: {_short(error)}") from error
    return answers


def _short(error: Exception) -> str:
    """The error without the statement and its values, which would put a whole batch into the log."""
    cause = getattr(error, "orig", None) or error
    return f"{type(cause).__name__}: {cause}"[:300]


class _Batch:
    """The work of one transaction."""

    def __init__(self, conn: Connection, at: Utc) -> None:
        self._conn = conn
        self._at = at
        self._rejects: list[Reject] = []
        self.answers = Answers()

    def take(self, letters: Sequence[Letter]) -> None:
        """Store everything that may be stored, in the order it came."""
        topics = (topic_of(letter) for letter in letters)
        named = {topic.gateway for topic in topics if not isinstance(topic, Refused)}
        registered: Mapping[str, gateways.Gateway] = gateways.by_ids(self._conn, named)
        taken: list[Taken] = []
        for letter in letters:
            found = read(letter, registered)
            if isinstance(found, Taken):
                taken.append(found)
            elif isinstance(found, Refused):
                self._refuse(found)
            else:
                self._count(found.topic.gateway, "unregistered")
                log.warning("unregistered town=%s gateway=%s", found.topic.town, found.topic.gateway)
        # Health first: a birth names the zones that the events of the same batch are in.
        for one in taken:
            self._take_health(one)
        self._take_events(self._own([one for one in taken if isinstance(one.message.data, Event)]))
        self._take_readings([one for one in taken if isinstance(one.message.data, Reading)])
        arrivals.keep_rejects(self._conn, self._rejects, at=self._at)

    def _own(self, taken: Sequence[Taken]) -> list[Taken]:
        """Those that tell of the gateway's own acts: who knows the id of another's act may not tell it anew."""
        said = {one.message.data.event_id for one in taken if isinstance(one.message.data, Event)}
        owners = leads.owners(self._conn, said) if said else {}
        own: list[Taken] = []
        for one in taken:
            if not isinstance(one.message.data, Event):
                continue
            act, speaker = one.message.data.event_id, (one.topic.town, one.topic.gateway)
            if owners.setdefault(act, speaker) == speaker:
                own.append(one)
                continue
            letter = Letter(str(one.topic), one.body)
            reason = f"event {act}: another gateway told it first"
            self._refuse(Refused(letter, one.topic, one.message.id, "wrong_gateway", reason))
        return own

    def _take_events(self, taken: Sequence[Taken]) -> None:
        batch = [Arrival(one.message.data, one.body) for one in taken if isinstance(one.message.data, Event)]
        for one, effect in zip(taken, events.take_in(self._conn, batch, at=self._at), strict=True):
            self._count(one.topic.gateway, f"events_{effect}")
            self._ack(one, is_new=effect != "duplicate")

    def _take_readings(self, taken: Sequence[Taken]) -> None:
        batch = [
            ReadingArrival(
                gateway=one.topic.gateway,
                town=one.topic.town,
                message_id=one.message.id,
                reading=one.message.data,
                body=one.body,
            )
            for one in taken
            if isinstance(one.message.data, Reading)
        ]
        for one, is_new in zip(taken, arrivals.take_readings(self._conn, batch, at=self._at), strict=True):
            self._count(one.topic.gateway, "readings_stored" if is_new else "readings_duplicate")
            self._ack(one, is_new=is_new)

    def _take_health(self, one: Taken) -> None:
        data = one.message.data
        if isinstance(data, Birth):
            try:
                gateways.take_birth(self._conn, data, at=self._at)
            except StoreError as error:  # raised before anything is written
                log.error("birth_refused gateway=%s because=%s", one.topic.gateway, error)
                letter = Letter(str(one.topic), one.body)
                self._refuse(Refused(letter, one.topic, one.message.id, "birth_key_differs", str(error)))
        elif isinstance(data, Health):
            if not gateways.take_health(self._conn, data, at=self._at):
                self.answers.unborn.add((one.topic.town, one.topic.gateway))
        elif isinstance(data, Will):
            gateways.take_will(self._conn, data, born=one.message.time, at=self._at)
        else:
            return
        self._count(one.topic.gateway, one.topic.channel)

    def _refuse(self, refused: Refused) -> None:
        topic, letter = refused.topic, refused.letter
        gateway = None if topic is None else topic.gateway
        self._rejects.append(Reject(topic=letter.topic, gateway=gateway, reason=refused.reason, body=letter.body))
        self._count(gateway or NO_GATEWAY, f"rejected_{refused.kind}")
        log.warning("rejected gateway=%s kind=%s reason=%r", gateway, refused.kind, refused.reason[:300])
        if topic is not None and topic.channel in ACKED and refused.message_id is not None:
            ack = Ack(id=refused.message_id, result="rejected", reason=refused.reason[:500])
            self.answers.acks.setdefault((topic.town, topic.gateway), []).append(ack)

    def _ack(self, one: Taken, *, is_new: bool) -> None:
        ack = Ack(id=one.message.id, result="stored" if is_new else "duplicate")
        self.answers.acks.setdefault((one.topic.town, one.topic.gateway), []).append(ack)

    def _count(self, gateway: str, name: str) -> None:
        self.answers.counts[(gateway, name)] += 1
