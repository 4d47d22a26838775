"""The live route."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Request
from fastapi.responses import StreamingResponse

from server.centre import Here
from server.identity.access import DevicesReader
from server.live import stream
from server.problems import problem_responses

router = APIRouter(tags=["live"])

_EVENTS = (
    "server-sent events `lead` (LiveLead), `device` (LiveDevice), `queue` (QueueAnswer) and `resync` (LiveResync); "
    "a comment as heartbeat"
)


@router.get(
    "/live",
    operation_id="getLive",
    response_class=StreamingResponse,
    responses={
        200: {"description": _EVENTS, "content": {"text/event-stream": {"schema": {"type": "string"}}}},
        **problem_responses("not_logged_in", "forbidden", "unavailable"),
    },
)
async def get_live(
    who: DevicesReader,
    centre: Here,
    request: Request,
    last_event_id: Annotated[str | None, Header(alias="Last-Event-ID", max_length=20)] = None,
) -> StreamingResponse:
    """Changes of the person's towns as they happen (leads for those who may read leads).

    `Last-Event-ID` brings what was missed, or `resync` where that is too much.
    """
    return stream.open_stream(centre, who, request, last_event_id)
