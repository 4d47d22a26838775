"""One sensor from kept rows to spool: judged in a thread of its own through its profile; evidence, health.

The order that keeps the promises: raw rows are on disk before they are answered; then evidence files; then state,
cursor, events and uploads are committed together. A judge that dies goes on behind the last row committed.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from contract.errors import StoreError
from contract.health import CameraState, DeviceHealth, MaintenanceItem
from contract.times import utc_from_ns
from detectors.fold import FillGap
from edge.committing import commit_until_kept
from edge.evidence.tape import Rotation, Tape
from edge.sensors.judging import Judging, Parts
from edge.sensors.status import Heard, Trouble, state_of
from edge.spool import Spool, Step
from edge.threads import WatchedThread

log = logging.getLogger(__name__)
ROWS_A_STEP: Final = 50
ELAPSED_EVERY_S: Final = 60.0
WAIT_S: Final = 1.0
SILENT_AT_LEAST_S: Final = 300.0
SILENT_REPORTS: Final = 5
MAX_ITEMS: Final = 100  # the contract's bound


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorAround:
    """What the sensors of a gateway share. `fill_gap(sensor id, ask)` asks a device for what it stored; `trouble_of`
    tells what its way here says of it."""

    spool: Spool
    tapes: Path
    now_ns: Callable[[], int]
    monotonic_s: Callable[[], float]
    stop: threading.Event
    fill_gap: Callable[[str, FillGap], None]
    trouble_of: Callable[[str], Trouble]


class Sensor:
    """Everything of one sensor; `thread` is to be started by whoever made it, `news` set when rows were kept."""

    def __init__(self, parts: Parts, around: SensorAround) -> None:
        self._parts = parts
        self._around = around
        self._counts: Counter[str] = Counter()
        self._heard = Heard(started_ns=around.now_ns())
        self._told_state: tuple[CameraState, int] | None = None
        self._items: tuple[MaintenanceItem, ...] = ()
        self._judging: Judging | None = None
        profile = parts.binding.known.profile
        self._silent_s = max(SILENT_AT_LEAST_S, SILENT_REPORTS * profile.real_time_s)
        self.id = parts.binding.sensor.id
        self.owner = parts.owner
        self.cursor = 0
        self._passed_s = 0.0
        self.news = threading.Event()
        self.thread = WatchedThread(f"judge:{self.id}", self._run, stop=around.stop, monotonic_s=around.monotonic_s)

    def health(self) -> DeviceHealth:
        """The sensor as it is now, with what its rules and its way here want somebody to look at."""
        now_ns = self._around.now_ns()
        trouble = self._around.trouble_of(self.id)
        found = state_of(self._heard, trouble, self.thread.problem, now_ns=now_ns, silent_s=self._silent_s)
        if self._told_state is None or self._told_state[0] != found.state:
            self._told_state = (found.state, found.since_ns or now_ns)
        last_ns = self._heard.last_ns
        return DeviceHealth(
            device=self.id,
            state=found.state,
            since=utc_from_ns(found.since_ns or self._told_state[1]),
            detail=found.detail[:2000],
            last_frame=None if last_ns is None else utc_from_ns(last_ns),
            codec=self._parts.binding.sensor.kind,
            counters={**trouble.counters, **self._counters()},
            maintenance=(*self._items, *trouble.items)[:MAX_ITEMS],
            conformity=None if self._judging is None else round(self._judging.reader.score, 1),
            linkage=None if self._judging is None else self._judging.linkage,
        )

    def _counters(self) -> dict[str, int]:
        counts = {**self._counts, "judge_crashes": self.thread.crashes}
        judging = self._judging
        if judging is not None:
            counts |= {**judging.counts, **judging.reader.counts, **judging.maker.counters()}
            counts["conformity"] = round(judging.reader.score)
        for watch in self._parts.outlets:
            counts |= watch.counts
        return counts

    def _run(self, stop: threading.Event) -> None:
        """The body of the thread."""
        around = self._around
        tape = Tape(around.tapes / self.id / "observations.jsonl", self._parts.start, rotation=Rotation())
        try:
            judging = self._judging = Judging(self._parts, tape, around.spool.load_state(self.id))
            self.cursor = judging.cursor
            self._items = judging.maintenance
            self._judge(judging, stop)
        finally:
            tape.close()

    def _judge(self, judging: Judging, stop: threading.Event) -> None:
        """Rows as they come; when none comes for a while, that time passes."""
        around, rows = self._around, self._parts.rows
        self._passed_s = around.monotonic_s()
        while not stop.is_set():
            self.news.clear()
            kept = rows.frames_of(self.owner, after=judging.cursor, limit=ROWS_A_STEP)
            step = judging.take(kept) if kept else self._idle_step(judging)
            if step is None:
                self.news.wait(WAIT_S)
                continue
            if not self._commit(step, stop):
                return
            self.cursor = judging.cursor
            for row in kept:
                self._heard.at(row.received_ns, silent_s=self._silent_s)
            self._items = judging.maintenance
            self._counts["events"] += len(step.events)
            self._counts["rows_judged"] += len(kept)
            self._counts["readings"] += len(step.readings)
            self._ask(judging)
            self.thread.note_progress()

    def _idle_step(self, judging: Judging) -> Step | None:
        """When no row waits: a look at an outlet that is over, or that time passed; None: nothing happened."""
        around = self._around
        for watch in self._parts.outlets:
            look = watch.done(around.monotonic_s())
            watch.begin_due(around.now_ns(), around.monotonic_s())
            if look is not None:
                return judging.look(look)
        if around.monotonic_s() - self._passed_s < ELAPSED_EVERY_S:
            return None
        self._passed_s = around.monotonic_s()
        return judging.pass_time(around.now_ns())

    def _ask(self, judging: Judging) -> None:
        """What the rules asked for in a step that is committed."""
        for ask in judging.asks:
            if isinstance(ask, FillGap):
                self._around.fill_gap(self.id, ask)
            else:
                for watch in self._parts.outlets:
                    watch.want(ask)
        judging.asks.clear()
        if judging.maker.take_want():
            for watch in self._parts.outlets:
                watch.want()

    def _commit(self, step: Step, stop: threading.Event) -> bool:
        return commit_until_kept(self._around.spool, step, stop, self._not_committed)

    def _not_committed(self, _error: StoreError) -> None:
        self._counts["commit_failures"] += 1
