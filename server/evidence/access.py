"""Object-level access: a file is served only through a lead of the person's towns, one of whose revisions lists it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, select

from server.problems import Problem
from store.tables import evidence_items

# What a browser may show inside the console; anything else is only ever downloaded.
SHOWN_MEDIA_TYPES = frozenset(
    {"image/jpeg", "image/png", "image/webp", "video/mp4", "application/json", "application/x-ndjson", "text/plain"}
)
OPAQUE = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Listed:
    """A file as the newest revision that lists it names it."""

    sha256: str
    path: str
    media_type: str

    @property
    def is_shown(self) -> bool:
        """Whether a browser may show it; the media type comes from outside."""
        return self.media_type in SHOWN_MEDIA_TYPES

    @property
    def download_name(self) -> str:
        """A file name for a person's disk: the last part of the path (letters, digits, `._-` by contract)."""
        return self.path.rsplit("/", 1)[-1]


def listed_file(connection: Connection, event_id: str, sha256: str) -> Listed:
    """The file; raises Problem not_found when no revision of this event lists it."""
    query = select(evidence_items.c.path, evidence_items.c.media_type).where(
        evidence_items.c.event_id == event_id, evidence_items.c.sha256 == sha256
    )
    row = connection.execute(query.order_by(evidence_items.c.revision.desc(), evidence_items.c.path).limit(1)).first()
    if row is None:
        raise Problem("not_found", f"file {sha256}")
    return Listed(sha256, row.path, row.media_type)
