"""Every table of the centre, as SQLAlchemy Core; migrations make them, a test compares both.

Times are `contract.times.Utc` text (it sorts), JSON is text, event bodies are the bytes that came over the broker.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from store.lead_states import STATES

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_BIG = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows by INTEGER keys only
_UTC = String(30)
_NAME = String(64)
_EVENT_ID = String(36)
_SHA256 = String(64)

gateways = Table(
    "gateways",
    metadata,
    Column("id", _NAME, primary_key=True),
    Column("town", _NAME, nullable=False),
    Column("token_sha256", _SHA256, nullable=False, unique=True),
    Column("public_key_hex", _SHA256, nullable=False),
    Column("created_at", _UTC, nullable=False),
)

gateway_status = Table(
    "gateway_status",
    metadata,
    Column("gateway", _NAME, ForeignKey("gateways.id", ondelete="CASCADE"), primary_key=True),
    Column("town", _NAME, nullable=False),
    Column("online", Boolean, nullable=False),
    Column("at", _UTC, nullable=False),
    Column("birth", Text),
    Column("birth_at", _UTC),  # the times that the gateway put on its messages
    Column("will_at", _UTC),
    Column("health_at", _UTC),
    Column("last_health", Text),
)

devices = Table(
    "devices",
    metadata,
    Column("gateway", _NAME, ForeignKey("gateways.id", ondelete="CASCADE"), nullable=False),
    Column("device", _NAME, nullable=False),
    Column("town", _NAME, nullable=False),
    Column("born", Text),  # contract.health.BornDevice; null: seen in a heartbeat only
    Column("health", Text),  # contract.health.DeviceHealth of the last heartbeat
    Column("state", _NAME, nullable=False),  # contract.health.CameraState, or `unknown` before the first heartbeat
    Column("kind", _NAME, nullable=False),
    Column("retired", Boolean, nullable=False),  # the newest birth does not name it any more
    PrimaryKeyConstraint("gateway", "device"),
    Index(None, "town"),
)

zones = Table(
    "zones",
    metadata,
    Column("gateway", _NAME, ForeignKey("gateways.id", ondelete="CASCADE"), nullable=False),
    Column("device", _NAME, nullable=False),
    Column("zone", _NAME, nullable=False),
    Column("born", Text, nullable=False),  # contract.health.BornZone
    Column("name", Text, nullable=False),
    Column("demo", Boolean, nullable=False),
    Column("retired", Boolean, nullable=False),
    PrimaryKeyConstraint("gateway", "device", "zone"),
)

events = Table(
    "events",
    metadata,
    Column("event_id", _EVENT_ID, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("town", _NAME, nullable=False),
    Column("gateway", _NAME, nullable=False),
    Column("device", _NAME, nullable=False),
    Column("zone", _NAME, nullable=False),
    Column("matter", _NAME, nullable=False),
    Column("manifest_sha256", _SHA256),
    Column("signature_sha256", _SHA256),
    Column("received_at", _UTC, nullable=False),
    Column("body", LargeBinary, nullable=False),
    PrimaryKeyConstraint("event_id", "revision"),
)

evidence_items = Table(
    "evidence_items",
    metadata,
    Column("event_id", _EVENT_ID, nullable=False),
    Column("sha256", _SHA256, nullable=False),
    Column("path", String(200), nullable=False),
    Column("gateway", _NAME, nullable=False),
    Column("revision", Integer, nullable=False),  # the newest revision that lists it
    Column("role", String(32), nullable=False),  # contract.events.EvidenceRole, or manifest, signature
    Column("media_type", Text, nullable=False),
    Column("size_bytes", _BIG),  # null: a manifest or signature, whose size the event does not tell
    PrimaryKeyConstraint("event_id", "sha256", "path"),
    Index(None, "sha256", "gateway"),
)

leads = Table(
    "leads",
    metadata,
    Column("event_id", _EVENT_ID, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("state", String(16), nullable=False),
    Column("matter", _NAME, nullable=False),
    Column("town", _NAME, nullable=False),
    Column("gateway", _NAME, nullable=False),
    Column("device", _NAME, nullable=False),
    Column("zone", _NAME, nullable=False),
    Column("grade", String(16), nullable=False),
    Column("onset", _UTC, nullable=False),
    Column("last_seen", _UTC, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("opened_at", _UTC, nullable=False),
    Column("holder", _NAME),
    Column("lease_until", _UTC),
    Column("confirmed_by", _NAME),
    Column("confirmed_at", _UTC),
    Column("dismissed_by", _NAME),
    Column("dismissed_at", _UTC),
    Column("decided_by", _NAME),  # the case officer who accepted or returned
    Column("decided_at", _UTC),
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
    Column("event_id", _EVENT_ID, ForeignKey("leads.event_id"), nullable=False),
    Column("seq", Integer, nullable=False),  # 1, 2, ... within the lead
    Column("at", _UTC, nullable=False),
    Column("who", _NAME, nullable=False),
    Column("from_state", String(16)),
    Column("to_state", String(16), nullable=False),
    Column("action", String(16), nullable=False),
    Column("reason", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("previous_hash", _SHA256, nullable=False),
    Column("hash", _SHA256, nullable=False),
    PrimaryKeyConstraint("event_id", "seq"),
)

joins = Table(
    "joins",  # which act was found to be the same as which other, and why; a split keeps its row
    metadata,
    Column("event_id", _EVENT_ID, ForeignKey("leads.event_id"), primary_key=True),
    Column("into_event_id", _EVENT_ID, ForeignKey("leads.event_id"), nullable=False),
    Column("at", _UTC, nullable=False),
    Column("distance_m", Integer, nullable=False),
    Column("chi2", Text, nullable=False),
    Column("gap_s", Integer, nullable=False),
    Column("ambiguous", Boolean, nullable=False),  # it fitted another act too
    Column("split_at", _UTC),
    Column("split_by", _NAME),
    Index(None, "into_event_id"),
)

known_places = Table(
    "known_places",  # what starts in one rings no second time while it holds
    metadata,
    Column("learned_from", _EVENT_ID, ForeignKey("leads.event_id"), primary_key=True),  # the lead that was dismissed
    Column("town", _NAME, nullable=False),
    Column("gateway", _NAME, nullable=False),
    Column("device", _NAME, nullable=False),
    Column("preset", Text, nullable=False),
    Column("polygon", Text, nullable=False),  # JSON list of corners, in shares of the preset's picture
    Column("kind", String(32), nullable=False),
    Column("valid_from", _UTC, nullable=False),
    Column("valid_to", _UTC, nullable=False),
    Column("learned_by", _NAME, nullable=False),
    Column("ended_at", _UTC),
    Column("ended_by", _NAME),
    Index(None, "gateway", "device"),
    Index(None, "valid_to"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", _BIG, primary_key=True, autoincrement=True),
    Column("event_id", _EVENT_ID, ForeignKey("leads.event_id"), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("body", Text, nullable=False),
    Column("created_at", _UTC, nullable=False),
    Column("sent_at", _UTC),
    UniqueConstraint("event_id", "kind"),
    Index(None, "sent_at", "id"),
    sqlite_autoincrement=True,
)

readings = Table(
    "readings",
    metadata,
    Column("gateway", _NAME, nullable=False),
    Column("message_id", String(200), nullable=False),
    Column("town", _NAME, nullable=False),
    Column("device", _NAME, nullable=False),
    Column("factor", Text, nullable=False),
    Column("at", _UTC, nullable=False),
    Column("received_at", _UTC, nullable=False),
    Column("body", LargeBinary, nullable=False),
    PrimaryKeyConstraint("gateway", "message_id"),
    Index(None, "gateway", "device", "at"),
)

rejects = Table(
    "rejects",
    metadata,
    Column("id", _BIG, primary_key=True, autoincrement=True),
    Column("topic", Text, nullable=False),
    Column("gateway", _NAME),
    Column("received_at", _UTC, nullable=False),
    Column("reason", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    sqlite_autoincrement=True,
)

ingest_counters = Table(
    "ingest_counters",
    metadata,
    Column("gateway", _NAME, nullable=False),
    Column("name", _NAME, nullable=False),
    Column("value", _BIG, nullable=False),
    PrimaryKeyConstraint("gateway", "name"),
)

blobs = Table(
    "blobs",
    metadata,
    Column("sha256", _SHA256, primary_key=True),
    Column("size_bytes", _BIG, nullable=False),
    Column("stored_at", _UTC, nullable=False),
    Column("gateway", _NAME, nullable=False),
    Column("listed", Boolean, nullable=False),  # an event of this gateway lists it
    Index(None, "gateway", "listed"),
)

uploads = Table(
    "uploads",
    metadata,
    Column("sha256", _SHA256, nullable=False),
    Column("gateway", _NAME, nullable=False),
    Column("offset", _BIG, nullable=False),
    Column("total", _BIG, nullable=False),
    Column("updated_at", _UTC, nullable=False),
    PrimaryKeyConstraint("sha256", "gateway"),
    Index(None, "gateway"),
)

users = Table(
    "users",
    metadata,
    Column("id", _NAME, primary_key=True),
    Column("name", _NAME, nullable=False, unique=True),
    Column("display_name", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("roles", Text, nullable=False),  # JSON list
    Column("towns", Text, nullable=False),  # JSON list
    Column("locale", String(16), nullable=False),
    Column("disabled", Boolean, nullable=False),
    Column("created_at", _UTC, nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_sha256", _SHA256, primary_key=True),
    Column("user_id", _NAME, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("csrf_token", String(128), nullable=False),
    Column("created_at", _UTC, nullable=False),
    Column("seen_at", _UTC, nullable=False),
    Column("expires_at", _UTC, nullable=False),
    Index(None, "user_id"),
    Index(None, "expires_at"),
)

audit = Table(
    "audit",
    metadata,
    Column("seq", _BIG, primary_key=True, autoincrement=False),
    Column("at", _UTC, nullable=False),
    Column("who", _NAME, nullable=False),
    Column("action", String(64), nullable=False),
    Column("town", _NAME),
    Column("event_id", _EVENT_ID),
    Column("detail", Text, nullable=False),  # JSON object
    Column("previous_hash", _SHA256, nullable=False),
    Column("hash", _SHA256, nullable=False),
    Index(None, "event_id", "seq"),
    Index(None, "who", "seq"),
)

changes = Table(
    "changes",
    metadata,
    Column("seq", _BIG, primary_key=True, autoincrement=True),
    Column("kind", String(16), nullable=False),
    Column("key", Text, nullable=False),  # JSON object
    Column("at", _UTC, nullable=False),
    sqlite_autoincrement=True,  # a number is never given twice, even after old rows are dropped
)
