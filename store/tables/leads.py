"""Events as they came, the leads they became, and what was done with those."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from store.lead_states import STATES
from store.tables.columns import BIG, EVENT_ID, NAME, SHA256, UTC, metadata

events = Table(
    "events",
    metadata,
    Column("event_id", EVENT_ID, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("town", NAME, nullable=False),
    Column("gateway", NAME, nullable=False),
    Column("device", NAME, nullable=False),
    Column("zone", NAME, nullable=False),
    Column("matter", NAME, nullable=False),
    Column("manifest_sha256", SHA256),
    Column("signature_sha256", SHA256),
    Column("received_at", UTC, nullable=False),
    Column("body", LargeBinary, nullable=False),
    PrimaryKeyConstraint("event_id", "revision"),
)

evidence_items = Table(
    "evidence_items",
    metadata,
    Column("event_id", EVENT_ID, nullable=False),
    Column("sha256", SHA256, nullable=False),
    Column("path", String(200), nullable=False),
    Column("gateway", NAME, nullable=False),
    Column("revision", Integer, nullable=False),  # the newest revision that lists it
    Column("role", String(32), nullable=False),  # contract.events.EvidenceRole, or manifest, signature
    Column("media_type", Text, nullable=False),
    Column("size_bytes", BIG),  # null: a manifest or signature, whose size the event does not tell
    PrimaryKeyConstraint("event_id", "sha256", "path"),
    Index(None, "sha256", "gateway"),
)

leads = Table(
    "leads",
    metadata,
    Column("event_id", EVENT_ID, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("state", String(16), nullable=False),
    Column("matter", NAME, nullable=False),
    Column("town", NAME, nullable=False),
    Column("gateway", NAME, nullable=False),
    Column("device", NAME, nullable=False),
    Column("zone", NAME, nullable=False),
    Column("grade", String(16), nullable=False),
    Column("onset", UTC, nullable=False),
    Column("last_seen", UTC, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("opened_at", UTC, nullable=False),
    Column("holder", NAME),
    Column("lease_until", UTC),
    Column("confirmed_by", NAME),
    Column("confirmed_at", UTC),
    Column("dismissed_by", NAME),
    Column("dismissed_at", UTC),
    Column("decided_by", NAME),  # the case officer who accepted or returned
    Column("decided_at", UTC),
    Column("case_number", String(200)),
    Column("purpose", String(16), nullable=False),
    Column("demo", Boolean, nullable=False),
    CheckConstraint("state IN (" + ", ".join(f"'{state}'" for state in STATES) + ")", name="state"),
    CheckConstraint("purpose IN ('lead', 'device_evidence')", name="purpose"),
    Index(None, "state", "opened_at", "event_id"),
    Index(None, "town", "state", "opened_at", "event_id"),
    Index(None, "town", "opened_at", "event_id"),
    Index(None, "opened_at", "event_id"),
    Index(None, "device", "opened_at", "event_id"),
)

lead_history = Table(
    "lead_history",
    metadata,
    Column("event_id", EVENT_ID, ForeignKey("leads.event_id"), nullable=False),
    Column("seq", Integer, nullable=False),  # 1, 2, ... within the lead
    Column("at", UTC, nullable=False),
    Column("who", NAME, nullable=False),
    Column("from_state", String(16)),
    Column("to_state", String(16), nullable=False),
    Column("action", String(16), nullable=False),
    Column("reason", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("previous_hash", SHA256, nullable=False),
    Column("hash", SHA256, nullable=False),
    PrimaryKeyConstraint("event_id", "seq"),
)

joins = Table(
    "joins",  # which act was found to be the same as which other, and why; a split keeps its row
    metadata,
    Column("event_id", EVENT_ID, ForeignKey("leads.event_id"), primary_key=True),
    Column("into_event_id", EVENT_ID, ForeignKey("leads.event_id"), nullable=False),
    Column("at", UTC, nullable=False),
    Column("distance_m", Integer, nullable=False),
    Column("chi2", Text, nullable=False),
    Column("gap_s", Integer, nullable=False),
    Column("ambiguous", Boolean, nullable=False),  # it fitted another act too
    Column("split_at", UTC),
    Column("split_by", NAME),
    Index(None, "into_event_id"),
)

known_places = Table(
    "known_places",  # what starts in one rings no second time while it holds
    metadata,
    Column("learned_from", EVENT_ID, ForeignKey("leads.event_id"), primary_key=True),  # the lead that was dismissed
    Column("town", NAME, nullable=False),
    Column("gateway", NAME, nullable=False),
    Column("device", NAME, nullable=False),
    Column("preset", Text, nullable=False),
    Column("polygon", Text, nullable=False),  # JSON list of corners, in shares of the preset's picture
    Column("kind", String(32), nullable=False),
    Column("valid_from", UTC, nullable=False),
    Column("valid_to", UTC, nullable=False),
    Column("learned_by", NAME, nullable=False),
    Column("ended_at", UTC),
    Column("ended_by", NAME),
    Index(None, "gateway", "device"),
    Index(None, "valid_to"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", BIG, primary_key=True, autoincrement=True),
    Column("event_id", EVENT_ID, ForeignKey("leads.event_id"), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("body", Text, nullable=False),
    Column("created_at", UTC, nullable=False),
    Column("sent_at", UTC),
    UniqueConstraint("event_id", "kind"),
    Index(None, "sent_at", "id"),
    sqlite_autoincrement=True,
)
