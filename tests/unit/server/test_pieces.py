"""The server's pure pieces: ranges, versions, cursors, plates, configuration, what is allowed."""

from __future__ import annotations

import pytest

from contract import settings
from contract.errors import ConfigError
from contract.times import NS, utc_from_ns
from server.config import ServerConfig, is_cookie_secure
from server.evidence.ranges import read_range
from server.identity.scopes import scopes_of
from server.leads.allowed import Viewer, allowed, undo_until
from server.leads.reading import read_cursor, read_states, write_cursor
from server.leads.versions import etag, read_if_match
from server.leads.views import mask_plate
from server.problems import Problem
from store.leads import Lead

MINIMAL = '[store]\ndatabase = "sqlite:////tmp/centre.db"\nblobs = "/tmp/blobs"\n'


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, None),
        ("bytes=0-99", (0, 100)),
        ("bytes=90-", (90, 100)),
        ("bytes=-10", (90, 100)),
        ("bytes=-1000", (0, 100)),
        ("bytes=50-1000", (50, 100)),
        ("bytes=5-5", (5, 6)),
        ("bytes=6-5", None),
        ("bytes=-", None),
        ("bytes=0-1,5-6", None),
        ("lines=0-1", None),
        ("bytes=a-b", None),
    ],
)
def test_a_range_is_read_as_the_rfc_says(header: str | None, expected: tuple[int, int] | None) -> None:
    assert read_range(header, 100) == expected


@pytest.mark.parametrize(
    ("header", "size"), [("bytes=100-", 100), ("bytes=100-200", 100), ("bytes=-0", 100), ("bytes=0-", 0)]
)
def test_a_range_outside_the_file_is_refused_with_its_size(header: str, size: int) -> None:
    with pytest.raises(Problem) as refused:
        read_range(header, size)
    assert refused.value.status == 416
    assert refused.value.headers is not None
    assert refused.value.headers["Content-Range"] == f"bytes */{size}"


def test_if_match_reads_what_etag_writes() -> None:
    assert read_if_match(etag(17)) == 17
    assert read_if_match('W/"3"') == 3
    for header, code in ((None, "if_match_missing"), ("3", "invalid_request"), ("*", "invalid_request")):
        with pytest.raises(Problem) as refused:
            read_if_match(header)
        assert refused.value.code == code


def test_a_cursor_is_read_back_and_anything_else_is_refused() -> None:
    place = (utc_from_ns(5), "6f1f7e6a-8f0e-8c3b-9d57-2f6f0c4f9a11")
    assert read_cursor(write_cursor(place)) == place
    for text in ("", "?", "AAAA", write_cursor(("yesterday", "x")), write_cursor(place)[:-3]):
        with pytest.raises(Problem, match="invalid_cursor"):
            read_cursor(text)


def test_states_are_read_by_comma() -> None:
    assert read_states(None) == ()
    assert read_states("alert,claimed") == ("alert", "claimed")
    with pytest.raises(Problem, match="nonsense"):
        read_states("alert,nonsense")


@pytest.mark.parametrize(
    ("plate", "masked"),
    [("粤B12345", "粤B***45"), ("粤B123", "粤B*23"), ("1234", "****"), ("", None), (None, None), (7, None)],
)
def test_a_plate_is_masked(plate: object, masked: str | None) -> None:
    assert mask_plate(plate) == masked


def test_a_minimal_configuration_gets_the_design_s_times() -> None:
    config = settings.load(MINIMAL, "server.toml", ServerConfig)
    assert (config.policy.undo_s, config.policy.lease_s) == (10, 90)
    assert config.live.heartbeat_s == 15


def test_every_mistake_of_a_configuration_is_listed() -> None:
    text = MINIMAL + '[http]\nport = 99999\nhots = "x"\n[policy]\nlease_s = 0\n'
    with pytest.raises(ConfigError) as found:
        settings.load(text, "server.toml", ServerConfig)
    assert {mistake.path for mistake in found.value.mistakes} == {"http.port", "http.hots", "policy.lease_s"}


@pytest.mark.parametrize(
    ("host", "told", "secure"),
    [
        ("127.0.0.1", "", False),
        ("localhost", "", False),
        ("::1", "", False),
        ("192.0.2.7", "", True),
        ("tantou.example", "", True),
        ("127.0.0.1", "[session]\ncookie_secure = true\n", True),
    ],
)
def test_the_cookie_is_for_https_only_unless_on_loopback(host: str, told: str, secure: bool) -> None:
    text = f'{MINIMAL}[http]\nhost = "{host}"\n{told}'
    assert is_cookie_secure(settings.load(text, "server.toml", ServerConfig)) is secure


def lead(state: str, **columns: str | None) -> Lead:
    names = ("matter", "town", "gateway", "device", "zone", "grade", "onset", "last_seen", "opened_at")
    plain = dict.fromkeys(names, utc_from_ns(0))
    return Lead(event_id="x", version=1, state=state, revision=1, **plain, **columns)  # type: ignore[arg-type]


T0, T5, T20 = (utc_from_ns(second * NS) for second in (0, 5, 20))


@pytest.mark.parametrize(
    ("shown", "roles", "expected"),
    [
        (lead("alert"), {"operator"}, ["claim"]),
        (lead("alert"), {"case_officer"}, []),
        (lead("alert"), {"auditor"}, []),
        (lead("claimed", holder="me", lease_until=T20), {"operator"}, ["release", "confirm", "dismiss"]),
        (lead("claimed", holder="you", lease_until=T20), {"operator"}, []),
        (lead("claimed", holder="you", lease_until=T0), {"operator"}, ["claim"]),
        (lead("confirmed", confirmed_by="me", confirmed_at=T0), {"operator"}, ["undo"]),
        (lead("confirmed", confirmed_by="you", confirmed_at=T0), {"operator"}, []),
        (lead("dismissed", dismissed_by="me", dismissed_at=T0), {"shift_lead"}, ["undo"]),
        (lead("offered"), {"operator"}, []),
        (lead("offered"), {"case_officer"}, ["accept", "return"]),
        (lead("offered", confirmed_by="me", purpose="device_evidence"), {"case_officer"}, ["return"]),
        (lead("offered", confirmed_by="me"), {"case_officer", "operator"}, ["accept", "return"]),
        (lead("case_opened"), {"case_officer", "operator"}, []),
    ],
)
def test_what_a_person_may_do(shown: Lead, roles: set[str], expected: list[str]) -> None:
    viewer = Viewer("me", scopes_of(frozenset(roles)), T5)
    assert allowed(shown, viewer, 10) == expected


def test_undo_ends_after_the_policy_s_time() -> None:
    shown = lead("confirmed", confirmed_by="me", confirmed_at=T0)
    assert undo_until(shown, 10) == utc_from_ns(10 * NS)
    late = Viewer("me", scopes_of(frozenset({"operator"})), utc_from_ns(10 * NS + 1))
    assert allowed(shown, late, 10) == []
    assert undo_until(lead("offered", confirmed_at=T0), 10) is None
