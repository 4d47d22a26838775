"""Who may come in and when: links per peer address, and a back-off of accepts against reconnect storms.

A refused device would come again at once, so a link above the rate is let in late and unread, and only what would wait
too long is refused. Pure: the time is an argument.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final, NamedTuple

from edge.sensors.hj212.server.limits import Limits

TOO_MANY: Final = "refused_too_many_links"
TOO_MANY_OF_PEER: Final = "refused_too_many_links_of_peer"
STORM: Final = "refused_storm"


class Admission(NamedTuple):
    """`refused` is the counter's name of the reason, None: let in after `wait_s`."""

    refused: str | None = None
    wait_s: float = 0.0


@dataclass(slots=True)
class _Peer:
    links: int = 0
    free_at_s: float = 0.0  # when all accepts so far are paid for at the allowed rate


class Doorman:
    """The peers by address; those without links are forgotten first when there are too many."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._peers: OrderedDict[str, _Peer] = OrderedDict()
        self.links = 0

    def admit(self, host: str, *, at_s: float) -> Admission:
        """Whether a new link of this address may come in; if so it is counted until `leave`."""
        limits = self._limits
        peer = self._peers.setdefault(host, _Peer())
        self._peers.move_to_end(host)
        self._forget()
        if self.links >= limits.max_links:
            return Admission(TOO_MANY)
        if peer.links >= limits.max_links_per_peer:
            return Admission(TOO_MANY_OF_PEER)
        paid_s = max(peer.free_at_s, at_s) + 1 / limits.accepts_per_s
        wait_s = max(0.0, paid_s - at_s - limits.accept_burst / limits.accepts_per_s)
        if wait_s > limits.max_accept_wait_s:
            return Admission(STORM)
        peer.free_at_s = paid_s
        peer.links += 1
        self.links += 1
        return Admission(None, wait_s)

    def leave(self, host: str) -> None:
        """A link that was let in is closed."""
        self._peers[host].links -= 1
        self.links -= 1

    def __len__(self) -> int:
        return len(self._peers)

    def _forget(self) -> None:
        if len(self._peers) > self._limits.max_peers:
            idle = next((host for host, peer in self._peers.items() if not peer.links), None)
            if idle is not None:
                del self._peers[idle]
