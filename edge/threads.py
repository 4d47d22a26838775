"""Threads that do not take each other down: a crash is counted, said, and the thread begins again after a while."""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable

from edge.capture.backoff import Backoff

log = logging.getLogger(__name__)
SETTLED_S = 60.0  # a body that ran this long begins again without growing delay


class WatchedThread:
    """Runs `body(stop)` until the stop event; whatever it raises ends at this border."""

    def __init__(
        self,
        name: str,
        body: Callable[[threading.Event], None],
        *,
        stop: threading.Event,
        monotonic_s: Callable[[], float],
        backoff: Backoff = Backoff(first_s=0.5, most_s=60.0),  # noqa: B008 -- frozen
    ) -> None:
        self.name = name
        self._body = body
        self._stop = stop
        self._monotonic_s = monotonic_s
        self._backoff = backoff
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._failures = 0
        self.crashes = 0
        self.problem = ""
        """What it failed of last; empty while it runs."""

    def start(self) -> None:
        """The body begins."""
        self._thread.start()

    def note_progress(self) -> None:
        """The body did its work: an earlier crash is over."""
        self.problem = ""

    def is_over(self, within_s: float) -> bool:
        """Whether it ended; waits up to `within_s` for that."""
        self._thread.join(max(0.0, within_s))
        return not self._thread.is_alive()

    def _run(self) -> None:
        draw = random.Random()  # noqa: S311 -- jitter is no secret
        while not self._stop.is_set():
            began_s = self._monotonic_s()
            try:
                self._body(self._stop)
            # The edge of a thread: nothing that happens inside may end the others or pass unseen.
            except Exception as error:
                self.crashes += 1
                self._failures = 1 if self._monotonic_s() - began_s > SETTLED_S else self._failures + 1
                self.problem = f"{type(error).__name__}: {error}"[:500]
                log.exception("thread_crashed name=%s crashes=%d", self.name, self.crashes)
                self._stop.wait(self._backoff.delay_s(self._failures, draw))
