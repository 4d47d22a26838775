"""The camera at a kitchen's outlet: looks of 10 to 30 s when the rule wants them, as numbers for the sensor's judge.

In: the rule's asks and the camera's frames, masks painted. Out: an `OutletLooked` and one still a look. Only the
polygon's part of each frame is kept, made small; of one frame the whole, for the still. If the process dies, a look
under way is lost and the next one is due.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import Struct

from contract.errors import ModelError
from contract.geometry import PolygonPx
from contract.observations import OutletLooked, ZoneOnTape
from contract.times import NS
from detectors.fold import LookSooner
from detectors.geometry import scaled
from edge.capture.types import Frame, Image
from edge.inference.outlet import APART_S, LEAST_FRAMES, MOST_FRAMES, Cut, measure_parts

log = logging.getLogger(__name__)
FRAMES_WITHIN_S: Final = 10.0  # a camera that shows less within the look and this is not there
STILL_SHARE: Final = 0.01  # moved less: the picture is the background for the looks that follow
NO_PICTURE: Final = "no_picture"

FullDecodes = Callable[[str, int], None]  # camera, until_ns


class OutletPlace(Struct, frozen=True, kw_only=True):
    """What a zone's table says of its outlet; the other keys are the rule's."""

    camera: str
    polygon_px: PolygonPx
    frame_px: tuple[int, int]
    look_s: float = 20.0


class Look(NamedTuple):
    """What one look came to; `still` is the whole picture of its middle, None where there was none."""

    looked: OutletLooked
    still: Frame | None


@dataclass(slots=True)
class _Taking:
    """A look under way: `parts` are at most `MOST_FRAMES` small pictures, `still` the only whole one."""

    begun_ns: int
    begun_s: float
    cut: Cut | None = None
    size_px: tuple[int, int] | None = None
    parts: list[Frame] = field(default_factory=list)
    still: Frame | None = None
    is_whole: bool = False


class OutletWatch:
    """The looks at one outlet. `take` is called in the camera's thread, everything else in the sensor's."""

    def __init__(self, place: OutletPlace, *, full_decode: FullDecodes) -> None:
        self.camera = place.camera
        self.counts: Counter[str] = Counter()
        self._place = place
        self._full_decode = full_decode
        self._lock = threading.Lock()
        self._taking: _Taking | None = None
        self._background: Image | None = None
        self._is_wanted = False
        self._every = LookSooner(every_s=0.0, until_ns=0)
        self._last_s: float | None = None

    def want(self, ask: LookSooner | None = None) -> None:
        """A look each so often for a while; without an ask one look as soon as can be."""
        self._is_wanted = self._is_wanted or ask is None
        self._every = self._every if ask is None else ask

    def begin_due(self, now_ns: int, monotonic_s: float) -> None:
        """Begins a look where one is wanted or due; the camera's pictures are decoded fully meanwhile."""
        if self._taking is not None or not (self._is_wanted or self._is_due(now_ns, monotonic_s)):
            return
        self._is_wanted, self._last_s = False, monotonic_s
        with self._lock:
            self._taking = _Taking(now_ns, monotonic_s)
        self._full_decode(self.camera, now_ns + round((self._place.look_s + FRAMES_WITHIN_S) * NS))

    def take(self, frame: Frame) -> None:
        """A frame of any camera; returns at once."""
        if frame.device != self.camera or self._taking is None:
            return
        with self._lock:
            taking = self._taking
            if taking is not None and not taking.is_whole and frame.at_ns >= taking.begun_ns - NS:
                self._add(taking, frame)

    def done(self, monotonic_s: float) -> Look | None:
        """The look that is over; None while there is none."""
        with self._lock:
            taking = self._taking
            if taking is None:
                return None
            if not taking.is_whole and monotonic_s - taking.begun_s < self._place.look_s + FRAMES_WITHIN_S:
                return None
            self._taking = None
        look = Look(self._measured(taking), taking.still)
        self.counts["outlet_looks"] += 1
        self.counts["outlet_looks_that_saw_nothing"] += look.looked.problem is not None
        return look

    def _is_due(self, now_ns: int, monotonic_s: float) -> bool:
        if now_ns > self._every.until_ns:
            return False
        return self._last_s is None or monotonic_s - self._last_s >= self._every.every_s

    def _add(self, taking: _Taking, frame: Frame) -> None:
        """Its part of the picture; frames that come too close to each other are left out: a look holds its bound."""
        height, width = frame.image_bgr.shape[:2]
        if taking.parts:
            if frame.at_ns - taking.parts[-1].at_ns < APART_S * NS:
                return
        else:
            self._begin(taking, (width, height))
        if taking.cut is None or taking.size_px != (width, height):
            return  # the polygon has no place in it, or the camera changed its picture in the middle of a look
        taking.parts.append(taking.cut.part(frame))
        passed_s = (frame.at_ns - taking.parts[0].at_ns) / NS
        if taking.still is None or passed_s <= self._place.look_s / 2:
            taking.still = frame
        taking.is_whole = passed_s >= self._place.look_s or len(taking.parts) >= MOST_FRAMES

    def _begin(self, taking: _Taking, size_px: tuple[int, int]) -> None:
        place = self._place
        taking.size_px = size_px
        try:
            taking.cut = Cut(size_px, scaled(place.polygon_px, drawn_on=place.frame_px, onto=size_px))
        except ModelError as error:
            log.warning("outlet_has_no_place camera=%s reason=%r", self.camera, str(error))

    def _measured(self, taking: _Taking) -> OutletLooked:
        parts, cut = taking.parts, taking.cut
        if cut is None or len(parts) < LEAST_FRAMES:
            return OutletLooked(device=self.camera, at_ns=taking.begun_ns, seconds=0.0, problem=NO_PICTURE)
        behind = self._background
        if behind is not None and behind.shape != parts[0].image_bgr.shape:
            behind = None
        looked = measure_parts(parts, cut, background=behind)
        if looked.problem is None and looked.moving_share < STILL_SHARE:
            self._background = parts[-1].image_bgr
        return looked


def outlets_of(zones: Sequence[ZoneOnTape], full_decode: FullDecodes) -> tuple[OutletWatch, ...]:
    """One watch a zone whose table has an outlet."""
    tables: list[Any] = [zone.rule["outlet"] for zone in zones if zone.rule.get("outlet")]
    return tuple(OutletWatch(msgspec.convert(one, OutletPlace), full_decode=full_decode) for one in tables)
