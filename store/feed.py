"""The feed of changes: rows that live updates are read from, written in the transaction of the change itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, delete, func, insert, select

from store.database import at_the_end
from store.tables import changes

MAX_FEED_READ = 1000


class Change(NamedTuple):
    """One row of the feed: `kind` is `lead` or `device`, `key` says which one and how it stands."""

    seq: int
    kind: str
    key: dict[str, Any]
    at: str


def tell(conn: Connection, kind: str, keys: Sequence[dict[str, Any]], *, at: str) -> None:
    """Append changes when this transaction commits, so that their numbers follow the order of commits."""
    if keys:
        rows = [{"kind": kind, "key": msgspec.json.encode(key).decode(), "at": at} for key in keys]
        at_the_end(conn, lambda last: last.execute(insert(changes), rows))


def since(conn: Connection, seq: int, limit: int = MAX_FEED_READ) -> list[Change]:
    """The changes after `seq`, oldest first."""
    query = select(changes).where(changes.c.seq > seq).order_by(changes.c.seq).limit(min(limit, MAX_FEED_READ))
    return [Change(row.seq, row.kind, msgspec.json.decode(row.key), row.at) for row in conn.execute(query)]


def bounds(conn: Connection) -> tuple[int, int]:
    """The oldest and newest number in the feed; (0, 0) when it is empty."""
    oldest, newest = conn.execute(select(func.min(changes.c.seq), func.max(changes.c.seq))).one()
    return (oldest or 0, newest or 0)


def drop_before(conn: Connection, at: str) -> int:
    """Drop changes older than `at`; returns how many. Who asks for older ones is told to load anew."""
    return conn.execute(delete(changes).where(changes.c.at < at)).rowcount
