"""The looks of a preset that came just before: what a picture is compared with to see motion."""

from __future__ import annotations

from dataclasses import dataclass

from contract.times import NS
from edge.capture.types import Image

LAST_NS = 5 * NS  # looks further apart show another smoke: no flow, no decorrelation
FIRST_NS = 10 * NS  # within which slow smoke changes more than noise does
APART_NS = 1_900_000_000  # closer looks stand for one


@dataclass(frozen=True, slots=True)
class Befores:
    """Pictures moved onto the reference, oldest first: the last look, and those before it within some seconds."""

    looks: tuple[tuple[int, Image], ...] = ()

    def after(self, at_ns: int, grey: Image) -> Befores:
        """With one more look."""
        is_led_to = self.last(at_ns, grey)[0] is not None
        kept = [one for one in self.looks if is_led_to and at_ns - one[0] < FIRST_NS]
        if len(kept) >= 2 and kept[-1][0] - kept[-2][0] < APART_NS:
            kept.pop()
        return Befores((*kept, (at_ns, grey)))

    def last(self, at_ns: int, grey: Image) -> tuple[Image | None, float]:
        """The look before and how many seconds ago it was; no picture where it was too long ago."""
        if not self.looks:
            return None, 0.0
        was_ns, picture = self.looks[-1]
        is_near = 0 < at_ns - was_ns <= LAST_NS and picture.shape == grey.shape
        return picture if is_near else None, (at_ns - was_ns) / NS

    def first(self, at_ns: int, grey: Image) -> Image | None:
        """The earliest of the looks that led without a gap to this one."""
        if self.last(at_ns, grey)[0] is None:
            return None
        return next(one for was_ns, one in self.looks if at_ns - was_ns <= FIRST_NS)

    @property
    def memory_bytes(self) -> int:
        """What the pictures take."""
        return sum(one.nbytes for _, one in self.looks)
