"""Idempotency: an unsafe request with an `Idempotency-Key` takes effect once, however often it arrives.

The answer is kept in the transaction of the change itself, so a repeat after a crash gets it too. Only answers that
changed something are kept; a refusal is worked out anew.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header, Request
from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Index,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    insert,
    select,
)
from sqlalchemy import delete as delete_rows

from contract.times import NS, Utc
from server.problems import Problem
from store.database import at_the_end, writing

KEPT_NS = 24 * 3600 * NS

# The server's own table: nobody else reads it, and what is in it may be lost with no harm but a repeated refusal.
_metadata = MetaData()
_answers = Table(
    "server_answers",
    _metadata,
    Column("who", String(64), nullable=False),
    Column("key", String(100), nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("etag", String(32), nullable=False),
    Column("body", Text, nullable=False),
    Column("at", String(30), nullable=False),
    PrimaryKeyConstraint("who", "key"),
    Index("ix_server_answers_at", "at"),
)


@dataclass(frozen=True, slots=True)
class OnceCall:
    """What identifies a request: the client's key (None: it gave none), and the hash of what it asks."""

    key: str | None
    fingerprint: str


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """An answer as it was first given."""

    etag: str
    body: str


async def read_call(
    request: Request,
    key: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key",
            min_length=8,
            max_length=100,
            description="one key an act: a repeat with the same body gets the first answer, with another body 422",
            examples=["0b9d8c1e-6f1b-4a0f-9a53-2f6f0c4f9a11"],
        ),
    ] = None,
) -> OnceCall:
    """The request's identity: method, path and body."""
    digest = hashlib.sha256(f"{request.method} {request.url.path}\n".encode())
    digest.update(await request.body())
    return OnceCall(key, digest.hexdigest())


Once = Annotated[OnceCall, Depends(read_call)]


def prepare(engine: Engine) -> None:
    """Make the table where it is missing."""
    with writing(engine) as connection:
        at_the_end(connection, _metadata.create_all)  # one at a time, though two servers may start at once


def recall(connection: Connection, who: str, call: OnceCall) -> KeptAnswer | None:
    """The answer that this key got before; raises Problem idempotency_mismatch when it was for another request."""
    if call.key is None:
        return None
    query = select(_answers).where(_answers.c.who == who, _answers.c.key == call.key)
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    if row.fingerprint != call.fingerprint:
        raise Problem("idempotency_mismatch", "use a new key for a new act")
    return KeptAnswer(row.etag, row.body)


def keep(connection: Connection, who: str, call: OnceCall, answer: KeptAnswer, *, at: Utc) -> None:
    """Keep the answer with the change; raises IntegrityError when the same key was used at the same moment."""
    if call.key is not None:
        row = {"who": who, "key": call.key, "fingerprint": call.fingerprint, "at": at}
        connection.execute(insert(_answers).values(**row, etag=answer.etag, body=answer.body))


def drop_before(connection: Connection, at: Utc) -> int:
    """Forget answers older than `at`; returns how many."""
    return connection.execute(delete_rows(_answers).where(_answers.c.at < at)).rowcount
