"""What maintenance reads of a server's file: frames that were no messages, and those of numbers that are nobody's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from msgspec import Struct

from contract.errors import StoreError
from contract.times import utc_from_ns
from edge.sensors.hj212.escapes import escaped
from edge.sensors.hj212.server.process import FILE
from edge.sensors.hj212.server.rows import FACTORY_MARK, STRANGER_MARK
from edge.sensors.hj212.server.store import RawStore


class Quarantined(Struct, frozen=True, kw_only=True):
    """One entry. `why`: `reject` (no message: `verdict` says what was wrong), `unbound-mn`, `factory-mn`; `mn` None: no
    genuine message came over its link before. `row`: of the frame where it is kept (None: only here, in the ring)."""

    why: Literal["reject", "unbound-mn", "factory-mn"]
    received: str
    peer: str
    mn: str | None
    verdict: str
    row: int | None = None
    raw: str


def read_quarantine(data: Path, *, limit: int) -> Iterator[Quarantined]:
    """Newest first, at most `limit` of each kind; raises StoreError where there is no such file."""
    path = data / FILE
    if not path.is_file():
        raise StoreError(f"{path}: there is no such file; give the folder that the server or the gateway writes")
    store = RawStore(path)
    try:
        for one in store.rejects(limit=limit):
            yield Quarantined(
                why="reject",
                received=utc_from_ns(one.received_ns),
                peer=one.peer,
                mn=one.mn,
                verdict=one.verdict,
                raw=escaped(one.raw),
            )
        for mark in (STRANGER_MARK, FACTORY_MARK):
            for row in store.marked(mark, limit=limit):
                yield Quarantined(
                    why="unbound-mn" if mark == STRANGER_MARK else "factory-mn",
                    received=utc_from_ns(row.received_ns),
                    peer=row.peer,
                    mn=row.mn,
                    verdict=row.verdict,
                    row=row.id,
                    raw=escaped(row.raw),
                )
    finally:
        store.close()
