"""Gateways and how they stand: their devices and zones, their readings, what of theirs was refused, their files."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, LargeBinary, PrimaryKeyConstraint, String, Table, Text

from store.tables.columns import BIG, NAME, SHA256, UTC, metadata

gateways = Table(
    "gateways",
    metadata,
    Column("id", NAME, primary_key=True),
    Column("town", NAME, nullable=False),
    Column("token_sha256", SHA256, nullable=False, unique=True),
    Column("public_key_hex", SHA256, nullable=False),
    Column("created_at", UTC, nullable=False),
)

gateway_status = Table(
    "gateway_status",
    metadata,
    Column("gateway", NAME, ForeignKey("gateways.id", ondelete="CASCADE"), primary_key=True),
    Column("town", NAME, nullable=False),
    Column("online", Boolean, nullable=False),
    Column("at", UTC, nullable=False),
    Column("birth", Text),
    Column("birth_at", UTC),  # the times that the gateway put on its messages
    Column("will_at", UTC),
    Column("health_at", UTC),
    Column("last_health", Text),
)

devices = Table(
    "devices",
    metadata,
    Column("gateway", NAME, ForeignKey("gateways.id", ondelete="CASCADE"), nullable=False),
    Column("device", NAME, nullable=False),
    Column("town", NAME, nullable=False),
    Column("born", Text),  # contract.health.BornDevice; null: seen in a heartbeat only
    Column("health", Text),  # contract.health.DeviceHealth of the last heartbeat
    Column("state", NAME, nullable=False),  # contract.health.CameraState, or `unknown` before the first heartbeat
    Column("kind", NAME, nullable=False),
    Column("retired", Boolean, nullable=False),  # the newest birth does not name it any more
    PrimaryKeyConstraint("gateway", "device"),
    Index(None, "town"),
)

zones = Table(
    "zones",
    metadata,
    Column("gateway", NAME, ForeignKey("gateways.id", ondelete="CASCADE"), nullable=False),
    Column("device", NAME, nullable=False),
    Column("zone", NAME, nullable=False),
    Column("born", Text, nullable=False),  # contract.health.BornZone
    Column("name", Text, nullable=False),
    Column("demo", Boolean, nullable=False),
    Column("retired", Boolean, nullable=False),
    PrimaryKeyConstraint("gateway", "device", "zone"),
)

readings = Table(
    "readings",
    metadata,
    Column("gateway", NAME, nullable=False),
    Column("message_id", String(200), nullable=False),
    Column("town", NAME, nullable=False),
    Column("device", NAME, nullable=False),
    Column("factor", Text, nullable=False),
    Column("at", UTC, nullable=False),
    Column("received_at", UTC, nullable=False),
    Column("body", LargeBinary, nullable=False),
    PrimaryKeyConstraint("gateway", "message_id"),
    Index(None, "gateway", "device", "at"),
)

rejects = Table(
    "rejects",
    metadata,
    Column("id", BIG, primary_key=True, autoincrement=True),
    Column("topic", Text, nullable=False),
    Column("gateway", NAME),
    Column("received_at", UTC, nullable=False),
    Column("reason", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    sqlite_autoincrement=True,
)

ingest_counters = Table(
    "ingest_counters",
    metadata,
    Column("gateway", NAME, nullable=False),
    Column("name", NAME, nullable=False),
    Column("value", BIG, nullable=False),
    PrimaryKeyConstraint("gateway", "name"),
)

blobs = Table(
    "blobs",
    metadata,
    Column("sha256", SHA256, primary_key=True),
    Column("size_bytes", BIG, nullable=False),
    Column("stored_at", UTC, nullable=False),
    Column("gateway", NAME, nullable=False),
    Column("listed", Boolean, nullable=False),  # an event of this gateway lists it
    Index(None, "gateway", "listed"),
)

uploads = Table(
    "uploads",
    metadata,
    Column("sha256", SHA256, nullable=False),
    Column("gateway", NAME, nullable=False),
    Column("offset", BIG, nullable=False),
    Column("total", BIG, nullable=False),
    Column("updated_at", UTC, nullable=False),
    PrimaryKeyConstraint("sha256", "gateway"),
    Index(None, "gateway"),
)
