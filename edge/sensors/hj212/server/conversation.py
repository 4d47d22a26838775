"""What the server wants of one device, one command at a time: its clock set, and what an outage swallowed.

Pure: messages, clocks and times in; frames to send out. The exchange itself (resends, answers) is the codec's.
"""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta
from typing import Final

from edge.sensors.hj212.exchange import Exchange, Phase, receive, tick
from edge.sensors.hj212.message import Message
from edge.sensors.hj212.requests import Order, Target, history, request, set_clock
from edge.sensors.hj212.server.limits import Limits

CLOCK: Final = "1012"
ASKS_FOR_CLOCK: Final = "1013"
HISTORY: Final = "2051"
MAX_WAITING: Final = 64
ASKED_SLACK: Final = timedelta(minutes=5)  # a port and a rule see the same outage end a few reports apart
_MILLISECOND: Final = timedelta(milliseconds=1)


class Conversation:
    """The commands of one device. `ended` are exchanges that are over, to be taken out and counted by the caller;
    `dropped` how many were given up unsent."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._waiting: deque[Order] = deque()
        self._clock_set_s: float | None = None
        self._last_clock: datetime | None = None
        self._filled: tuple[datetime, datetime] | None = None
        self.current: Exchange | None = None
        self.ended: list[Exchange] = []
        self.dropped = 0

    @property
    def is_idle(self) -> bool:
        """Nothing to say and nothing expected."""
        return self.current is None and not self._waiting

    def met(self, message: Message, *, at_s: float, is_contact: bool) -> None:
        """A message came (`is_contact`: the first of a link); the clock is set on contact, when off, when asked."""
        if self.current is not None:
            self.current = receive(self.current, message, at_s=at_s)
            self._settle()
        wanted = is_contact or "clock-skew" in message.quality
        recent = self._clock_set_s is not None and at_s - self._clock_set_s < self._limits.clock_again_s
        if (wanted and not recent) or message.header.cn == ASKS_FOR_CLOCK:
            self._ask(Order(CLOCK))

    def missed(self, since: datetime, until: datetime, *, cn: str = HISTORY) -> None:
        """The device was away: asks for its data of that time, at most of the last `back_fill_s`."""
        if (until - since).total_seconds() >= self._limits.outage_s:
            self.fill(since, until, cn=cn)

    def fill(self, since: datetime, until: datetime, *, cn: str = HISTORY) -> None:
        """Asks for the data of a time, in spans that a logger answers at once; not for what was asked for just now."""
        since = max(since, until - timedelta(seconds=self._limits.back_fill_s))
        if (
            self._filled is not None
            and self._filled[0] - ASKED_SLACK <= since
            and until <= self._filled[1] + ASKED_SLACK
        ):
            return
        self._filled = (since, until)
        for order in history(cn, since, until):
            self._ask(order)

    def say(self, target: Target, *, clock: datetime, at_s: float) -> bytes | None:
        """The frame to send now: an overdue one again, or the next command; None: nothing is due."""
        if self.current is not None:
            self.current, again = tick(self.current, at_s=at_s)
            self._settle()
            if again is not None:
                return again
        if self.current is not None or not self._waiting:
            return None
        order = self._waiting.popleft()
        if order.cn == CLOCK:
            order, self._clock_set_s = set_clock(clock), at_s
        if self._last_clock is not None and clock < self._last_clock + _MILLISECOND:
            clock = self._last_clock + _MILLISECOND  # the request number is its milliseconds
        self._last_clock = clock
        self.current = request(target, order, clock=clock, at_s=at_s)
        return self.current.frame

    def _ask(self, order: Order) -> None:
        if order in self._waiting:
            return
        if len(self._waiting) == MAX_WAITING:
            self.dropped += 1
        else:
            self._waiting.append(order)

    def _settle(self) -> None:
        if self.current is None or not self.current.over:
            return
        if self.current.phase is Phase.NO_ANSWER:
            # Who does not answer one command is not asked the next until the next contact.
            self.dropped += len(self._waiting)
            self._waiting.clear()
        self.ended.append(self.current)
        self.current = None
