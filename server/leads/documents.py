"""What the OpenAPI document says about the routes of one lead: its id, its answers, its problems."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path

from server.leads.schemas import LeadDetail
from server.problems import problem_responses
from server.shapes import EVENT_ID

Responses = dict[int | str, dict[str, Any]]

LeadId = Annotated[str, Path(min_length=36, max_length=36, examples=[EVENT_ID], description="the lead's event id")]

DETAIL: Responses = {
    200: {
        "model": LeadDetail,
        "description": "the lead as it stands now",
        "headers": {"ETag": {"description": "the lead's version, for If-Match", "schema": {"type": "string"}}},
    }
}
READ_CODES = ("not_logged_in", "forbidden", "not_found", "invalid_request")
CHANGE_CODES = (
    *READ_CODES,
    "csrf_failed",
    "wrong_state",
    "claimed_by_other",
    "not_holder",
    "idempotency_mismatch",
)
READ: Responses = problem_responses(*READ_CODES)
CHANGE: Responses = problem_responses(*CHANGE_CODES)


def change_if_match(*codes: str) -> Responses:
    """The answers of a change that needs If-Match: the lead, the usual problems and these."""
    return {**problem_responses(*CHANGE_CODES, "version_conflict", "if_match_missing", *codes), **DETAIL}
