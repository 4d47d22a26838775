"""Logging in and out, over HTTP."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

from server import accounts
from server.config import HttpConfig
from server.identity import sessions
from server.identity.access import COOKIE, CSRF_HEADER
from store import Store, audit, users
from tests.integration.server.site import PASSWORD, Site, code_of, running_site


def log_in(site: Site, name: str, password: str = PASSWORD) -> tuple[int, str]:
    answer = site.client().post("/session", json={"name": name, "password": password})
    return answer.status_code, "" if answer.is_success else code_of(answer)


def test_a_log_in_gives_a_cookie_that_scripts_cannot_read_and_a_token_that_works(site: Site) -> None:
    site.user("wang", "operator")
    client = site.client()
    answer = client.post("/session", json={"name": "wang", "password": PASSWORD})
    assert answer.status_code == 200
    assert answer.json()["user"] == {
        "id": "u-wang",
        "name": "wang",
        "display_name": "Wang",
        "roles": ["operator"],
        "towns": ["demo"],
        "locale": "zh-CN",
    }
    cookie = answer.headers["set-cookie"].lower()
    assert all(part in cookie for part in (f"{COOKIE}=", "httponly", "samesite=strict", "path=/"))
    assert "secure" not in cookie  # this server listens on loopback
    csrf = answer.json()["csrf_token"]
    assert client.get("/session").json()["csrf_token"] == csrf
    assert client.post("/leads/next", headers={CSRF_HEADER: csrf}).status_code == 204
    assert client.delete("/session", headers={CSRF_HEADER: csrf}).status_code == 204
    assert code_of(client.get("/session")) == "not_logged_in"


def test_the_cookie_is_secure_when_the_server_listens_to_the_network(store: Store) -> None:
    with running_site(store, http=HttpConfig(host="192.0.2.7")) as site:
        site.user("wang", "operator")
        answer = site.client().post("/session", json={"name": "wang", "password": PASSWORD})
        assert "secure" in answer.headers["set-cookie"].lower()


def test_a_wrong_password_an_unknown_name_and_a_disabled_user_are_answered_alike(store: Store) -> None:
    with running_site(store, is_alive=True) as site:
        user = site.user("wang", "operator")
        wrong = site.client().post("/session", json={"name": "wang", "password": "wrong-password"})
        unknown = site.client().post("/session", json={"name": "li", "password": PASSWORD})
        with store.write() as connection:
            users.change(connection, replace(user, disabled=True))
        disabled = site.client().post("/session", json={"name": "wang", "password": PASSWORD})
        assert (wrong.status_code, code_of(wrong)) == (401, "login_failed")
        assert wrong.content == unknown.content == disabled.content
    with store.read() as connection:  # noted beside the answers, at the latest when the server stops
        assert [row.entry.action for row in audit.page(connection, who="u-wang")] == ["session.refused"] * 2


def test_a_weak_hash_is_made_anew_at_log_in(site: Site) -> None:
    weak = site.user("wang", "operator").password_hash
    assert log_in(site, "wang") == (200, "")
    with site.store.read() as connection:
        kept = users.by_name(connection, "wang")
    assert kept is not None
    assert kept.password_hash != weak
    assert log_in(site, "wang") == (200, "")


def test_guessing_one_name_is_slowed_and_others_may_go_on(site: Site) -> None:
    site.user("wang", "operator")
    site.user("li", "operator")
    for _ in range(5):
        assert log_in(site, "wang", "wrong-password")[0] == 401
    refused = site.client().post("/session", json={"name": "wang", "password": PASSWORD})
    assert (refused.status_code, code_of(refused), refused.headers["retry-after"]) == (429, "login_back_off", "1")
    assert log_in(site, "li") == (200, "")
    site.clock.advance(1)
    assert log_in(site, "wang") == (200, "")


def test_a_session_ends_when_it_idles_and_is_kept_by_use_until_its_absolute_end(site: Site) -> None:
    idle, busy = site.person("idle", "operator"), site.person("busy", "operator")
    for _ in range(11):
        site.clock.advance(3600)
        assert busy.get("/session").status_code == 200
    assert code_of(idle.get("/session")) == "not_logged_in"
    site.clock.advance(3601)
    assert code_of(busy.get("/session")) == "not_logged_in"


def test_a_reset_ends_every_session_and_changes_the_password(site: Site) -> None:
    person = site.person("wang", "operator")
    accounts.reset(site.store, "wang", "another-password", at=site.clock.now)
    assert code_of(person.get("/leads")) == "not_logged_in"
    assert log_in(site, "wang")[0] == 401
    assert log_in(site, "wang", "another-password") == (200, "")


def test_a_disabled_user_is_out_at_once(site: Site) -> None:
    person = site.person("wang", "operator")
    accounts.disable(site.store, "wang", at=site.clock.now)
    assert code_of(person.get("/leads")) == "not_logged_in"
    assert log_in(site, "wang")[0] == 401
    accounts.reset(site.store, "wang", "another-password", at=site.clock.now)
    assert log_in(site, "wang", "another-password") == (200, "")


def test_the_database_holds_no_token(sqlite_site: Site, tmp_path: Path) -> None:
    user = sqlite_site.user("wang", "operator")
    token = sessions.start(sqlite_site.centre, user.id)
    with sqlite3.connect(tmp_path / "centre.db") as connection:
        kept = connection.execute("SELECT * FROM sessions").fetchall()
    connection.close()
    assert kept
    assert token not in str(kept)
