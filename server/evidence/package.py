"""The evidence package as a zip, written while it is sent: the folder that `tantou verify` reads.

    manifest.json  manifest.sig           the current revision's
    revisions/0001/manifest.json + .sig   the manifests before it
    stills/... overlays/... clips/...     every file, at the path that the manifest names

Memory is bounded by one chunk. Each file's hash is checked as it passes; a damaged one breaks the download off.
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from fastapi.responses import StreamingResponse
from sqlalchemy import Connection

from contract.errors import EvidenceError
from contract.manifest import MANIFEST_NAME, SIGNATURE_NAME
from contract.times import NS, ns_from_utc, utc_from_ns
from contract.verification import revision_folder
from server.centre import Centre
from server.evidence.media import SANDBOX
from server.identity.access import Person
from server.leads.reading import seen_lead
from server.problems import Problem
from store import Blobs, audit, events
from store.audit import AuditEntry
from store.leads import Lead

MAX_FILES = 2000
ZIP_EPOCH_NS = 315_532_800 * NS  # 1980, where zip's time begins


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of the package: its path and the hash of its bytes."""

    path: str
    sha256: str


def stream(centre: Centre, who: Person, event_id: str, *, is_incomplete_fine: bool) -> StreamingResponse:
    """The package of the current revision; the download is noted first.

    Raises Problem not_found, or evidence_incomplete with the paths of what has not arrived.
    """
    with centre.store.read() as connection:
        lead = seen_lead(connection, who, event_id)
        entries = entries_of(connection, lead)
    here = [entry for entry in entries if centre.store.blobs.size(entry.sha256) is not None]
    missing = [entry.path for entry in entries if entry not in here]
    if missing and not is_incomplete_fine:
        raise Problem("evidence_incomplete", f"{len(missing)} file(s) have not arrived", missing=missing[:100])
    look = AuditEntry(
        at=utc_from_ns(centre.now_ns()),
        who=who.id,
        action="evidence.package",
        town=lead.town,
        event_id=event_id,
        detail={"files": len(here), "missing": len(missing)},
    )
    with centre.store.write() as connection:
        audit.append(connection, look)
    name = f"tantou-{event_id}-r{lead.revision}.zip"
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "private, no-store",
        "Content-Security-Policy": SANDBOX,
    }
    body = zip_chunks(centre.store.blobs, here, made_ns=ns_from_utc(lead.last_seen))
    return StreamingResponse(body, headers=headers, media_type="application/zip")


def entries_of(connection: Connection, lead: Lead) -> list[Entry]:
    """What the package of a lead holds; raises Problem not_found when no revision carried evidence yet."""
    current = events.evidence_of(connection, lead)
    if current is None:
        raise Problem("not_found", "no evidence has been told of yet")
    entries = _signed("", current.manifest_sha256, current.signature_sha256)
    for event in events.revisions(connection, lead.event_id):
        ref = event.evidence
        if ref is not None and event.revision < current.revision and ref.manifest_sha256 != current.manifest_sha256:
            folder = revision_folder(event.revision) + "/"
            entries += _signed(folder, ref.manifest_sha256, ref.signature_sha256)
    entries += [Entry(one.item.path, one.item.sha256) for one in current.files]
    _check_paths([entry.path for entry in entries])
    return entries


def _check_paths(paths: list[str]) -> None:
    """A path never stands for two files; that it stays inside the folder is the contract's (`EvidencePath`)."""
    if len(paths) > MAX_FILES:
        raise Problem("evidence_damaged", f"the package would hold {len(paths)} files, at most {MAX_FILES}")
    if len(set(paths)) < len(paths):
        raise Problem("evidence_damaged", "two files share a path")


def _signed(folder: str, manifest_sha256: str, signature_sha256: str) -> list[Entry]:
    return [Entry(folder + MANIFEST_NAME, manifest_sha256), Entry(folder + SIGNATURE_NAME, signature_sha256)]


class _Sink:
    """What zipfile writes into: hands over what was written since the last time. It cannot seek."""

    def __init__(self) -> None:
        self._written = bytearray()

    def write(self, data: bytes) -> int:
        self._written += data
        return len(data)

    def flush(self) -> None:
        """Nothing waits here."""

    def taken(self) -> bytes:
        data = bytes(self._written)
        self._written.clear()
        return data


def zip_chunks(blobs: Blobs, entries: list[Entry], *, made_ns: int) -> Iterator[bytes]:
    """The zip file in pieces; the same entries give the same bytes. Stored, not packed: the files are packed already.

    Raises EvidenceError in the middle when a file is not what its hash says: a broken download is no package.
    """
    sink = _Sink()
    made = datetime.fromtimestamp(max(made_ns, ZIP_EPOCH_NS) // NS, UTC)
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as archive:  # type: ignore[call-overload]
        for entry in entries:
            info = zipfile.ZipInfo(entry.path, made.timetuple()[:6])
            info.external_attr = 0o644 << 16
            digest = hashlib.sha256()
            size = blobs.size(entry.sha256)
            with archive.open(info, "w", force_zip64=True) as out:
                for chunk in blobs.stream(entry.sha256, 0, size or 0):
                    digest.update(chunk)
                    out.write(chunk)
                    yield sink.taken()
            if digest.hexdigest() != entry.sha256:
                raise EvidenceError(f"file {entry.path}: its bytes are not those of {entry.sha256}")
    yield sink.taken()
