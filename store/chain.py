"""Hash chains: each row's hash covers its own fields and the hash before it, so a change or a gap shows."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import msgspec

START = "0" * 64


def link(previous_hash: str, fields: Mapping[str, object]) -> str:
    """SHA-256 (hex) over the previous hash and the fields as JSON with sorted keys."""
    body = msgspec.json.encode(dict(fields), order="sorted")
    return hashlib.sha256(previous_hash.encode() + b"\n" + body).hexdigest()
