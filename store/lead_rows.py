"""A lead's row, its history, and what every change writes: the row by compare-and-set, a history row, a feed row."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Select, insert, select, update

from contract.errors import LeadRefused
from contract.times import Utc
from store import chain, feed
from store.lead_states import Action, State, after
from store.tables import lead_history, leads


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """A lead as it stands; `version` counts every change, `revision` is the event's newest that it shows."""

    event_id: str
    version: int
    state: State
    matter: str
    town: str
    gateway: str
    device: str
    zone: str
    grade: str
    onset: Utc
    last_seen: Utc
    revision: int
    opened_at: Utc
    holder: str | None = None
    lease_until: Utc | None = None
    confirmed_by: str | None = None
    confirmed_at: Utc | None = None
    dismissed_by: str | None = None
    dismissed_at: Utc | None = None
    decided_by: str | None = None
    decided_at: Utc | None = None
    case_number: str | None = None
    purpose: str = "lead"
    demo: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryRow:
    """One change of a lead: who, when, from where to where, why; `seq` counts from 1 within the lead."""

    event_id: str
    seq: int
    at: Utc
    who: str
    from_state: State | None
    to_state: State
    action: str
    reason: str
    note: str
    previous_hash: str
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Who changes something, when and why; ids of people, or `gateway:ID`, `clock`, `connector:NAME`."""

    who: str
    at: Utc
    reason: str = ""
    note: str = ""


def read_leads(conn: Connection, query: Select[Any]) -> list[Lead]:
    """The leads that a query of the whole leads table finds."""
    return [Lead(**row) for row in conn.execute(query).mappings()]


def find(conn: Connection, event_id: str) -> Lead | None:
    """The lead, or None."""
    return next(iter(read_leads(conn, select(leads).where(leads.c.event_id == event_id))), None)


def locked(conn: Connection, event_id: str) -> Lead:
    """The lead with its row locked until the commit; raises LeadRefused `not_found`."""
    found = read_leads(conn, select(leads).where(leads.c.event_id == event_id).with_for_update())
    if not found:
        raise LeadRefused("not_found", f"lead {event_id}: not known here")
    return found[0]


def same_version(lead: Lead, version: int) -> None:
    """Raises LeadRefused `version_conflict` unless the lead is as the person saw it."""
    if lead.version != version:
        raise LeadRefused(
            "version_conflict", f"lead {lead.event_id}: version {version} was seen, {lead.version} is the newest"
        )


def owners(conn: Connection, event_ids: Collection[str]) -> dict[str, tuple[str, str]]:
    """Town and gateway of those of these acts that are known: nobody else may speak of them."""
    query = select(leads.c.event_id, leads.c.town, leads.c.gateway).where(leads.c.event_id.in_(sorted(event_ids)))
    return {row.event_id: (row.town, row.gateway) for row in conn.execute(query)}


def change(conn: Connection, lead: Lead, action: Action, act: Act, **columns: Any) -> Lead:
    """Take the lead through one transition, or raise LeadRefused `wrong_state` or `version_conflict`.

    `columns` are the other columns that change. Row, history and feed are written in the caller's transaction.
    """
    changed = replace(lead, version=lead.version + 1, state=after(action, lead.state), **columns)
    values = {"version": changed.version, "state": changed.state, **columns}
    here = (leads.c.event_id == lead.event_id) & (leads.c.version == lead.version)
    if conn.execute(update(leads).where(here).values(values)).rowcount != 1:
        raise LeadRefused(
            "version_conflict", f"lead {lead.event_id}: version {lead.version} is not the newest any more"
        )
    conn.execute(insert(lead_history).values(next_history(last_link(conn, lead.event_id), lead, changed, action, act)))
    feed.tell(conn, "lead", [feed_key(changed)], at=act.at)
    return changed


def feed_key(lead: Lead) -> dict[str, Any]:
    """What the feed says of a lead."""
    return {
        "event_id": lead.event_id,
        "version": lead.version,
        "state": lead.state,
        "matter": lead.matter,
        "town": lead.town,
        "revision": lead.revision,
    }


def last_link(conn: Connection, event_id: str) -> tuple[int, str]:
    """Number and hash of a lead's newest history row; (0, START) before the first."""
    query = select(lead_history.c.seq, lead_history.c.hash).where(lead_history.c.event_id == event_id)
    row = conn.execute(query.order_by(lead_history.c.seq.desc()).limit(1)).one_or_none()
    return (0, chain.START) if row is None else (row.seq, row.hash)


def next_history(last: tuple[int, str], before: Lead | None, now: Lead, action: str, act: Act) -> dict[str, Any]:
    """The history row that follows `last` for the change `before` -> `now` (before None: the lead was opened)."""
    seq, previous_hash = last
    fields: dict[str, Any] = {
        "event_id": now.event_id,
        "seq": seq + 1,
        "at": act.at,
        "who": act.who,
        "from_state": None if before is None else before.state,
        "to_state": now.state,
        "action": action,
        "reason": act.reason,
        "note": act.note,
    }
    return {**fields, "previous_hash": previous_hash, "hash": chain.link(previous_hash, fields)}


def history(conn: Connection, event_id: str) -> list[HistoryRow]:
    """Every change of a lead, oldest first."""
    query = select(lead_history).where(lead_history.c.event_id == event_id).order_by(lead_history.c.seq)
    return [HistoryRow(**row) for row in conn.execute(query).mappings()]


def broken_histories(conn: Connection) -> dict[str, int]:
    """Of each lead whose history is no whole chain: the number of the first row that breaks it."""
    query = select(lead_history).order_by(lead_history.c.event_id, lead_history.c.seq)
    rows = (HistoryRow(**row) for row in conn.execute(query.execution_options(yield_per=1000)).mappings())
    by_lead = ((event_id, list(own)) for event_id, own in groupby(rows, key=lambda row: row.event_id))
    return {event_id: at for event_id, own in by_lead if (at := _broken_at(own)) is not None}


def _broken_at(rows: list[HistoryRow]) -> int | None:
    previous = chain.START
    for expected, row in enumerate(rows, 1):
        names = ("event_id", "seq", "at", "who", "from_state", "to_state", "action", "reason", "note")
        fields = {name: getattr(row, name) for name in names}
        if row.seq != expected or row.previous_hash != previous or row.hash != chain.link(previous, fields):
            return expected
        previous = row.hash
    return None
