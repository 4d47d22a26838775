"""Pictures of each preset from some minutes before something was seen there: what a fire is compared with.

Smoke is there before a detector sees it: the older of two pictures is taken, 5 to 10 minutes back, if there is one.
Bounded by presets and bytes; lost with the process, then a fire has no picture from before and its package says so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from contract.geometry import BboxPx
from contract.observations import Observation
from contract.times import NS
from edge.capture.types import Frame, Image
from edge.evidence.fires.series import touches

EVERY_NS = 300 * NS
PRESETS_MOST = 64
BYTES_MOST = 64_000_000


@dataclass(frozen=True, slots=True)
class Before:
    """A picture as JPEG with the look that it shows."""

    seen: Observation
    jpeg: bytes


class Befores:
    """One camera's; `encode` makes the JPEG and may raise EvidenceError."""

    def __init__(self, encode: Callable[[Image], bytes]) -> None:
        self._encode = encode
        self._kept: dict[str, tuple[Before, ...]] = {}
        self._pending: tuple[Observation, Frame] | None = None
        self.counts: Counter[str] = Counter()

    def note(self, seen: Observation, frame: Frame | None) -> None:
        """A look at a preset; it becomes a picture from before once the next look has come."""
        if self._pending is not None:
            self._keep(*self._pending)
        self._pending = None
        if frame is None or seen.preset is None or frame.at_ns != seen.at_ns:
            return
        kept = self._kept.get(seen.preset)
        is_due = kept is None or seen.at_ns - kept[-1].seen.at_ns >= EVERY_NS
        if is_due and (seen.view is None or seen.view.verified or seen.view.reference_looks == 0):
            self._pending = (seen, frame)

    def of(self, preset: str, bbox_xyxy_px: BboxPx) -> Before | None:
        """The oldest kept picture of that preset in which nothing was seen in that box."""
        kept = self._kept.get(preset, ())
        return next((one for one in kept if not any(touches(plume, bbox_xyxy_px) for plume in one.seen.plumes)), None)

    def _keep(self, seen: Observation, frame: Frame) -> None:
        if seen.preset is None:
            return
        kept = self._kept.pop(seen.preset, ())
        self._kept[seen.preset] = (*kept[-1:], Before(seen, self._encode(frame.image_bgr)))
        while len(self._kept) > 1 and (len(self._kept) > PRESETS_MOST or self._bytes() > BYTES_MOST):
            self._kept.pop(next(iter(self._kept)))
            self.counts["pictures_before_let_go"] += 1

    def _bytes(self) -> int:
        return sum(len(one.jpeg) for kept in self._kept.values() for one in kept)
