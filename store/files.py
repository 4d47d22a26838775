"""Which evidence files are here and which are on their way: rows about blobs, whose bytes are in `store.blobs`."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, select

from contract.times import Utc
from store import leads
from store.database import upsert
from store.tables import blobs, evidence_items, uploads


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """What one gateway has here that none of its events lists yet, whole files and parts together."""

    files: int
    bytes: int


def stored_size(conn: Connection, sha256: str) -> int | None:
    """The size of a file that is here whole; None when it is not."""
    return conn.execute(select(blobs.c.size_bytes).where(blobs.c.sha256 == sha256)).scalar_one_or_none()


def is_listed(conn: Connection, gateway: str, sha256: str) -> bool:
    """Whether some event of this gateway lists the file."""
    query = select(evidence_items.c.path).where(evidence_items.c.sha256 == sha256, evidence_items.c.gateway == gateway)
    return conn.execute(query.limit(1)).first() is not None


def unlisted(conn: Connection, gateway: str) -> Quota:
    """How much of this gateway waits for its event; parts count with the size that they will have."""
    listed = select(evidence_items.c.sha256).where(
        evidence_items.c.sha256 == uploads.c.sha256, evidence_items.c.gateway == gateway
    )
    whole = select(func.count(), func.coalesce(func.sum(blobs.c.size_bytes), 0))
    whole = whole.where(blobs.c.gateway == gateway, blobs.c.listed.is_(False))
    parts = select(func.count(), func.coalesce(func.sum(uploads.c.total), 0))
    parts = parts.where(uploads.c.gateway == gateway, ~listed.exists())
    counts = [conn.execute(query).one() for query in (whole, parts)]
    return Quota(files=sum(row[0] for row in counts), bytes=sum(int(row[1]) for row in counts))


def keep_part(conn: Connection, sha256: str, gateway: str, *, span: tuple[int, int], at: Utc) -> None:
    """Note an upload that is under way; `span` is (bytes here, bytes in all)."""
    row = {"offset": span[0], "total": span[1], "updated_at": at}
    statement = upsert(conn, uploads).values(sha256=sha256, gateway=gateway, **row)
    conn.execute(statement.on_conflict_do_update(index_elements=["sha256", "gateway"], set_=row))


def drop_part(conn: Connection, sha256: str, gateway: str) -> None:
    """Forget an upload that is under way."""
    conn.execute(delete(uploads).where(uploads.c.sha256 == sha256, uploads.c.gateway == gateway))


def part_total(conn: Connection, sha256: str, gateway: str) -> int | None:
    """The size that a part will have when it is whole; None when no upload is under way."""
    query = select(uploads.c.total).where(uploads.c.sha256 == sha256, uploads.c.gateway == gateway)
    return conn.execute(query).scalar_one_or_none()


def stale_parts(conn: Connection, before: Utc) -> list[tuple[str, str]]:
    """Uploads that got nothing since `before`, as (sha256, gateway)."""
    query = select(uploads.c.sha256, uploads.c.gateway).where(uploads.c.updated_at < before)
    return [(row.sha256, row.gateway) for row in conn.execute(query)]


def keep_blob(conn: Connection, sha256: str, gateway: str, *, size_bytes: int, at: Utc) -> None:
    """Note a file whose bytes are safe, and tell the feed for the leads that list it; a repeat changes nothing."""
    listed = is_listed(conn, gateway, sha256)
    row = {"sha256": sha256, "size_bytes": size_bytes, "stored_at": at, "gateway": gateway, "listed": listed}
    is_new = conn.execute(upsert(conn, blobs).values(**row).on_conflict_do_nothing().returning(blobs.c.sha256)).first()
    drop_part(conn, sha256, gateway)
    if is_new is not None:
        query = select(evidence_items.c.event_id).where(evidence_items.c.sha256 == sha256).distinct()
        leads.tell_again(conn, conn.execute(query).scalars().all(), at=at)
