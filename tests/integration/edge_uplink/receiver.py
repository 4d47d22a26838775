"""The centre's side of uploads as `contract.uploads` says it, in memory, with faults that the test switches on."""

from __future__ import annotations

import hashlib
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from contract.uploads import OFFSET_HEADER, parse_content_range

TOKEN = "gateway-token"


class Receiver(ThreadingHTTPServer):
    """`parts` and `stored` by hash; `answers`: statuses given instead of work, by (method, hash)."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.port = int(self.server_address[1])
        self.parts: dict[str, bytes] = {}
        self.stored: dict[str, bytes] = {}
        self.answers: dict[tuple[str, str], int] = {}
        self.token = TOKEN
        self.requests: list[tuple[str, str, str | None]] = []

    def handle_error(self, request: object, client_address: object) -> None:
        """A cut wire is what these tests are about."""


class _Handler(BaseHTTPRequestHandler):
    server: Receiver
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        sha256 = self._begin()
        if sha256 in self.server.stored:
            self._answer(200, len(self.server.stored[sha256]))
        elif sha256 in self.server.parts:
            self._answer(200, len(self.server.parts[sha256]))
        elif sha256:
            self._answer(404)

    def do_PUT(self) -> None:
        body = self._body()
        sha256 = self._begin()
        if not sha256:
            return
        found = parse_content_range(self.headers["Content-Range"])
        part = self.server.parts.get(sha256, b"")
        if found.first != len(part) or len(body) != found.last + 1 - found.first:
            self._answer(409, len(part))
            return
        part += body
        self.server.parts[sha256] = part
        if len(part) < found.size:
            self._answer(202, len(part))
            return
        del self.server.parts[sha256]
        if hashlib.sha256(part).hexdigest() != sha256:
            self._answer(422)
            return
        self.server.stored[sha256] = part
        self._answer(201, len(part))

    def log_message(self, *_: object) -> None:
        """Nothing on the terminal."""

    def _body(self) -> bytes:
        """What came, also of a request whose rest was lost on the way."""
        data, length = b"", int(self.headers.get("Content-Length", 0))
        while len(data) < length and (more := self.rfile.read1(length - len(data))):
            data += more
        return data

    def _begin(self) -> str:
        """The hash that is asked for; empty when the answer was given already."""
        sha256 = self.path.rsplit("/", 1)[1]
        self.server.requests.append((self.command, sha256, self.headers.get("Content-Range")))
        forced = self.server.answers.get((self.command, sha256))
        if self.headers["Authorization"] != f"Bearer {self.server.token}":
            forced = 401
        if forced is not None:
            self._answer(forced)
            return ""
        return sha256

    def _answer(self, status: int, offset: int | None = None) -> None:
        self.send_response(status)
        if offset is not None:
            self.send_header(OFFSET_HEADER, str(offset))
        self.send_header("Content-Length", "0")
        self.end_headers()


@contextmanager
def receiver(tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """A running receiver; over TLS when a context is given."""
    server = Receiver()
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=lambda: server.serve_forever(0.05), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
