"""Group commit for links of one event loop: while one fsync runs, the next batch gathers; none is told before its own.

The bound: a link waits for its own batch before it reads on, so at most one read per link is held here.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Final

from contract.errors import StoreError
from edge.sensors.hj212.server.store import Kept, RawFrame, RawStore, Reject

log = logging.getLogger(__name__)
BATCH_PUTS_MAX: Final = 500
NO_COUNTS: Final[Mapping[str, int]] = MappingProxyType({})


@dataclass(eq=False, slots=True)
class _Waiting:
    frames: Sequence[RawFrame]
    rejects: Sequence[Reject]
    counts: Mapping[str, int]
    done: asyncio.Future[list[Kept]]


class GroupCommit:
    """The only writer of a store while it runs."""

    def __init__(self, store: RawStore) -> None:
        self.store = store
        self._uncommitted: Counter[str] = Counter()
        self._waiting: list[_Waiting] = []
        self._is_writing = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="hj212-store")

    def count(self, name: str, count: int = 1) -> None:
        """Counts; on disk with the next batch."""
        self._uncommitted[name] += count

    def totals(self) -> Counter[str]:
        """All counters since the file was made; exact while no batch is being written."""
        return Counter(self.store.counters()) + self._uncommitted

    async def keep(
        self, frames: Sequence[RawFrame], rejects: Sequence[Reject] = (), *, counts: Mapping[str, int] = NO_COUNTS
    ) -> list[Kept]:
        """Returns when all of it is on disk, `counts` in the same commit; raises StoreError when it is not."""
        mine = _Waiting(frames, rejects, counts, asyncio.get_running_loop().create_future())
        self._waiting.append(mine)
        if not self._is_writing:
            self._is_writing = True
            task = asyncio.create_task(self._write_all())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return await mine.done

    async def let_go(self, *, before_ns: int, keep_bytes: int, unjudged: Mapping[str, int]) -> int:
        """Old rows go, in the writer's own thread; how many. Raises StoreError."""
        work = partial(self.store.let_go, before_ns=before_ns, keep_bytes=keep_bytes, unjudged=unjudged)
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def end(self) -> None:
        """Writes what still waits and the counters; the store stays open."""
        try:
            await self.keep(())
        finally:
            self._thread.shutdown()

    async def _write_all(self) -> None:
        try:
            while self._waiting:
                batch = self._waiting[:BATCH_PUTS_MAX]
                del self._waiting[:BATCH_PUTS_MAX]
                error = await self._write(batch)
                if error is None:
                    continue
                for one in batch:  # each alone, so that one cannot spoil the others
                    error = await self._write([one]) if len(batch) > 1 else error
                    if error is not None:
                        self._uncommitted.update(one.counts)
                        _fail(one, error)
        finally:
            self._is_writing = False

    async def _write(self, batch: list[_Waiting]) -> StoreError | None:
        """One transaction; None when it is on disk and told, else why it is not."""
        frames = [frame for one in batch for frame in one.frames]
        rejects = [reject for one in batch for reject in one.rejects]
        others, self._uncommitted = self._uncommitted, Counter()
        counts = Counter(others)
        for one in batch:
            counts.update(one.counts)
        write = partial(self.store.keep, frames, rejects, counts=counts)
        try:
            kept = await asyncio.get_running_loop().run_in_executor(self._thread, write)
        except Exception as error:  # noqa: BLE001 -- whatever it was, nobody may take it for kept or wait for ever
            self._uncommitted.update(others)
            log.warning("not_kept frames=%d rejects=%d reason=%r", len(frames), len(rejects), str(error))
            return error if isinstance(error, StoreError) else StoreError(f"hj212 store: not kept: {error!r}")
        start = 0
        for one in batch:
            if not one.done.done():
                one.done.set_result(kept[start : start + len(one.frames)])
            start += len(one.frames)
        return None


def _fail(waiting: _Waiting, error: StoreError) -> None:
    if not waiting.done.done():
        waiting.done.set_exception(error)
