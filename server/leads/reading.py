"""Reading leads: pages, one lead, its history, the queue's figures; only of the person's towns."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import get_args

import msgspec
from sqlalchemy import Connection

from contract.errors import ContractError
from contract.events import GradeLevel
from contract.times import Utc, ns_from_utc, utc_from_ns
from server.centre import Centre
from server.identity.access import Person
from server.identity.scopes import scopes_of
from server.leads import views
from server.leads.allowed import Viewer
from server.leads.schemas import HistoryEntry, LeadDetail, LeadPage, Order, QueueAnswer
from server.problems import Problem
from server.shapes import LeadState
from store import lead_lists, leads, users
from store.lead_lists import LeadFilter
from store.leads import Lead

STATES: tuple[str, ...] = get_args(LeadState)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Which leads a list is asked for; empty `states` is every state."""

    states: tuple[str, ...] = ()
    matter: str | None = None
    town: str | None = None
    device: str | None = None
    grade: GradeLevel | None = None
    words: str | None = None
    cursor: str | None = None
    limit: int = 50
    order: Order = "newest"


def read_states(text: str | None) -> tuple[str, ...]:
    """`alert,claimed` as states; raises Problem invalid_request for a word that is none."""
    states = tuple(word for word in (text or "").split(",") if word)
    unknown = [word for word in states if word not in STATES]
    if unknown:
        raise Problem("invalid_request", f"state: {', '.join(unknown)} not known; known are {', '.join(STATES)}")
    return states


def page(centre: Centre, who: Person, filters: Filters) -> LeadPage:
    """One page; a town that is not the person's shows nothing."""
    wanted = LeadFilter(
        towns=[town for town in who.towns if filters.town in (None, town)],
        states=filters.states,
        matter=filters.matter,
        device=filters.device,
        grade=filters.grade,
        text=filters.words,
        order=filters.order,
    )
    after = None if filters.cursor is None else read_cursor(filters.cursor)
    now = utc_from_ns(centre.now_ns())
    with centre.store.read() as connection:
        found = lead_lists.page(connection, wanted, after=after, limit=filters.limit)
        items = views.summaries(connection, found.leads, now)
    return LeadPage(items=items, next_cursor=None if found.next_after is None else write_cursor(found.next_after))


def write_cursor(place: tuple[Utc, str]) -> str:
    """A place in a list as an opaque word."""
    return base64.urlsafe_b64encode(msgspec.json.encode(place)).decode().rstrip("=")


def read_cursor(text: str) -> tuple[Utc, str]:
    """The inverse of `write_cursor`; raises Problem invalid_cursor."""
    try:
        padded = text.encode() + b"=" * (-len(text) % 4)
        at, event_id = msgspec.json.decode(base64.b64decode(padded, b"-_", validate=True), type=tuple[str, str])
        ns_from_utc(at)
    except (ValueError, binascii.Error, msgspec.MsgspecError, ContractError) as error:
        raise Problem("invalid_cursor", "start the list anew") from error
    return at, event_id


def viewer(centre: Centre, who: Person) -> Viewer:
    """The person as one who looks at this moment."""
    return Viewer(who.id, scopes_of(who.roles), utc_from_ns(centre.now_ns()))


def seen_lead(connection: Connection, who: Person, event_id: str) -> Lead:
    """The lead; raises Problem not_found alike for one that is not there and one of another town."""
    lead = leads.find(connection, event_id)
    if lead is None or lead.town not in who.towns:
        raise Problem("not_found", f"lead {event_id}")
    return lead


def detail(centre: Centre, who: Person, event_id: str) -> LeadDetail:
    """One lead in full."""
    with centre.store.read() as connection:
        lead = seen_lead(connection, who, event_id)
        return views.detail(connection, lead, viewer(centre, who), centre.config.policy.undo_s)


def history(centre: Centre, who: Person, event_id: str) -> list[HistoryEntry]:
    """Every change of a lead, oldest first."""
    with centre.store.read() as connection:
        seen_lead(connection, who, event_id)
        people = users.display_names(connection)
        return [views.history_entry(row, people) for row in leads.history(connection, event_id)]


def queue(centre: Centre, towns: Collection[str]) -> QueueAnswer:
    """The queue's figures for these towns."""
    with centre.store.read() as connection:
        counts = lead_lists.queue(connection, towns, at=utc_from_ns(centre.now_ns()))
    return QueueAnswer(**asdict(counts))
