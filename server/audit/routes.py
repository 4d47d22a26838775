"""The audit route."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from server.audit import reading
from server.audit.schemas import AuditPage
from server.centre import Here
from server.identity.access import AuditReader
from server.problems import problem_responses

router = APIRouter(tags=["audit"])


@router.get(
    "/audit",
    operation_id="listAudit",
    responses=problem_responses("not_logged_in", "forbidden", "invalid_request", "invalid_cursor"),
)
def list_audit(
    who: AuditReader,
    centre: Here,
    lead: Annotated[str | None, Query(max_length=36)] = None,
    user: Annotated[str | None, Query(alias="who", max_length=64, description="a user's id")] = None,
    cursor: Annotated[str | None, Query(max_length=300)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> AuditPage:
    """One page of the trail in the person's towns, newest first."""
    return reading.page(centre, who, reading.Filters(lead, user, cursor, limit))
