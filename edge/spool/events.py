"""Outgoing messages: in with a step, out only on the centre's word."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from contract.acks import Ack
from edge.spool.database import Database
from edge.spool.steps import OutgoingEvent, SpooledEvent


class AckCounts(NamedTuple):
    """What a batch of acks changed; `unknown` were settled before."""

    stored: int = 0
    duplicate: int = 0
    rejected: int = 0
    unknown: int = 0


class EventQueue:
    """The messages that wait for an ack; `news` is set whenever one was committed."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.news = threading.Event()
        self._length = database.read_int("SELECT count(*) FROM events")
        self._change = 0
        database.on_end.append(self._end)

    def __len__(self) -> int:
        return self._length

    def length_with_changes(self) -> int:
        """As `len`, with what the caller's transaction has changed so far."""
        return self._length + self._change

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

    def pending(self, limit: int, *, after_seq: int = 0) -> list[SpooledEvent]:
        """Messages without an ack, oldest first, from behind `after_seq`."""
        sql = "SELECT seq, message_id, body FROM events WHERE seq > ? ORDER BY seq LIMIT ?"
        return [SpooledEvent(*row) for row in self._database.read(sql, (after_seq, limit))]

    def find(self, message_id: str) -> SpooledEvent | None:
        """The named message, if it still waits."""
        rows = self._database.read("SELECT seq, message_id, body FROM events WHERE message_id = ?", (message_id,))
        return SpooledEvent(*rows[0]) if rows else None

    def settle(self, acks: Sequence[Ack]) -> AckCounts:
        """The centre's answers, in one transaction: their messages go; a rejected one is kept aside with its reason."""
        counts = dict.fromkeys(AckCounts._fields, 0)
        with self._database.transaction():
            for ack in acks:
                counts[self._settle_one(ack)] += 1
            for name, count in counts.items():
                self._database.count(f"events_{name}", count)
        return AckCounts(**counts)

    def _settle_one(self, ack: Ack) -> str:
        if ack.result == "rejected":
            found = self.find(ack.id)
            if found is not None:
                self._database.refuse(ack.id, ack.reason, found.body)
        if not self._database.write("DELETE FROM events WHERE message_id = ?", (ack.id,)):
            return "unknown"
        self._change -= 1
        return ack.result

    def _end(self, is_committed: bool) -> None:
        """What others see changes when the rows do: with the commit."""
        self._length += self._change if is_committed else 0
        self._change = 0
