"""The outbox to the case system: rows written with the acceptance, sent until they are acknowledged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, select, update

from contract.times import Utc
from store.tables import outbox


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxRow:
    """Something that the case system must hear; one of each kind a lead, so a repeat is a repeat."""

    id: int
    event_id: str
    kind: str
    body: dict[str, Any]
    created_at: Utc
    sent_at: Utc | None


def waiting(conn: Connection, limit: int = 100) -> list[OutboxRow]:
    """What is not yet acknowledged, oldest first."""
    query = select(outbox).where(outbox.c.sent_at.is_(None)).order_by(outbox.c.id).limit(limit)
    return [OutboxRow(**{**row, "body": msgspec.json.decode(row["body"])}) for row in conn.execute(query).mappings()]


def mark_sent(conn: Connection, row_id: int, *, at: Utc) -> None:
    """The case system has acknowledged this row; a repeat keeps the first time."""
    conn.execute(update(outbox).where(outbox.c.id == row_id, outbox.c.sent_at.is_(None)).values(sent_at=at))
