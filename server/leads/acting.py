"""Changing leads: a request is one write transaction of the change, its history, the feed and the kept answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fastapi import Response
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from contract.errors import LeadRefused
from contract.times import NS, Utc, utc_from_ns
from server.centre import Centre
from server.fires import places
from server.identity.access import Person
from server.leads import once, persons_plate, reading, views
from server.leads.once import KeptAnswer, OnceCall
from server.leads.schemas import LeaseAnswer, VerdictAsk
from server.leads.versions import etag
from server.problems import Problem
from store import audit, events, leads, users
from store.audit import AuditEntry
from store.leads import Act, Lead

Change = Callable[[Connection], Lead | None]


@dataclass(frozen=True, slots=True)
class Read:
    """The lead that a change is about, in the version that the person decided on."""

    event_id: str
    version: int


def claim_next(centre: Centre, who: Person, call: OnceCall, *, matter: str | None) -> Response:
    """Claim the oldest alert that waits in the person's towns; 204 when none does."""
    now_ns = centre.now_ns()
    act = Act(who=who.id, at=utc_from_ns(now_ns))
    until = lease_until(centre, now_ns)

    def change(connection: Connection) -> Lead | None:
        return leads.claim_next(connection, act, lease_until=until, towns=who.towns, matter=matter)

    return carry_out(centre, who, call, change)


def claim(centre: Centre, who: Person, call: OnceCall, event_id: str) -> Response:
    """Claim this alert; one's own lease is lengthened."""
    now_ns = centre.now_ns()
    act = Act(who=who.id, at=utc_from_ns(now_ns))
    until = lease_until(centre, now_ns)
    return carry_out(
        centre,
        who,
        call,
        lambda connection: leads.claim(connection, event_id, act, lease_until=until),
        event_id=event_id,
    )


def renew(centre: Centre, who: Person, event_id: str) -> LeaseAnswer:
    """Hold the lead for one more lease."""
    now_ns = centre.now_ns()
    act = Act(who=who.id, at=utc_from_ns(now_ns))
    try:
        with centre.store.write() as connection:
            reading.seen_lead(connection, who, event_id)
            lead = leads.renew(connection, event_id, act, lease_until=lease_until(centre, now_ns))
    except LeadRefused as refused:
        raise problem_of(centre, who, refused, event_id) from refused
    return LeaseAnswer(lease_until=lead.lease_until or act.at)


def release(centre: Centre, who: Person, call: OnceCall, event_id: str) -> Response:
    """Put the alert back."""
    act = Act(who=who.id, at=utc_from_ns(centre.now_ns()))
    return carry_out(centre, who, call, lambda connection: leads.release(connection, event_id, act), event_id=event_id)


def verdict(centre: Centre, who: Person, call: OnceCall, *, lead: Read, ask: VerdictAsk) -> Response:
    """Confirm or dismiss; raises Problem reason_missing or note_missing for a dismissal that does not say why.

    A plate that the person read goes into the history with the confirmation; the machine's stays what it is.
    """
    if ask.verdict == "dismiss" and ask.reason is None:
        raise Problem("reason_missing", "a dismissal needs a reason")
    if ask.verdict == "confirm" and ask.reason is not None:
        raise Problem("invalid_request", "reason: only a dismissal has one")
    if ask.verdict == "dismiss" and ask.plate_by_person is not None:
        raise Problem("invalid_request", "plate_by_person: only a confirmation has one")
    if ask.reason == "other" and not ask.note.strip():
        raise Problem("note_missing")
    reason = ask.reason or persons_plate.as_reason(ask.plate_by_person)
    act = Act(who=who.id, at=utc_from_ns(centre.now_ns()), reason=reason, note=ask.note)
    days = centre.config.policy.known_place_days

    def change(connection: Connection) -> Lead:
        decided = leads.verdict(connection, lead.event_id, act, version=lead.version, says=ask.verdict)
        places.after_verdict(connection, decided, act, days=days)
        return decided

    return carry_out(centre, who, call, change, event_id=lead.event_id)


def undo(centre: Centre, who: Person, call: OnceCall, *, lead: Read) -> Response:
    """Take one's own verdict back within the policy's time."""
    now_ns = centre.now_ns()
    act = Act(who=who.id, at=utc_from_ns(now_ns))
    given_after = utc_from_ns(now_ns - round(centre.config.policy.undo_s * NS))
    until = lease_until(centre, now_ns)

    def change(connection: Connection) -> Lead:
        undone = leads.undo(
            connection, lead.event_id, act, version=lead.version, lease_until=until, given_after=given_after
        )
        places.after_undo(connection, lead.event_id, act)
        return undone

    return carry_out(centre, who, call, change, event_id=lead.event_id)


def shown(centre: Centre, who: Person, event_id: str, sha256: str) -> None:
    """Note that a file of the lead was painted; raises Problem not_found for a file that the lead does not list."""
    at = utc_from_ns(centre.now_ns())
    with centre.store.write() as connection:
        lead = reading.seen_lead(connection, who, event_id)
        if not events.lists_file(connection, event_id, sha256):
            raise Problem("not_found", f"file {sha256}")
        entry = AuditEntry(
            at=at, who=who.id, action="evidence.shown", town=lead.town, event_id=event_id, detail={"sha256": sha256}
        )
        audit.append(connection, entry)


def lease_until(centre: Centre, now_ns: int) -> Utc:
    """When a lease that begins now ends."""
    return utc_from_ns(now_ns + round(centre.config.policy.lease_s * NS))


def carry_out(centre: Centre, who: Person, call: OnceCall, change: Change, *, event_id: str | None = None) -> Response:
    """Make the change once and answer with the lead as it stands then; a repeat of `call` gets the first answer."""
    try:
        return _attempt(centre, who, call, change, event_id)
    except IntegrityError:
        if call.key is None:
            raise
        # The same key came twice at once: the other one is committed now, so its answer is there.
        return _attempt(centre, who, call, change, event_id)


def _attempt(centre: Centre, who: Person, call: OnceCall, change: Change, event_id: str | None) -> Response:
    try:
        with centre.store.write() as connection:
            if event_id is not None:
                reading.seen_lead(connection, who, event_id)
            kept = once.recall(connection, who.id, call)
            if kept is not None:
                return _answer(kept)
            lead = change(connection)
            if lead is None:
                return Response(status_code=204)
            viewer = reading.viewer(centre, who)
            shown_lead = views.detail(connection, lead, viewer, centre.config.policy.undo_s)
            answer = KeptAnswer(etag(lead.version), shown_lead.model_dump_json(by_alias=True))
            once.keep(connection, who.id, call, answer, at=viewer.now)
            return _answer(answer)
    except LeadRefused as refused:
        raise problem_of(centre, who, refused, event_id or "") from refused


def _answer(kept: KeptAnswer) -> Response:
    return Response(kept.body, media_type="application/json", headers={"ETag": kept.etag})


def problem_of(centre: Centre, who: Person, refused: LeadRefused, event_id: str) -> Problem:
    """The store's refusal as a problem, with what the client needs to go on: the holder, or the lead as it is now."""
    if refused.code == "version_conflict":
        return Problem("version_conflict", str(refused), current=reading.detail(centre, who, event_id))
    if refused.code in ("claimed_by_other", "not_holder"):
        return Problem(refused.code, str(refused), holder=_holder(centre, refused.holder))
    return Problem(refused.code, str(refused))


def _holder(centre: Centre, user_id: str | None) -> dict[str, str] | None:
    if user_id is None:
        return None
    with centre.store.read() as connection:
        user = users.by_id(connection, user_id)
    return {"id": user_id, "name": user_id if user is None else user.display_name}
