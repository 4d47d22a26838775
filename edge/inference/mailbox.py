"""The mailbox between many cameras and one detector: the newest frame of each camera, oldest waiting camera first."""

from __future__ import annotations

import threading
from collections import Counter

from edge.capture.types import Frame


class Mailbox:
    """One slot a camera: a newer frame replaces the one that waits, keeps its place in the queue, and is counted."""

    def __init__(self) -> None:
        self._waiting: dict[str, Frame] = {}
        self._skipped: Counter[str] = Counter()
        self._changed = threading.Condition()
        self._closed = False

    def put(self, frame: Frame) -> None:
        """Leave a frame; never blocks. After `close` frames are not taken any more."""
        with self._changed:
            if self._closed:
                return
            if frame.device in self._waiting:
                self._skipped[frame.device] += 1
            # A dict keeps the place of a key that is set again: no busy camera can push a quiet one back.
            self._waiting[frame.device] = frame
            self._changed.notify()

    def take(self, most: int, *, timeout_s: float | None = None) -> list[Frame]:
        """Up to `most` frames of different cameras; waits for the first one; empty after `close` or the timeout."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed, timeout_s)
            if self._closed:
                return []
            devices = list(self._waiting)[:most]
            return [self._waiting.pop(device) for device in devices]

    def close(self) -> None:
        """Wake who waits and let nothing in any more."""
        with self._changed:
            self._closed = True
            self._waiting.clear()
            self._changed.notify_all()

    @property
    def is_closed(self) -> bool:
        """Whether `close` was called."""
        return self._closed

    def skipped(self) -> dict[str, int]:
        """Frames that were replaced before anybody looked, by camera."""
        with self._changed:
            return dict(self._skipped)
