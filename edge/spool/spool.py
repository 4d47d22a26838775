"""The spool: steps of the judges in, each wholly on disk or not at all."""

from __future__ import annotations

import logging
import re
import shutil
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from contract.errors import StoreError
from edge.spool.database import Database
from edge.spool.events import EventQueue
from edge.spool.readings import READING_IDS, ReadingQueue
from edge.spool.steps import Step
from edge.spool.uploads import UploadQueue

log = logging.getLogger(__name__)
COMMIT_BATCH_MAX = 500
_MESSAGE_ID = re.compile(r".{1,200}:[1-9][0-9]{0,9}")


@dataclass(frozen=True, slots=True)
class SpoolLimits:
    """The bounds: at `max_events` replaced revisions go, at `max_uploads` or low disk evidence of the lowest rank, at
    `max_readings` the oldest readings.
    """

    max_events: int = 1_000_000
    max_uploads: int = 100_000
    min_free_bytes: int = 200_000_000
    max_readings: int = 200_000


@dataclass(eq=False)
class _Waiting:
    step: Step
    is_done: bool = False
    error: StoreError | None = None


class Spool:
    """One gateway's spool; every method, and those of `events` and `uploads`, may be called from any thread.

    `free_bytes` tells the free disk under the file.
    """

    def __init__(
        self, path: Path, *, limits: SpoolLimits | None = None, free_bytes: Callable[[], int] | None = None
    ) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._limits = limits or SpoolLimits()
        self._free_bytes = free_bytes or (lambda: shutil.disk_usage(path.parent).free)
        self._database = Database(path)
        self.events = EventQueue(self._database)
        self.uploads = UploadQueue(self._database)
        self.readings = ReadingQueue(self._database, most=self._limits.max_readings)
        self._waiting_lock = threading.Lock()
        self._waiting: list[_Waiting] = []

    def close(self) -> None:
        """Everything committed stays; the file can be opened again."""
        self._database.close()

    def commit(self, step: Step) -> None:
        """Returns when the step is on disk, state, events and uploads together; raises StoreError and keeps none of it.

        Steps that come at the same time from several threads share one fsync.
        """
        for event in step.events:
            if not _MESSAGE_ID.fullmatch(event.message_id):
                raise StoreError(f"spool: message id {event.message_id[:80]!r}, expected event_id:revision")
        for reading in step.readings:
            if not reading.message_id.startswith(READING_IDS):
                raise StoreError(f"spool: message id {reading.message_id[:80]!r}, expected {READING_IDS}...")
        mine = _Waiting(step)
        with self._waiting_lock:
            self._waiting.append(mine)
        with self._database.lock:
            while not mine.is_done:
                self._commit_waiting()
        if mine.error is not None:
            raise mine.error

    def load_state(self, device: str) -> bytes | None:
        """The state of the device's judge as last committed; None: never."""
        rows = self._database.read("SELECT state FROM states WHERE device = ?", (device,))
        return bytes(rows[0][0]) if rows else None

    def counters(self) -> dict[str, int]:
        """What happened since the file was made, by name."""
        return dict(self._database.read("SELECT name, count FROM counters ORDER BY name"))

    def refused(self) -> list[tuple[str, str]]:
        """What was refused or dropped for good, and why; newest last, at most 1000."""
        return [(what, reason) for what, reason in self._database.read("SELECT what, reason FROM refused ORDER BY seq")]

    def make_room(self) -> int:
        """Gives up evidence of the lowest rank while rows or disk are short; how many files went. Events stay."""
        dropped = 0
        while (why := self._shortage()) and (gone := self.uploads.drop_lowest(why)):
            dropped += gone
        return dropped

    def _shortage(self) -> str:
        if len(self.uploads) > self._limits.max_uploads:
            return f"more than {self._limits.max_uploads} files wait"
        free_bytes = self._free_bytes()
        if free_bytes < self._limits.min_free_bytes:
            return f"{free_bytes // 1_000_000} MB of disk free, {self._limits.min_free_bytes // 1_000_000} MB kept"
        return ""

    def _commit_waiting(self) -> None:
        """One transaction for all that wait; if it fails each step is tried alone, so that one cannot spoil others."""
        with self._waiting_lock:
            batch = self._waiting[:COMMIT_BATCH_MAX]
            del self._waiting[:COMMIT_BATCH_MAX]
        try:
            self._settle(batch)
        finally:
            # Whatever happened: nobody may take an uncommitted step for a committed one, or wait for ever.
            for waiting in batch:
                if not waiting.is_done:
                    waiting.error = waiting.error or StoreError("spool: step not committed: a mistake in the program")
                    waiting.is_done = True

    def _settle(self, batch: list[_Waiting]) -> None:
        try:
            self._write([waiting.step for waiting in batch])
        except StoreError:
            for waiting in batch:
                try:
                    self._write([waiting.step])
                except StoreError as error:
                    waiting.error = error
        for waiting in batch:
            waiting.is_done = True

    def _write(self, steps: list[Step]) -> None:
        if any(step.uploads for step in steps):
            self._try_to_make_room()
        try:
            self._write_once(steps)
        except sqlite3.Error as error:
            is_full = getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
            if not (is_full and self.uploads.try_drop_lowest("the disk is full")):
                raise StoreError(f"spool: step not committed: {error}; is the disk full or broken?") from error
            self._write(steps)

    def _try_to_make_room(self) -> None:
        try:
            self.make_room()
        except (OSError, sqlite3.Error):
            # The step itself may still fit.
            log.exception("no_room_made")

    def _write_once(self, steps: list[Step]) -> None:
        with self._database.transaction():
            new_events = sum(self.events.put(step.events) for step in steps)
            new_readings = sum(self.readings.put(step.readings) for step in steps)
            new_uploads = sum(self.uploads.put(step.uploads) for step in steps)
            # Of several steps of one device in a batch the last state counts.
            for device, state in {step.device: step.state for step in steps}.items():
                self._database.write("INSERT OR REPLACE INTO states VALUES (?, ?)", (device, state))
            if self.events.length_with_changes() > self._limits.max_events:
                self.events.thin_out()
            if self.events.length_with_changes() > self._limits.max_events:
                raise StoreError(f"spool: {self._limits.max_events} events wait, no more fit; is the centre reachable?")
        if new_events or new_readings:
            self.events.news.set()
        if new_uploads:
            self.uploads.news.set()
