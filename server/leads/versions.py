"""Lost updates are refused: a lead's ETag is its version, and a change names the version it was decided on."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import Depends, Header

from server.problems import Problem

_ETAG = re.compile(r'(?:W/)?"(\d{1,18})"')


def etag(version: int) -> str:
    """`3` -> `"3"`."""
    return f'"{version}"'


def read_if_match(
    if_match: Annotated[str | None, Header(alias="If-Match", examples=['"3"'], max_length=100)] = None,
) -> int:
    """The version that the request was decided on; raises Problem if_match_missing or invalid_request."""
    if if_match is None:
        raise Problem("if_match_missing")
    found = _ETAG.fullmatch(if_match.strip())
    if found is None:
        raise Problem("invalid_request", 'If-Match: expected one ETag as "3"')
    return int(found[1])


IfMatch = Annotated[int, Depends(read_if_match)]
