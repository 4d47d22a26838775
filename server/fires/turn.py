"""The clockwork's part: reads the open fires, joins those that are one, and reads back what was joined."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import msgspec
from sqlalchemy import Connection, select

from contract.errors import LeadRefused
from contract.events import Event
from contract.matters.straw_burning import Facts
from contract.times import NS, ns_from_utc, utc_from_ns
from ground.local import Spot
from server.centre import Centre
from server.fires.joining import Found, JointPlace, SeenFire, find_joins, joint_place
from server.fires.news import MATTER, News
from store import events, joins
from store.joins import Join
from store.lead_rows import Act, Lead, read_leads
from store.lead_states import State
from store.tables import leads

REASON = "same_fire"
LOOK_BACK_NS = 7200 * NS
MAX_OPEN = 500
_OPEN: tuple[State, ...] = (
    "alert",
    "claimed",
    "confirmed",
    "offered",
    "accepted",
    "handed_over",
    "case_opened",
    "superseded",
)


def turn(centre: Centre, act: Act, news: News) -> int:
    """Join what can be joined now; returns how many acts were. An idle centre takes no turn among the writers."""
    if news.is_none:
        return 0
    since = utc_from_ns(ns_from_utc(act.at) - LOOK_BACK_NS)
    with centre.store.read() as connection:
        waiting = (leads.c.matter == MATTER) & (leads.c.state == "alert") & (leads.c.opened_at >= since)
        if connection.execute(select(leads.c.event_id).where(waiting).limit(1)).first() is None:
            return 0
        found = _found(connection, since)
    return sum(_join(centre, one, act) for one in found)


def _found(connection: Connection, since: str) -> list[Found]:
    recent = (leads.c.matter == MATTER) & (leads.c.state.in_(_OPEN)) & (leads.c.opened_at >= since)
    query = select(leads).where(recent).order_by(leads.c.opened_at.desc(), leads.c.event_id).limit(MAX_OPEN)
    rows = read_leads(connection, query)
    told = joins.of(connection, [lead.event_id for lead in rows])
    into = {join.event_id: join.into_event_id for join in told if join.split_at is None}
    never = {(join.event_id, join.into_event_id) for join in told if join.split_at is not None}
    fires = _fires(connection, rows)
    found: list[Found] = []
    for town in sorted({lead.town for lead in rows}):
        heads = [
            (
                fires[lead.event_id],
                *(fires[one] for one, head in into.items() if head == lead.event_id and one in fires),
            )
            for lead in rows
            if lead.town == town and lead.event_id in fires and lead.state != "superseded"
        ]
        found += find_joins(heads, never=never)
    return found


def _join(centre: Centre, found: Found, act: Act) -> int:
    row = Join(
        event_id=found.younger,
        into_event_id=found.head,
        at=act.at,
        distance_m=round(found.distance_m),
        chi2=f"{found.chi2:.2f}",
        gap_s=round(found.gap_ns / NS),
        ambiguous=found.ambiguous,
    )
    note = f"{found.head}: {row.distance_m} m, chi2 {row.chi2}, {row.gap_s} s"
    try:
        with centre.store.write() as connection:
            joins.join(connection, row, Act(who=act.who, at=act.at, reason=REASON, note=note))
    except LeadRefused:
        return 0  # somebody took it in the meantime: it is seen as taken at the next turn
    return 1


def _fires(connection: Connection, rows: Sequence[Lead]) -> dict[str, SeenFire]:
    current = events.current_events(connection, rows)
    states = {lead.event_id: lead.state for lead in rows}
    seen = (_seen(event, is_waiting=states[event.event_id] == "alert") for event in current.values())
    return {fire.event_id: fire for fire in seen if fire is not None}


def _seen(event: Event, *, is_waiting: bool) -> SeenFire | None:
    facts = msgspec.convert(event.facts, Facts)
    if facts.sight is None:
        return None
    at = event.where.position
    return SeenFire(
        event_id=event.event_id,
        tower=(event.gateway, event.device),
        onset_ns=ns_from_utc(event.onset),
        last_seen_ns=ns_from_utc(event.last_seen),
        sight=facts.sight,
        is_waiting=is_waiting,
        at=None if at is None else Spot(lat=at.lat, lon=at.lon),
    )


def joined(connection: Connection, event_id: str) -> tuple[list[Join], JointPlace | None]:
    """The joins that this act takes part in, not those split, and the place of the whole fire."""
    told = [join for join in joins.of(connection, [event_id]) if join.split_at is None]
    if not told:
        return [], None
    head = next((join.into_event_id for join in told if join.event_id == event_id), event_id)
    told = [join for join in joins.of(connection, [head]) if join.split_at is None and join.into_event_id == head]
    members = _members(connection, [head, *(join.event_id for join in told if not join.ambiguous)])
    return told, joint_place(members)


def _members(connection: Connection, event_ids: Collection[str]) -> list[SeenFire]:
    rows = read_leads(connection, select(leads).where(leads.c.event_id.in_(list(event_ids))))
    fires = _fires(connection, rows)
    return [fires[event_id] for event_id in event_ids if event_id in fires]
