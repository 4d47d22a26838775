"""What moves at a kitchen's outlet over 10 to 30 seconds of video: numbers for the fume rules, never a verdict.

In: frames of a fixed camera in their order and the outlet's polygon. Out: an `OutletLooked`. What it can: say that
something drifts there for most of the look, how far, how white. What it cannot: tell oil fume from every steam, see a
thin plume against a bright sky or at night, measure any concentration. A shaking camera is named and says nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray

from contract.errors import ModelError
from contract.geometry import PolygonPx
from contract.observations import OutletLooked
from contract.times import NS
from edge.capture.types import Frame, Image

LONGEST_PX: Final = 192  # the polygon's part of the picture is measured at this size at most
LEAST_FRAMES: Final = 8
MOST_FRAMES: Final = 64
APART_S: Final = 0.45  # between frames that are compared: at 5 a second smoke moves too little to be told from noise
DARK: Final = 25.0  # mean brightness 0..255: nothing can be told
SHAKEN_PX: Final = 1.5  # shift of the whole picture between frames, at the measured size
LEAST_CHANGE: Final = 3.0  # grey levels between frames, above what the sensor's noise does
NOISE_TIMES: Final = 4.0
CALM_SHARE: Final = 0.1  # the calmest part of the polygon shows the noise, even where smoke fills most of it
LASTING_SHARE: Final = 0.3  # smoke changes a place again and again, who passes by does it once
UP_PX: Final = 0.2
FINE_PX: Final = 4.0
LEAST_CONTRAST: Final = 2.0
LIGHTEST: Final = 0.9

Grey = NDArray[np.float32]
Mask = NDArray[np.bool_]


def measure(frames: Sequence[Frame], polygon_px: PolygonPx, *, reference: Image | None = None) -> OutletLooked:
    """The numbers of one look; `reference` is the same view when nothing came out (None: translucency is unknown).

    `polygon_px` in pixels of the frames, its lowest point being the outlet. Raises ModelError without enough frames,
    or for a polygon outside the picture.
    """
    if len(frames) < LEAST_FRAMES:
        raise ModelError(f"outlet: {len(frames)} frames, at least {LEAST_FRAMES} are needed for a look")
    height, width = frames[0].image_bgr.shape[:2]
    cut = Cut((width, height), polygon_px)
    apart = _apart(frames)
    picked = np.linspace(0, len(apart) - 1, min(len(apart), MOST_FRAMES)).round().astype(int)
    parts = [cut.part(apart[index]) for index in picked]
    return measure_parts(parts, cut, background=None if reference is None else cut.of(reference))


def measure_parts(parts: Sequence[Frame], cut: Cut, *, background: Image | None = None) -> OutletLooked:
    """The same of frames that hold the polygon's part alone, as `cut` gives it; `background` likewise.

    At least `APART_S` from one to the next. Raises ModelError without enough of them.
    """
    if len(parts) < LEAST_FRAMES:
        raise ModelError(f"outlet: {len(parts)} frames, at least {LEAST_FRAMES} are needed for a look")
    first, last = parts[0], parts[-1]
    pictures = [part.image_bgr for part in parts]
    looked = OutletLooked(device=first.device, at_ns=first.at_ns, seconds=(last.at_ns - first.at_ns) / NS)
    greys = [_grey(picture, blurred=True) for picture in pictures]
    problem = _problem(greys, cut.mask)
    if problem is not None:
        return _with(looked, problem=problem)
    moving = _moving(greys, cut.mask)
    if not moving.any():
        return looked
    return _with(
        looked,
        moving_share=float(moving.sum() / cut.mask.sum()),
        rising_share=_rising(greys, moving),
        translucency=None if background is None else _translucency(greys, background, moving),
        whiteness=_whiteness(pictures, moving),
        reach=cut.reach(moving),
    )


def _apart(frames: Sequence[Frame]) -> list[Frame]:
    """Those that are far enough from the one before."""
    kept: list[Frame] = []
    for frame in frames:
        if not kept or frame.at_ns - kept[-1].at_ns >= APART_S * NS:
            kept.append(frame)
    return kept


class Cut:
    """The polygon's part of a picture, made small: its mask, and where the outlet is in it."""

    def __init__(self, size_px: tuple[int, int], polygon_px: PolygonPx) -> None:
        """`size_px` of the pictures; raises ModelError for a polygon that has no place in them."""
        width, height = size_px
        points = np.array(polygon_px, dtype=np.float64).reshape(-1, 2)
        x1, y1 = np.floor(points.min(axis=0)).astype(int).clip(0) if len(points) else (0, 0)
        x2, y2 = np.ceil(points.max(axis=0)).astype(int) if len(points) else (0, 0)
        self.box = (int(x1), int(y1), min(int(x2), width), min(int(y2), height))
        if self.box[2] - self.box[0] < LEAST_FRAMES or self.box[3] - self.box[1] < LEAST_FRAMES:
            raise ModelError(f"outlet: polygon {polygon_px} has no place in a picture of {width}x{height}")
        scale = min(1.0, LONGEST_PX / max(self.box[2] - self.box[0], self.box[3] - self.box[1]))
        self.size = (
            max(1, round((self.box[2] - self.box[0]) * scale)),
            max(1, round((self.box[3] - self.box[1]) * scale)),
        )
        drawn = np.zeros((self.size[1], self.size[0]), dtype=np.uint8)
        inside = (points - np.array(self.box[:2])) * scale
        cv2.fillPoly(drawn, [inside.round().astype(np.int32)], 1)
        self.mask: Mask = drawn > 0
        self._outlet = inside[inside[:, 1].argmax()]

    def of(self, image: Image) -> Image:
        """This part of a picture of the same camera."""
        x1, y1, x2, y2 = self.box
        return np.asarray(cv2.resize(image[y1:y2, x1:x2], self.size, interpolation=cv2.INTER_AREA), dtype=np.uint8)

    def part(self, frame: Frame) -> Frame:
        """A frame with this part of its picture alone."""
        return replace(frame, image_bgr=self.of(frame.image_bgr))

    def reach(self, moving: Mask) -> float:
        """How far from the outlet most of the drift goes, as a share of the polygon's length."""
        longest = self._distances(self.mask).max()
        return float(np.quantile(self._distances(moving), 0.95) / longest) if longest > 0 else 0.0

    def _distances(self, where: Mask) -> NDArray[np.float64]:
        rows, columns = np.nonzero(where)
        return np.asarray(np.hypot(columns - self._outlet[0], rows - self._outlet[1]), dtype=np.float64)


def _problem(greys: Sequence[Grey], mask: Mask) -> str | None:
    if float(np.mean([grey[mask].mean() for grey in greys])) < DARK:
        return "dark"
    window = cv2.createHanningWindow((greys[0].shape[1], greys[0].shape[0]), cv2.CV_32F)
    # phaseCorrelate multiplies its window into what it is given: copies.
    shifts = [cv2.phaseCorrelate(greys[0].copy(), other.copy(), window)[0] for other in greys[1:]]
    # Smoke pulls some of these; a camera that shakes moves them all.
    return "moved" if float(np.median([np.hypot(across, down) for across, down in shifts])) > SHAKEN_PX else None


def _moving(greys: Sequence[Grey], mask: Mask) -> Mask:
    """Where the picture changes again and again, over the noise of this camera, not of single pixels."""
    changes = np.stack([np.abs(after - before) for before, after in pairwise(greys)])
    noise = float(np.quantile(np.median(changes, axis=0)[mask], CALM_SHARE))
    lasting = (changes > max(LEAST_CHANGE, NOISE_TIMES * noise)).mean(axis=0) >= LASTING_SHARE
    opened = cv2.morphologyEx(lasting.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    return (opened > 0) & mask


def _rising(greys: Sequence[Grey], moving: Mask) -> float:
    flow_of = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
    rising = []
    for before, after in pairwise(greys):
        flow = flow_of.calc(before.astype(np.uint8), after.astype(np.uint8), None)  # type: ignore[call-overload]
        rising.append(flow[..., 1][moving] < -UP_PX)
    return float(np.mean(rising))


def _translucency(greys: Sequence[Grey], background: Image, moving: Mask) -> float | None:
    """How much of the background's fine contrast is left where it moves; None where the background has none."""
    behind = _fine(_grey(background, blurred=True), moving)
    if behind < LEAST_CONTRAST:
        return None
    return float(np.clip(np.median([_fine(grey, moving) for grey in greys]) / behind, 0, 1))


def _fine(grey: Grey, where: Mask) -> float:
    """The contrast of what is smaller than a puff of smoke."""
    return float((grey - cv2.GaussianBlur(grey, (0, 0), FINE_PX))[where].std())


def _whiteness(pictures: Sequence[Image], moving: Mask) -> float:
    """Of the lightest tenth of what moves: bright and without colour is 1, dark or coloured less.

    Before a white wall everything is white, so that nothing there is ever told apart from steam.
    """
    values = np.stack([picture[moving] for picture in pictures]).astype(np.float32)
    brightest, darkest = values.max(axis=-1), values.min(axis=-1)
    light = brightest >= np.quantile(brightest, LIGHTEST)
    colourless = 1 - (brightest - darkest) / np.maximum(brightest, 1)
    return float((colourless * brightest / 255)[light].mean())


def _grey(picture: Image, *, blurred: bool = False) -> Grey:
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    return np.asarray(cv2.GaussianBlur(grey, (5, 5), 0) if blurred else grey, dtype=np.float32)


def _with(looked: OutletLooked, **numbers: float | str | None) -> OutletLooked:
    return msgspec.structs.replace(looked, **numbers)
