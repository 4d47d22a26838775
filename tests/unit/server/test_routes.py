"""Deny by default: what every route declares, and which role gets where."""

from __future__ import annotations

from typing import Annotated, get_args

import pytest
from fastapi import APIRouter, Depends
from fastapi.routing import APIRoute

from server.app import api_routes, scope_of
from server.identity.access import Needs, Public
from server.identity.scopes import ROLE_SCOPES, ROLES, Role, Scope, scopes_of

PUBLIC = {("GET", "/health"), ("POST", "/session")}

# Every route and who may use it, written down by hand: a changed scope or role must be changed here too, on purpose.
EVERYONE = frozenset(ROLES)
READERS = frozenset({"operator", "shift_lead", "case_officer", "auditor"})
REVIEWERS = frozenset({"operator", "shift_lead"})
DECIDERS = frozenset({"case_officer"})
TABLE: dict[tuple[str, str], frozenset[str]] = {
    ("GET", "/session"): EVERYONE,
    ("DELETE", "/session"): EVERYONE,
    ("GET", "/leads"): READERS,
    ("GET", "/queue"): READERS,
    ("POST", "/leads/next"): REVIEWERS,
    ("GET", "/leads/{event_id}"): READERS,
    ("GET", "/leads/{event_id}/history"): READERS,
    ("POST", "/leads/{event_id}/claim"): REVIEWERS,
    ("POST", "/leads/{event_id}/renew"): REVIEWERS,
    ("POST", "/leads/{event_id}/release"): REVIEWERS,
    ("POST", "/leads/{event_id}/verdict"): REVIEWERS,
    ("POST", "/leads/{event_id}/undo"): REVIEWERS,
    ("POST", "/leads/{event_id}/split"): REVIEWERS,
    ("POST", "/leads/{event_id}/response"): REVIEWERS | DECIDERS,
    ("GET", "/known-places"): READERS,
    ("POST", "/known-places/{event_id}/end"): frozenset({"shift_lead"}),
    ("POST", "/leads/{event_id}/shown"): READERS,
    ("POST", "/leads/{event_id}/accept"): DECIDERS,
    ("POST", "/leads/{event_id}/return"): DECIDERS,
    ("GET", "/leads/{event_id}/evidence"): READERS,
    ("GET", "/leads/{event_id}/evidence/manifest.json"): READERS,
    ("GET", "/leads/{event_id}/evidence/manifest.sig"): READERS,
    ("GET", "/leads/{event_id}/evidence/files/{sha256}"): READERS,
    ("GET", "/leads/{event_id}/evidence/thumbnails/{sha256}"): READERS,
    ("GET", "/leads/{event_id}/package"): READERS,
    ("GET", "/devices"): EVERYONE,
    ("GET", "/devices/{gateway}/{device}"): EVERYONE,
    ("GET", "/retention"): EVERYONE,
    ("GET", "/premises"): EVERYONE,
    ("GET", "/premises/{gateway}/{zone}/curve"): EVERYONE,
    ("GET", "/audit"): frozenset({"auditor"}),
    ("GET", "/live"): EVERYONE,
}


def declared() -> dict[tuple[str, str], str]:
    return {(method, route.path): scope_of(route) for route in api_routes() for method in route.methods or ()}


def test_every_route_names_exactly_one_scope() -> None:
    assert set(declared()) == PUBLIC | set(TABLE)
    assert {place for place, scope in declared().items() if scope == "session:public"} == PUBLIC


@pytest.mark.parametrize("place", sorted(TABLE))
def test_a_route_is_open_to_the_roles_that_the_table_says(place: tuple[str, str]) -> None:
    scope = declared()[place]
    assert {role for role in ROLES if scope in scopes_of(frozenset({role}))} == TABLE[place]


def test_a_route_that_names_no_scope_or_two_is_refused() -> None:
    router = APIRouter()

    @router.get("/none")
    def none() -> None: ...

    @router.get("/two")
    def two(
        _one: Annotated[object, Depends(Needs("leads:read"))], _two: Annotated[object, Depends(Public())]
    ) -> None: ...

    for route in router.routes:
        assert isinstance(route, APIRoute)
        with pytest.raises(ValueError, match="expected exactly one"):
            scope_of(route)


def test_admin_sees_no_lead_and_no_media_and_the_auditor_changes_nothing() -> None:
    assert not ROLE_SCOPES["admin"] & {"leads:read", "leads:review", "leads:decide", "evidence:read", "audit:read"}
    assert not ROLE_SCOPES["auditor"] & {"leads:review", "leads:decide", "users:admin"}


def test_every_role_has_scopes_and_an_unknown_role_has_none() -> None:
    assert set(ROLE_SCOPES) == set(get_args(Role))
    assert frozenset().union(*ROLE_SCOPES.values()) <= set(get_args(Scope))
    assert scopes_of(frozenset({"superuser"})) == {"session:own"}
