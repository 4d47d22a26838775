"""UTC instants: integer nanoseconds inside, RFC 3339 text with nine decimals on the wire."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated

from msgspec import Meta

from contract.errors import ContractError

NS = 1_000_000_000
_PATTERN = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{9}Z(?!\n)$"
_MATCH = re.compile(_PATTERN)

Utc = Annotated[str, Meta(pattern=_PATTERN, description="UTC instant, RFC 3339, nine decimals")]


def utc_from_ns(at_ns: int) -> str:
    """`1_500_000_000` -> `1970-01-01T00:00:01.500000000Z`; years 1970 to 9999."""
    seconds, rest_ns = divmod(at_ns, NS)
    try:
        whole = datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError) as error:
        raise ContractError(f"time {at_ns} ns: outside the years 1970 to 9999") from error
    return f"{whole:%Y-%m-%dT%H:%M:%S}.{rest_ns:09d}Z"


def ns_from_utc(text: str) -> int:
    """The inverse of `utc_from_ns`; raises ContractError on any other text."""
    if not _MATCH.match(text):
        raise ContractError(f"time {text[:40]!r}: expected UTC as 2026-01-31T08:00:00.000000000Z")
    try:
        whole = datetime.fromisoformat(text[:19]).replace(tzinfo=UTC)  # a tenth of what strptime takes
    except ValueError as error:
        raise ContractError(f"time {text!r}: {error}") from error
    return int(whole.timestamp()) * NS + int(text[20:29])
