"""Taking a join back: the fire was another one."""

from __future__ import annotations

from fastapi import APIRouter, Response

from contract.times import utc_from_ns
from server.centre import Here
from server.identity.access import LeadsReviewer
from server.leads import acting
from server.leads.documents import DETAIL, LeadId, change_if_match
from server.leads.once import Once
from server.leads.schemas import LeadDetail
from server.leads.versions import IfMatch
from store import joins
from store.leads import Act

router = APIRouter(tags=["leads"])


@router.post(
    "/leads/{event_id}/split",
    operation_id="splitLead",
    response_model=LeadDetail,
    responses={**change_if_match(), **DETAIL},
)
def split(who: LeadsReviewer, centre: Here, once: Once, event_id: LeadId, version: IfMatch) -> Response:
    """Say that a joined act is another fire: it is an alert again, and is never joined with that one again."""
    act = Act(who=who.id, at=utc_from_ns(centre.now_ns()), reason="another_fire")
    return acting.carry_out(
        centre,
        who,
        once,
        lambda connection: joins.split(connection, event_id, act, version=version),
        event_id=event_id,
    )
