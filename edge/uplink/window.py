"""Which messages are on their way: sent, not yet acked by the centre, and when to send them again."""

from __future__ import annotations

from dataclasses import dataclass

MOST_WAIT_S = 600.0
_MOST_DOUBLINGS = 10


@dataclass(slots=True)
class _Sent:
    again_at_s: float
    tries: int


class Window:
    """Bounded to `most` messages; each further try waits twice as long, so that a silent centre is not flooded."""

    def __init__(self, most: int, *, ack_timeout_s: float) -> None:
        self._most = most
        self._ack_timeout_s = ack_timeout_s
        self._sent: dict[str, _Sent] = {}

    def room(self) -> int:
        """How many more messages may be sent now."""
        return self._most - len(self._sent)

    def __len__(self) -> int:
        return len(self._sent)

    def note_sent(self, message_id: str, now_s: float) -> None:
        """A message left, for the first time or again; times are of a clock that never jumps."""
        before = self._sent.get(message_id)
        tries = 1 if before is None else before.tries + 1
        wait_s = min(
            self._ack_timeout_s * 2.0 ** min(tries - 1, _MOST_DOUBLINGS), max(MOST_WAIT_S, self._ack_timeout_s)
        )
        self._sent[message_id] = _Sent(now_s + wait_s, tries)

    def note_settled(self, message_id: str) -> None:
        """The centre answered, or the message is no more."""
        self._sent.pop(message_id, None)

    def overdue(self, now_s: float) -> list[str]:
        """Messages whose ack should have come, in the order they were first sent."""
        return [message_id for message_id, sent in self._sent.items() if sent.again_at_s <= now_s]

    def forget(self) -> None:
        """The broker remembers nothing of us: all must be sent again."""
        self._sent.clear()
