"""The mailbox between cameras and detector."""

from __future__ import annotations

import threading

import numpy as np

from edge.capture.types import Frame
from edge.inference.mailbox import Mailbox


def frame(device: str, at_ns: int) -> Frame:
    return Frame(device, at_ns, np.zeros((2, 2, 3), np.uint8), True)


def names(frames: list[Frame]) -> list[tuple[str, int]]:
    return [(one.device, one.at_ns) for one in frames]


def test_the_newest_frame_of_a_camera_wins_and_the_skipped_one_is_counted() -> None:
    mailbox = Mailbox()
    for at_ns in (1, 2, 3):
        mailbox.put(frame("cam-1", at_ns))
    assert names(mailbox.take(4)) == [("cam-1", 3)]
    assert mailbox.skipped() == {"cam-1": 2}


def test_a_batch_holds_one_frame_of_each_camera() -> None:
    mailbox = Mailbox()
    for device in ("cam-1", "cam-2", "cam-3", "cam-2"):
        mailbox.put(frame(device, 5))
    assert names(mailbox.take(2)) == [("cam-1", 5), ("cam-2", 5)]
    assert names(mailbox.take(2)) == [("cam-3", 5)]


def test_a_busy_camera_does_not_push_a_quiet_one_back() -> None:
    mailbox = Mailbox()
    mailbox.put(frame("quiet", 1))
    for at_ns in range(100):
        mailbox.put(frame("busy", at_ns))
    assert names(mailbox.take(1)) == [("quiet", 1)]
    mailbox.put(frame("quiet", 2))
    assert names(mailbox.take(1)) == [("busy", 99)]


def test_nothing_comes_within_the_timeout_and_the_batch_is_empty() -> None:
    assert Mailbox().take(1, timeout_s=0.01) == []


def test_closing_wakes_who_waits() -> None:
    mailbox = Mailbox()
    got: list[list[Frame]] = []
    waiter = threading.Thread(target=lambda: got.append(mailbox.take(1)))
    waiter.start()
    mailbox.close()
    waiter.join(10)
    mailbox.put(frame("cam-1", 1))
    assert got == [[]]
    assert mailbox.take(1) == []
