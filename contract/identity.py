"""Event identity: the same act has the same id after a crash, in a replay and on another machine."""

from __future__ import annotations

import hashlib
import uuid


def event_id(*, town: str, device: str, zone: str, matter: str, onset_ns: int, place_key: str) -> str:
    """UUIDv8 of SHA-256 over the act's fixed facts, as lower-case text."""
    text = "\x1f".join((town, device, zone, matter, str(onset_ns), place_key))
    raw = bytearray(hashlib.sha256(text.encode()).digest()[:16])
    raw[6] = (raw[6] & 0x0F) | 0x80
    raw[8] = (raw[8] & 0x3F) | 0x80
    return str(uuid.UUID(bytes=bytes(raw)))
