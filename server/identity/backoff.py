"""Slow down guessing: after some wrong passwords a name must wait, twice as long each time. Pure but for its memory.

Kept in memory, for a bounded number of names; a restart forgets it, which costs a guesser more than it gives.
"""

from __future__ import annotations

from collections import OrderedDict

from contract.times import NS

MAX_NAMES = 10_000
FORGET_NS = 3600 * NS


class Backoff:
    """Counts failures for each name; not for several threads at once."""

    def __init__(self, *, failures_free: int, wait_max_s: float) -> None:
        self._failures_free = failures_free
        self._wait_max_ns = round(wait_max_s * NS)
        self._names: OrderedDict[str, tuple[int, int]] = OrderedDict()

    def wait_ns(self, name: str, now_ns: int) -> int:
        """How long this name has to wait yet; 0: it may try."""
        failures, last_ns = self._names.get(name, (0, 0))
        if failures < self._failures_free:
            return 0
        doublings = min(failures - self._failures_free, 40)
        return max(0, last_ns + min(NS << doublings, self._wait_max_ns) - now_ns)

    def failed(self, name: str, now_ns: int) -> None:
        """One more wrong password; past MAX_NAMES the name that failed longest ago is forgotten."""
        failures, last_ns = self._names.pop(name, (0, now_ns))
        failures = 0 if now_ns - last_ns > FORGET_NS else failures
        self._names[name] = (failures + 1, now_ns)
        if len(self._names) > MAX_NAMES:
            self._names.popitem(last=False)

    def succeeded(self, name: str) -> None:
        """The right password: the name starts anew."""
        self._names.pop(name, None)
