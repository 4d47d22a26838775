"""Evidence files to the centre: the body of one thread; each file resumes where the centre has it."""

from __future__ import annotations

import hashlib
import http.client
import logging
import random
import ssl
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import NamedTuple

from contract.errors import ConfigError, DeliveryError
from contract.uploads import MAX_FILE_BYTES, OFFSET_HEADER, Range, upload_path
from edge.capture.backoff import Backoff
from edge.config.urls import EVIDENCE_PORTS, endpoint
from edge.spool import Upload, UploadQueue

log = logging.getLogger(__name__)
TIMEOUT_S = 20.0  # for each stretch: 0.4 Mbit/s is enough
STRETCH_BYTES = 1_000_000
_PENDING_MAX = 50
_TICK_S = 0.5
_ANSWER_MAX_BYTES = 65_536


class _Answer(NamedTuple):
    status: int
    offset: int | None


class _RefusedError(DeliveryError):
    """This file will never be taken."""


class _NotTakenError(DeliveryError):
    """This file was not taken this time; others may be."""


class EvidenceUplink:
    """Uploads what the spool lists, most important first; a row goes when the centre has the whole file."""

    def __init__(
        self,
        url: str,
        uploads: UploadQueue,
        *,
        token_of: Callable[[], str],
        ca_file: str | None = None,
        backoff: Backoff = Backoff(first_s=0.5, most_s=60.0),  # noqa: B008 -- frozen
    ) -> None:
        self._server = endpoint(url, EVIDENCE_PORTS)
        self._uploads = uploads
        self._token_of = token_of
        self._tls = ssl.create_default_context(cafile=ca_file) if self._server.scheme == "https" else None
        self._backoff = backoff
        self._connection: http.client.HTTPConnection | None = None
        self._state = "idle"
        self._counts: Counter[str] = Counter()

    @property
    def state(self) -> str:
        """`idle`, `sending`, or in words why nothing can be sent."""
        return self._state

    def counters(self) -> dict[str, int]:
        """What happened since the start, by name."""
        return {name: self._counts[name] for name in sorted(self._counts)}

    def run(self, stop: Event) -> None:
        """Until the stop event: send what waits; after a failure wait a little longer before the next try."""
        draw = random.Random()  # noqa: S311 -- jitter is no secret
        failures = 0
        while not stop.is_set():
            try:
                self._send_waiting(stop)
                failures = 0
                self._state = "idle"
                # Servers end idle connections; the next file opens a fresh one.
                self._hang_up()
                self._uploads.news.wait(_TICK_S)
                self._uploads.news.clear()
            except (OSError, http.client.HTTPException, DeliveryError, ConfigError) as error:
                failures += 1
                self._counts["upload_failures"] += 1
                self._state = f"{type(error).__name__}: {error}"[:500]
                log.warning("uploads state=%r failures=%d", self._state, failures)
                self._hang_up()
                stop.wait(self._backoff.delay_s(failures, draw))
        self._hang_up()

    def _send_waiting(self, stop: Event) -> None:
        """Until nothing waits; a file that makes trouble is left for the next round, so that it holds up no other."""
        troubled: dict[str, DeliveryError] = {}
        while not stop.is_set():
            pending = self._uploads.pending(_PENDING_MAX + len(troubled))
            waiting = [upload for upload in pending if upload.sha256 not in troubled]
            if not waiting:
                break
            self._state = "sending"
            for upload in waiting:
                try:
                    self._settle_one(upload, stop)
                except _NotTakenError as error:
                    troubled[upload.sha256] = error
        if troubled:
            raise DeliveryError(f"{len(troubled)} file(s) not taken, such as: {next(iter(troubled.values()))}")

    def _settle_one(self, upload: Upload, stop: Event) -> None:
        try:
            if not stop.is_set() and self._send(upload, stop):
                self._uploads.settle(upload.sha256)
                self._counts["uploads_stored"] += 1
        except _RefusedError as verdict:
            self._uploads.refuse(upload.sha256, str(verdict))
            self._counts["uploads_refused"] += 1

    def _send(self, upload: Upload, stop: Event) -> bool:
        """Whether the centre has the whole file now; False when we were stopped on the way."""
        if not 0 < upload.size_bytes <= MAX_FILE_BYTES:
            raise _RefusedError(f"{upload.size_bytes} bytes, expected 1 to {MAX_FILE_BYTES}")
        offset = self._offset_at_centre(upload)
        if offset:
            self._counts["uploads_resumed"] += offset < upload.size_bytes
        while offset < upload.size_bytes:
            if stop.is_set():
                return False
            stretch = _read(upload, offset)
            where = Range(offset, offset + len(stretch) - 1, upload.size_bytes)
            answer = self._ask("PUT", upload.sha256, stretch, {"Content-Range": str(where)})
            offset = self._offset_after(answer, upload, sent_from=offset)
        return True

    def _offset_at_centre(self, upload: Upload) -> int:
        answer = self._ask("HEAD", upload.sha256, None, {})
        if answer.status == http.client.NOT_FOUND:
            return 0
        if answer.status == http.client.OK and answer.offset is not None and answer.offset <= upload.size_bytes:
            return answer.offset
        raise _trouble(f"HEAD of {upload.sha256}: offset {answer.offset}", answer.status)

    def _offset_after(self, answer: _Answer, upload: Upload, *, sent_from: int) -> int:
        if answer.status == http.client.CREATED:
            return upload.size_bytes
        is_known = answer.offset is not None and answer.offset < upload.size_bytes and answer.offset != sent_from
        if answer.status in (http.client.ACCEPTED, http.client.CONFLICT) and answer.offset is not None and is_known:
            return answer.offset
        if answer.status == http.client.REQUEST_ENTITY_TOO_LARGE:
            raise _RefusedError("the centre says it is too big")
        if answer.status == http.client.UNPROCESSABLE_ENTITY and not _is_unchanged(upload):
            raise _RefusedError("the file was changed on this gateway's disk")
        raise _trouble(f"PUT of {upload.sha256}: offset {answer.offset}", answer.status)

    def _ask(self, method: str, sha256: str, body: bytes | None, headers: dict[str, str]) -> _Answer:
        """One request on the kept connection; raises DeliveryError where the centre does not know us."""
        if self._connection is None:
            self._connection = self._connect()
        path = self._server.path.rstrip("/") + upload_path(sha256)
        headers = {"Authorization": f"Bearer {self._token_of()}", **headers}
        self._connection.request(method, path, body=body, headers=headers)
        response = self._connection.getresponse()
        answer_bytes = response.read(_ANSWER_MAX_BYTES)
        if len(answer_bytes) == _ANSWER_MAX_BYTES:
            self._hang_up()
        if response.status in (http.client.UNAUTHORIZED, http.client.FORBIDDEN):
            raise DeliveryError(f"the centre refuses this gateway's token (status {response.status})")
        offset = response.headers.get(OFFSET_HEADER, "")
        self._counts["bytes_sent"] += len(body or b"")
        return _Answer(response.status, int(offset) if offset.isdecimal() and len(offset) < 16 else None)

    def _connect(self) -> http.client.HTTPConnection:
        if self._tls is None:
            return http.client.HTTPConnection(self._server.host, self._server.port, timeout=TIMEOUT_S)
        return http.client.HTTPSConnection(self._server.host, self._server.port, timeout=TIMEOUT_S, context=self._tls)

    def _hang_up(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _trouble(what: str, status: int) -> DeliveryError:
    """A server in trouble (5xx) ends the round; other answers, also 429 for a file without its event, are about one."""
    kind = DeliveryError if status >= http.client.INTERNAL_SERVER_ERROR else _NotTakenError
    return kind(f"{what}, status {status}")


def _read(upload: Upload, offset: int) -> bytes:
    try:
        with Path(upload.path).open("rb") as file:
            file.seek(offset)
            stretch = file.read(min(STRETCH_BYTES, upload.size_bytes - offset))
    except FileNotFoundError as error:
        raise _RefusedError("the file is not on this gateway any more") from error
    if not stretch:
        raise _RefusedError("the file is shorter than it was")
    return stretch


def _is_unchanged(upload: Upload) -> bool:
    with Path(upload.path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == upload.sha256
