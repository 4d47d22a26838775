"""Outgoing readings of sensors: in with a step, out on the centre's word; the oldest give way when too many wait."""

from __future__ import annotations

from collections.abc import Iterable

from edge.spool.acked import AckedQueue
from edge.spool.database import Database
from edge.spool.steps import OutgoingReading

READING_IDS = "reading:"  # how the message ids of readings begin: an ack says by it which queue it is for


class ReadingQueue(AckedQueue):
    """The readings that wait for an ack: a curve may have gaps, an act may not, so readings are bounded by dropping."""

    def __init__(self, database: Database, *, most: int) -> None:
        super().__init__(database, "readings")
        self._most = most

    def put(self, readings: Iterable[OutgoingReading]) -> int:
        """Takes readings in, inside the caller's transaction; one already here stays as it is. How many came."""
        sql = "INSERT OR IGNORE INTO readings (message_id, body) VALUES (?, ?)"
        new = sum(self._database.write(sql, (one.message_id, one.body)) for one in readings)
        self._change += new
        excess = self.length_with_changes() - self._most
        if excess > 0:
            oldest = "DELETE FROM readings WHERE seq IN (SELECT seq FROM readings ORDER BY seq LIMIT ?)"
            self._change -= self._database.write(oldest, (excess,))
            self._database.count("readings_dropped", excess)
        return new
