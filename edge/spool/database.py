"""The spool's SQLite file: tables, one durable writer, one reader, counters, and what was refused for good."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from edge.sqlite_file import Schema, connect

VERSION = 1
REFUSED_KEPT_MAX = 1000
_TABLES = """
CREATE TABLE states (device TEXT PRIMARY KEY, state BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE events (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, message_id TEXT NOT NULL UNIQUE,
  act TEXT NOT NULL, revision INTEGER NOT NULL, body BLOB NOT NULL);
CREATE INDEX events_by_act ON events (act, revision);
CREATE TABLE uploads (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, sha256 TEXT NOT NULL UNIQUE,
  path TEXT NOT NULL, size_bytes INTEGER NOT NULL, rank INTEGER NOT NULL);
CREATE INDEX uploads_by_rank ON uploads (rank, seq);
CREATE TABLE refused (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, what TEXT NOT NULL, reason TEXT NOT NULL, body BLOB NOT NULL);
CREATE TABLE counters (name TEXT PRIMARY KEY, count INTEGER NOT NULL) WITHOUT ROWID;
"""
# Came after version 1 was in use, which knows nothing of it and loses nothing by it.
_READINGS = """
CREATE TABLE IF NOT EXISTS readings (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, message_id TEXT NOT NULL UNIQUE, body BLOB NOT NULL)
"""
_SCHEMA = Schema(what="spool", version=VERSION, tables=_TABLES, later=(_READINGS,))


class Database:
    """One file; `lock` is held around each transaction; `on_end` is told after it whether it was committed."""

    def __init__(self, path: Path) -> None:
        self.lock = threading.RLock()
        self.on_end: list[Callable[[bool], None]] = []
        self._read_lock = threading.Lock()
        self._writer = connect(path, _SCHEMA)
        self._reader = connect(path, _SCHEMA)

    def close(self) -> None:
        """Both connections end; everything committed stays."""
        with self.lock, self._read_lock:
            self._writer.close()
            self._reader.close()

    def read(self, sql: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Rows as last committed; never waits for a writer."""
        with self._read_lock:
            return self._reader.execute(sql, values).fetchall()

    def read_int(self, sql: str) -> int:
        """The one number that a query gives."""
        return int(self.read(sql)[0][0])

    def write(self, sql: str, values: Sequence[object] = ()) -> int:
        """One statement inside a transaction; how many rows it changed."""
        return self._writer.execute(sql, values).rowcount

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of it on disk when the block is left, or none of it when it raises."""
        with self.lock:
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._writer.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    self._writer.execute("ROLLBACK")
                self._tell_end(is_committed=False)
                raise
            self._tell_end(is_committed=True)

    def _tell_end(self, *, is_committed: bool) -> None:
        for told in self.on_end:
            told(is_committed)

    def count(self, name: str, count: int) -> None:
        """Adds to a counter inside a transaction."""
        if count:
            self.write(
                "INSERT INTO counters VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET count = count + excluded.count",
                (name, count),
            )

    def refuse(self, what: str, reason: str, body: bytes = b"") -> None:
        """Keeps aside what goes for good, inside a transaction; the oldest give way at REFUSED_KEPT_MAX."""
        self.write("INSERT INTO refused (what, reason, body) VALUES (?, ?, ?)", (what, reason[:2000], body))
        self.write("DELETE FROM refused WHERE seq <= (SELECT max(seq) FROM refused) - ?", (REFUSED_KEPT_MAX,))
