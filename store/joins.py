"""Acts that were found to be one: which, why and since when; a split keeps its row, so that it lasts."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, insert, or_, select, update

from contract.errors import LeadRefused
from contract.times import Utc
from store.lead_rows import Act, Lead, change, locked, same_version
from store.tables import joins


@dataclass(frozen=True, slots=True, kw_only=True)
class Join:
    """`event_id` is the same act as `into_event_id`: so far apart, with this chi-square, so long between.

    `ambiguous`: it fitted another act too.
    """

    event_id: str
    into_event_id: str
    at: Utc
    distance_m: int
    chi2: str
    gap_s: int
    ambiguous: bool
    split_at: Utc | None = None
    split_by: str | None = None


def join(conn: Connection, found: Join, act: Act) -> Lead:
    """Take the younger act out of the queue; it was an alert. Raises LeadRefused when it is none any more."""
    lead = locked(conn, found.event_id)
    if lead.state != "alert":
        raise LeadRefused("wrong_state", f"lead {found.event_id}: {lead.state}, only an alert is joined")
    conn.execute(insert(joins).values(asdict(found)))
    locked(conn, found.into_event_id)
    return change(conn, lead, "supersede", act)


def split(conn: Connection, event_id: str, act: Act, *, version: int) -> Lead:
    """It was another act after all: an alert again, and never joined by the clock again."""
    lead = locked(conn, event_id)
    same_version(lead, version)
    if not any(join.event_id == event_id and join.split_at is None for join in of(conn, [event_id])):
        raise LeadRefused("wrong_state", f"lead {event_id}: not joined with another")
    lead = change(conn, lead, "split", act)
    conn.execute(update(joins).where(joins.c.event_id == event_id).values(split_at=act.at, split_by=act.who))
    return lead


def of(conn: Connection, event_ids: Collection[str]) -> list[Join]:
    """Every row that names one of these acts on either side, split or not, in a fixed order."""
    wanted = sorted(event_ids)
    either = or_(joins.c.event_id.in_(wanted), joins.c.into_event_id.in_(wanted))
    return [Join(**row) for row in conn.execute(select(joins).where(either).order_by(joins.c.event_id)).mappings()]
