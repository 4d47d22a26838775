"""Problems as RFC 9457 says: one exception, one JSON shape, one table of codes."""

from __future__ import annotations

import logging
from typing import Any

from fastapi import FastAPI, Request
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"

# code -> (status, title); the code is what a client acts on, the title is for people.
CODES: dict[str, tuple[int, str]] = {
    "login_failed": (401, "Name or password is wrong"),
    "not_logged_in": (401, "Log in first"),
    "login_back_off": (429, "Too many failed log-ins for this name"),
    "login_busy": (429, "Too many log-ins at once"),
    "csrf_failed": (403, "The CSRF token is missing or wrong"),
    "cross_site": (403, "The request comes from another site"),
    "forbidden": (403, "Your roles do not allow this"),
    "not_found": (404, "There is no such thing here"),
    "method_not_allowed": (405, "This method is not allowed here"),
    "claimed_by_other": (409, "Another person holds this lead"),
    "not_holder": (409, "You do not hold this lead"),
    "wrong_state": (409, "The lead does not stand where this change begins"),
    "undo_over": (409, "The time to undo is over"),
    "same_person": (409, "The person who confirmed may not accept"),
    "evidence_incomplete": (409, "Evidence files have not arrived yet"),
    "evidence_damaged": (500, "The stored file differs from its hash"),
    "version_conflict": (412, "The lead has changed since you read it"),
    "body_too_large": (413, "The request is too large"),
    "unsupported_media_type": (415, "Send JSON"),
    "range_not_satisfiable": (416, "The range lies outside the file"),
    "invalid_request": (422, "The request is not valid"),
    "invalid_cursor": (422, "The cursor is not one of this server's"),
    "reason_missing": (422, "A reason is needed"),
    "note_missing": (422, "The reason `other` needs a note"),
    "ticks_missing": (422, "All four ticks are needed"),
    "idempotency_mismatch": (422, "This idempotency key was used for another request"),
    "if_match_missing": (428, "Send If-Match with the version that you read"),
    "unavailable": (503, "The server cannot answer now"),
    "internal": (500, "The server failed"),
}


class ProblemBody(BaseModel):
    """An RFC 9457 problem; `code` names it, and further members say what a client needs to act on it."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [
                {
                    "type": "urn:tantou:problem:not_found",
                    "title": "There is no such thing here",
                    "status": 404,
                    "detail": "lead 6f1f7e6a-8f0e-8c3b-9d57-2f6f0c4f9a11",
                    "code": "not_found",
                }
            ]
        },
    )

    type: str
    title: str
    status: int
    detail: str
    code: str


class Problem(Exception):  # noqa: N818 - RFC 9457 calls it a problem
    """Raised anywhere below a route; becomes the answer. `extra` members must be JSON or pydantic values."""

    def __init__(self, code: str, detail: str = "", *, headers: dict[str, str] | None = None, **extra: Any) -> None:
        self.status, self.title = CODES[code]
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
        self.headers = headers
        self.extra = extra


def answer(problem: Problem) -> JSONResponse:
    """The problem as its HTTP answer."""
    body = {
        "type": f"urn:tantou:problem:{problem.code}",
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
        "code": problem.code,
        **jsonable_encoder(problem.extra),
    }
    headers = {"Cache-Control": "no-store", **(problem.headers or {})}
    return JSONResponse(body, problem.status, headers, media_type=MEDIA_TYPE)


def problem_responses(*codes: str) -> dict[int | str, dict[str, Any]]:
    """The OpenAPI `responses` of a route that may answer these codes, one entry a status with an example for each."""
    responses: dict[int | str, dict[str, Any]] = {}
    for code in codes:
        status, title = CODES[code]
        entry = responses.setdefault(status, {"description": title, "content": {MEDIA_TYPE: {"examples": {}}}})
        entry["content"][MEDIA_TYPE]["schema"] = {"$ref": "#/components/schemas/ProblemBody"}
        entry["content"][MEDIA_TYPE]["examples"][code] = {
            "value": {
                "type": f"urn:tantou:problem:{code}",
                "title": title,
                "status": status,
                "detail": "",
                "code": code,
            }
        }
    return responses


_HTTP_CODES = {404: "not_found", 405: "method_not_allowed", 413: "body_too_large", 415: "unsupported_media_type"}


def install(app: FastAPI) -> None:
    """Every error of the app becomes a problem; what was not foreseen says nothing about the inside."""

    @app.exception_handler(Problem)
    def on_problem(_request: Request, problem: Problem) -> JSONResponse:
        return answer(problem)

    @app.exception_handler(RequestValidationError)
    def on_invalid(_request: Request, error: RequestValidationError) -> JSONResponse:
        # The rejected input itself is left out: a misplaced password must not come back in an answer or a log.
        mistakes = [{"at": ".".join(map(str, e["loc"])), "problem": e["msg"]} for e in error.errors()]
        detail = "; ".join(f"{m['at']}: {m['problem']}" for m in mistakes)
        return answer(Problem("invalid_request", detail[:2000], errors=mistakes[:50]))

    @app.exception_handler(HTTPException)
    def on_http(_request: Request, error: HTTPException) -> JSONResponse:
        code = _HTTP_CODES.get(error.status_code)
        if code is None:
            code = "invalid_request" if error.status_code < 500 else "internal"
        return answer(Problem(code, str(error.detail), headers=dict(error.headers or {})))

    @app.exception_handler(SQLAlchemyError)
    def on_database(_request: Request, error: SQLAlchemyError) -> JSONResponse:
        log.error("the database refused: %s", type(error).__name__, exc_info=error)
        return answer(Problem("unavailable", "the database does not answer", headers={"Retry-After": "2"}))

    @app.exception_handler(Exception)
    def on_crash(_request: Request, _error: Exception) -> JSONResponse:
        return answer(Problem("internal"))
