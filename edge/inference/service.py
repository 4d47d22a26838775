"""The thread that looks: takes batches out of the mailbox and hands on each frame with its observation."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Protocol

from contract.observations import Observation
from edge.capture.types import Frame
from edge.inference.mailbox import Mailbox

_log = logging.getLogger(__name__)
MAX_WAIT_S = 1.0

Deliver = Callable[[Observation, Frame], None]
Failed = Callable[[str, str], None]


class Looks(Protocol):
    """What turns frames into observations: `look.Looker`, and `towers.TowersLooker` beside smoke models."""

    def look(self, frames: Sequence[Frame], /) -> list[Observation]:
        """One observation a frame, in the frames' order."""
        ...


class InferenceService:
    """One for a gateway. `deliver` runs in this thread and must be quick: it hands on to the camera's own judge."""

    def __init__(
        self, looker: Looks, mailbox: Mailbox, *, deliver: Deliver, batch_max: int, on_failure: Failed | None = None
    ) -> None:
        self._looker = looker
        self._mailbox = mailbox
        self._deliver = deliver
        self._batch_max = batch_max
        self._on_failure = on_failure
        self._counts: Counter[str] = Counter()

    def run(self, stop: threading.Event) -> None:
        """The thread's body, until `stop` is set or the mailbox is closed."""
        while not stop.is_set() and not self._mailbox.is_closed:
            frames = self._mailbox.take(self._batch_max, timeout_s=MAX_WAIT_S)
            if frames:
                self._look(frames)

    def counters(self) -> dict[str, int]:
        """Frames `looked` at, `batches`, `failed` frames; and `skipped`: replaced in the mailbox before a look."""
        return {**self._counts, "skipped": sum(self._mailbox.skipped().values())}

    def _look(self, frames: list[Frame]) -> None:
        self._counts["batches"] += 1
        try:
            seen = self._looker.look(frames)
        # The edge of the thread: one bad batch must not end the looking for every camera.
        except Exception as error:  # noqa: BLE001
            self._fail(frames, error)
            return
        for observation, frame in zip(seen, frames, strict=True):
            self._counts["looked"] += 1
            self._deliver(observation, frame)

    def _fail(self, frames: list[Frame], error: Exception) -> None:
        if len(frames) > 1:
            # One frame may be at fault: look at each by itself, so that the other cameras are served.
            for frame in frames:
                self._look([frame])
            return
        self._counts["failed"] += 1
        reason = f"{type(error).__name__}: {error}"[:500]
        _log.warning("device %s: the detector failed on a frame: %s", frames[0].device, reason)
        if self._on_failure is not None:
            self._on_failure(frames[0].device, reason)
