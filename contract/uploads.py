"""The upload of one evidence file: `HEAD` tells how many bytes the centre holds, `PUT` goes on from there.

`HEAD /evidence/{sha256}`: 200 with `Upload-Offset: n`; n = size means stored for good, 404: nothing is there.
`PUT /evidence/{sha256}` with `Content-Range: bytes first-last/size`: 201 when the file is whole, its hash right and it
is stored for good; 202 with `Upload-Offset` when more must come; 409 with `Upload-Offset` when `first` is not the
offset; 413 too big; 422 when the whole file has another hash (its bytes are forgotten); 429, 503, 507: later.
Both carry the gateway's bearer token (401, 403: not known, not yours).
"""

from __future__ import annotations

import re
from typing import NamedTuple

from contract.errors import ContractError

OFFSET_HEADER = "Upload-Offset"
MAX_FILE_BYTES = 1_000_000_000
_CONTENT_RANGE = re.compile(r"bytes (\d{1,15})-(\d{1,15})/(\d{1,15})", re.ASCII)


class Range(NamedTuple):
    """A stretch of a file: bytes `first` to `last` (inclusive) of `size`."""

    first: int
    last: int
    size: int

    def __str__(self) -> str:
        return f"bytes {self.first}-{self.last}/{self.size}"


def upload_path(sha256: str) -> str:
    """The path of a file's upload below the centre's upload address."""
    return f"/evidence/{sha256}"


def parse_content_range(text: str) -> Range:
    """The value of `Content-Range`; raises ContractError for anything but a stretch inside a file of allowed size."""
    match = _CONTENT_RANGE.fullmatch(text)
    if match is None:
        raise ContractError(f"Content-Range {text[:80]!r}: expected bytes first-last/size")
    found = Range(int(match[1]), int(match[2]), int(match[3]))
    if not (found.first <= found.last < found.size <= MAX_FILE_BYTES):
        raise ContractError(f"Content-Range {text[:80]!r}: expected first <= last < size <= {MAX_FILE_BYTES}")
    return found
