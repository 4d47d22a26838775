"""The small port behind which other sensors stand: a thread's body, and what it says of its way.

Two stand behind it: `ModbusSource` asks a device, `MqttSource` listens to a broker. Both keep first, then go on.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from edge.sensors.hj212.server.store import RawFrame, RawStore
from edge.sensors.status import Trouble

TIDY_EACH_ROWS = 1000
NS_PER_S = 1_000_000_000


class Source(Protocol):
    """One sensor's way here."""

    def run(self, stop: threading.Event) -> None:
        """The body of its thread, until the stop event."""
        ...

    def trouble(self) -> Trouble:
        """What its way says of it now."""
        ...


@dataclass(slots=True)
class ValueRows:
    """The raw rows of all such sensors of a gateway, durable when `keep` returns; from any thread, one at a time."""

    store: RawStore
    keep_s: float
    keep_bytes: int
    now_ns: Callable[[], int]
    on_kept: Callable[[str], None]
    judged_to: Callable[[], Mapping[str, int]]
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _rows: int = 0

    def keep(self, sensor: str, kind: str, raw: bytes, *, identity: bytes) -> None:
        """Takes a row in; the same `identity` again is the same row. Raises StoreError, and then nothing was kept."""
        now_ns = self.now_ns()
        frame = RawFrame(
            segment_sha256=hashlib.sha256(sensor.encode() + b"\0" + identity).digest(),
            mn=sensor,
            cn=kind,
            st=None,
            qn=None,
            part=None,
            data_time=None,
            received_ns=now_ns,
            peer="",
            verdict="accepted",
            tolerances="",
            marks="",
            penalty=0,
            raw=raw,
        )
        with self._lock:
            self.store.keep([frame], counts={"received": 1})
            self._rows += 1
            if self._rows % TIDY_EACH_ROWS == 0:
                before_ns = now_ns - round(self.keep_s * NS_PER_S)
                self.store.let_go(before_ns=before_ns, keep_bytes=self.keep_bytes, unjudged=self.judged_to())
        self.on_kept(sensor)
