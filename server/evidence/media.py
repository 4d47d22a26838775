"""One evidence file as an answer: whole and checked against its hash, or a range of it; never changed on the way."""

from __future__ import annotations

from typing import Literal

from fastapi import Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict

from contract.errors import StoreError
from contract.manifest import sha256_hex
from server.centre import Centre
from server.evidence import looks
from server.evidence.access import OPAQUE, Listed
from server.evidence.looks import Look
from server.evidence.ranges import read_range
from server.identity.access import Person
from server.leads.reading import seen_lead
from server.problems import Problem
from store import events

# Up to this size a file is read whole and its hash checked before the first byte is sent; stills are smaller.
CHECKED_BYTES = 16 * 1024 * 1024
# A browser may keep a file: its address is its hash, so it never changes. Never a shared cache.
CACHE = "private, max-age=31536000, immutable"
SANDBOX = "default-src 'none'; sandbox"


class MediaHeaders(BaseModel):
    """The request headers that shape the answer."""

    model_config = ConfigDict(frozen=True)

    range: str | None = None
    if_none_match: str | None = None
    if_range: str | None = None


def file(centre: Centre, who: Person, look: Look, headers: MediaHeaders) -> Response:
    """A file of the lead's evidence; the look is noted first. Raises Problem not_found or range_not_satisfiable."""
    found = looks.note_look(centre, who, look)
    size = centre.store.blobs.size(found.sha256)
    if size is None:
        raise Problem("not_found", f"file {found.sha256}: listed, but its bytes have not arrived")
    told = file_headers(found, look)
    if is_named(headers.if_none_match, told["ETag"]):
        return Response(status_code=304, headers=told)
    asked = headers.range if headers.if_range in (None, told["ETag"]) else None
    part = read_range(asked, size)
    if part is None:
        return _whole(centre, found, size, told)
    start, end = part
    told |= {"Content-Range": f"bytes {start}-{end - 1}/{size}", "Content-Length": str(end - start)}
    body = centre.store.blobs.stream(found.sha256, start, end)
    return StreamingResponse(body, 206, told, media_type=_media_type(found))


def manifest(centre: Centre, who: Person, event_id: str, which: Literal["manifest", "signature"]) -> Response:
    """The manifest or signature of the current revision, byte for byte."""
    with centre.store.read() as connection:
        lead = seen_lead(connection, who, event_id)
        evidence = events.evidence_of(connection, lead)
    if evidence is None:
        raise Problem("not_found", "no evidence has been told of yet")
    sha256 = evidence.manifest_sha256 if which == "manifest" else evidence.signature_sha256
    answer = file(centre, who, Look(event_id, sha256, "download"), MediaHeaders())
    answer.headers["Cache-Control"] = "private, no-cache"  # the address stays, the revision does not
    return answer


def checked(centre: Centre, sha256: str) -> bytes:
    """All bytes of a file; raises Problem not_found, or evidence_damaged when they are not those of its hash."""
    try:
        content = centre.store.blobs.read(sha256)
    except StoreError as error:
        raise Problem("not_found", f"file {sha256}: its bytes have not arrived") from error
    if sha256_hex(content) != sha256:
        raise Problem("evidence_damaged", f"file {sha256}")
    return content


def _whole(centre: Centre, found: Listed, size: int, told: dict[str, str]) -> Response:
    if size <= CHECKED_BYTES:
        return Response(checked(centre, found.sha256), 200, told, media_type=_media_type(found))
    body = centre.store.blobs.stream(found.sha256, 0, size)
    return StreamingResponse(body, 200, told | {"Content-Length": str(size)}, media_type=_media_type(found))


def file_headers(found: Listed, look: Look) -> dict[str, str]:
    """What every answer with a file says of it; the small copy of a picture has a tag of its own."""
    is_inline = found.is_shown and look.purpose != "download"
    return {
        "ETag": f'"{found.sha256}"',
        "Accept-Ranges": "bytes",
        "Cache-Control": CACHE,
        "Content-Security-Policy": SANDBOX,
        "X-Content-Type-Options": "nosniff",
        "Content-Disposition": f'{"inline" if is_inline else "attachment"}; filename="{found.download_name}"',
    }


def _media_type(found: Listed) -> str:
    return found.media_type if found.is_shown else OPAQUE


def is_named(if_none_match: str | None, tag: str) -> bool:
    """Whether the client's copies, as If-None-Match lists them, are this one."""
    named = {one.strip().removeprefix("W/") for one in (if_none_match or "").split(",")}
    return tag in named or "*" in named
