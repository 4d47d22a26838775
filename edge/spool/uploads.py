"""Evidence files that the centre does not have yet, and which of them give way when there is no room."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from edge.spool.database import Database
from edge.spool.steps import Upload

log = logging.getLogger(__name__)
DROP_BATCH = 20
_COLUMNS = "sha256, path, size_bytes, rank"


class UploadQueue:
    """The files that wait to be uploaded; `news` is set whenever one was committed."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.news = threading.Event()
        self._length = database.read_int("SELECT count(*) FROM uploads")
        self._change = 0
        database.on_end.append(self._end)

    def __len__(self) -> int:
        return self._length

    def put(self, uploads: Iterable[Upload]) -> int:
        """Takes files in, inside the caller's transaction; how many were new."""
        sql = f"INSERT OR IGNORE INTO uploads ({_COLUMNS}) VALUES (?, ?, ?, ?)"  # noqa: S608 -- a constant
        new = sum(self._database.write(sql, upload) for upload in uploads)
        self._change += new
        return new

    def pending(self, limit: int) -> list[Upload]:
        """Highest rank first, then oldest."""
        sql = f"SELECT {_COLUMNS} FROM uploads ORDER BY rank DESC, seq LIMIT ?"  # noqa: S608 -- a constant
        return [Upload(*row) for row in self._database.read(sql, (limit,))]

    def paths(self) -> frozenset[str]:
        """Every file that waits."""
        return frozenset(path for (path,) in self._database.read("SELECT path FROM uploads"))

    def settle(self, sha256: str) -> None:
        """The centre has the whole file."""
        with self._database.transaction():
            self._remove(sha256)
            self._database.count("uploads_stored", 1)

    def refuse(self, sha256: str, reason: str) -> None:
        """The file can never be uploaded (gone, changed, refused for good): counted, and kept aside by name."""
        with self._database.transaction():
            self._remove(sha256)
            self._database.refuse(sha256, reason)
            self._database.count("uploads_refused", 1)
        log.warning("upload_refused sha256=%s reason=%r", sha256, reason)

    def drop_lowest(self, why: str) -> int:
        """Gives up the oldest files of the lowest rank, at most DROP_BATCH; how many went (0: there was none)."""
        sql = f"SELECT {_COLUMNS} FROM uploads ORDER BY rank, seq LIMIT ?"  # noqa: S608 -- a constant
        with self._database.lock:
            victims = [Upload(*row) for row in self._database.read(sql, (DROP_BATCH,))]
            # The files go before the rows: on a full disk the transaction may only fit once they are gone.
            for victim in victims:
                with suppress(FileNotFoundError):
                    Path(victim.path).unlink()
            with self._database.transaction():
                for victim in victims:
                    self._remove(victim.sha256)
                    self._database.refuse(victim.sha256, f"dropped, {why} (rank {victim.rank})")
                self._database.count("uploads_dropped", len(victims))
        if victims:
            log.warning("evidence_dropped count=%d why=%r", len(victims), why)
        return len(victims)

    def try_drop_lowest(self, why: str) -> bool:
        """Whether some evidence could be given up, also where the disk leaves no room to write that down."""
        try:
            return self.drop_lowest(why) > 0
        except (OSError, sqlite3.Error):
            log.exception("evidence_drop_failed")
            return False

    def _remove(self, sha256: str) -> None:
        self._change -= self._database.write("DELETE FROM uploads WHERE sha256 = ?", (sha256,))

    def _end(self, is_committed: bool) -> None:
        """What others see changes when the rows do: with the commit."""
        self._length += self._change if is_committed else 0
        self._change = 0
