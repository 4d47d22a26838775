"""The case officer's decision on an offered lead: no lead goes on without a person's four ticks."""

from __future__ import annotations

from fastapi import Response

from contract.times import utc_from_ns
from server.cases.schemas import AcceptAsk, ReturnAsk
from server.centre import Centre
from server.identity.access import Person
from server.leads.acting import Read, carry_out
from server.leads.once import OnceCall
from server.problems import Problem
from store import leads
from store.leads import Act

TICKS = ("true", "clear", "complete", "accurate")


def accept(centre: Centre, who: Person, call: OnceCall, *, lead: Read, ask: AcceptAsk) -> Response:
    """Accept; with a case number the case counts as opened, without one the outbox takes it to the case system.

    Raises Problem ticks_missing, same_person, wrong_state or version_conflict. The ticks stand in the history.
    """
    missing = [tick for tick in TICKS if not getattr(ask.ticks, tick)]
    if missing:
        raise Problem("ticks_missing", f"not ticked: {', '.join(missing)}", missing=missing)
    act = Act(who=who.id, at=utc_from_ns(centre.now_ns()), reason="ticks: " + ", ".join(TICKS), note=ask.note)
    return carry_out(
        centre,
        who,
        call,
        lambda connection: leads.accept(
            connection, lead.event_id, act, version=lead.version, case_number=ask.case_number
        ),
        event_id=lead.event_id,
    )


def return_(centre: Centre, who: Person, call: OnceCall, *, lead: Read, ask: ReturnAsk) -> Response:
    """Return with the reason; raises Problem note_missing, wrong_state or version_conflict."""
    if ask.reason == "other" and not ask.note.strip():
        raise Problem("note_missing")
    act = Act(who=who.id, at=utc_from_ns(centre.now_ns()), reason=ask.reason, note=ask.note)
    return carry_out(
        centre,
        who,
        call,
        lambda connection: leads.return_(connection, lead.event_id, act, version=lead.version),
        event_id=lead.event_id,
    )
