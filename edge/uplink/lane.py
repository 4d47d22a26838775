"""One kind of message on its way to the centre: what is sent, what is sent again, what is settled."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Sequence

from contract.acks import Ack
from contract.topics import Channel
from edge.spool import AckedQueue
from edge.uplink.window import Window

log = logging.getLogger(__name__)
Publish = Callable[[Channel, bytes], object]


class Lane:
    """What of one queue is on its way; counts by `{channel}s_sent`, `{channel}s_sent_again` and `acks_*`."""

    def __init__(self, channel: Channel, queue: AckedQueue, window: Window) -> None:
        self._channel: Channel = channel
        self._queue = queue
        self._window = window
        self._last_seq = 0

    def settle(self, acks: Sequence[Ack], counts: Counter[str]) -> None:
        """The centre's answers to this lane's messages."""
        if not acks:
            return
        prefix = "acks" if self._channel == "event" else f"acks_{self._channel}s"
        for name, count in self._queue.settle(acks)._asdict().items():
            counts[f"{prefix}_{name}"] += count
        for ack in acks:
            self._window.note_settled(ack.id)
            if ack.result == "rejected":
                log.error("%s_rejected id=%s reason=%r", self._channel, ack.id, ack.reason[:500])

    def send_again(self, publish: Publish, now_s: float, counts: Counter[str]) -> None:
        """What should have been acked by now."""
        for message_id in self._window.overdue(now_s):
            message = self._queue.find(message_id)
            if message is None:
                self._window.note_settled(message_id)
            else:
                publish(self._channel, message.body)
                self._window.note_sent(message_id, now_s)
                counts[f"{self._channel}s_sent_again"] += 1

    def send_new(self, publish: Publish, now_s: float, counts: Counter[str]) -> None:
        """What was not sent yet, as far as there is room."""
        room = self._window.room()
        if room <= 0:
            return
        for message in self._queue.pending(room, after_seq=self._last_seq):
            publish(self._channel, message.body)
            self._window.note_sent(message.message_id, now_s)
            self._last_seq = message.seq
            counts[f"{self._channel}s_sent"] += 1

    def forget(self) -> None:
        """The broker remembers nothing of us: whatever is not settled goes out once more."""
        self._window.forget()
        self._last_seq = 0
