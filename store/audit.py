"""The audit trail: append-only, hash-chained over all rows, so that a changed, missing or inserted row shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, insert, select

from contract.times import Utc
from store import chain
from store.database import at_the_end
from store.tables import audit

MAX_AUDIT_PAGE = 200
_FIELDS = ("seq", "at", "who", "action", "town", "event_id", "detail")


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """What somebody did or saw; `detail` is a plain JSON object without secrets."""

    at: Utc
    who: str
    action: str
    town: str | None = None
    event_id: str | None = None
    detail: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """A kept entry with its place in the chain."""

    seq: int
    entry: AuditEntry
    previous_hash: str
    hash: str


def append(conn: Connection, entry: AuditEntry) -> None:
    """Append one entry when this transaction commits; entries of one transaction keep their order."""
    at_the_end(conn, lambda last: _append(last, entry))


def _append(conn: Connection, entry: AuditEntry) -> None:
    last = conn.execute(select(audit.c.seq, audit.c.hash).order_by(audit.c.seq.desc()).limit(1)).one_or_none()
    seq, previous_hash = (1, chain.START) if last is None else (last.seq + 1, last.hash)
    fields = {
        "seq": seq,
        "at": entry.at,
        "who": entry.who,
        "action": entry.action,
        "town": entry.town,
        "event_id": entry.event_id,
        "detail": msgspec.json.encode(entry.detail, order="sorted").decode(),
    }
    row = {**fields, "previous_hash": previous_hash, "hash": chain.link(previous_hash, fields)}
    conn.execute(insert(audit).values(row))


def page(
    conn: Connection, *, event_id: str | None = None, who: str | None = None, before: int | None = None, limit: int = 50
) -> list[AuditRow]:
    """Entries newest first, of one lead or one person where asked, with numbers below `before`."""
    query = select(audit).order_by(audit.c.seq.desc()).limit(max(1, min(limit, MAX_AUDIT_PAGE)))
    if event_id is not None:
        query = query.where(audit.c.event_id == event_id)
    if who is not None:
        query = query.where(audit.c.who == who)
    if before is not None:
        query = query.where(audit.c.seq < before)
    return [_row(row) for row in conn.execute(query)]


def _row(row: Any) -> AuditRow:
    entry = AuditEntry(
        at=row.at,
        who=row.who,
        action=row.action,
        town=row.town,
        event_id=row.event_id,
        detail=msgspec.json.decode(row.detail),
    )
    return AuditRow(seq=row.seq, entry=entry, previous_hash=row.previous_hash, hash=row.hash)


def first_broken(conn: Connection) -> int | None:
    """The number where the chain first breaks (changed, missing or inserted row); None when it is whole."""
    previous, expected = chain.START, 1
    for row in conn.execute(select(audit).order_by(audit.c.seq).execution_options(yield_per=1000)):
        fields = {name: getattr(row, name) for name in _FIELDS}
        if row.seq != expected or row.previous_hash != previous or row.hash != chain.link(previous, fields):
            return expected
        previous, expected = row.hash, expected + 1
    return None
