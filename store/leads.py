"""What people and the clock do to leads; each function is one change in the caller's write transaction.

Every change raises LeadRefused with the API's code and changes nothing then. Times are arguments: `act.at` is now.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Literal

import msgspec
from sqlalchemy import ColumnElement, Connection, insert, select, update

from contract.errors import LeadRefused
from contract.times import Utc
from store import feed
from store.lead_rows import (
    Act,
    HistoryRow,
    Lead,
    broken_histories,
    change,
    feed_key,
    find,
    history,
    locked,
    owners,
    read_leads,
    same_version,
)
from store.lead_states import Action
from store.tables import leads, outbox

__all__ = [
    "Act",
    "HistoryRow",
    "Lead",
    "accept",
    "broken_histories",
    "claim",
    "claim_next",
    "correct",
    "expire_leases",
    "find",
    "history",
    "offer_due",
    "owners",
    "release",
    "renew",
    "respond",
    "return_",
    "ring",
    "tell_again",
    "undo",
    "verdict",
]


def claim_next(
    conn: Connection, act: Act, *, lease_until: Utc, towns: Collection[str] | None, matter: str | None = None
) -> Lead | None:
    """Claim the oldest alert of these towns (None: every town), or None when nothing waits.

    A lease that ran out by `act.at` counts as waiting. Two callers never get the same lead: PostgreSQL skips rows that
    another transaction holds, SQLite has one writer.
    """
    scope = _scope(towns, matter)
    waiting = (leads.c.state == "alert", (leads.c.state == "claimed") & (leads.c.lease_until <= act.at))
    found = []
    for condition in waiting:
        query = select(leads).where(condition, *scope).order_by(leads.c.opened_at, leads.c.event_id).limit(1)
        found += read_leads(conn, query.with_for_update(skip_locked=True))
    if not found:
        return None
    oldest = min(found, key=lambda lead: (lead.opened_at, lead.event_id))
    return change(conn, oldest, "claim", act, holder=act.who, lease_until=lease_until)


def _scope(towns: Collection[str] | None, matter: str | None) -> list[ColumnElement[bool]]:
    scope: list[ColumnElement[bool]] = [] if towns is None else [leads.c.town.in_(sorted(towns))]
    return scope if matter is None else [*scope, leads.c.matter == matter]


def claim(conn: Connection, event_id: str, act: Act, *, lease_until: Utc) -> Lead:
    """Claim this lead; one's own running lease is lengthened, another's is refused with `claimed_by_other`."""
    lead = locked(conn, event_id)
    if lead.state == "claimed" and lead.lease_until is not None and lead.lease_until > act.at:
        if lead.holder != act.who:
            message = f"lead {event_id}: claimed by {lead.holder} until {lead.lease_until}"
            raise LeadRefused("claimed_by_other", message, holder=lead.holder)
        return renew(conn, event_id, act, lease_until=lease_until)
    return change(conn, lead, "claim", act, holder=act.who, lease_until=lease_until)


def renew(conn: Connection, event_id: str, act: Act, *, lease_until: Utc) -> Lead:
    """Lengthen one's own lease, also one that ran out and nobody else took; no new version: nothing else changed."""
    lead = _held(conn, event_id, act)
    conn.execute(update(leads).where(leads.c.event_id == event_id).values(lease_until=lease_until))
    return replace(lead, lease_until=lease_until)


def release(conn: Connection, event_id: str, act: Act) -> Lead:
    """Give one's own claim back: the lead waits again at its old place in the queue."""
    return change(conn, _held(conn, event_id, act), "release", act, holder=None, lease_until=None)


def expire_leases(conn: Connection, act: Act) -> list[Lead]:
    """Put claims whose lease ran out by `act.at` back into the queue; for the server's own clock."""
    query = select(leads).where(leads.c.state == "claimed", leads.c.lease_until <= act.at).order_by(leads.c.event_id)
    expired = read_leads(conn, query.with_for_update(skip_locked=True))
    return [change(conn, lead, "expire", act, holder=None, lease_until=None) for lead in expired]


def verdict(conn: Connection, event_id: str, act: Act, *, version: int, says: Literal["confirm", "dismiss"]) -> Lead:
    """The holder's verdict on the version that was seen; `act.reason` says why it was dismissed."""
    lead = _held(conn, event_id, act)
    same_version(lead, version)
    if says == "confirm":
        return change(
            conn, lead, "confirm", act, holder=None, lease_until=None, confirmed_by=act.who, confirmed_at=act.at
        )
    return change(conn, lead, "dismiss", act, holder=None, lease_until=None, dismissed_by=act.who, dismissed_at=act.at)


def undo(conn: Connection, event_id: str, act: Act, *, version: int, lease_until: Utc, given_after: Utc) -> Lead:
    """Take one's own verdict back and hold the lead again; `undo_over` for another's, or given before `given_after`."""
    lead = locked(conn, event_id)
    same_version(lead, version)
    if lead.state == "confirmed":
        who, when = lead.confirmed_by, lead.confirmed_at
    elif lead.state == "dismissed":
        who, when = lead.dismissed_by, lead.dismissed_at
    else:
        who, when = None, None
    if who != act.who or when is None or when < given_after:
        raise LeadRefused("undo_over", f"lead {event_id}: no verdict of {act.who} that can still be taken back")
    cleared = dict.fromkeys(("confirmed_by", "confirmed_at", "dismissed_by", "dismissed_at"))
    return change(conn, lead, "undo", act, holder=act.who, lease_until=lease_until, **cleared)


def offer_due(conn: Connection, act: Act, *, confirmed_before: Utc) -> list[Lead]:
    """Offer every lead confirmed at or before that instant; for the server's own clock."""
    query = select(leads).where(leads.c.state == "confirmed", leads.c.confirmed_at <= confirmed_before)
    due = read_leads(conn, query.order_by(leads.c.event_id).with_for_update(skip_locked=True))
    return [change(conn, lead, "offer", act) for lead in due]


def accept(conn: Connection, event_id: str, act: Act, *, version: int, case_number: str | None = None) -> Lead:
    """Accept an offered lead: with a case number straight to `case_opened`, without one an outbox row goes with it.

    For device evidence the person who confirmed is refused with `same_person`.
    """
    lead = locked(conn, event_id)
    same_version(lead, version)
    if lead.purpose == "device_evidence" and lead.confirmed_by == act.who:
        raise LeadRefused(
            "same_person", f"lead {event_id}: {act.who} confirmed it; device evidence needs a second person"
        )
    accepted = change(conn, lead, "accept", act, decided_by=act.who, decided_at=act.at)
    if case_number is not None:
        return change(conn, accepted, "open_case", act, case_number=case_number)
    body = {
        "event_id": event_id,
        "revision": accepted.revision,
        "accepted_by": act.who,
        "accepted_at": act.at,
        "note": act.note,
    }
    row = {
        "event_id": event_id,
        "kind": "accepted_lead",
        "body": msgspec.json.encode(body).decode(),
        "created_at": act.at,
    }
    conn.execute(insert(outbox).values(row))
    return accepted


def return_(conn: Connection, event_id: str, act: Act, *, version: int) -> Lead:
    """Return an offered lead; `act.reason` is one of the API's reasons."""
    lead = locked(conn, event_id)
    same_version(lead, version)
    return change(conn, lead, "return", act, decided_by=act.who, decided_at=act.at)


def correct(conn: Connection, event_id: str, act: Act, *, action: Literal["withdraw", "supersede", "permit"]) -> Lead:
    """Take a lead aside that should not go on; a claim on it ends."""
    what: Action = action
    return change(conn, locked(conn, event_id), what, act, holder=None, lease_until=None)


def respond(conn: Connection, event_id: str, act: Act) -> Lead:
    """Note a step of the response (`act.reason`) as taken; the first to say so stands, a repeat changes nothing."""
    lead = locked(conn, event_id)
    if any(row.action == "respond" and row.reason == act.reason for row in history(conn, event_id)):
        return lead
    return change(conn, lead, "respond", act)


def ring(conn: Connection, event_id: str, act: Act) -> Lead:
    """What excused a permitted act does not cover it any more: an alert again."""
    return change(conn, locked(conn, event_id), "ring", act)


def tell_again(conn: Connection, event_ids: Collection[str], *, at: Utc) -> None:
    """Say in the feed that something around these leads changed, such as evidence that came in."""
    query = select(leads).where(leads.c.event_id.in_(sorted(event_ids))).order_by(leads.c.event_id)
    feed.tell(conn, "lead", [feed_key(lead) for lead in read_leads(conn, query)], at=at)


def _held(conn: Connection, event_id: str, act: Act) -> Lead:
    lead = locked(conn, event_id)
    if lead.state != "claimed" or lead.holder != act.who:
        raise LeadRefused("not_holder", f"lead {event_id}: {act.who} does not hold it", holder=lead.holder)
    return lead
