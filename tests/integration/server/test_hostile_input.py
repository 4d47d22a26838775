"""What no client of ours would send: each is answered as a problem, never as a failure of the server."""

from __future__ import annotations

import json

import httpx
import pytest

from tests.integration.server.site import Site, decide

NASTY = ["\0", "a\0b", "\ud800", "' OR 1=1 --", "%", "_", "\\", "\u202e", "😀" * 20, "../..", "\r\nX: y", "x" * 5000]


def escaped(text: str) -> str:
    """The text as a part of a URL; a lone surrogate as the bytes that encode it."""
    return "".join(f"%{byte:02X}" for byte in text.encode("utf-8", "surrogatepass"))


def body(**fields: object) -> bytes:
    return json.dumps(fields).encode()


@pytest.mark.parametrize("nasty", NASTY, ids=[ascii(text)[:12] for text in NASTY])
def test_nasty_text_in_any_place_is_no_server_error(site: Site, nasty: str) -> None:
    both = site.person("both", "operator", "case_officer", "auditor")
    lead = site.alert()
    both.post(f"/leads/{lead}/claim")
    version = both.get(f"/leads/{lead}").headers["etag"]
    text = escaped(nasty)
    ticks = dict.fromkeys(("true", "clear", "complete", "accurate"), True)
    sent: list[tuple[str, str, bytes | None]] = [
        *(("GET", f"/leads?{name}={text}", None) for name in ("q", "town", "matter", "device", "state", "cursor")),
        *(("GET", f"/audit?{name}={text}", None) for name in ("lead", "who", "cursor")),
        ("GET", f"/leads/{text}", None),
        ("GET", f"/leads/{lead[:-3]}{escaped(nasty[:3])}", None),
        ("GET", f"/devices/{text}/{text}", None),
        ("GET", f"/leads/{lead}/evidence/files/{text}", None),
        ("POST", "/leads/next", body(matter=nasty)),
        ("POST", f"/leads/{lead}/shown", body(sha256=nasty)),
        ("POST", f"/leads/{lead}/verdict", body(verdict="dismiss", reason="other", note=nasty)),
        ("POST", f"/leads/{lead}/accept", body(ticks=ticks, case_number=nasty, note=nasty)),
        ("POST", "/session", body(name=nasty, password=nasty)),
        ("POST", "/session", body(name="both", password=nasty)),
    ]
    headers = {"If-Match": version, "Content-Type": "application/json"}
    for method, path, content in sent:
        answer = both.request(method, path, content=content, headers=headers)
        assert answer.status_code < 500, (method, path, answer.text)
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"null",
        b"[]",
        b"{",
        b'"x"',
        b"\xff\xfe",
        b"[" * 3000,
        b'{"verdict":' + b"1" * 5000 + b"}",
        b'{"verdict": NaN}',
    ],
    ids=repr,
)
def test_a_body_that_is_no_ask_is_a_problem(sqlite_site: Site, content: bytes) -> None:
    operator = sqlite_site.person("op", "operator")
    lead = sqlite_site.alert()
    headers = {"Content-Type": "application/json", "If-Match": '"1"'}
    answer = operator.post(f"/leads/{lead}/verdict", content=content, headers=headers)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "headers",
    [
        {"Cookie": "tantou_session=" + "x" * 4000},
        {"Cookie": "tantou_session=\xff"},
        {"X-CSRF-Token": "\xff"},
        {"Idempotency-Key": "short"},
        {"Idempotency-Key": "x" * 101},
        {"If-Match": '"99999999999999999999999999"'},
        {"If-Match": '"999999999999999999"'},
        {"Range": "bytes=9999999999999999999-"},
        {"Last-Event-ID": "-1"},
    ],
    ids=lambda headers: ascii(headers)[:40],
)
def test_hostile_headers_are_no_server_error(site: Site, headers: dict[str, str]) -> None:
    operator = site.person("op", "operator")
    lead = site.alert()
    operator.post(f"/leads/{lead}/claim")
    raw = httpx.Headers([(name.encode(), value.encode("latin-1")) for name, value in headers.items()])
    assert operator.get("/leads", headers=raw).status_code < 500
    assert operator.post("/leads/next", headers=raw).status_code < 500
    with_body = operator.post(f"/leads/{lead}/verdict", json={"verdict": "confirm"}, headers=raw)
    assert 400 <= with_body.status_code < 500


def test_a_note_comes_back_as_it_was_written(site: Site) -> None:
    operator = site.person("op", "operator")
    lead = site.alert()
    operator.post(f"/leads/{lead}/claim")
    note = "第一行\n<b>二</b> 😀 ' \" \\"
    answer = decide(operator, lead, verdict="dismiss", reason="other", note=note)
    assert answer.json()["history"][-1]["note"] == note
