"""One table of the spool whose rows wait for the centre's word: acts in one, readings in another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from contract.acks import Ack
from edge.spool.database import Database
from edge.spool.steps import SpooledEvent


class AckCounts(NamedTuple):
    """What a batch of acks changed; `unknown` were settled before."""

    stored: int = 0
    duplicate: int = 0
    rejected: int = 0
    unknown: int = 0


class AckedQueue:
    """The messages of a table that wait for an ack, oldest first; how they come in is the queue's own."""

    def __init__(self, database: Database, table: Literal["events", "readings"]) -> None:
        self._database = database
        self._table = table
        self._length = database.read_int(f"SELECT count(*) FROM {table}")  # noqa: S608 -- a name of ours
        self._change = 0
        database.on_end.append(self._end)

    def __len__(self) -> int:
        return self._length

    def length_with_changes(self) -> int:
        """As `len`, with what the caller's transaction has changed so far."""
        return self._length + self._change

    def pending(self, limit: int, *, after_seq: int = 0) -> list[SpooledEvent]:
        """Messages without an ack, oldest first, from behind `after_seq`."""
        sql = f"SELECT seq, message_id, body FROM {self._table} WHERE seq > ? ORDER BY seq LIMIT ?"  # noqa: S608 -- a name of ours
        return [SpooledEvent(*row) for row in self._database.read(sql, (after_seq, limit))]

    def find(self, message_id: str) -> SpooledEvent | None:
        """The named message, if it still waits."""
        sql = f"SELECT seq, message_id, body FROM {self._table} WHERE message_id = ?"  # noqa: S608 -- a name of ours
        rows = self._database.read(sql, (message_id,))
        return SpooledEvent(*rows[0]) if rows else None

    def settle(self, acks: Sequence[Ack]) -> AckCounts:
        """The centre's answers, in one transaction: their messages go; a rejected one is kept aside with its reason."""
        counts = dict.fromkeys(AckCounts._fields, 0)
        with self._database.transaction():
            for ack in acks:
                counts[self._settle_one(ack)] += 1
            for name, count in counts.items():
                self._database.count(f"{self._table}_{name}", count)
        return AckCounts(**counts)

    def _settle_one(self, ack: Ack) -> str:
        if ack.result == "rejected":
            found = self.find(ack.id)
            if found is not None:
                self._database.refuse(ack.id, ack.reason, found.body)
        if not self._database.write(f"DELETE FROM {self._table} WHERE message_id = ?", (ack.id,)):  # noqa: S608 -- a name of ours
            return "unknown"
        self._change -= 1
        return ack.result

    def _end(self, is_committed: bool) -> None:
        """What others see changes when the rows do: with the commit."""
        self._length += self._change if is_committed else 0
        self._change = 0
