"""Byte ranges of RFC 9110 section 14: one range, or the whole file; pure."""

from __future__ import annotations

import re

from server.problems import Problem

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


def read_range(header: str | None, size: int) -> tuple[int, int] | None:
    """`bytes=0-99` -> (0, 100): start and the byte after the end; None: send the whole file.

    A header that is none, or asks for several ranges, is ignored as the RFC allows. Raises Problem
    range_not_satisfiable for a range outside the file.
    """
    found = _RANGE.fullmatch(header.strip()) if header else None
    if found is None or (not found[1] and not found[2]):
        return None
    if not found[1]:
        start, end = max(0, size - int(found[2])), size
    else:
        start, end = int(found[1]), min(int(found[2]) + 1 if found[2] else size, size)
        if found[2] and int(found[2]) < int(found[1]):
            return None
    if start >= end:
        headers = {"Content-Range": f"bytes */{size}", "Accept-Ranges": "bytes"}
        raise Problem("range_not_satisfiable", f"the file has {size} bytes", headers=headers)
    return start, end
