"""Sessions: started at log-in, resumed by cookie, over when idle, too old, logged out or reset.

The cookie's token is kept as its hash only; a session holds until the earlier of its idle and its absolute end, and
its row is written at most once a minute.
"""

from __future__ import annotations

import hashlib
import secrets

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from contract.times import NS, ns_from_utc, utc_from_ns
from server.centre import Centre
from server.problems import Problem
from store import audit, sessions, users
from store.audit import AuditEntry
from store.sessions import Session
from store.users import User

TOKEN_BYTES = 32
TOUCH_NS = 60 * NS


def token_hash(token: str) -> str:
    """What is kept of a cookie's token."""
    return hashlib.sha256(token.encode()).hexdigest()


def csrf_token(token: str) -> str:
    """The CSRF token that belongs to a session's token; says nothing about it."""
    return hashlib.sha256(b"csrf\n" + token.encode()).hexdigest()


def start(centre: Centre, user_id: str) -> str:
    """A new session; returns the cookie's token."""
    now_ns = centre.now_ns()
    token = secrets.token_urlsafe(TOKEN_BYTES)
    at = utc_from_ns(now_ns)
    session = Session(
        token_sha256=token_hash(token),
        user_id=user_id,
        csrf_token=csrf_token(token),
        created_at=at,
        seen_at=at,
        expires_at=_expires_at(centre, now_ns, now_ns),
    )
    with centre.store.write() as connection:
        sessions.drop_expired(connection, at=at)
        sessions.add(connection, session)
        audit.append(connection, AuditEntry(at=at, who=user_id, action="session.started", detail={}))
    return token


def _expires_at(centre: Centre, created_ns: int, seen_ns: int) -> str:
    config = centre.config.session
    return utc_from_ns(min(created_ns + round(config.absolute_s * NS), seen_ns + round(config.idle_s * NS)))


def resume(centre: Centre, token: str) -> User | None:
    """The user of a live session, which counts as used now; None when it is over or the user is disabled."""
    now_ns = centre.now_ns()
    at = utc_from_ns(now_ns)
    with centre.store.read() as connection:
        session = sessions.find(connection, token_hash(token), at=at)
        user = None if session is None else users.by_id(connection, session.user_id)
    if session is None or user is None or user.disabled:
        return None
    if now_ns - ns_from_utc(session.seen_at) >= TOUCH_NS:
        expires_at = _expires_at(centre, ns_from_utc(session.created_at), now_ns)
        with centre.store.write() as connection:
            sessions.touch(connection, session.token_sha256, at=at, expires_at=expires_at)
    return user


def is_live(centre: Centre, token: str) -> bool:
    """Whether the session still holds; asking does not lengthen it."""
    at = utc_from_ns(centre.now_ns())
    with centre.store.read() as connection:
        session = sessions.find(connection, token_hash(token), at=at)
        user = None if session is None else users.by_id(connection, session.user_id)
    return user is not None and not user.disabled


def end(centre: Centre, token: str) -> None:
    """End the session now."""
    at = utc_from_ns(centre.now_ns())
    with centre.store.write() as connection:
        session = sessions.find(connection, token_hash(token), at=at)
        sessions.end(connection, token_hash(token))
        if session is not None:
            audit.append(connection, AuditEntry(at=at, who=session.user_id, action="session.ended", detail={}))


def check_database(centre: Centre) -> None:
    """Raise Problem unavailable when the database does not answer."""
    try:
        with centre.store.read() as connection:
            connection.execute(text("SELECT 1"))
    except SQLAlchemyError as error:
        raise Problem("unavailable", "the database does not answer") from error
