"""The case officer's routes: accept and return."""

from __future__ import annotations

from fastapi import APIRouter, Response

from server.cases import deciding
from server.cases.schemas import AcceptAsk, ReturnAsk
from server.centre import Here
from server.identity.access import LeadsDecider
from server.leads.acting import Read
from server.leads.documents import LeadId, change_if_match
from server.leads.once import Once
from server.leads.schemas import LeadDetail
from server.leads.versions import IfMatch

router = APIRouter(tags=["cases"])


@router.post(
    "/leads/{event_id}/accept",
    operation_id="acceptLead",
    response_model=LeadDetail,
    responses=change_if_match("same_person", "ticks_missing"),
)
def accept(who: LeadsDecider, centre: Here, once: Once, event_id: LeadId, version: IfMatch, ask: AcceptAsk) -> Response:
    """Accept an offered lead; all four ticks are needed."""
    return deciding.accept(centre, who, once, lead=Read(event_id, version), ask=ask)


@router.post(
    "/leads/{event_id}/return",
    operation_id="returnLead",
    response_model=LeadDetail,
    responses=change_if_match("note_missing"),
)
def return_(
    who: LeadsDecider, centre: Here, once: Once, event_id: LeadId, version: IfMatch, ask: ReturnAsk
) -> Response:
    """Return an offered lead with the reason."""
    return deciding.return_(centre, who, once, lead=Read(event_id, version), ask=ask)
