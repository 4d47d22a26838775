"""Every route asked by every role over HTTP: the scopes that routes declare are the scopes that are enforced."""

from __future__ import annotations

import pytest

from server.app import api_routes, scope_of
from server.identity.access import CSRF_HEADER
from server.identity.scopes import ROLES, scopes_of
from tests.integration.server.site import Site, code_of

EVENT_ID = "6f1f7e6a-8f0e-8c3b-9d57-2f6f0c4f9a11"
NAMES = {"event_id": EVENT_ID, "sha256": "0" * 64, "gateway": "gw-1", "device": "cam-1", "zone": "zone-1"}
PLACES = [
    (method, route.path.format(**NAMES), scope_of(route))
    for route in api_routes()
    for method in sorted(route.methods or ())
    if scope_of(route) != "session:public"
]


@pytest.mark.parametrize("role", ROLES)
def test_a_role_gets_403_from_exactly_the_routes_that_its_scopes_do_not_cover(sqlite_site: Site, role: str) -> None:
    person = sqlite_site.person("one", role)
    mine = scopes_of(frozenset({role}))
    places = [place for place in PLACES if place[:2] not in (("DELETE", "/session"), ("GET", "/live"))]
    for method, path, scope in places:
        answer = person.request(method, path)
        assert (answer.status_code == 403) == (scope not in mine), (method, path, answer.text)
        assert answer.status_code != 500
        if answer.status_code == 403:
            assert code_of(answer) == "forbidden"


def test_without_a_session_every_route_answers_401(sqlite_site: Site) -> None:
    stranger = sqlite_site.client()
    for method, path, _ in PLACES:
        answer = stranger.request(method, path)
        assert (answer.status_code, code_of(answer)) == (401, "not_logged_in"), (method, path)
    assert stranger.get("/health").json() == {"status": "ok"}


def test_unsafe_methods_need_the_csrf_token_of_the_own_session(sqlite_site: Site) -> None:
    person = sqlite_site.person("one", *ROLES)
    other = sqlite_site.person("two", *ROLES)
    for token in (None, "", "nonsense", other.headers[CSRF_HEADER]):
        person.headers.pop(CSRF_HEADER, None)
        if token is not None:
            person.headers[CSRF_HEADER] = token
        for method, path, _ in PLACES:
            if method not in ("GET", "HEAD"):
                answer = person.request(method, path)
                assert (answer.status_code, code_of(answer)) == (403, "csrf_failed"), (method, path)


def test_an_unsafe_request_that_the_browser_marks_as_another_site_s_is_refused(sqlite_site: Site) -> None:
    person = sqlite_site.person("one", "operator")
    marked = {"Sec-Fetch-Site": "cross-site"}
    assert code_of(person.post("/leads/next", headers=marked)) == "cross_site"
    login = {"name": "one", "password": "x"}
    assert code_of(sqlite_site.client().post("/session", json=login, headers=marked)) == "cross_site"
    assert person.get("/leads", headers=marked).status_code == 200


def test_a_body_over_the_limit_is_refused_told_or_not(sqlite_site: Site) -> None:
    person = sqlite_site.person("one", "operator")
    large = b'{"matter": "' + b"x" * 70_000 + b'"}'
    told = person.post("/leads/next", content=large, headers={"Content-Type": "application/json"})
    assert (told.status_code, code_of(told)) == (413, "body_too_large")

    untold = person.post("/leads/next", content=iter([large]), headers={"Content-Type": "application/json"})
    assert (untold.status_code, code_of(untold)) == (413, "body_too_large")


def test_a_body_that_is_no_json_is_refused_without_being_repeated(sqlite_site: Site) -> None:
    answer = sqlite_site.client().post("/session", json={"name": "one", "password": ["a-secret-in-a-list"]})
    assert (answer.status_code, code_of(answer)) == (422, "invalid_request")
    assert "a-secret-in-a-list" not in answer.text


def test_every_answer_carries_the_security_headers_and_is_not_kept(sqlite_site: Site) -> None:
    person = sqlite_site.person("one", "operator")
    for answer in (
        person.get("/leads"),
        person.get("/nowhere"),
        person.post("/leads/next", headers={CSRF_HEADER: "x"}),
    ):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert "script-src 'self'" in answer.headers["content-security-policy"]
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert "server" not in answer.headers
