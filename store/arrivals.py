"""What ingest keeps beside events: readings, rejects with their reason, counters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select

from contract.readings import Reading
from contract.times import Utc
from store.database import upsert
from store.tables import ingest_counters, readings, rejects

REJECTS_KEPT = 100_000
MAX_REASON_CHARS = 2000
MAX_TOPIC_CHARS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingArrival:
    """A sensor's reading, whose message carried it, and the bytes."""

    gateway: str
    town: str
    message_id: str
    reading: Reading
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject:
    """A message that was refused for good; `gateway` as the topic names it, None when the topic is no topic."""

    topic: str
    reason: str
    body: bytes
    gateway: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectRow:
    """A kept reject."""

    id: int
    topic: str
    gateway: str | None
    received_at: Utc
    reason: str
    body: bytes


def take_readings(conn: Connection, arrivals: Sequence[ReadingArrival], *, at: Utc) -> list[bool]:
    """Store readings once each by (gateway, message id); returns for each whether it was new."""
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for arrival in arrivals:
        row = {
            "gateway": arrival.gateway,
            "message_id": arrival.message_id,
            "town": arrival.town,
            "device": arrival.reading.device,
            "factor": arrival.reading.factor,
            "at": arrival.reading.at,
            "received_at": at,
            "body": arrival.body,
        }
        rows.setdefault((arrival.gateway, arrival.message_id), row)
    if not rows:
        return []
    statement = upsert(conn, readings).on_conflict_do_nothing().returning(readings.c.gateway, readings.c.message_id)
    stored = {(row.gateway, row.message_id) for row in conn.execute(statement, [rows[key] for key in sorted(rows)])}
    new: list[bool] = []
    for arrival in arrivals:
        key = (arrival.gateway, arrival.message_id)
        new.append(key in stored)
        stored.discard(key)
    return new


def keep_rejects(conn: Connection, found: Sequence[Reject], *, at: Utc) -> None:
    """Keep refused messages with their reason; the oldest beyond REJECTS_KEPT go, the counters stay."""
    if not found:
        return
    rows = [
        {
            "topic": reject.topic[:MAX_TOPIC_CHARS],
            "gateway": reject.gateway,
            "received_at": at,
            "reason": reject.reason.replace("\0", "\ufffd")[:MAX_REASON_CHARS],  # PostgreSQL text holds no NUL
            "body": reject.body,
        }
        for reject in found
    ]
    conn.execute(insert(rejects), rows)
    newest = conn.execute(select(func.max(rejects.c.id))).scalar_one()
    conn.execute(delete(rejects).where(rejects.c.id <= newest - REJECTS_KEPT))


def list_rejects(conn: Connection, limit: int = 100) -> list[RejectRow]:
    """The newest rejects first."""
    query = select(rejects).order_by(rejects.c.id.desc()).limit(limit)
    return [RejectRow(**row) for row in conn.execute(query).mappings()]


def count(conn: Connection, more: Mapping[tuple[str, str], int]) -> None:
    """Add to the counters; keys are (gateway, name), gateway `-` where none can be told."""
    if more:
        rows = [{"gateway": gateway, "name": name, "value": more[(gateway, name)]} for gateway, name in sorted(more)]
        statement = upsert(conn, ingest_counters)
        value = ingest_counters.c.value + statement.excluded.value
        conn.execute(statement.on_conflict_do_update(index_elements=["gateway", "name"], set_={"value": value}), rows)


def counters(conn: Connection) -> dict[tuple[str, str], int]:
    """Every counter since the database was made, by (gateway, name)."""
    return {(row.gateway, row.name): row.value for row in conn.execute(select(ingest_counters))}
