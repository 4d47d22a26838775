"""How ingest says no over HTTP: problem+json (RFC 9457) with a code, and the name of the limit where one was met."""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import JSONResponse
from starlette.responses import Response

RETRY_AFTER_S = 5


class RefusalError(Exception):
    """An answer that is no success; `headers` go with it."""

    def __init__(self, status: int, code: str, detail: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.headers = headers or {}


def later(status: int, code: str, detail: str) -> RefusalError:
    """A refusal that may be tried again."""
    return RefusalError(status, code, detail, {"Retry-After": str(RETRY_AFTER_S)})


async def answer(_request: Request, refusal: Exception) -> Response:
    """The refusal as a response."""
    assert isinstance(refusal, RefusalError)  # noqa: S101 -- registered for this type only
    body = {
        "type": "about:blank",
        "title": refusal.code.replace("_", " "),
        "status": refusal.status,
        "detail": refusal.detail,
        "code": refusal.code,
    }
    return JSONResponse(body, refusal.status, refusal.headers, "application/problem+json")
