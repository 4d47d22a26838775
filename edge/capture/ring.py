"""The last minute of a camera as coded packets: bounded in seconds and bytes, what goes is counted."""

from __future__ import annotations

import threading
from collections import deque

from contract.times import NS
from edge.capture.types import Packet


class PacketRing:
    """Packets in the order of arrival; the oldest go first. Safe to use from several threads."""

    def __init__(self, max_s: float, max_bytes: int) -> None:
        self._max_ns = int(max_s * NS)
        self._max_bytes = max_bytes
        self._packets: deque[Packet] = deque()
        self._bytes = 0
        self._newest_ns = 0
        self._lock = threading.Lock()
        self._evicted_by_age = self._evicted_by_bytes = self._refused_too_big = self._forgotten = 0

    def append(self, packet: Packet) -> None:
        """Keeps the packet and lets go of what no longer fits; one larger than the ring is refused and counted."""
        size = len(packet.data)
        with self._lock:
            if size > self._max_bytes:
                self._refused_too_big += 1
                return
            self._packets.append(packet)
            self._bytes += size
            self._newest_ns = max(self._newest_ns, packet.at_ns)
            while self._bytes > self._max_bytes:
                self._let_oldest_go()
                self._evicted_by_bytes += 1
            while self._newest_ns - self._packets[0].at_ns > self._max_ns:
                self._let_oldest_go()
                self._evicted_by_age += 1

    def snapshot(self, from_ns: int, to_ns: int) -> list[Packet]:
        """The packets of [from_ns, to_ns] in decoding order, from the last keyframe at or before `from_ns` on.

        Starts at the first keyframe kept when the ring no longer reaches back so far; empty when it holds none.
        """
        with self._lock:
            packets = list(self._packets)
        start = end = -1
        for index, packet in enumerate(packets):
            if packet.is_keyframe and (start < 0 or packet.at_ns <= from_ns):
                start = index
            if packet.at_ns <= to_ns:
                end = index
        return packets[start : end + 1] if start >= 0 else []

    def since_keyframe(self) -> list[Packet]:
        """The newest keyframe and what follows it; empty when there is none."""
        with self._lock:
            packets = list(self._packets)
        for index in range(len(packets) - 1, -1, -1):
            if packets[index].is_keyframe:
                return packets[index:]
        return []

    def forget_before(self, at_ns: int) -> None:
        """Lets go of everything captured before `at_ns`: what follows belongs to another stream."""
        with self._lock:
            while self._packets and self._packets[0].at_ns < at_ns:
                self._let_oldest_go()
                self._forgotten += 1

    def clear(self) -> None:
        """Lets go of everything: what follows may carry earlier times."""
        with self._lock:
            self._forgotten += len(self._packets)
            self._packets.clear()
            self._bytes = self._newest_ns = 0

    @property
    def oldest_ns(self) -> int | None:
        """Capture time of the oldest keyframe kept: how far back a clip can reach."""
        with self._lock:
            return next((packet.at_ns for packet in self._packets if packet.is_keyframe), None)

    def counters(self) -> dict[str, int]:
        """What is held and what went, by reason."""
        with self._lock:
            return {
                "ring_packets": len(self._packets),
                "ring_bytes": self._bytes,
                "ring_evicted_by_age": self._evicted_by_age,
                "ring_evicted_by_bytes": self._evicted_by_bytes,
                "ring_refused_too_big": self._refused_too_big,
                "ring_forgotten": self._forgotten,
            }

    def _let_oldest_go(self) -> None:
        self._bytes -= len(self._packets.popleft().data)
