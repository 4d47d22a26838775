"""Evidence over HTTP as `contract.uploads` says: `HEAD` tells the offset, `PUT` goes on; 201 only for durable files."""

from __future__ import annotations

import asyncio
import errno
import logging
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from fastapi import FastAPI, Request
from sqlalchemy.exc import InterfaceError, OperationalError
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from contract.errors import ContractError
from contract.uploads import OFFSET_HEADER, Range, parse_content_range
from ingest.parts import Writing
from ingest.refusals import RefusalError, answer, later
from ingest.uploads import Held, Uploads

log = logging.getLogger(__name__)
DRAINED_MAX_BYTES = 4_000_000
BODY_SILENCE_S = 30.0  # a peer that vanished must not hold a place for ever
_SHA256 = re.compile(r"[0-9a-f]{64}")


class EvidenceDesk:
    """The uploads that run now: one for a file and gateway at a time, `at_once` in all."""

    def __init__(self, uploads: Uploads, at_once: int) -> None:
        self.counts: Counter[str] = Counter()
        self._uploads = uploads
        self._at_once = at_once
        self._running: set[tuple[str, str]] = set()

    async def head(self, request: Request, sha256: str) -> Response:
        """How much of a file is here."""
        gateway = await self._gateway(request, sha256)
        with self._place(gateway, sha256):
            held = await run_in_threadpool(self._uploads.held, gateway, sha256)
        return Response(status_code=200 if held.offset else 404, headers={OFFSET_HEADER: str(held.offset)})

    async def put(self, request: Request, sha256: str) -> Response:
        """Take a stretch of a file in."""
        try:
            gateway = await self._gateway(request, sha256)
            stretch = stretch_of(request)
            with self._place(gateway, sha256):
                held = await run_in_threadpool(self._uploads.held, gateway, sha256)
                if held.is_whole:
                    self.counts["files_repeated"] += 1
                    await drain(request)
                else:
                    held = await self._take(request, gateway, sha256, stretch)
        except RefusalError as refusal:
            self.counts[f"refused_{refusal.code}"] += 1
            await drain(request)
            raise
        return Response(status_code=201 if held.is_whole else 202, headers={OFFSET_HEADER: str(held.offset)})

    async def _gateway(self, request: Request, sha256: str) -> str:
        gateway = await run_in_threadpool(self._uploads.gateway_of, request.headers.get("authorization"))
        if not _SHA256.fullmatch(sha256):
            raise RefusalError(404, "no_hash", "the path ends with the SHA-256 of the file, 64 hex digits")
        return gateway.id

    @contextmanager
    def _place(self, gateway: str, sha256: str) -> Iterator[None]:
        key = (gateway, sha256)
        if key in self._running:
            raise later(429, "upload_busy", "another request is about this file")
        if len(self._running) >= self._at_once:
            raise later(429, "uploads_at_once", f"limits.uploads_at_once is {self._at_once}")
        self._running.add(key)
        try:
            yield
        finally:
            self._running.discard(key)

    async def _take(self, request: Request, gateway: str, sha256: str, stretch: Range) -> Held:
        part = await run_in_threadpool(self._uploads.open_part, gateway, sha256, stretch)
        try:
            await self._write(request, part, stretch)
        finally:
            await run_in_threadpool(part.close)
        held = await run_in_threadpool(self._uploads.close_part, gateway, sha256, part, stretch.size)
        self.counts["files_stored" if held.is_whole else "stretches_taken"] += 1
        return held

    async def _write(self, request: Request, part: Writing, stretch: Range) -> None:
        """The body into the part, no byte more than the stretch; what came before a cut stays."""
        ends_at = stretch.last + 1
        stream = request.stream()
        try:
            while part.offset < ends_at:
                async with asyncio.timeout(BODY_SILENCE_S):
                    chunk = await anext(stream, b"")
                if not chunk:
                    break
                if part.offset + len(chunk) > ends_at:
                    raise RefusalError(400, "bad_range", f"the body is longer than {stretch}")
                part.write(chunk)
                self.counts["bytes_taken"] += len(chunk)
        except (ClientDisconnect, TimeoutError):
            self.counts["uploads_cut"] += 1
            log.info("upload_cut offset=%d of=%d", part.offset, stretch.size)
        if part.offset != ends_at:
            detail = f"the body ended at byte {part.offset} of {stretch}"
            raise RefusalError(400, "body_too_short", detail, {OFFSET_HEADER: str(part.offset)})


def stretch_of(request: Request) -> Range:
    """Which bytes the request carries; without Content-Range the whole file. Raises RefusalError 400 or 411."""
    text = request.headers.get("content-range")
    length = request.headers.get("content-length", "")
    if text is None:
        if not length.isdecimal() or len(length) > 15 or int(length) == 0:
            raise RefusalError(411, "length_needed", "give Content-Range, or Content-Length of the whole file")
        return Range(0, int(length) - 1, int(length))
    try:
        stretch = parse_content_range(text)
    except ContractError as error:
        raise RefusalError(400, "bad_range", error.reason) from error
    if length and length != str(stretch.last - stretch.first + 1):
        raise RefusalError(400, "bad_range", f"Content-Length {length[:20]} does not fit {stretch}")
    return stretch


async def drain(request: Request) -> None:
    """Read on what the client still sends, within bounds, so that it sees our answer and not a broken pipe."""
    read = 0
    try:
        async with asyncio.timeout(BODY_SILENCE_S):
            async for chunk in request.stream():
                read += len(chunk)
                if read > DRAINED_MAX_BYTES:
                    return
    except (ClientDisconnect, TimeoutError, RuntimeError):  # RuntimeError: the body was read to its end before
        return


def make_app(desk: EvidenceDesk, health: Callable[[], dict[str, Any]]) -> FastAPI:
    """The HTTP side of ingest: uploads, and `GET /health` for whoever watches the process."""
    app = FastAPI(title="Tantou ingest", docs_url=None, redoc_url=None, openapi_url=None)
    app.add_exception_handler(RefusalError, answer)
    app.add_exception_handler(OperationalError, _store_away)
    app.add_exception_handler(InterfaceError, _store_away)
    app.add_exception_handler(OSError, _disk_trouble)

    @app.head("/evidence/{sha256}")
    async def head(request: Request, sha256: str) -> Response:
        return await desk.head(request, sha256)

    @app.put("/evidence/{sha256}")
    async def put(request: Request, sha256: str) -> Response:
        return await desk.put(request, sha256)

    @app.get("/health")
    async def health_now() -> dict[str, Any]:
        return {"status": "ok", **health(), "uploads": dict(desk.counts)}

    return app


async def _store_away(request: Request, error: Exception) -> Response:
    log.error("store_away because=%s", getattr(error, "orig", error))
    return await answer(request, later(503, "store_away", "the database cannot be reached; nothing is lost, try again"))


async def _disk_trouble(request: Request, error: Exception) -> Response:
    log.error("disk_trouble because=%s", error)
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return await answer(request, later(507, "disk_full", "no room for evidence here; nothing is lost, try again"))
    return await answer(request, later(503, "disk_trouble", "the disk refused; nothing is lost, try again"))
