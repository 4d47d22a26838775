"""How long to wait before the next try: exponential, jittered, so that a thousand cameras do not come back at once."""

from __future__ import annotations

import random
from dataclasses import dataclass

_MOST_DOUBLINGS = 30


@dataclass(frozen=True, slots=True)
class Backoff:
    """Waits grow from `first_s` by doubling to `most_s`; each is drawn from its upper half."""

    first_s: float = 1.0
    most_s: float = 60.0

    def delay_s(self, failures: int, draw: random.Random) -> float:
        """The wait after `failures` failures in a row (1 or more), in seconds."""
        ceiling_s = min(self.most_s, self.first_s * 2.0 ** min(failures - 1, _MOST_DOUBLINGS))
        return ceiling_s * (0.5 + 0.5 * draw.random())
