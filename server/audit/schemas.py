"""What the audit route gives."""

from __future__ import annotations

from pydantic import ConfigDict

from server.shapes import EVENT_ID, INSTANT, SHA256, Answer, Instant


class AuditEntry(Answer):
    """One entry of the trail; `hash` covers the entry and the hash before it."""

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={
            "examples": [
                {
                    "seq": 42,
                    "at": INSTANT,
                    "who": "u-3f9a0c12",
                    "who_name": "王丽",
                    "action": "evidence.view",
                    "lead": EVENT_ID,
                    "detail": {"sha256": SHA256},
                    "hash": SHA256,
                    "previous_hash": None,
                }
            ]
        },
    )

    seq: int
    at: Instant
    who: str
    who_name: str
    action: str
    lead: str | None
    detail: dict[str, str]
    hash: str
    previous_hash: str | None


class AuditPage(Answer):
    """One page of the trail, newest first."""

    items: list[AuditEntry]
    next_cursor: str | None
