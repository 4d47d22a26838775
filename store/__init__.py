"""What ingest and server share: the centre's tables, migrations and evidence bytes; it knows neither of them.

In: connections, plain values, `Act(who, at, reason, note)`. Out: frozen rows, LeadRefused with the API's code.
`open_store(url, blobs)` -> Store; `with store.write() as conn` (or `read`): every function is one step in it. No clock.

leads      claim_next claim renew release expire_leases verdict undo offer_due accept return_ correct find history
           respond ring broken_histories tell_again; types Lead, Act, HistoryRow
lead_lists page(LeadFilter) queue; types LeadPage, QueueCounts
lead_states STATES ACTIONS TRANSITIONS after actions_from
joins      join split of; known_places learn end find valid fingerprint listed
events     take_in current_events revisions event_from evidence_of lists_file; types Arrival, Evidence, EvidenceFile
gateways   register by_token by_id by_ids take_birth take_health take_will status list_devices names
files      stored_size is_listed unlisted keep_part drop_part part_total stale_parts keep_blob
arrivals   take_readings keep_rejects list_rejects count counters
curves     samples newest of one sensor; retention  let_go_readings let_go_rejects let_go_so_far
audit      append page first_broken; users  add change by_name by_id all_users display_names
sessions   add find touch end end_of_user drop_expired
feed       since bounds tell drop_before; blobs  Blobs.put size read read_range stream, open_blobs

Rows of the feed and the audit trail are written just before the commit, so they are seen only after it.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass

from alembic.util.exc import CommandError
from obstore.exceptions import BaseError
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from contract.errors import StoreError
from store.blobs import Blobs, open_blobs
from store.database import migrate, open_engine, reading, writing

__all__ = ["Blobs", "Store", "migrate", "open_store"]


@dataclass(frozen=True, slots=True)
class Store:
    """The database and the evidence bytes of one centre."""

    engine: Engine
    blobs: Blobs

    def read(self) -> AbstractContextManager[Connection]:
        """A read transaction."""
        return reading(self.engine)

    def write(self) -> AbstractContextManager[Connection]:
        """A write transaction: committed at the end, rolled back by an exception."""
        return writing(self.engine)

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def open_store(url: str, blobs: str, password: str | None = None) -> Store:
    """Open a centre's store and bring its tables to this version.

    `url` is `sqlite:///PATH` or `postgresql://USER@HOST/NAME` (its password apart), `blobs` a folder or
    `s3://BUCKET?endpoint=URL`. Raises StoreError.
    """
    try:
        migrate(url, password)
    except (SQLAlchemyError, CommandError, OSError) as error:
        cause = getattr(error, "orig", None) or error
        words = " ".join(str(cause).split())[:500]
        raise StoreError(f"database: cannot be opened: {words}; is store.database right and reachable?") from error
    try:
        return Store(open_engine(url, password), open_blobs(blobs))
    except (BaseError, OSError) as error:
        raise StoreError(f"blobs: cannot be opened: {error}; is store.blobs right?") from error
