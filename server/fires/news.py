"""What may have changed for fires since the last turn, out of the feed: an idle centre reads no act twice a second."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from contract.times import Utc
from store import feed, known_places

MATTER = "straw_burning"


@dataclass(frozen=True, slots=True)
class Heard:
    """How far the feed was read, and how the known places stood then."""

    seq: int
    places: tuple[int, Utc | None]


@dataclass(frozen=True, slots=True)
class News:
    """The acts of fires that changed; None: look at all (the first turn, other known places, a gap in the feed)."""

    event_ids: frozenset[str] | None
    heard: Heard

    @property
    def is_none(self) -> bool:
        """Whether there is nothing to do."""
        return self.event_ids is not None and not self.event_ids


def listen(connection: Connection, heard: Heard | None, *, at: Utc) -> News:
    """What happened since `heard`, at most `feed.MAX_FEED_READ` changes of it: the rest is the next turn's."""
    oldest, newest = feed.bounds(connection)
    places = known_places.fingerprint(connection, at=at)
    if heard is None or heard.places != places or oldest > heard.seq + 1:
        return News(None, Heard(newest, places))
    rows = feed.since(connection, heard.seq)
    fires = frozenset(row.key["event_id"] for row in rows if row.kind == "lead" and row.key["matter"] == MATTER)
    return News(fires, Heard(rows[-1].seq if rows else heard.seq, places))
