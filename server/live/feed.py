"""The one reader of the store's feed in this process, and the bounded queue of each open stream.

A poll reads what is new since the last one in a thread and hands it to every client. If the process dies, nothing is
lost: the feed is in the store, and a client comes back with the number it saw last.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from contract.errors import TantouError
from server.config import LiveConfig
from store import Store, feed
from store.database import reading
from store.feed import Change

T = TypeVar("T")
log = logging.getLogger(__name__)

FIRST_PAUSE_S = 0.5
LAST_PAUSE_S = 10.0


class Client:
    """One open stream's queue: at most `queue_max` changes wait; when more come they all give way to one resync."""

    def __init__(self, queue_max: int) -> None:
        self._waiting: deque[Change] = deque()
        self._queue_max = queue_max
        self._has_news = asyncio.Event()
        self.is_behind = False
        self.is_closed = False

    def put(self, changes: list[Change]) -> bool:
        """Queue changes; False past the bound: all of them give way, and the client must load anew."""
        self._waiting.extend(changes)
        is_within = len(self._waiting) <= self._queue_max
        if not is_within:
            self._waiting.clear()
            self.is_behind = True
        self._has_news.set()
        return is_within

    def close(self) -> None:
        """End the stream at its next turn."""
        self.is_closed = True
        self._has_news.set()

    async def take(self, timeout_s: float) -> list[Change]:
        """What waits, as soon as something does; nothing after `timeout_s`."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._has_news.wait(), timeout_s)
        self._has_news.clear()
        taken = list(self._waiting)
        self._waiting.clear()
        return taken


class Feed:
    """Polls the store and fans out; counts the streams, and those that fell behind."""

    def __init__(self, config: LiveConfig, store: Store) -> None:
        self._config = config
        self._store = store
        self._clients: set[Client] = set()
        self._last_seq = 0
        self._figures: dict[tuple[str, ...], tuple[int, asyncio.Task[Any]]] = {}
        self.behind_count = 0

    @property
    def last_seq(self) -> int:
        """The newest number that was handed out."""
        return self._last_seq

    @property
    def clients(self) -> int:
        """How many streams are open."""
        return len(self._clients)

    @contextlib.contextmanager
    def client(self) -> Iterator[Client]:
        """A queue that fills from now on, until the block ends."""
        client = Client(self._config.queue_max)
        self._clients.add(client)
        try:
            yield client
        finally:
            self._clients.discard(client)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Poll in the background until the block ends."""
        self._last_seq = (await asyncio.to_thread(self._bounds))[1]
        poll = asyncio.create_task(self._poll(), name="live feed")
        try:
            yield
        finally:
            poll.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await poll
            self.close_clients()

    def close_clients(self) -> None:
        """End every open stream, so that a stopping server does not wait for them."""
        for client in self._clients:
            client.close()

    async def _poll(self) -> None:
        pause_s = FIRST_PAUSE_S
        while True:
            try:
                changes = await asyncio.to_thread(self._since, self._last_seq)
            except (SQLAlchemyError, TantouError) as error:
                log.warning("live feed: the store does not answer (%s); again in %.1f s", type(error).__name__, pause_s)
                await asyncio.sleep(pause_s)
                pause_s = min(pause_s * 2, LAST_PAUSE_S)
                continue
            pause_s = FIRST_PAUSE_S
            if changes:
                self._last_seq = changes[-1].seq
                self._hand_out(changes)
            if len(changes) < feed.MAX_FEED_READ:
                await asyncio.sleep(self._config.poll_s)

    def _hand_out(self, changes: list[Change]) -> None:
        behind = sum(not client.put(changes) for client in self._clients)
        if behind:
            self.behind_count += behind
            log.warning("live feed: %d stream(s) too slow, told to load anew; %d so far", behind, self.behind_count)

    async def figures(self, towns: tuple[str, ...], seq: int, count: Callable[[], T]) -> T:
        """What `count` gives for these towns with the feed at `seq` or later: counted once for all streams that ask."""
        kept = self._figures.get(towns)
        if kept is None or kept[0] < seq or (kept[1].done() and kept[1].exception() is not None):
            if len(self._figures) >= self._config.clients_max:
                self._figures.clear()
            kept = (max(seq, self._last_seq), asyncio.create_task(asyncio.to_thread(count)))
            self._figures[towns] = kept
        found: T = await asyncio.shield(kept[1])
        return found

    async def missed(self, last_seen: int, up_to: int) -> list[Change] | None:
        """The changes in (last_seen, up_to], or None where they are too many or not kept any more."""
        if last_seen >= up_to:
            return [] if last_seen == up_to else None
        oldest, _ = await asyncio.to_thread(self._bounds)
        if last_seen + 1 < oldest or up_to - last_seen > self._config.replay_max:
            return None
        found = await asyncio.to_thread(self._since, last_seen)
        return [change for change in found if change.seq <= up_to]

    def _bounds(self) -> tuple[int, int]:
        with reading(self._store.engine) as connection:
            return feed.bounds(connection)

    def _since(self, seq: int) -> list[Change]:
        with reading(self._store.engine) as connection:
            return feed.since(connection, seq)
