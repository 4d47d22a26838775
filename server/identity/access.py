"""The gate of every route: `Needs(scope)` turns a request into a `Person`, or into a problem."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from server.centre import Centre, centre_of
from server.identity import sessions
from server.identity.scopes import Scope, scopes_of
from server.problems import Problem

COOKIE = "tantou_session"
CSRF_HEADER = "X-CSRF-Token"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Person:
    """Who asks, proved by a live session; `towns` bounds everything they may see."""

    id: str
    name: str
    display_name: str
    roles: frozenset[str]
    towns: tuple[str, ...]
    locale: str
    csrf_token: str

    def may(self, scope: Scope) -> bool:
        """Whether one of the person's roles carries the scope."""
        return scope in scopes_of(self.roles)


@dataclass(frozen=True, slots=True)
class Public:
    """The mark of a route that needs no log-in."""

    scope: Scope = "session:public"

    def __call__(self, request: Request) -> None:
        """Refuse only what a browser itself says comes from another site."""
        refuse_cross_site(request)


@dataclass(frozen=True, slots=True)
class Needs:
    """The mark of a route that needs a live session with `scope`; unsafe methods need the CSRF token too."""

    scope: Scope

    def __call__(self, request: Request) -> Person:
        """The person who asks; raises Problem not_logged_in, csrf_failed or forbidden."""
        refuse_cross_site(request)
        person = person_of(request, centre_of(request))
        if request.method not in SAFE_METHODS:
            sent = request.headers.get(CSRF_HEADER, "")
            if not hmac.compare_digest(sent.encode(), person.csrf_token.encode()):
                raise Problem("csrf_failed", f"send the session's csrf_token as {CSRF_HEADER}")
        if not person.may(self.scope):
            raise Problem("forbidden", f"needs {self.scope}")
        return person


def person_of(request: Request, centre: Centre) -> Person:
    """The person of the request's session cookie; raises Problem not_logged_in."""
    token = request.cookies.get(COOKIE, "")
    found = sessions.resume(centre, token) if token else None
    if found is None:
        raise Problem("not_logged_in")
    return Person(
        id=found.id,
        name=found.name,
        display_name=found.display_name,
        roles=frozenset(found.roles),
        towns=tuple(found.towns),
        locale=found.locale,
        csrf_token=sessions.csrf_token(token),
    )


def refuse_cross_site(request: Request) -> None:
    """Raise Problem cross_site for an unsafe request that the browser marks as another site's (Fetch Metadata)."""
    if request.method not in SAFE_METHODS and request.headers.get("Sec-Fetch-Site") in ("cross-site", "same-site"):
        raise Problem("cross_site")


Anyone = Annotated[None, Depends(Public())]
SessionOwner = Annotated[Person, Depends(Needs("session:own"))]
LeadsReader = Annotated[Person, Depends(Needs("leads:read"))]
LeadsReviewer = Annotated[Person, Depends(Needs("leads:review"))]
LeadsDecider = Annotated[Person, Depends(Needs("leads:decide"))]
LeadsResponder = Annotated[Person, Depends(Needs("leads:respond"))]
PlacesEnder = Annotated[Person, Depends(Needs("places:end"))]
EvidenceReader = Annotated[Person, Depends(Needs("evidence:read"))]
DevicesReader = Annotated[Person, Depends(Needs("devices:read"))]
AuditReader = Annotated[Person, Depends(Needs("audit:read"))]
