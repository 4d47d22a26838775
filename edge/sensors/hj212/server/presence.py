"""Which link speaks for which device: the newest wins, and a number that comes from two places is an alarm.

Pure: links are ordinals (a later link has a higher one) and peer addresses, the time is an argument.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from edge.sensors.hj212.requests import Target
from edge.sensors.hj212.server.conversation import Conversation
from edge.sensors.hj212.server.limits import Limits

CLONE_WINDOW_S: Final = 600.0
CLONE_RETURNS: Final = 2  # a mobile network may change an address, and change it back once
HOSTS_KEPT: Final = 8


class Heard(NamedTuple):
    """`is_contact`: the link speaks for this device for the first time; `replaced` the link that did so before;
    `is_superseded`: a newer link speaks for it; `is_new_alarm`: the number is cloned, told once a window."""

    is_contact: bool = False
    replaced: int | None = None
    is_superseded: bool = False
    is_new_alarm: bool = False


class ClonedNumber(NamedTuple):
    """A number that alternates between places; `hosts` newest last."""

    mn: str
    hosts: tuple[str, ...]
    at_s: float


@dataclass(slots=True)
class Seat:
    """What is known of a device's place."""

    link: int
    conversation: Conversation
    hosts: OrderedDict[str, float] = field(default_factory=OrderedDict)  # address -> when it last took the seat
    returns: deque[float] = field(default_factory=lambda: deque(maxlen=CLONE_RETURNS))
    alarmed_s: float | None = None
    last_ns: int | None = None
    target: Target | None = None


class Presence:
    """The seats by MN; the device silent longest is forgotten first, and counted."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self.forgotten = 0
        self.seats: OrderedDict[str, Seat] = OrderedDict()

    def heard(self, mn: str, link: int, host: str, *, at_s: float) -> Heard:
        """A genuine message of a device came over a link from an address."""
        seat = self.seats.get(mn)
        if seat is None:
            self.seats[mn] = seat = Seat(link, Conversation(self._limits))
            seat.hosts[host] = at_s
            if len(self.seats) > self._limits.max_devices:
                self.seats.popitem(last=False)
                self.forgotten += 1
            return Heard(is_contact=True)
        self.seats.move_to_end(mn)
        if link == seat.link:
            return Heard()
        if link < seat.link:
            return Heard(is_superseded=True, is_new_alarm=_is_alarm(seat, at_s))
        replaced, seat.link = seat.link, link
        current = next(reversed(seat.hosts))
        came_back = host != current and at_s - seat.hosts.get(host, float("-inf")) <= CLONE_WINDOW_S
        seat.hosts[host] = at_s
        seat.hosts.move_to_end(host)
        if len(seat.hosts) > HOSTS_KEPT:
            seat.hosts.popitem(last=False)
        return Heard(is_contact=True, replaced=replaced, is_new_alarm=came_back and _is_alarm(seat, at_s))

    def cloned(self, *, at_s: float) -> list[ClonedNumber]:
        """The alarms that stand."""
        return [
            ClonedNumber(mn, tuple(seat.hosts), seat.alarmed_s)
            for mn, seat in self.seats.items()
            if seat.alarmed_s is not None and at_s - seat.returns[-1] <= CLONE_WINDOW_S
        ]


def _is_alarm(seat: Seat, at_s: float) -> bool:
    """Notes a return; whether it makes a new alarm."""
    stood = seat.alarmed_s is not None and bool(seat.returns) and at_s - seat.returns[-1] <= CLONE_WINDOW_S
    seat.returns.append(at_s)
    if len(seat.returns) < CLONE_RETURNS or at_s - seat.returns[0] > CLONE_WINDOW_S or stood:
        return False
    seat.alarmed_s = at_s
    return True
