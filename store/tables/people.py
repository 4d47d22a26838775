"""People, their sessions, what they looked at, and the feed of changes that their screens follow."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, String, Table, Text

from store.tables.columns import BIG, EVENT_ID, NAME, SHA256, UTC, metadata

users = Table(
    "users",
    metadata,
    Column("id", NAME, primary_key=True),
    Column("name", NAME, nullable=False, unique=True),
    Column("display_name", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("roles", Text, nullable=False),  # JSON list
    Column("towns", Text, nullable=False),  # JSON list
    Column("locale", String(16), nullable=False),
    Column("disabled", Boolean, nullable=False),
    Column("created_at", UTC, nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_sha256", SHA256, primary_key=True),
    Column("user_id", NAME, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("csrf_token", String(128), nullable=False),
    Column("created_at", UTC, nullable=False),
    Column("seen_at", UTC, nullable=False),
    Column("expires_at", UTC, nullable=False),
    Index(None, "user_id"),
    Index(None, "expires_at"),
)

audit = Table(
    "audit",
    metadata,
    Column("seq", BIG, primary_key=True, autoincrement=False),
    Column("at", UTC, nullable=False),
    Column("who", NAME, nullable=False),
    Column("action", String(64), nullable=False),
    Column("town", NAME),
    Column("event_id", EVENT_ID),
    Column("detail", Text, nullable=False),  # JSON object
    Column("previous_hash", SHA256, nullable=False),
    Column("hash", SHA256, nullable=False),
    Index(None, "event_id", "seq"),
    Index(None, "who", "seq"),
)

changes = Table(
    "changes",
    metadata,
    Column("seq", BIG, primary_key=True, autoincrement=True),
    Column("kind", String(16), nullable=False),
    Column("key", Text, nullable=False),  # JSON object
    Column("at", UTC, nullable=False),
    sqlite_autoincrement=True,  # a number is never given twice, even after old rows are dropped
)
