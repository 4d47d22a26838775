"""Outgoing readings of sensors: in with a step, out on the centre's word; the oldest give way when too many wait."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from contract.acks import Ack
from edge.spool.database import Database
from edge.spool.events import AckCounts
from edge.spool.steps import OutgoingReading, SpooledEvent

READING_IDS = "reading:"  # how the message ids of readings begin: an ack says by it which queue it is for


class ReadingQueue:
    """The readings that wait for an ack: a curve may have gaps, an act may not, so readings are bounded by dropping."""

    def __init__(self, database: Database, *, most: int) -> None:
        self._database = database
        self._most = most
        self._length = database.read_int("SELECT count(*) FROM readings")
        self._change = 0
        database.on_end.append(self._end)

    def __len__(self) -> int:
        return self._length

    def put(self, readings: Iterable[OutgoingReading]) -> int:
        """Takes readings in, inside the caller's transaction; one already here stays as it is. How many came."""
        sql = "INSERT OR IGNORE INTO readings (message_id, body) VALUES (?, ?)"
        new = sum(self._database.write(sql, (one.message_id, one.body)) for one in readings)
        self._change += new
        excess = self._length + self._change - self._most
        if excess > 0:
            oldest = "DELETE FROM readings WHERE seq IN (SELECT seq FROM readings ORDER BY seq LIMIT ?)"
            self._change -= self._database.write(oldest, (excess,))
            self._database.count("readings_dropped", excess)
        return new

    def pending(self, limit: int, *, after_seq: int = 0) -> list[SpooledEvent]:
        """Readings without an ack, oldest first, from behind `after_seq`."""
        sql = "SELECT seq, message_id, body FROM readings WHERE seq > ? ORDER BY seq LIMIT ?"
        return [SpooledEvent(*row) for row in self._database.read(sql, (after_seq, limit))]

    def find(self, message_id: str) -> SpooledEvent | None:
        """The named reading, if it still waits."""
        rows = self._database.read("SELECT seq, message_id, body FROM readings WHERE message_id = ?", (message_id,))
        return SpooledEvent(*rows[0]) if rows else None

    def settle(self, acks: Sequence[Ack]) -> AckCounts:
        """The centre's answers, in one transaction: their readings go; a rejected one is kept aside with its reason."""
        counts = dict.fromkeys(AckCounts._fields, 0)
        with self._database.transaction():
            for ack in acks:
                counts[self._settle_one(ack)] += 1
            for name, count in counts.items():
                self._database.count(f"readings_{name}", count)
        return AckCounts(**counts)

    def _settle_one(self, ack: Ack) -> str:
        if ack.result == "rejected":
            found = self.find(ack.id)
            if found is not None:
                self._database.refuse(ack.id, ack.reason, found.body)
        if not self._database.write("DELETE FROM readings WHERE message_id = ?", (ack.id,)):
            return "unknown"
        self._change -= 1
        return ack.result

    def _end(self, is_committed: bool) -> None:
        """What others see changes when the rows do: with the commit."""
        self._length += self._change if is_committed else 0
        self._change = 0
