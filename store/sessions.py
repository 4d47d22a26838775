"""Sessions, as rows: the cookie's token is kept as its SHA-256 only."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select, update

from contract.times import Utc
from store.tables import sessions


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A log-in that holds until `expires_at`; `token_sha256` is of the cookie's value."""

    token_sha256: str
    user_id: str
    csrf_token: str
    created_at: Utc
    seen_at: Utc
    expires_at: Utc


def add(conn: Connection, session: Session) -> None:
    """Keep a new session."""
    conn.execute(insert(sessions).values({c.name: getattr(session, c.name) for c in sessions.columns}))


def find(conn: Connection, token_sha256: str, *, at: Utc) -> Session | None:
    """The session, or None when there is none or it has run out by `at`."""
    query = select(sessions).where(sessions.c.token_sha256 == token_sha256, sessions.c.expires_at > at)
    row = conn.execute(query).mappings().one_or_none()
    return None if row is None else Session(**row)


def touch(conn: Connection, token_sha256: str, *, at: Utc, expires_at: Utc) -> None:
    """Note that the session was used, and until when it holds now."""
    here = sessions.c.token_sha256 == token_sha256
    conn.execute(update(sessions).where(here).values(seen_at=at, expires_at=expires_at))


def end(conn: Connection, token_sha256: str) -> None:
    """End one session."""
    conn.execute(delete(sessions).where(sessions.c.token_sha256 == token_sha256))


def end_of_user(conn: Connection, user_id: str) -> int:
    """End every session of a user, as after a new password; returns how many there were."""
    return conn.execute(delete(sessions).where(sessions.c.user_id == user_id)).rowcount


def drop_expired(conn: Connection, *, at: Utc) -> int:
    """Drop sessions that have run out by `at`; returns how many."""
    return conn.execute(delete(sessions).where(sessions.c.expires_at <= at)).rowcount
