"""The messages in which a gateway speaks of itself: birth, will, heartbeat; and how it reads what it is told.

A birth and the will left with the same connection carry the same time: a will older than the newest birth is past.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from contract import codec
from contract.health import Birth, Health, Will
from contract.times import utc_from_ns
from contract.topics import Channel, Topic


@dataclass(frozen=True, slots=True, kw_only=True)
class Letters:
    """Writes a gateway's own messages; `birth` and `health` are given the time and tell what is true then."""

    town: str
    gateway: str
    birth: Callable[[int], Birth]
    health: Callable[[int], Health]

    def topic(self, channel: Channel) -> str:
        """The gateway's topic of a channel."""
        return str(Topic(self.town, self.gateway, channel))

    def birth_message(self, at_ns: int) -> bytes:
        """What is retained while the gateway is connected."""
        return self._encode("birth", at_ns, self.birth(at_ns))

    def health_message(self, at_ns: int) -> bytes:
        """The heartbeat."""
        return self._encode("health", at_ns, self.health(at_ns))

    def will_message(self, at_ns: int, reason: str) -> bytes:
        """What is retained when the gateway is gone; `at_ns` is that of the birth it ends."""
        return self._encode("will", at_ns, Will(gateway=self.gateway, town=self.town, reason=reason))

    def _encode(self, channel: Channel, at_ns: int, data: Birth | Health | Will) -> bytes:
        source = f"/towns/{self.town}/gateways/{self.gateway}"
        return codec.encode(codec.Message(id=f"{channel}:{at_ns}", source=source, time=utc_from_ns(at_ns), data=data))
