"""Places where something was seen lately: they are measured also when the detector misses them, and may flicker."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from contract.geometry import BboxPx
from contract.observations import Detection
from contract.times import NS
from edge.inference.plumes_reference import BoxPx, Small

WATCHED_S = 200.0
WATCHED_LOOKS = 3  # where looks are further apart
WATCHED_MOST = 12
FLICKER_S = 10.0
FLICKER_LEAST = 4
SAME_PLACE_IOU = 0.1
BRIGHTNESS_MOST = 24


@dataclass(slots=True)
class Watched:
    """A place where something was seen lately, measured also when the detector misses it."""

    box: BboxPx
    label: str
    last_ns: int
    missed: int = 0
    brightness: list[tuple[int, float]] = field(default_factory=list)

    def shine(self, at_ns: int, box: BoxPx, picture: Small) -> float | None:
        """Its light at this look noted; the spread of its brightness by its mean over the last seconds, if known."""
        self.brightness = [*self.brightness, (at_ns, _bright(box, picture))][-BRIGHTNESS_MOST:]
        return _flicker(self.brightness)


def lately(watched: Sequence[Watched], at_ns: int) -> list[Watched]:
    """Those that were seen not too long ago, each with one more look that missed it until it is taken."""
    for one in watched:
        one.missed += 1
    lasting = round(WATCHED_S * NS)
    return [one for one in watched if 0 <= at_ns - one.last_ns <= lasting or one.missed <= WATCHED_LOOKS]


def latest(watched: Sequence[Watched]) -> list[Watched]:
    """The most recent ones, as many as are kept."""
    return sorted(watched, key=lambda one: -one.last_ns)[:WATCHED_MOST]


def take(watched: list[Watched], found: Detection, at_ns: int) -> Watched:
    """The watched place of a detection, seen now: one that it lies on, or a new one."""
    free = [one for one in watched if one.last_ns < at_ns and overlap(one.box, found.bbox_xyxy_px)]
    if free:
        free[0].box, free[0].label, free[0].last_ns, free[0].missed = found.bbox_xyxy_px, found.label, at_ns, 0
        return free[0]
    made = Watched(box=found.bbox_xyxy_px, label=found.label, last_ns=at_ns)
    watched.append(made)
    return made


def overlap(one: BboxPx, other: BboxPx) -> bool:
    """Whether two boxes share a tenth of the lesser one."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    if width <= 0 or height <= 0:
        return False
    lesser = min((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other))
    return width * height >= SAME_PLACE_IOU * lesser


def _bright(box: BoxPx, picture: Small) -> float:
    """The brightness of the brightest tenth of a box: what a flame makes flicker."""
    part = np.sort(picture.grey[box[1] : box[3], box[0] : box[2]], axis=None)
    return float(part[-max(1, part.size // 10) :].mean())


def _flicker(brightness: Sequence[tuple[int, float]]) -> float | None:
    values = [value for at_ns, value in brightness if brightness[-1][0] - at_ns <= round(FLICKER_S * NS)]
    if len(values) < FLICKER_LEAST:
        return None
    return round(float(np.std(values)) / max(float(np.mean(values)), 1.0), 4)
