"""New light in a dark picture of a preset, followed over the looks of a stare: what tells a flame from a lamp.

In: the grey picture over its background, the colours of the look. Out: each new light with its place, and, once some
looks show it, how its light and its middle vary. Bounded: `LIGHTS_MOST` lights, `LOOKS_MOST` small pictures each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from contract.geometry import BboxPx
from contract.observations import LightSeen, PlumeSeen
from contract.times import NS
from edge.capture.types import Image

LIGHT_SURETY = 0.0  # ln odds: worth a look, as what the card calls at its own score
DARK = 80.0  # mean grey: brighter pictures show smoke, and flames hardly
LIGHT_LEAST = 30  # grey values over the background
LIGHTS_MOST = 12  # a look, the strongest
LOOKS_MOST = 24
LOOKS_LEAST = 6
FOLLOWED_S = 20.0
LOST_S = 5.0  # without a look: the next ones are another stare
SHINES = 0.3  # of its usual light
CORE = 0.5  # of the strongest: flames without the smoke that they light
MARGIN_PX = 8
JOINED_PX = 5
WINDOW_MOST_PX = 160

BoxPx = tuple[int, int, int, int]
Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class NewLight:
    """One light: the box that it lights up and the box of its core, in measured pixels on the reference; measures."""

    box: BoxPx
    core: BoxPx
    area_px: int
    strongest: int
    seen: LightSeen


@dataclass(frozen=True, slots=True)
class DarkLook:
    """A look moved onto its background, what noise is left between them, and its colours as they came.

    `shift_px` and `scale` (measured pixels by those of the frame) say where a place of it is in `image_bgr`.
    """

    grey: Image
    reference: Image
    noise: float
    image_bgr: Image
    shift_px: tuple[float, float]
    scale: float

    @property
    def is_dark(self) -> bool:
        """Whether it is dusk or night."""
        return is_dark(self.grey)

    def colours(self, box: BoxPx) -> Image:
        """The colours of a box, at its own size."""
        size = (box[2] - box[0], box[3] - box[1])
        left, top, right, bottom = (round(edge) for edge in self._frame_px(box))
        part = self.image_bgr[max(0, top) : max(1, bottom), max(0, left) : max(1, right)]
        return np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA), np.uint8)

    def plume(self, light: NewLight, *, score: float) -> PlumeSeen:
        """A light as a candidate; its foot is below the middle of its core."""
        (height, width), box = self.grey.shape, light.box
        left, _, right, bottom = self._frame_px(light.core)
        return PlumeSeen(
            bbox_xyxy_px=self._frame_px(box),
            score=round(score, 4),
            label="fire",
            surety=LIGHT_SURETY,
            area_share=round(light.area_px / (width * height), 6),
            base_px=(round((left + right) / 2, 1), bottom),
            change_share=round(light.area_px / ((box[2] - box[0]) * (box[3] - box[1])), 3),
            grey_shift=float(light.strongest),
            flicker=light.seen.flicker,
            light=light.seen,
        )

    def _frame_px(self, box: BoxPx) -> BboxPx:
        (dx, dy), scale = self.shift_px, self.scale
        left, top, right, bottom = (
            round((edge + off) / scale, 1) for edge, off in zip(box, (dx, dy, dx, dy), strict=True)
        )
        return left, top, right, bottom


@dataclass(slots=True)
class _Followed:
    """A window of the reference in which a light shines, with its last looks: time, light over background, warmth."""

    window: BoxPx
    looks: list[tuple[int, Image, float]] = field(default_factory=list)


class Lights:
    """The new lights of one preset; `left_out` counts those that were one too many."""

    def __init__(self) -> None:
        self._followed: list[_Followed] = []
        self.left_out = 0

    @property
    def memory_bytes(self) -> int:
        """What the small pictures take."""
        return sum(more.nbytes for one in self._followed for _, more, _ in one.looks)

    @property
    def windows(self) -> list[BoxPx]:
        """Where lights are followed, in measured pixels on the reference: no background while they shine."""
        return [one.window for one in self._followed]

    def look(self, dark: DarkLook, at_ns: int) -> list[NewLight]:
        """The lights of one look, strongest first."""
        if not dark.is_dark:
            self._followed = []
            return []
        more = np.asarray(cv2.subtract(dark.grey, dark.reference), np.uint8)
        found = self._found(more)
        self._forget(at_ns)
        for _, core in found:
            self._follow(core, more.shape)
        for one in self._followed:
            left, top, right, bottom = one.window
            part = more[top:bottom, left:right].copy()
            one.looks = [*one.looks, (at_ns, part, _warmth(part, dark.colours(one.window)))][-LOOKS_MOST:]
        return [self._told(box, core, more, dark.noise) for box, core in found]

    def _found(self, more: Image) -> list[tuple[BoxPx, BoxPx]]:
        """The box and the core of what is lighter, parts of one light joined."""
        lit = cv2.threshold(more, LIGHT_LEAST - 1, 255, cv2.THRESH_BINARY)[1]
        # Contours of what little is lit take a twentieth of what labels of every pixel do.
        joined = cv2.dilate(lit, np.ones((JOINED_PX, JOINED_PX), np.uint8))
        outlines, _ = cv2.findContours(joined, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        boxes = [_shrunk(cv2.boundingRect(one), more.shape) for one in outlines]
        strong = sorted(boxes, key=lambda box: -int(_part(more, box).sum(dtype=np.int64)))
        self.left_out += max(0, len(strong) - LIGHTS_MOST)
        return [(box, _core(more, box)) for box in strong[:LIGHTS_MOST]]

    def _forget(self, at_ns: int) -> None:
        for one in self._followed:
            one.looks = [look for look in one.looks if at_ns - look[0] <= round(FOLLOWED_S * NS)]
        self._followed = [one for one in self._followed if one.looks and at_ns - one.looks[-1][0] <= round(LOST_S * NS)]

    def _follow(self, core: BoxPx, shape: tuple[int, ...]) -> None:
        """A window for a core that no window holds; what lay beside it before is forgotten with the window."""
        if any(_holds(one.window, core) for one in self._followed):
            return
        self._followed = [one for one in self._followed if not _meet(one.window, core)]
        wide, high = core[2] - core[0], core[3] - core[1]
        by_x, by_y = (min(WINDOW_MOST_PX // 2, max(MARGIN_PX, size // 2)) for size in (wide, high))
        window = (
            max(0, core[0] - by_x),
            max(0, core[1] - by_y),
            min(shape[1], core[2] + by_x),
            min(shape[0], core[3] + by_y),
        )
        if len(self._followed) < LIGHTS_MOST:
            self._followed.append(_Followed(window))

    def _told(self, box: BoxPx, core: BoxPx, more: Image, noise: float) -> NewLight:
        looks = next((one.looks for one in self._followed if _holds(one.window, core)), [])
        part = _part(more, box)
        return NewLight(box, core, int((part >= LIGHT_LEAST).sum()), int(part.max()), measured(looks, noise=noise))


def is_dark(grey: Image) -> bool:
    """Whether it is dusk or night."""
    return float(grey[::8, ::8].mean()) < DARK


def measured(looks: list[tuple[int, Image, float]], *, noise: float) -> LightSeen:
    """How a light varies over its looks, beyond what noise does and what goes one way all the time."""
    warm = [warmth for _, part, warmth in looks if int(part.max()) >= LIGHT_LEAST]
    warmth = float(np.median(warm)) if warm else 0.0
    if len(looks) < LOOKS_LEAST:
        return LightSeen(looks=len(looks), warmth=round(warmth, 3))
    times = np.array([(at_ns - looks[0][0]) / NS for at_ns, _, _ in looks])
    parts = np.stack([part for _, part, _ in looks])
    most = parts.max(axis=0)
    rows, columns = np.nonzero(most >= max(LIGHT_LEAST, CORE * int(most.max())))
    light = parts[:, rows, columns].astype(np.float64)
    total = light.sum(axis=1)
    usual = max(float(np.median(total)), 1.0)
    still = np.sort(light, axis=0)[len(looks) // 4].sum() / max(float(light.mean(axis=0).sum()), 1.0)
    return LightSeen(
        looks=len(looks),
        warmth=round(warmth, 3),
        flicker=round(_varies(times, total, noise * len(rows) ** 0.5) / usual, 4),
        sway=round(_sway(times, light, np.stack([rows, columns], axis=1), noise), 4),
        least=round(float(total.min()) / usual, 3),
        stays=round(float(still), 3),
        recolour=round(max(warm) - min(warm), 3) if warm else None,
    )


def _sway(times: Floats, light: Floats, places: Floats, noise: float) -> float:
    """How far its middle moves, of its own size: a lamp that only grows brighter and darker keeps it.

    Looks at which it hardly shines have no middle.
    """
    total = light.sum(axis=1)
    bright = total > max(LIGHT_LEAST, SHINES * float(np.median(total)))
    times, light, total = times[bright], light[bright], total[bright]
    if len(times) < LOOKS_LEAST:
        return 0.0
    share = light.mean(axis=0) / light.mean(axis=0).sum()
    off = places - share @ places
    sizes = np.maximum(0.5, np.sqrt(share @ off**2))
    middles = light @ off / total[:, None]
    error = noise * len(places) ** 0.5 / float(np.median(total))  # of its size: what noise makes of a middle
    down, across = (_varies(times, middles[:, axis] / sizes[axis], error) for axis in (0, 1))
    return float(np.hypot(down, across))


def _varies(times: Floats, values: Floats, error: float) -> float:
    """The spread around a straight line over time, less what noise makes of it."""
    passed, left = times - times.mean(), values - values.mean()
    left = left - (passed @ left) / max(float(passed @ passed), 1e-9) * passed
    return float(np.sqrt(max(0.0, float(left @ left) / (len(times) - 2) - error**2)))


def _warmth(more: Image, colours: Image) -> float:
    """(red - blue) / (red + blue) of what is lit: a flame's core is white, its rim and all that it lights are not."""
    lit = more >= LIGHT_LEAST
    if not lit.any():
        return 0.0
    blue, red = (float(colours[..., channel][lit].mean()) for channel in (0, 2))
    return (red - blue) / max(red + blue, 1.0)


def _part(picture: Image, box: BoxPx) -> Image:
    return picture[box[1] : box[3], box[0] : box[2]]


def _shrunk(around: Sequence[int], shape: tuple[int, ...]) -> BoxPx:
    """A light's box without what joined its parts."""
    left, top, wide, high = around
    by, right, bottom = JOINED_PX // 2, left + wide, top + high
    return (
        left + by * (left > 0),
        top + by * (top > 0),
        right - by * (right < shape[1]),
        bottom - by * (bottom < shape[0]),
    )


def _core(more: Image, box: BoxPx) -> BoxPx:
    part = _part(more, box)
    core = part >= max(1, CORE * int(part.max()))
    rows, columns = np.flatnonzero(core.any(axis=1)), np.flatnonzero(core.any(axis=0))
    return box[0] + int(columns[0]), box[1] + int(rows[0]), box[0] + int(columns[-1]) + 1, box[1] + int(rows[-1]) + 1


def _holds(window: BoxPx, core: BoxPx) -> bool:
    inside = window[0] <= core[0] and window[1] <= core[1]
    return inside and core[2] <= window[2] and core[3] <= window[3]


def _meet(one: BoxPx, other: BoxPx) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
