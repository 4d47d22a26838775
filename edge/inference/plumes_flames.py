"""New light in a dark picture of a preset, followed over the looks of a stare: what tells a flame from a lamp.

In: a look and its background. Out: each new light as a candidate with its place, and, once some looks show it, how its
light and its middle vary. What shines in one place for long is background. Bounded: `LIGHTS_MOST` lights a look,
`FOLLOWED_MOST` with `LOOKS_MOST` small pictures, `PAST_MOST` places of earlier looks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from contract.geometry import BboxPx
from contract.observations import LightSeen, PlumeSeen
from contract.times import NS
from detectors.straw_burning.flames import is_flame
from edge.capture.types import Image
from edge.inference.plumes_reference import BoxPx, Small, shifted

LIGHT_SURETY = 0.0  # ln odds: worth a look, as what the card calls at its own score
WHITE_SURETY = -0.5
WHITE = 0.1  # warmth; flames are three times as warm
LIGHT_LEAST = 30  # grey values over the background
LIGHTS_MOST = 20  # a look, the strongest
FOLLOWED_MOST = 12
LOOKS_MOST = 24
LOOKS_LEAST = 10
FOLLOWED_S = 20.0
LOST_S = 5.0  # without a look: the next ones are another stare
PAST_MOST = 40
NEW_S = 900.0  # a light that shines on for longer is background: a lamp, a window
FLAME_NEW_S = 3600.0  # unless a stare showed it to be a flame
FORGOTTEN_S = 600.0  # without light
CORE = 0.5  # of the strongest: flames without the smoke that they light
FLAMES_PX = 10.0  # a larger light is smoke that flames light: it hides how far they move
BETWEEN_PX = 0.05  # the middle of a burnt-out spot jumps by so much as it moves from pixel to pixel
SHINES = 0.3  # of its usual light
BENDS_A_JUMP = 8
STEP_OUT = 4.0  # times the usual bend: a step from one value to another, there and back
MARGIN_PX = 8
JOINED_PX = 5
AROUND_PX = 31  # what a lamp stands out from
WINDOW_MOST_PX = 160
KEPT_MOST_PX = 64  # of a window's longer side: what is larger is kept smaller
DIM = 5  # one in so many pixels, or looks, has less light

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class DarkLook:
    """A dark picture as measured and as it came, its background, what noise is between them, how it lies on it."""

    picture: Small
    reference: Image
    noise: float
    image_bgr: Image
    shift_px: tuple[float, float]


@dataclass(frozen=True, slots=True)
class _Placed:
    """What of a look is lighter than its background; places on the reference, in measured pixels."""

    dark: DarkLook
    shift_px: tuple[float, float]
    more: Image

    def part(self, box: BoxPx) -> Image:
        """The light of a box."""
        return self.more[box[1] : box[3], box[0] : box[2]]

    def frame_px(self, box: BoxPx) -> BboxPx:
        """A box as it lies in the frame."""
        (dx, dy), scale = self.shift_px, self.dark.picture.scale
        left, top, right, bottom = (
            round((edge + off) / scale, 1) for edge, off in zip(box, (dx, dy, dx, dy), strict=True)
        )
        return left, top, right, bottom

    def warmth(self, box: BoxPx) -> float:
        """(red - blue) / (red + blue) of what is lit: a flame's core is white, its rim and what it lights are not."""
        lit = self.part(box) >= LIGHT_LEAST
        left, top, right, bottom = (max(0, round(edge)) for edge in self.frame_px(box))
        part = self.dark.image_bgr[top : max(top + 1, bottom), left : max(left + 1, right)]
        if not lit.any() or part.size == 0:
            return 0.0
        colours = cv2.resize(part, (box[2] - box[0], box[3] - box[1]), interpolation=cv2.INTER_AREA)
        blue, red = (float(colours[..., channel][lit].mean()) for channel in (0, 2))
        return (red - blue) / max(red + blue, 1.0)


@dataclass(slots=True)
class _Followed:
    """A window of the reference in which a light shines, with its last looks: time, light over background, warmth.

    `since_ns`: when it was first lit; `lit_ns`: last.
    """

    window: BoxPx
    since_ns: int
    lit_ns: int
    was_flame: bool = False
    looks: list[tuple[int, Image, float]] = field(default_factory=list)

    @property
    def is_new(self) -> bool:
        """Whether something may burn there: it is kept out of the background."""
        return self.lit_ns - self.since_ns < round((FLAME_NEW_S if self.was_flame else NEW_S) * NS)

    def past(self) -> _Followed:
        """The place without its looks, which another stare begins anew."""
        return _Followed(self.window, self.since_ns, self.lit_ns, self.was_flame)


class Lights:
    """The new lights of one preset; `left_out` counts those that were one too many."""

    def __init__(self) -> None:
        self._followed: list[_Followed] = []
        self._past: list[_Followed] = []
        self._last_ns: int | None = None
        self._shift_px = (0.0, 0.0)
        self.left_out = 0

    @property
    def memory_bytes(self) -> int:
        """What the small pictures take."""
        return sum(more.nbytes for one in self._followed for _, more, _ in one.looks)

    @property
    def windows(self) -> list[BoxPx]:
        """Where new lights are followed, in measured pixels on the reference: no background while they are new."""
        return [one.window for one in self._followed if one.is_new]

    def look(self, dark: DarkLook, at_ns: int, *, score_of: Callable[[float], float]) -> tuple[PlumeSeen, ...]:
        """The lights of one look, strongest first; `score_of` a surety."""
        if self._last_ns is None or not 0 <= at_ns - self._last_ns <= round(LOST_S * NS):
            # Within a stare the head rests: what registration finds there from look to look is grain.
            self._begin(at_ns, dark.shift_px)
        self._last_ns = at_ns
        grey = dark.picture.grey if self._shift_px == (0.0, 0.0) else shifted(dark.picture.grey, self._shift_px)
        placed = _Placed(dark, self._shift_px, _more(grey, dark.reference))
        found = [(box, _core(placed.part(box), box), placed.warmth(box)) for box in self._found(placed)]
        for _, core, warmth in sorted(found, key=lambda one: -one[2]):
            if warmth >= WHITE:
                self._follow(core, grey.shape, at_ns)
        for one in self._followed:
            recent = [look for look in one.looks if at_ns - look[0] <= round(FOLLOWED_S * NS)]
            new = (at_ns, _kept(placed.part(one.window)), placed.warmth(one.window))
            one.looks = [*recent, new][-LOOKS_MOST:]
        return tuple(self._told(*one, placed, score_of) for one in found)

    def _begin(self, at_ns: int, shift_px: tuple[float, float]) -> None:
        """Another stare: of what was followed only its place is remembered."""
        earlier = (one for one in self._past if not any(_meet(one.window, other.window) for other in self._followed))
        places = [*earlier, *(one.past() for one in self._followed)]
        kept = [one for one in places if 0 <= at_ns - one.lit_ns <= round(FORGOTTEN_S * NS)]
        self._past = sorted(kept, key=lambda one: one.lit_ns)[-PAST_MOST:]
        self._followed, self._shift_px = [], shift_px

    def _found(self, placed: _Placed) -> list[BoxPx]:
        """The boxes of what is lighter, parts of one light joined, strongest first."""
        lit = cv2.threshold(placed.more, LIGHT_LEAST - 1, 255, cv2.THRESH_BINARY)[1]
        # Contours of what little is lit take a twentieth of what labels of every pixel do.
        joined = cv2.dilate(lit, np.ones((JOINED_PX, JOINED_PX), np.uint8))
        outlines, _ = cv2.findContours(joined, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        boxes = [_shrunk(cv2.boundingRect(one), lit.shape) for one in outlines]
        self.left_out += max(0, len(boxes) - LIGHTS_MOST)
        return sorted(boxes, key=lambda box: -int(placed.part(box).sum(dtype=np.int64)))[:LIGHTS_MOST]

    def _follow(self, core: BoxPx, shape: tuple[int, ...], at_ns: int) -> None:
        """A window for a core that no window holds; what lay beside it before is forgotten with the window."""
        held = next((one for one in self._followed if _holds(one.window, core)), None)
        if held is not None:
            held.lit_ns = at_ns
            return
        before = [one for one in (*self._past, *self._followed) if _meet(one.window, core)]
        self._followed = [one for one in self._followed if one not in before]
        by_x, by_y = (
            min(WINDOW_MOST_PX // 2, max(MARGIN_PX, size // 2)) for size in (core[2] - core[0], core[3] - core[1])
        )
        left, top = max(0, core[0] - by_x), max(0, core[1] - by_y)
        if len(self._followed) < FOLLOWED_MOST:
            window = (left, top, min(shape[1], core[2] + by_x), min(shape[0], core[3] + by_y))
            since_ns = min((one.since_ns for one in before), default=at_ns)
            self._followed.append(_Followed(window, since_ns, at_ns, any(one.was_flame for one in before)))

    def _told(
        self, box: BoxPx, core: BoxPx, warmth: float, placed: _Placed, score_of: Callable[[float], float]
    ) -> PlumeSeen:
        """A light as a candidate; its foot is below the middle of its core."""
        followed = next((one for one in self._followed if _holds(one.window, core)), None)
        light = LightSeen(looks=1, warmth=round(warmth, 3))
        if followed is not None:
            light = measured(followed.looks, noise=placed.dark.noise)
            followed.was_flame |= is_flame(light)
        part, (left, _, right, bottom) = placed.part(box), placed.frame_px(core)
        area, surety = int((part >= LIGHT_LEAST).sum()), LIGHT_SURETY if light.warmth >= WHITE else WHITE_SURETY
        return PlumeSeen(
            bbox_xyxy_px=placed.frame_px(box),
            score=round(score_of(surety), 4),
            label="fire",
            surety=surety,
            area_share=round(area / placed.more.size, 6),
            base_px=(round((left + right) / 2, 1), bottom),
            change_share=round(area / part.size, 3),
            grey_shift=float(part.max()),
            flicker=light.flicker,
            light=light,
        )


def _more(grey: Image, reference: Image) -> Image:
    """What is lighter than the background, but not where that shines itself: there a lamp only became brighter.

    Of a lamp that is background a head that rests a pixel beside leaves a rim, and a screen the half of its picture.
    """
    over = cv2.subtract(reference, cv2.blur(reference, (AROUND_PX, AROUND_PX)))
    shines = cv2.dilate(cv2.threshold(over, LIGHT_LEAST - 1, 255, cv2.THRESH_BINARY)[1], np.ones((5, 5), np.uint8))
    return np.asarray(cv2.subtract(cv2.subtract(grey, reference), shines), np.uint8)


def measured(looks: Sequence[tuple[int, Image, float]], *, noise: float) -> LightSeen:
    """How a light varies over its looks, beyond what noise does."""
    warm = [warmth for _, part, warmth in looks if int(part.max()) >= LIGHT_LEAST]
    warmth = float(np.median(warm)) if warm else 0.0
    if len(looks) < LOOKS_LEAST:
        return LightSeen(looks=len(looks), warmth=round(warmth, 3))
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
        flicker=round(_varies(total, noise * len(rows) ** 0.5) / usual, 4),
        sway=round(_sway(light, np.stack([rows, columns], axis=1), noise), 4),
        least=round(float(np.sort(total)[len(total) // DIM]) / usual, 3),
        stays=round(float(still), 3),
        recolour=round(max(warm) - min(warm), 3) if warm else None,
    )


def _sway(light: Floats, places: Floats, noise: float) -> float:
    """How far its middle moves, of its own size: a lamp that only grows brighter and darker keeps it.

    Looks at which it hardly shines have no middle.
    """
    total = light.sum(axis=1)
    bright = total > max(LIGHT_LEAST, SHINES * float(np.median(total)))
    light, total = light[bright], total[bright]
    if len(total) < LOOKS_LEAST:
        return 0.0
    share = light.mean(axis=0) / light.mean(axis=0).sum()
    off = places - share @ places
    spread = np.sqrt(share @ off**2)
    sizes = np.clip(spread, 0.5, FLAMES_PX)
    middles = light @ off / total[:, None]
    error = noise * len(places) ** 0.5 / float(np.median(total))  # of its spread: what noise makes of a middle
    down, across = (
        _varies(
            middles[:, axis] / sizes[axis], float(np.hypot(error * max(spread[axis], 0.5), BETWEEN_PX)) / sizes[axis]
        )
        for axis in (0, 1)
    )
    return float(np.hypot(down, across))


def _varies(values: Floats, error: float) -> float:
    """How irregularly it varies from look to look, less what noise makes of it: by second differences.

    What goes evenly does not vary, and the largest are left out: neither does what turns, or once goes to another
    value, as where a second lamp goes on. That bends twice, one way and back.
    """
    bends = np.diff(values, 2)
    ordered = np.sort(np.abs(bends))
    worst = int(np.argmax(np.abs(bends)))
    back = max(
        (-bends[at] * np.sign(bends[worst]) for at in (worst - 1, worst + 1) if 0 <= at < len(bends)), default=0.0
    )
    is_step = min(back, ordered[-1]) > STEP_OUT * float(np.median(ordered))
    left = ordered[: -max(1 + is_step, len(bends) // BENDS_A_JUMP)]
    return float(np.sqrt(max(0.0, float(np.mean(left**2)) / 6 - error**2)))


def _kept(part: Image) -> Image:
    """A small picture of a window, less what the lit smoke of a fire near by adds to all of it."""
    scale = KEPT_MOST_PX / max(part.shape)
    if scale < 1:
        part = np.asarray(cv2.resize(part, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
    dim = np.sort(part, axis=None)[part.size // DIM]
    return np.asarray(np.maximum(part, dim) - dim, np.uint8)


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


def _core(part: Image, box: BoxPx) -> BoxPx:
    core = part >= max(1, CORE * int(part.max()))
    rows, columns = np.flatnonzero(core.any(axis=1)), np.flatnonzero(core.any(axis=0))
    return box[0] + int(columns[0]), box[1] + int(rows[0]), box[0] + int(columns[-1]) + 1, box[1] + int(rows[-1]) + 1


def _holds(window: BoxPx, core: BoxPx) -> bool:
    inside = window[0] <= core[0] and window[1] <= core[1]
    return inside and core[2] <= window[2] and core[3] <= window[3]


def _meet(one: BoxPx, other: BoxPx) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
