"""The operator's routes: the list, the queue's figures, the lease, the verdict, undo, history."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from contract.events import GradeLevel
from server.centre import Here
from server.identity.access import LeadsReader, LeadsReviewer
from server.leads import acting, reading
from server.leads.documents import CHANGE, DETAIL, READ, LeadId, change_if_match
from server.leads.once import Once
from server.leads.schemas import (
    HistoryAnswer,
    LeadDetail,
    LeadPage,
    LeaseAnswer,
    NextAsk,
    Order,
    QueueAnswer,
    ShownAsk,
    VerdictAsk,
)
from server.leads.versions import IfMatch, etag
from server.problems import problem_responses

router = APIRouter(tags=["leads"])

Filter = Annotated[str | None, Query(max_length=64)]
MAX_PAGE = 200


def read_filters(
    *,
    state: Annotated[str | None, Query(max_length=200, examples=["alert,claimed"], description="by comma")] = None,
    matter: Filter = None,
    town: Filter = None,
    device: Filter = None,
    grade: GradeLevel | None = None,
    q: Annotated[str | None, Query(max_length=100, description="part of a device, zone or event id")] = None,
    cursor: Annotated[str | None, Query(max_length=300)] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 50,
    order: Order = "newest",
) -> reading.Filters:
    """The list's filters as one value."""
    return reading.Filters(
        states=reading.read_states(state),
        matter=matter,
        town=town,
        device=device,
        grade=grade,
        words=q,
        cursor=cursor,
        limit=limit,
        order=order,
    )


@router.get(
    "/leads",
    operation_id="listLeads",
    responses=problem_responses("not_logged_in", "forbidden", "invalid_request", "invalid_cursor"),
)
def list_leads(who: LeadsReader, centre: Here, filters: Annotated[reading.Filters, Depends(read_filters)]) -> LeadPage:
    """One page of the leads of the person's towns that fit the filters."""
    return reading.page(centre, who, filters)


@router.get("/queue", operation_id="getQueue", responses=problem_responses("not_logged_in", "forbidden"))
def get_queue(who: LeadsReader, centre: Here) -> QueueAnswer:
    """The queue of the person's towns in figures."""
    return reading.queue(centre, who.towns)


@router.post(
    "/leads/next",
    operation_id="claimNextLead",
    response_model=LeadDetail,
    responses={**CHANGE, **DETAIL, 204: {"description": "nothing waits"}},
)
def claim_next(who: LeadsReviewer, centre: Here, once: Once, ask: NextAsk | None = None) -> Response:
    """Claim the oldest alert that waits, as a lease."""
    return acting.claim_next(centre, who, once, matter=ask.matter if ask else None)


@router.get("/leads/{event_id}", operation_id="getLead", responses={**READ, **DETAIL})
def get_lead(who: LeadsReader, centre: Here, event_id: LeadId, response: Response) -> LeadDetail:
    """One lead in full."""
    detail = reading.detail(centre, who, event_id)
    response.headers["ETag"] = etag(detail.version)
    return detail


@router.get("/leads/{event_id}/history", operation_id="getLeadHistory", responses=READ)
def get_history(who: LeadsReader, centre: Here, event_id: LeadId) -> HistoryAnswer:
    """Every change of a lead, oldest first, as a hash chain."""
    return HistoryAnswer(items=reading.history(centre, who, event_id))


@router.post(
    "/leads/{event_id}/claim", operation_id="claimLead", response_model=LeadDetail, responses={**CHANGE, **DETAIL}
)
def claim(who: LeadsReviewer, centre: Here, once: Once, event_id: LeadId) -> Response:
    """Claim this alert as a lease."""
    return acting.claim(centre, who, once, event_id)


@router.post("/leads/{event_id}/renew", operation_id="renewLease", responses=CHANGE)
def renew(who: LeadsReviewer, centre: Here, event_id: LeadId) -> LeaseAnswer:
    """Hold the lead for one more lease."""
    return acting.renew(centre, who, event_id)


@router.post(
    "/leads/{event_id}/release", operation_id="releaseLead", response_model=LeadDetail, responses={**CHANGE, **DETAIL}
)
def release(who: LeadsReviewer, centre: Here, once: Once, event_id: LeadId) -> Response:
    """Put the alert back for others."""
    return acting.release(centre, who, once, event_id)


@router.post(
    "/leads/{event_id}/verdict",
    operation_id="decideLead",
    response_model=LeadDetail,
    responses=change_if_match("reason_missing", "note_missing"),
)
def verdict(
    who: LeadsReviewer, centre: Here, once: Once, event_id: LeadId, version: IfMatch, ask: VerdictAsk
) -> Response:
    """Confirm or dismiss; may be undone for a short while, then a confirmed lead is offered."""
    return acting.verdict(centre, who, once, lead=acting.Read(event_id, version), ask=ask)


@router.post(
    "/leads/{event_id}/undo",
    operation_id="undoVerdict",
    response_model=LeadDetail,
    responses=change_if_match("undo_over"),
)
def undo(who: LeadsReviewer, centre: Here, once: Once, event_id: LeadId, version: IfMatch) -> Response:
    """Take one's own verdict back while it may be; the lead is held again."""
    return acting.undo(centre, who, once, lead=acting.Read(event_id, version))


@router.post("/leads/{event_id}/shown", operation_id="leadShown", status_code=204, responses=CHANGE)
def shown(who: LeadsReader, centre: Here, event_id: LeadId, ask: ShownAsk) -> Response:
    """Say that a file was painted on the screen: an audited look."""
    acting.shown(centre, who, event_id, ask.sha256)
    return Response(status_code=204)
