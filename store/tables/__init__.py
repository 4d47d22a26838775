"""Every table of the centre, as SQLAlchemy Core; migrations make them, a test compares both.

In: nothing. Out: the tables and their metadata. Times are `contract.times.Utc` text (it sorts), JSON is text, event
bodies are the bytes that came over the broker.
"""

from __future__ import annotations

from store.tables.columns import metadata
from store.tables.gateways import (
    blobs,
    devices,
    gateway_status,
    gateways,
    ingest_counters,
    readings,
    rejects,
    uploads,
    zones,
)
from store.tables.leads import events, evidence_items, joins, known_places, lead_history, leads, outbox
from store.tables.people import audit, changes, sessions, users

__all__ = [
    "audit",
    "blobs",
    "changes",
    "devices",
    "events",
    "evidence_items",
    "gateway_status",
    "gateways",
    "ingest_counters",
    "joins",
    "known_places",
    "lead_history",
    "leads",
    "metadata",
    "outbox",
    "readings",
    "rejects",
    "sessions",
    "uploads",
    "users",
    "zones",
]
