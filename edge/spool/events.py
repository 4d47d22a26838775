"""Outgoing messages of acts: in with a step, out only on the centre's word."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from edge.spool.acked import AckedQueue
from edge.spool.database import Database
from edge.spool.steps import OutgoingEvent


class EventQueue(AckedQueue):
    """The acts' messages that wait for an ack; `news` is set whenever one was committed."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, "events")
        self.news = threading.Event()

    def put(self, events: Iterable[OutgoingEvent]) -> int:
        """Takes messages in, inside the caller's transaction; one already here stays as it is. How many came."""
        sql = "INSERT OR IGNORE INTO events (message_id, act, revision, body) VALUES (?, ?, ?, ?)"
        new = 0
        for event in events:
            act, _, revision = event.message_id.rpartition(":")
            new += self._database.write(sql, (event.message_id, act, int(revision), event.body))
        self._change += new
        return new

    def thin_out(self) -> int:
        """Drops waiting revisions that a later one replaces: no act is lost. Inside the caller's transaction."""
        thinned = self._database.write(
            "DELETE FROM events WHERE EXISTS"
            " (SELECT 1 FROM events AS later WHERE later.act = events.act AND later.revision > events.revision)"
        )
        self._database.count("events_replaced", thinned)
        self._change -= thinned
        return thinned
