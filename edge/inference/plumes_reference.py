"""The reference background of one preset: what the view looks like when nothing burns, and how a picture lies on it.

A rolling median of a few registered looks, at most one each `SPACING_S`. Where a candidate is being watched a look is
taken in only now and then, so that a fire does not become background while it burns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from contract.times import NS
from edge.capture.types import Image
from edge.inference.plumes_light import Floats, match_light
from models.letterbox import shrink

MEASURED_WIDTH_PX = 960
SAMPLES = 7
SPACING_S = 45.0
TAKEN_ANYWAY_EVERY = 4  # of looks at a watched place: after some 15 minutes what stays there is background
REGISTERED_WIDTH_PX = 320
MAX_SHIFT_SHARE = 0.08
MIN_QUALITY = 0.35
FOG_CONTRAST = 0.6  # of the reference's: fog is no background
THIN_FOG_CONTRAST = 0.75  # left by the air, mean of the ground's rows
FOG_STAYS_S = 3600.0  # what has been so for an hour is what this place looks like now
CLEARER_CONTRAST = 1.8  # the reference was learnt in fog: it begins anew; by night grain and fires do that
DARK = 80.0  # mean grey
SPREAD_LEAST = 4
NEW_LIGHT = 8.0  # grey values, at registration size, more than the picture as a whole
SLOW_SHRUNK = 8  # what changes slowly is known over so many pixels, without grain
SLOW_UNITS = 16.0  # a grey value
OTHER_LIGHT = 1.5  # grey values by which the same ground differs

BoxPx = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Small:
    """A picture as it is measured: grey and saturation 0..255 at measured size, `scale` = measured px by frame px."""

    grey: Image
    saturation: Image
    scale: float

    @property
    def size_px(self) -> tuple[int, int]:
        """Width and height as measured."""
        return self.grey.shape[1], self.grey.shape[0]

    @property
    def is_dark(self) -> bool:
        """Whether it is dusk or night: light shows, and smoke hardly."""
        return float(self.grey[::8, ::8].mean()) < DARK


@dataclass(frozen=True, slots=True)
class Laid:
    """How a picture lies on the reference: shift in measured pixels, agreement 0..1, contrast by the reference's."""

    shift_px: tuple[float, float]
    quality: float
    is_verified: bool
    contrast_ratio: float


def small(image_bgr: Image) -> Small:
    """The picture at most `MEASURED_WIDTH_PX` wide."""
    height, width = image_bgr.shape[:2]
    scale = min(1.0, MEASURED_WIDTH_PX / width)
    image = image_bgr if scale == 1.0 else shrink(image_bgr, (round(height * scale), round(width * scale)))
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY).astype(np.uint8, copy=False)
    # Plane by plane and in place: half of what it takes in the picture's own order.
    blue, green, red = cv2.split(image)
    most = cv2.max(cv2.max(blue, green), red)
    saturation = (most - cv2.min(cv2.min(blue, green), red)).astype(np.float32)
    saturation *= 255
    saturation /= np.maximum(most, 1)
    return Small(grey, saturation.astype(np.uint8), scale)


class Reference:
    """One preset's background; bounded: `SAMPLES` grey pictures, their median and spread, one saturation picture.

    `spread` is the standard deviation that the samples show at each pixel: trees and water change by themselves.
    """

    def __init__(self) -> None:
        self._samples: list[Image] = []
        self.grey: Image | None = None
        self.saturation: Image | None = None
        self.spread: Image | None = None
        self.slow: Image | None = None
        self.looks = 0
        self._admitted_ns: int | None = None
        self._fog_since_ns: int | None = None
        self._gradient: Floats | None = None
        self._other_shape: tuple[int, ...] | None = None

    @property
    def memory_bytes(self) -> int:
        """What this background holds in memory."""
        held = [*self._samples, self.grey, self.saturation, self.spread, self.slow, self._gradient]
        return sum(one.nbytes for one in held if one is not None)

    def lay(self, picture: Small, *, ground_from_y: int = 0) -> Laid | None:
        """How the picture lies on the reference; None before there is one. The sky above `ground_from_y` moves."""
        if self.grey is None or self._gradient is None or self.grey.shape != picture.grey.shape:
            return None
        now = _gradient(picture.grey)
        top = round(ground_from_y * now.shape[0] / picture.grey.shape[0])
        top = top if now.shape[0] - top >= 24 else 0
        reference, here = self._gradient[top:], now[top:]
        window = cv2.createHanningWindow((here.shape[1], here.shape[0]), cv2.CV_32F)
        # phaseCorrelate multiplies its window into what it is given: copies.
        (dx, dy), _ = cv2.phaseCorrelate(reference.copy(), here.copy(), window)
        limit = MAX_SHIFT_SHARE * here.shape[1]
        at_rest = _agreement(reference, here, (0.0, 0.0))
        moved = _agreement(reference, here, (dx, dy)) if max(abs(dx), abs(dy)) <= limit else -1.0
        # A shift must explain the picture better than rest does: in mist phase correlation finds shifts in noise.
        shift_px = (dx, dy) if moved > at_rest + 0.02 else (0.0, 0.0)
        scale = picture.grey.shape[1] / now.shape[1]
        quality = max(at_rest, moved)
        if quality < MIN_QUALITY:
            quality = max(quality, _agreement(*_alike_by_rows(reference, here), shift_px))
        if quality < MIN_QUALITY and picture.is_dark:
            is_unlit = _is_unlit(_lesser(self.grey)[top:], _lesser(picture.grey)[top:], shift_px)
            one, other = _matched(reference, here, shift_px)
            quality = max(quality, correlation(one[is_unlit], other[is_unlit]))
        contrast = float(here.mean()) / max(float(reference.mean()), 1e-3)
        return Laid(
            shift_px=(shift_px[0] * scale, shift_px[1] * scale),
            quality=max(0.0, quality),
            is_verified=quality >= MIN_QUALITY,
            contrast_ratio=contrast,
        )

    def admit(
        self,
        picture: Small,
        at_ns: int,
        *,
        laid: Laid | None,
        contrast_left: float = 1.0,
        watched: Sequence[BoxPx] = (),
    ) -> bool:
        """Take a look in, if it is due and lies on the reference.

        `contrast_left` is what the air leaves of the ground's; `watched` are boxes in which something may burn.
        """
        if self._admitted_ns is not None and 0 <= at_ns - self._admitted_ns < round(SPACING_S * NS):
            return False
        if laid is not None and (not laid.is_verified or self._is_fog(laid, contrast_left, at_ns)):
            return False
        is_resized = self.grey is not None and self.grey.shape != picture.grey.shape
        if is_resized and self._other_shape != picture.grey.shape:
            self._other_shape = picture.grey.shape  # one odd picture is no other camera: two in a row are
            return False
        self._other_shape = None
        is_clearer = laid is not None and laid.contrast_ratio >= CLEARER_CONTRAST and not picture.is_dark
        if is_resized or is_clearer:
            self.__init__()  # type: ignore[misc]
            watched = ()
        grey, saturation = picture.grey, picture.saturation
        if laid is not None and laid.shift_px != (0.0, 0.0):
            grey, saturation = (shifted(one, laid.shift_px) for one in (grey, saturation))
        if self.grey is not None and watched and self.looks % TAKEN_ANYWAY_EVERY:
            grey = grey.copy()
            for left, top, right, bottom in watched:
                grey[top:bottom, left:right] = self.grey[top:bottom, left:right]
        if self.grey is not None:
            self._samples = _in_light_of(grey, self.grey, self._samples)
        self._samples = [*self._samples, grey][-SAMPLES:]
        self.grey = _median(self._samples)
        is_known = len(self._samples) >= SPREAD_LEAST
        self.spread = _spread(self._samples, self.grey) if is_known else None
        self.slow = _slow(self._samples, self.grey) if is_known else None
        self.saturation = saturation if self.saturation is None else _blended(self.saturation, saturation)
        self._gradient = _gradient(self.grey)
        self.looks += 1
        self._admitted_ns = at_ns
        return True

    def _is_fog(self, laid: Laid, contrast_left: float, at_ns: int) -> bool:
        """Whether this look is in fog that came lately; fog that is thin hides the far ground alone."""
        if laid.contrast_ratio >= FOG_CONTRAST and contrast_left >= THIN_FOG_CONTRAST:
            self._fog_since_ns = None
            return False
        self._fog_since_ns = at_ns if self._fog_since_ns is None else self._fog_since_ns
        return at_ns - self._fog_since_ns < round(FOG_STAYS_S * NS)


def shifted(image: Image, shift_px: tuple[float, float]) -> Image:
    """The picture moved back by its shift, so that it lies on the reference."""
    matrix = np.array([[1, 0, -shift_px[0]], [0, 1, -shift_px[1]]], np.float32)
    size = (image.shape[1], image.shape[0])
    back = cv2.warpAffine(image, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(back, np.uint8)


def _in_light_of(grey: Image, reference: Image, samples: list[Image]) -> list[Image]:
    """The samples as this look's light would show them: else dawn looks like change, and nothing else does."""
    light = match_light(reference, grey, ground_from_y=0)
    values = np.arange(256)
    told = np.clip(np.round(light.gain * values + light.offset), 0, 255).astype(np.uint8)
    middle = int(np.median(reference[::4, ::4]))
    if abs(float(told[middle]) - middle) < OTHER_LIGHT and abs(light.gain - 1) * middle < OTHER_LIGHT:
        return samples
    return [np.asarray(cv2.LUT(one, told), np.uint8) for one in samples]


def _median(samples: Sequence[Image]) -> Image:
    """The middle of the samples at each pixel (the lower of two middles).

    Odd-even sorting by whole pictures: 1 ms for seven of 960 x 540, where numpy's partition takes 33.
    """
    ordered = list(samples)
    for turn in range(len(ordered)):
        for low in range(turn % 2, len(ordered) - 1, 2):
            one, other = ordered[low], ordered[low + 1]
            ordered[low], ordered[low + 1] = np.minimum(one, other), np.maximum(one, other)
    return ordered[(len(ordered) - 1) // 2]


def _spread(samples: Sequence[Image], median: Image) -> Image:
    """1.48 times the median distance from the median, smoothed: grey values."""
    distances = [cv2.absdiff(one, median) for one in samples]
    middle = _median([np.asarray(one, np.uint8) for one in distances]).astype(np.float32) * 1.4826
    return np.asarray(np.minimum(np.ceil(cv2.blur(middle, (7, 7))), 255), np.uint8)


def _slow(samples: Sequence[Image], median: Image) -> Image:
    """The spread of what is wider than grain, in `SLOW_UNITS`: light, sway and cloud, which no mean takes away."""
    height, width = median.shape
    size = (width // SLOW_SHRUNK, height // SLOW_SHRUNK)
    lesser = [cv2.resize(one.astype(np.float32), size, interpolation=cv2.INTER_AREA) for one in samples]
    usual = cv2.resize(median.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    far = [np.asarray(np.minimum(SLOW_UNITS * np.abs(one - usual), 255), np.uint8) for one in lesser]
    return np.asarray(np.minimum(1.4826 * cv2.blur(_median(far).astype(np.float32), (3, 3)), 255), np.uint8)


def _blended(old: Image, new: Image) -> Image:
    """A fifth of the new picture in the old one."""
    return np.asarray(cv2.addWeighted(old, 0.8, new, 0.2, 0), np.uint8)


def _gradient(grey: Image) -> Floats:
    """Edges at registration size, free of slow light."""
    lesser = _lesser(grey)
    across, down = (cv2.Sobel(lesser, cv2.CV_32F, *order, ksize=3) for order in ((1, 0), (0, 1)))
    return np.asarray(np.minimum(cv2.magnitude(across, down), 255.0), np.float32)


def _lesser(grey: Image) -> Image:
    height, width = grey.shape
    size = (REGISTERED_WIDTH_PX, max(1, round(height * REGISTERED_WIDTH_PX / width)))
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)


def _agreement(reference: Floats, now: Floats, shift_px: tuple[float, float]) -> float:
    """Correlation of two edge pictures once the shift is taken back."""
    return correlation(*_matched(reference, now, shift_px))


def _is_unlit(reference: Image, now: Image, shift_px: tuple[float, float]) -> NDArray[np.bool_]:
    """Where no new light is: its edges are the strongest of a dark picture.

    Light comes and what was there stays; where light is missing that the reference has, the pictures differ.
    """
    before, after = _matched(reference.astype(np.float32), now.astype(np.float32), shift_px)
    more = after - before
    lit = cv2.dilate((more >= np.median(more) + NEW_LIGHT).astype(np.uint8), np.ones((3, 3), np.uint8))
    return np.asarray(lit == 0, np.bool_)


def _matched(reference: Floats, now: Floats, shift_px: tuple[float, float]) -> tuple[Floats, Floats]:
    """Two pictures of one view, the shift of the second taken back, without the margin that it leaves."""
    back = now if shift_px == (0.0, 0.0) else _moved_back(now, shift_px)
    margin = 4 + int(max(abs(shift_px[0]), abs(shift_px[1])))
    return reference[margin:-margin, margin:-margin], back[margin:-margin, margin:-margin]


def _alike_by_rows(reference: Floats, now: Floats) -> tuple[Floats, Floats]:
    """Two edge pictures as they differ along each row, each row as strong as it is now.

    Fog takes the edges of far rows: over the whole picture the near ones alone then agree, and badly; another view's
    rows do not agree at all.
    """
    strengths = [one.mean(axis=1, keepdims=True) for one in (reference, now)]
    faded = reference * np.minimum(strengths[1] / np.maximum(strengths[0], 1e-3), 1)
    along, along_now = (one - one.mean(axis=1, keepdims=True) for one in (faded, now))
    return along, along_now


def _moved_back(picture: Floats, shift_px: tuple[float, float]) -> Floats:
    matrix = np.array([[1, 0, -shift_px[0]], [0, 1, -shift_px[1]]], np.float32)
    return np.asarray(cv2.warpAffine(picture, matrix, (picture.shape[1], picture.shape[0])), np.float32)


def correlation(one: NDArray[np.generic], other: NDArray[np.generic]) -> float:
    """Pearson's r of two pictures of one size; 0 where one of them is flat or empty."""
    if one.size < 4:
        return 0.0
    a, b = one.astype(np.float32), other.astype(np.float32)
    a, b = a - a.mean(), b - b.mean()
    scale = float(np.sqrt(np.square(a).sum() * np.square(b).sum()))
    return float((a * b).sum() / scale) if scale > 1e-6 else 0.0
