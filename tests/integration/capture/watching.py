"""A feed in its thread, and ways to wait for what it says: conditions with a deadline, never a sleep."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, Self

import pytest

from edge.capture import gst_library
from edge.capture.backoff import Backoff
from edge.capture.feed import CameraFeed
from edge.capture.types import CameraStatus, Frame
from edge.config import CameraConfig
from tests.waiting import WITHIN_S

needs_gstreamer = pytest.mark.skipif(gst_library.why_missing() is not None, reason=str(gst_library.why_missing()))


def camera(url: str, **more: Any) -> CameraConfig:
    """A camera that is looked at twice a second, and waited for as long as a gateway waits."""
    settings = {"id": "cam-1", "analyse_every_s": 0.5, **more}
    return CameraConfig(name="camera", url=url, **settings)


class Watched:
    """Runs a feed and keeps what it hands on; stops it at the end of the `with`."""

    def __init__(self, config: CameraConfig, *, now_ns: Callable[[], int] = time.time_ns) -> None:
        self.frames: list[Frame] = []
        self.statuses: list[CameraStatus] = []
        self.next_frame_fails = False
        self.stop = threading.Event()
        self._changed = threading.Condition()
        self.feed = CameraFeed(
            config,
            on_frame=self._take_frame,
            on_state=self._take_status,
            now_ns=now_ns,
            stop=self.stop,
            backoff=Backoff(first_s=0.05, most_s=0.2),
        )
        self._thread = threading.Thread(target=self.feed.run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        self._thread.join(WITHIN_S)
        assert not self._thread.is_alive(), "the feed did not stop"

    def until(self, what: Callable[[Watched], bool]) -> None:
        """Waits until `what` holds; fails with what was seen instead."""
        with self._changed:
            held = self._changed.wait_for(lambda: what(self), WITHIN_S)
        assert held, f"states {self.states()}, {len(self.frames)} frames, {self.feed.status()}"

    def states(self) -> list[str]:
        """The states in the order they were told."""
        return [status.state for status in self.statuses]

    def until_state(self, state: str) -> CameraStatus:
        """The first status of that state."""
        self.until(lambda seen: state in seen.states())
        return next(status for status in self.statuses if status.state == state)

    def until_frames(self, count: int) -> None:
        """At least so many frames."""
        self.until(lambda seen: len(seen.frames) >= count)

    def ended_within(self, limit_s: float) -> bool:
        """Whether the feed's thread came to its end in time."""
        self._thread.join(limit_s)
        return not self._thread.is_alive()

    def _take_frame(self, frame: Frame) -> None:
        if self.next_frame_fails:
            self.next_frame_fails = False
            raise ZeroDivisionError
        with self._changed:
            self.frames.append(frame)
            self._changed.notify_all()

    def _take_status(self, status: CameraStatus) -> None:
        with self._changed:
            self.statuses.append(status)
            self._changed.notify_all()
