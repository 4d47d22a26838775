"""Lists and counts of leads: pages by cursor, the queue's figures."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import ColumnElement, Connection, func, or_, select, tuple_

from contract.times import Utc
from store.lead_rows import Lead, read_leads
from store.tables import devices, leads

MAX_PAGE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadFilter:
    """Which leads: `towns` None is every town (deny by default is the caller's matter); no `states`: every one."""

    towns: Collection[str] | None
    states: Collection[str] = ()
    matter: str | None = None
    device: str | None = None
    grade: str | None = None
    text: str | None = None  # part of the event id, device, zone or case number
    order: Literal["newest", "oldest"] = "newest"


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadPage:
    """One page and where the next one starts (None: no more)."""

    leads: tuple[Lead, ...]
    next_after: tuple[Utc, str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueCounts:
    """How the queue stands; a lease that ran out counts as an alert."""

    alerts: int
    oldest_at: Utc | None
    claimed: int
    offered: int
    cameras_live: int
    cameras_total: int


def page(conn: Connection, want: LeadFilter, *, after: tuple[Utc, str] | None = None, limit: int = 50) -> LeadPage:
    """Leads in order of (opened_at, event_id), from behind `after` on."""
    size = max(1, min(limit, MAX_PAGE))
    place = tuple_(leads.c.opened_at, leads.c.event_id)
    query = select(leads).where(*_conditions(want))
    if want.order == "newest":
        query = query.order_by(leads.c.opened_at.desc(), leads.c.event_id.desc())
        query = query if after is None else query.where(place < after)
    else:
        query = query.order_by(leads.c.opened_at, leads.c.event_id)
        query = query if after is None else query.where(place > after)
    found = read_leads(conn, query.limit(size + 1))
    shown = tuple(found[:size])
    return LeadPage(leads=shown, next_after=(shown[-1].opened_at, shown[-1].event_id) if len(found) > size else None)


def _conditions(want: LeadFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if want.towns is not None:
        found.append(leads.c.town.in_(sorted(want.towns)))
    if want.states:
        found.append(leads.c.state.in_(sorted(want.states)))
    for column, value in ((leads.c.matter, want.matter), (leads.c.device, want.device), (leads.c.grade, want.grade)):
        if value is not None:
            found.append(column == value)
    if want.text:
        columns = (leads.c.event_id, leads.c.device, leads.c.zone, leads.c.case_number)
        found.append(or_(*(column.icontains(want.text, autoescape=True) for column in columns)))
    return found


def queue(conn: Connection, towns: Collection[str] | None, *, at: Utc) -> QueueCounts:
    """The queue's figures for these towns (None: every town)."""
    scope = [] if towns is None else [leads.c.town.in_(sorted(towns))]
    expired = (leads.c.state == "claimed") & (leads.c.lease_until <= at)
    waiting = select(func.count(), func.min(leads.c.opened_at)).where(*scope)
    alerts, oldest = conn.execute(waiting.where(leads.c.state == "alert")).one()
    late, late_oldest = conn.execute(waiting.where(expired)).one()
    counts = {
        state: conn.execute(select(func.count()).where(leads.c.state == state, *scope)).scalar_one()
        for state in ("claimed", "offered")
    }
    cameras = select(func.count()).where(devices.c.kind != "sensor", devices.c.retired.is_(False))
    if towns is not None:
        cameras = cameras.where(devices.c.town.in_(sorted(towns)))
    return QueueCounts(
        alerts=alerts + late,
        oldest_at=min((at for at in (oldest, late_oldest) if at is not None), default=None),
        claimed=counts["claimed"] - late,
        offered=counts["offered"],
        cameras_live=conn.execute(cameras.where(devices.c.state == "live")).scalar_one(),
        cameras_total=conn.execute(cameras).scalar_one(),
    )
