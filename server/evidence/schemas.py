"""What the evidence routes give."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import ConfigDict

from contract.events import EvidenceRole
from server.shapes import EVENT_ID, INSTANT, SHA256, Answer, HexSha256, Instant

Purpose = Literal["prefetch", "view", "download"]
Signer = Literal["proved", "unknown", "wrong"]

_FILE: dict[str, Any] = {
    "sha256": SHA256,
    "path": "stills/due.jpg",
    "role": "due",
    "media_type": "image/jpeg",
    "size_bytes": 412345,
    "captured": INSTANT,
    "parent_sha256": None,
    "url": f"/api/v1/leads/{EVENT_ID}/evidence/files/{SHA256}",
    "available": True,
}


class EvidenceFile(Answer):
    """One file of the evidence; `available` says whether its bytes have arrived."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"examples": [_FILE]})

    sha256: HexSha256
    path: str
    role: EvidenceRole
    media_type: str
    size_bytes: int
    captured: Instant | None
    parent_sha256: HexSha256 | None
    url: str
    available: bool


class EvidenceAnswer(Answer):
    """The evidence of a lead's current revision.

    `signer` is `proved` when the manifest's signature is that of the key registered for the lead's gateway and the
    manifest lists exactly the event's files; `wrong` when it is not; `unknown` when the manifest has not arrived or no
    key is registered. `complete`: the manifest, its signature and every file have arrived.
    """

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={
            "examples": [
                {
                    "event_id": EVENT_ID,
                    "manifest_sha256": SHA256,
                    "manifest_url": f"/api/v1/leads/{EVENT_ID}/evidence/manifest.json",
                    "signature_url": f"/api/v1/leads/{EVENT_ID}/evidence/manifest.sig",
                    "signer": "proved",
                    "complete": True,
                    "items": [_FILE],
                }
            ]
        },
    )

    event_id: str
    manifest_sha256: str | None
    manifest_url: str | None
    signature_url: str | None
    signer: Signer
    complete: bool
    items: list[EvidenceFile]
