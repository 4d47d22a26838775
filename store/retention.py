"""What the centre lets go by age: readings that no event needs, and rejects. Events, evidence and the trails never.

In steps of bounded size, one a write transaction, so that whoever else writes waits for a batch and never for a round.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, delete, func, select, tuple_

from contract.events import Phase
from contract.preparing import prepare
from contract.readings import READINGS_AROUND_S
from contract.times import NS, Utc, ns_from_utc, utc_from_ns
from store import arrivals
from store.tables import events, leads, readings, rejects

LET_GO: Final = "readings_let_go"
REJECTS_LET_GO: Final = "rejects_let_go"
ROWS_A_STEP: Final = 2000
STRETCHES_A_STEP: Final = 25  # a sensor with nothing to let go is one
_FOR_EVER: Final = "9999"  # after every instant, as text
_AROUND_NS: Final = round(READINGS_AROUND_S * NS)


class Place(NamedTuple):
    """How far a round has come, in the order of the readings' index."""

    gateway: str = ""
    device: str = ""
    at: Utc = ""


class Stretch(NamedTuple):
    """From `begin` to before `end`."""

    begin: Utc
    end: Utc


class Step(NamedTuple):
    """What one step did; `place` None: the round is over."""

    place: Place | None
    let_go: int


class _Act(Struct):
    onset: Utc
    last_seen: Utc
    phase: Phase


class _Body(Struct):
    """The few fields of a stored event's message that say which readings are its own."""

    data: _Act


prepare(_Body)


def let_go_readings(conn: Connection, place: Place, *, before: Utc, rows: int = ROWS_A_STEP) -> Step:
    """One step of a round over all sensors: lets at most `rows` readings older than `before` go, and counts them.

    What was measured around an act that is kept here stays, and from the beginning of one that goes on everything.
    """
    let_go = 0
    for _ in range(STRETCHES_A_STEP):
        first = _first(conn, place)
        if first is None:
            return Step(None, let_go)
        free = first_free(Stretch(first.at, before), _kept(conn, first)) if first.at < before else None
        if free is None:
            place = first._replace(at=_FOR_EVER)
            continue
        gone = _delete(conn, first, free, rows - let_go)
        let_go += gone
        place = first._replace(at=free.begin)
        if let_go >= rows:
            break
        place = first._replace(at=free.end)
    return Step(place, let_go)


def first_free(span: Stretch, kept: Iterable[Stretch]) -> Stretch | None:
    """The first part of a span that no kept stretch covers; None when all of it is kept, or there is nothing of it."""
    begin = span.begin
    for one in sorted(kept):
        if one.begin > begin:
            return Stretch(begin, min(one.begin, span.end)) if begin < span.end else None
        begin = max(begin, one.end)
    return Stretch(begin, span.end) if begin < span.end else None


def let_go_rejects(conn: Connection, *, before: Utc) -> int:
    """Lets refused messages go that came before `before`; their number is bounded anyway. Returns how many."""
    gone = conn.execute(delete(rejects).where(rejects.c.received_at < before)).rowcount
    if gone:
        arrivals.count(conn, {("-", REJECTS_LET_GO): gone})
    return gone


def let_go_so_far(conn: Connection) -> dict[str, int]:
    """How many readings and rejects were let go since the database was made."""
    told = arrivals.counters(conn)
    return {wanted: sum(count for (_, name), count in told.items() if name == wanted) for wanted in _NAMES}


_NAMES: Final = (LET_GO, REJECTS_LET_GO)


def _first(conn: Connection, place: Place) -> Place | None:
    order = (readings.c.gateway, readings.c.device, readings.c.at)
    query = select(*order).where(tuple_(*order) >= tuple_(*place)).order_by(*order).limit(1)
    row = conn.execute(query).one_or_none()
    return None if row is None else Place(*row)


def _kept(conn: Connection, sensor: Place) -> list[Stretch]:
    """The stretches of time of a sensor that some act needs, by the newest revision stored, even one that came late."""
    revisions = events.alias()
    newest = select(func.max(revisions.c.revision)).where(revisions.c.event_id == leads.c.event_id).scalar_subquery()
    query = (
        select(events.c.body)
        .join(leads, leads.c.event_id == events.c.event_id)
        .where(leads.c.device == sensor.device, leads.c.gateway == sensor.gateway, events.c.revision == newest)
    )
    return [_stretch(msgspec.json.decode(body, type=_Body).data) for body in conn.execute(query).scalars()]


def _stretch(act: _Act) -> Stretch:
    begin = utc_from_ns(ns_from_utc(act.onset) - _AROUND_NS)
    return Stretch(begin, utc_from_ns(ns_from_utc(act.last_seen) + _AROUND_NS) if act.phase == "closed" else _FOR_EVER)


def _delete(conn: Connection, sensor: Place, free: Stretch, rows: int) -> int:
    key = (readings.c.gateway, readings.c.message_id)
    oldest = (
        select(*key)
        .where(readings.c.gateway == sensor.gateway, readings.c.device == sensor.device)
        .where(readings.c.at >= free.begin, readings.c.at < free.end)
        .order_by(readings.c.at)
        .limit(rows)
        .with_for_update(skip_locked=True)  # PostgreSQL: two servers in one round never wait for each other in a ring
    )
    gone = conn.execute(delete(readings).where(tuple_(*key).in_(oldest))).rowcount
    if gone:
        arrivals.count(conn, {(sensor.gateway, LET_GO): gone})
    return gone
