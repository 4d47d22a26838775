"""A thread that crashes is counted, said, and begins again; a stop ends it at once."""

from __future__ import annotations

import random
import threading

from edge.capture.backoff import Backoff
from edge.threads import SETTLED_S, WatchedThread

SOON = Backoff(first_s=0.001, most_s=0.01)
WITHIN_S = 10.0


def test_a_crash_is_counted_and_the_body_begins_again() -> None:
    stop, went_on = threading.Event(), threading.Event()
    runs: list[int] = []

    def body(stop: threading.Event) -> None:
        runs.append(len(runs))
        if len(runs) < 4:
            raise ZeroDivisionError("a mistake")
        went_on.set()
        stop.wait(WITHIN_S)

    thread = WatchedThread("fragile", body, stop=stop, monotonic_s=lambda: 0.0, backoff=SOON)
    thread.start()
    assert went_on.wait(WITHIN_S)
    assert (runs, thread.crashes) == ([0, 1, 2, 3], 3)
    assert thread.problem == "ZeroDivisionError: a mistake"
    thread.note_progress()
    assert thread.problem == ""
    stop.set()
    assert thread.is_over(WITHIN_S)


def test_a_stop_ends_the_waiting_after_a_crash() -> None:
    stop, crashed = threading.Event(), threading.Event()

    def body(_stop: threading.Event) -> None:
        crashed.set()
        raise ZeroDivisionError

    thread = WatchedThread(
        "hopeless", body, stop=stop, monotonic_s=lambda: 0.0, backoff=Backoff(first_s=3600, most_s=3600)
    )
    thread.start()
    assert crashed.wait(WITHIN_S)
    assert not thread.is_over(0.05)
    stop.set()
    assert thread.is_over(WITHIN_S)


def test_a_crash_after_a_long_run_begins_again_without_growing_delay() -> None:
    stop = threading.Event()
    delays: list[int] = []

    class NotedBackoff(Backoff):
        def delay_s(self, failures: int, draw: random.Random) -> float:
            assert draw is not None
            delays.append(failures)
            if len(delays) == 3:
                stop.set()
            return 0.0

    # Beginnings and crashes, in turn.
    times = iter([0.0, 1.0, 1.0, 2.0, 2.0, 2.0 + SETTLED_S + 1])

    def body(_stop: threading.Event) -> None:
        raise ZeroDivisionError

    thread = WatchedThread("settled", body, stop=stop, monotonic_s=lambda: next(times), backoff=NotedBackoff())
    thread.start()
    assert thread.is_over(WITHIN_S)
    assert delays == [1, 2, 1]
