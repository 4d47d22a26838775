"""What is on its way is bounded, and asked about at growing intervals."""

from __future__ import annotations

import pytest

from edge.uplink.window import MOST_WAIT_S, Window


def test_only_so_many_messages_are_on_their_way() -> None:
    window = Window(2, ack_timeout_s=10)
    window.note_sent("a:1", 0)
    window.note_sent("b:1", 0)
    assert window.room() == 0
    window.note_settled("a:1")
    window.note_settled("never sent")
    assert window.room() == 1


def test_a_message_is_overdue_after_the_timeout_and_each_time_twice_as_late() -> None:
    window = Window(2, ack_timeout_s=10)
    sent_at_s = [0.0]
    window.note_sent("a:1", 0)
    for _ in range(4):
        now_s = sent_at_s[-1]
        while not window.overdue(now_s):
            now_s += 1
        window.note_sent("a:1", now_s)
        sent_at_s.append(now_s)
    assert sent_at_s == [0, 10, 30, 70, 150]


@pytest.mark.parametrize("ack_timeout_s", [10, 3600])
def test_the_wait_has_a_limit(ack_timeout_s: float) -> None:
    window = Window(1, ack_timeout_s=ack_timeout_s)
    for _ in range(2000):
        window.note_sent("a:1", 0)
    assert window.overdue(max(MOST_WAIT_S, ack_timeout_s)) == ["a:1"]
    assert window.overdue(max(MOST_WAIT_S, ack_timeout_s) - 1) == []


def test_after_forgetting_all_may_be_sent_anew() -> None:
    window = Window(1, ack_timeout_s=10)
    window.note_sent("a:1", 0)
    window.forget()
    assert window.room() == 1
    assert window.overdue(1e9) == []
