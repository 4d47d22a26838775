"""Frames as they came, durably: one row a message, a ring of rejects, counters; one SQLite file, synchronous=FULL.

What `keep` returned for survives kill -9 and loss of power. The file, not a decoder's memory, says what is a duplicate:
a frame whose first copy could not be written is new when it comes again.
"""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

from contract.errors import StoreError
from edge.sqlite_file import Schema, connect

VERSION: Final = 1
QUARANTINE_ROWS: Final = 10_000
REJECT_RAW_BYTES: Final = 16 * 1024
STORED: Final = "stored"
DUPLICATES: Final = "duplicates"
REJECTED: Final = "rejected"
SPLITS_LEFT: Final = "splits_left"
DROPPED: Final = "quarantine_dropped"
LET_GO: Final = "rows_let_go"
LET_GO_BATCH: Final = 5000
_TABLES: Final = """
CREATE TABLE frames (
  id INTEGER PRIMARY KEY, segment_sha256 BLOB NOT NULL UNIQUE, mn TEXT NOT NULL, cn TEXT NOT NULL, st TEXT, qn TEXT,
  part TEXT, data_time TEXT, received_ns INTEGER NOT NULL, peer TEXT NOT NULL, verdict TEXT NOT NULL,
  tolerances TEXT NOT NULL, marks TEXT NOT NULL, penalty INTEGER NOT NULL, repeats INTEGER NOT NULL DEFAULT 0,
  raw_sha256 BLOB NOT NULL, raw BLOB NOT NULL);
CREATE INDEX frames_by_device ON frames (mn, received_ns);
CREATE TABLE rejects (
  id INTEGER PRIMARY KEY AUTOINCREMENT, received_ns INTEGER NOT NULL, peer TEXT NOT NULL, mn TEXT,
  verdict TEXT NOT NULL, penalty INTEGER NOT NULL, raw_sha256 BLOB NOT NULL, raw BLOB NOT NULL);
CREATE TABLE counters (name TEXT PRIMARY KEY, count INTEGER NOT NULL) WITHOUT ROWID;
"""
_LATER_INDEX: Final = "CREATE INDEX IF NOT EXISTS frames_in_order ON frames (mn, id)"
_SCHEMA: Final = Schema(what="hj212 store", version=VERSION, tables=_TABLES, later=(_LATER_INDEX,))
_INSERT: Final = """
INSERT INTO frames (segment_sha256, mn, cn, st, qn, part, data_time, received_ns, peer, verdict, tolerances, marks,
  penalty, raw_sha256, raw) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (segment_sha256) DO UPDATE SET repeats = repeats + 1 RETURNING id, repeats
"""
_REJECT: Final = """
INSERT INTO rejects (received_ns, peer, mn, verdict, penalty, raw_sha256, raw) VALUES (?, ?, ?, ?, ?, ?, ?)
"""
_COLUMNS: Final = (
    "id, mn, cn, qn, part, data_time, received_ns, peer, verdict, tolerances, marks, penalty, repeats, raw_sha256, raw"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RawFrame:
    """A genuine frame to be kept: `segment_sha256` of its plain data segment is what makes it the same frame again;
    `part` as `1/2`; `tolerances` and `marks` comma-separated; `penalty` its cost in the device's conformity score."""

    segment_sha256: bytes
    mn: str
    cn: str
    st: str | None
    qn: str | None
    part: str | None
    data_time: str | None
    received_ns: int
    peer: str
    verdict: str
    tolerances: str
    marks: str
    penalty: int
    raw: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject:
    """Bytes that are no message; `mn` of the last genuine message of that link, None: there was none. `penalty` 0: not
    lost but parts of a split message that stayed open, kept one by one before."""

    received_ns: int
    peer: str
    mn: str | None
    verdict: str
    penalty: int
    raw: bytes

    @property
    def is_lost(self) -> bool:
        """A frame that was not kept anywhere else."""
        return self.penalty > 0


class Kept(NamedTuple):
    """What became of a frame: its row, and whether it was there before."""

    row: int
    is_duplicate: bool


class StoredFrame(NamedTuple):
    """A row of the store; `repeats`: how often the same frame came again."""

    id: int
    mn: str
    cn: str
    qn: str | None
    part: str | None
    data_time: str | None
    received_ns: int
    peer: str
    verdict: str
    tolerances: str
    marks: str
    penalty: int
    repeats: int
    raw_sha256: bytes
    raw: bytes


class RawStore:
    """One file. `keep` from one thread at a time; what reads may be called from any."""

    def __init__(self, path: Path, *, quarantine_rows: int = QUARANTINE_ROWS) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._quarantine_rows = quarantine_rows
        self._read_lock = threading.Lock()
        self._writer = connect(path, _SCHEMA)
        self._reader = connect(path, _SCHEMA)

    def close(self) -> None:
        """Everything kept stays."""
        with self._read_lock:
            self._writer.close()
            self._reader.close()

    def keep(
        self, frames: Sequence[RawFrame], rejects: Sequence[Reject] = (), *, counts: Mapping[str, int] | None = None
    ) -> list[Kept]:
        """All of it on disk, counters too, with one fsync; raises StoreError and keeps none of it. `counts` are added
        to the counters, and what became of the frames and rejects."""
        with self._transaction():
            kept = [self._keep_one(frame) for frame in frames]
            repeated = sum(one.is_duplicate for one in kept)
            dropped = self._quarantine(rejects) if rejects else 0
            lost = sum(one.is_lost for one in rejects)
            added = {
                STORED: len(kept) - repeated,
                DUPLICATES: repeated,
                REJECTED: lost,
                SPLITS_LEFT: len(rejects) - lost,
                DROPPED: dropped,
            }
            self._count([*added.items(), *(counts or {}).items()])
        return kept

    def frames(self, *, after: int = 0, limit: int = 1000) -> list[StoredFrame]:
        """Rows in the order they were kept."""
        sql = f"SELECT {_COLUMNS} FROM frames WHERE id > ? ORDER BY id LIMIT ?"  # noqa: S608 -- a constant list
        return [StoredFrame(*row) for row in self._read(sql, (after, limit))]

    def frames_of(self, mn: str, *, after: int = 0, limit: int = 1000) -> list[StoredFrame]:
        """Rows of one device in the order they were kept."""
        sql = f"SELECT {_COLUMNS} FROM frames WHERE mn = ? AND id > ? ORDER BY id LIMIT ?"  # noqa: S608 -- constant
        return [StoredFrame(*row) for row in self._read(sql, (mn, after, limit))]

    def frames_between(
        self, mn: str, from_ns: int, to_ns: int, *, up_to: int | None = None, limit: int = 10_000
    ) -> list[StoredFrame]:
        """Rows of one device received in a time, both ends included, in the order they were kept; `up_to`: none with a
        higher id."""
        sql = (
            f"SELECT {_COLUMNS} FROM frames WHERE mn = ? AND received_ns BETWEEN ? AND ? AND id <= ? "  # noqa: S608
            "ORDER BY id LIMIT ?"
        )
        last = 2**62 if up_to is None else up_to
        return [StoredFrame(*row) for row in self._read(sql, (mn, from_ns, to_ns, last, limit))]

    def last_row(self, mn: str) -> int:
        """The highest row of a device; 0: it has none."""
        return int(self._read("SELECT coalesce(max(id), 0) FROM frames WHERE mn = ?", (mn,))[0][0])

    def penalties(self, mn: str, *, up_to: int, limit: int) -> list[int]:
        """What the last frames of a device up to a row cost in its score, oldest first."""
        sql = "SELECT penalty FROM frames WHERE mn = ? AND id <= ? ORDER BY id DESC LIMIT ?"
        return [int(penalty) for (penalty,) in reversed(self._read(sql, (mn, up_to, limit)))]

    def let_go(self, *, before_ns: int, keep_bytes: int, unjudged: Mapping[str, int], limit: int = LET_GO_BATCH) -> int:
        """Deletes at most `limit` of the oldest rows: those received before `before_ns`, and while the rows take more
        than `keep_bytes` the oldest whatever their age. `unjudged`: of these devices no row above that id. How many."""
        is_too_large = self._used_bytes() > keep_bytes
        sql = "SELECT id, mn FROM frames WHERE ? OR received_ns < ? ORDER BY id LIMIT ?"
        oldest = self._read(sql, (is_too_large, before_ns, limit))
        gone = [(row,) for row, mn in oldest if row <= unjudged.get(mn, row)]
        if gone:
            with self._transaction():
                self._writer.executemany("DELETE FROM frames WHERE id = ?", gone)
                self._count([(LET_GO, len(gone))])
        return len(gone)

    def _used_bytes(self) -> int:
        pages, free, size = (
            int(self._read(f"PRAGMA {name}")[0][0]) for name in ("page_count", "freelist_count", "page_size")
        )
        return (pages - free) * size

    def length(self) -> int:
        """How many frames are kept."""
        return int(self._read("SELECT count(*) FROM frames")[0][0])

    def last_received_ns(self, mn: str) -> int | None:
        """When this device was last heard; None: never."""
        rows = self._read("SELECT max(received_ns) FROM frames WHERE mn = ?", (mn,))
        return None if rows[0][0] is None else int(rows[0][0])

    def rejects(self, *, limit: int = 1000) -> list[Reject]:
        """The newest rejects first, as maintenance reads them."""
        sql = "SELECT received_ns, peer, mn, verdict, penalty, raw FROM rejects ORDER BY id DESC LIMIT ?"
        names = ("received_ns", "peer", "mn", "verdict", "penalty", "raw")
        return [Reject(**dict(zip(names, row, strict=True))) for row in self._read(sql, (limit,))]

    def marked(self, mark: str, *, limit: int = 1000) -> list[StoredFrame]:
        """The newest rows with a mark first (a number that nobody bound, a factory number): for maintenance."""
        sql = (
            f"SELECT {_COLUMNS} FROM frames WHERE ',' || marks || ',' LIKE ? "  # noqa: S608 -- a constant list
            "ORDER BY id DESC LIMIT ?"
        )
        return [StoredFrame(*row) for row in self._read(sql, (f"%,{mark},%", limit))]

    def counters(self) -> dict[str, int]:
        """What happened since the file was made, by name, as last written."""
        return dict(self._read("SELECT name, count FROM counters ORDER BY name"))

    def _keep_one(self, frame: RawFrame) -> Kept:
        values = (
            frame.segment_sha256, frame.mn, frame.cn, frame.st, frame.qn, frame.part, frame.data_time,
            frame.received_ns, frame.peer, frame.verdict, frame.tolerances, frame.marks, frame.penalty,
            hashlib.sha256(frame.raw).digest(), frame.raw,
        )  # fmt: skip
        row, repeats = self._writer.execute(_INSERT, values).fetchone()
        return Kept(int(row), repeats > 0)

    def _quarantine(self, rejects: Sequence[Reject]) -> int:
        """Puts rejects into the ring; how many older ones fell out."""
        self._writer.executemany(
            _REJECT,
            [
                (one.received_ns, one.peer, one.mn, one.verdict, one.penalty, hashlib.sha256(one.raw).digest(),
                 one.raw[:REJECT_RAW_BYTES])
                for one in rejects
            ],
        )  # fmt: skip
        sql = "DELETE FROM rejects WHERE id <= (SELECT max(id) FROM rejects) - ?"
        return self._writer.execute(sql, (self._quarantine_rows,)).rowcount

    def _count(self, counts: Sequence[tuple[str, int]]) -> None:
        self._writer.executemany(
            "INSERT INTO counters VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET count = count + excluded.count",
            [(name, count) for name, count in counts if count],
        )

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        try:
            self._writer.execute("BEGIN IMMEDIATE")
            yield
            self._writer.execute("COMMIT")
        except BaseException as error:
            with suppress(sqlite3.Error):
                self._writer.execute("ROLLBACK")
            if isinstance(error, sqlite3.Error):
                raise StoreError(f"hj212 store: not kept: {error}; is the disk full or broken?") from error
            raise

    def _read(self, sql: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        with self._read_lock:
            return self._reader.execute(sql, values).fetchall()
