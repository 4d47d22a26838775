"""Evidence over HTTP: resumed, checked, bounded, and durable before 201."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from contract.manifest import sha256_hex
from contract.times import NS
from contract.uploads import OFFSET_HEADER, Range
from ingest.config import LimitsConfig
from ingest.evidence import EvidenceDesk, make_app
from ingest.parts import Parts
from ingest.process import _HttpServer, _listening
from ingest.uploads import Uploads
from store import Store, events, feed, files, gateways
from tests.integration.acts import START_NS, arrival, at, event, evidence, gateway
from tests.waiting import WITHIN_S, until

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # tests/integration/store has both

CONTENT = bytes(range(256)) * 1000
SHA256 = sha256_hex(CONTENT)


class Desk:
    """A running upload server and gw-1's way to it."""

    def __init__(self, store: Store, folder: Path, limits: LimitsConfig) -> None:
        with store.write() as conn:
            self.token = gateways.register(conn, gateway(), at=at(0))
            self.other_token = gateways.register(conn, gateway(id="gw-2"), at=at(0))
        self.store = store
        self.parts = Parts(folder / "parts")
        self.now_ns = START_NS
        self.uploads = Uploads(store, self.parts, limits, lambda: self.now_ns)
        self.desk = EvidenceDesk(self.uploads, limits.uploads_at_once)
        self.port = 0
        self.client = httpx.Client()

    def ask(self, method: str, sha256: str = SHA256, *, token: str | None = None, **more: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token or self.token}", **more.pop("headers", {})}
        url = f"http://127.0.0.1:{self.port}/evidence/{sha256}"
        return self.client.request(method, url, headers=headers, **more)

    def put(self, content: bytes = CONTENT, first: int = 0, last: int | None = None, **more: Any) -> httpx.Response:
        end = len(content) if last is None else last + 1
        stretch = Range(first, end - 1, len(content))
        sha256 = more.pop("sha256", sha256_hex(content))
        body = more.pop("content", content[first:end])
        return self.ask("PUT", sha256, headers={"Content-Range": str(stretch)}, content=body, **more)

    def offset(self, sha256: str = SHA256) -> tuple[int, int]:
        answer = self.ask("HEAD", sha256)
        return answer.status_code, int(answer.headers.get(OFFSET_HEADER, -1))


@contextmanager
def serving(store: Store, folder: Path, **limits: Any) -> Iterator[Desk]:
    desk = Desk(store, folder, LimitsConfig(**limits))
    with _listening("127.0.0.1", 0) as listener:
        desk.port = listener.getsockname()[1]
        server = _HttpServer(make_app(desk.desk, lambda: {"broker": "none"}), listener)
        thread = threading.Thread(target=server.run)
        thread.start()
        try:
            yield desk
        finally:
            desk.client.close()
            server.end()
            thread.join(WITHIN_S)
            assert not thread.is_alive()


@pytest.fixture
def desk(store: Store, tmp_path: Path) -> Iterator[Desk]:
    with serving(store, tmp_path) as running:
        yield running


def code(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


def test_a_file_in_one_piece_is_stored_and_a_repeat_changes_nothing(desk: Desk) -> None:
    assert desk.offset() == (404, 0)
    assert desk.put().status_code == 201
    assert desk.offset() == (200, len(CONTENT))
    assert desk.store.blobs.read(SHA256) == CONTENT
    assert desk.put().status_code == 201
    assert desk.ask("PUT", content=CONTENT).status_code == 201  # no Content-Range: the whole file
    assert not desk.parts.path("gw-1", SHA256).exists()


def test_a_file_in_stretches_goes_on_where_it_stopped(desk: Desk) -> None:
    first = desk.put(last=99_999)
    assert (first.status_code, first.headers[OFFSET_HEADER]) == (202, "100000")
    assert desk.offset() == (200, 100_000)
    again = desk.put(last=99_999)
    assert code(again) == (409, "offset_mismatch")
    assert again.headers[OFFSET_HEADER] == "100000"
    assert desk.put(first=100_000).status_code == 201
    assert desk.store.blobs.read(SHA256) == CONTENT


def test_an_upload_goes_on_after_ingest_was_killed(store: Store, tmp_path: Path) -> None:
    with serving(store, tmp_path) as desk:
        assert desk.put(last=99_999).status_code == 202
    with serving(store, tmp_path) as desk:  # a new process: the running hash is gone, the bytes are not
        assert desk.offset() == (200, 100_000)
        assert desk.put(first=100_000).status_code == 201
    assert store.blobs.read(SHA256) == CONTENT


def test_a_file_that_was_whole_when_ingest_died_is_stored_by_the_next_question(store: Store, tmp_path: Path) -> None:
    with serving(store, tmp_path) as desk:
        desk.put(last=10)
        desk.parts.path("gw-1", SHA256).write_bytes(CONTENT)
        assert desk.offset() == (200, len(CONTENT))
    with store.read() as conn:
        assert files.stored_size(conn, SHA256) == len(CONTENT)
    assert store.blobs.read(SHA256) == CONTENT


def test_bytes_with_another_hash_are_refused_and_forgotten(desk: Desk) -> None:
    wrong = CONTENT[:-1] + b"x"
    assert code(desk.put(wrong, sha256=SHA256)) == (422, "hash_mismatch")
    assert desk.offset() == (404, 0)
    assert desk.put().status_code == 201


def test_a_connection_cut_mid_body_keeps_what_came(desk: Desk) -> None:
    with socket.create_connection(("127.0.0.1", desk.port)) as wire:
        stretch = Range(0, len(CONTENT) - 1, len(CONTENT))
        head = (
            f"PUT /evidence/{SHA256} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {desk.token}\r\n"
            f"Content-Range: {stretch}\r\nContent-Length: {len(CONTENT)}\r\n\r\n"
        )
        wire.sendall(head.encode() + CONTENT[:70_000])
        until(lambda: desk.desk.counts["bytes_taken"] == 70_000)
    until(lambda: desk.desk.counts["uploads_cut"] == 1)
    until(lambda: desk.offset() == (200, 70_000))
    assert desk.put(first=70_000).status_code == 201


def test_two_requests_about_one_file_are_kept_apart(desk: Desk) -> None:
    with socket.create_connection(("127.0.0.1", desk.port)) as wire:
        head = (
            f"PUT /evidence/{SHA256} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {desk.token}\r\n"
            f"Content-Length: {len(CONTENT)}\r\n\r\n"
        )
        wire.sendall(head.encode() + CONTENT[:10])
        until(lambda: desk.desk.counts["bytes_taken"] == 10)
        busy = desk.put()
        assert code(busy) == (429, "upload_busy")
        assert busy.headers["Retry-After"]
        assert desk.put(token=desk.other_token).status_code == 201  # another gateway's upload is its own


@pytest.mark.parametrize("token", ["wrong", "é"])
def test_only_a_registered_gateway_is_let_in(desk: Desk, token: str) -> None:
    url = f"http://127.0.0.1:{desk.port}/evidence/{SHA256}"
    for words in ("", f"Bearer {token}", f"Basic {desk.token}"):
        answer = desk.client.put(url, content=CONTENT, headers={b"Authorization": words.encode()})
        assert code(answer) == (401, "token_refused")
    assert desk.client.head(url).status_code == 401


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"Content-Range": "bytes 0-9/5"}, (400, "bad_range")),
        ({"Content-Range": "0-9"}, (400, "bad_range")),
        ({"Content-Range": "bytes 0-3/10"}, (400, "bad_range")),  # the body has five bytes
        ({"Content-Length": "0"}, (411, "length_needed")),
    ],
)
def test_a_range_that_does_not_fit_is_refused(desk: Desk, headers: dict[str, str], expected: tuple[int, str]) -> None:
    body = b"" if "Content-Length" in headers else b"12345"
    assert code(desk.ask("PUT", headers=headers, content=body)) == expected
    assert desk.offset() == (404, 0)


def test_a_path_that_is_no_hash_is_not_found(desk: Desk) -> None:
    for name in ("abc", SHA256.upper(), "%2e%2e"):
        assert code(desk.ask("PUT", name, content=b"x")) == (404, "no_hash")
    assert desk.ask("PUT", "..%2f" + SHA256, content=b"x").status_code == 404


def test_a_file_larger_than_the_limit_is_refused_by_its_name(store: Store, tmp_path: Path) -> None:
    with serving(store, tmp_path, file_bytes_max=1000) as desk:
        answer = desk.put()
        assert code(answer) == (413, "file_too_large")
        assert "limits.file_bytes_max" in answer.json()["detail"]
        assert desk.put(CONTENT[:1000]).status_code == 201


def test_files_that_overtake_their_event_are_taken_up_to_a_quota_and_listed_ones_always(
    store: Store, tmp_path: Path
) -> None:
    with serving(store, tmp_path, unlisted_files_max=2) as desk:
        assert desk.put(b"one").status_code == 201
        assert desk.put(b"two").status_code == 201
        assert code(desk.put(b"three")) == (429, "unlisted_quota")
        assert desk.put(b"three", token=desk.other_token).status_code == 201  # a quota for each gateway
        with store.write() as conn:
            listed = event(evidence=evidence(b"one", b"four"))
            events.take_in(conn, [arrival(listed)], at=at(1))
        assert desk.put(b"four").status_code == 201
        assert desk.put(b"five").status_code == 201  # `one` is listed now, so there is room again
        assert code(desk.put(b"six")) == (429, "unlisted_quota")


def test_whoever_looks_at_the_lead_hears_that_its_file_came(desk: Desk) -> None:
    shown = event(evidence=evidence(CONTENT))
    with desk.store.write() as conn:
        events.take_in(conn, [arrival(shown)], at=at(1))
    with desk.store.read() as conn:
        _, before = feed.bounds(conn)
    desk.put()
    with desk.store.read() as conn:
        (change,) = feed.since(conn, before)
    assert (change.kind, change.key["event_id"], change.key["version"]) == ("lead", shown.event_id, 1)


def test_an_upload_that_gets_nothing_more_is_dropped_after_its_time(desk: Desk) -> None:
    desk.put(last=9)
    assert desk.uploads.drop_stale() == 0
    desk.now_ns += 604_801 * NS
    assert desk.uploads.drop_stale() == 1
    assert desk.offset() == (404, 0)


def test_the_process_says_how_it_is(desk: Desk) -> None:
    desk.put()
    answer = desk.client.get(f"http://127.0.0.1:{desk.port}/health").json()
    assert answer["status"] == "ok"
    assert answer["uploads"]["files_stored"] == 1
