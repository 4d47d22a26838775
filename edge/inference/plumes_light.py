"""The background in the light of now: fog takes contrast by distance, and on a tower's picture that goes by rows.

Fog turns ground of grey G at distance d into t(d) G + (1 - t(d)) A. A tower looks down, so that rows below the horizon
are distances: a gain and an offset for each row explain fog that is even. The reference is laid into the fog, not the
picture brought out of it, which would make its noise many times as strong. What is not alike along a row, a patch of
fog, a shadow, smoke, is not explained and stays a difference.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.capture.types import Image

NOISE_LEAST = 1.5
SD_BY_MEDIAN = 1.4826
SHRUNK = 4  # what light and air are read from has a quarter of the measured width and height
BAND_ROWS = 2  # of the shrunk picture
GAIN_MOST = 1.5
APART = 4  # pixels of a band: further apart than noise, nearer than a plume is wide
FLAT = 1.0  # variance of a band: a flatter one cannot tell its gain
NEAR_LINE = 4.0  # grey values: what lies further from a band's line is something else
ROUNDS = 2
UNEXPLAINED = 4.0  # grey values that one gain and offset for the picture leave: then the air is asked
EXPLAINS = 0.5  # of what one gain and offset leave
HAZY = 0.9  # of the ground's contrast: where more is left there is no fog, but sun and shade


Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Air:
    """Row by row, grey now = gain * grey of the reference + offset; `gain` is what the air leaves of the contrast."""

    gain: Floats
    offset: Floats

    def over(self, part: Image, top: int) -> Floats:
        """A part of the reference, cut out from row `top` on, as this air shows it."""
        rows = np.s_[top : top + part.shape[0]]
        return self.gain[rows, None] * part + self.offset[rows, None]

    def contrast(self, from_y: int) -> float:
        """What it leaves of the contrast, as the mean of the rows from there down."""
        return float(np.minimum(self.gain[from_y:], 1).mean())


@dataclass(frozen=True, slots=True)
class Light:
    """How this picture's light lies on the background's: grey = gain * grey + offset, and what noise is left.

    `air` where fog took contrast by distance: then it alone tells how the background looks now.
    """

    gain: float
    offset: float
    noise: float
    air: Air | None = None

    def contrast_left(self, from_y: int) -> float:
        """What the air leaves of the background's contrast, as the mean of the rows from there down."""
        return 1.0 if self.air is None else self.air.contrast(from_y)


def match_light(grey: Image, reference: Image, *, ground_from_y: int) -> Light:
    """Gain and offset by the quintiles of the ground, noise by the median difference that is left; else the air."""
    now, then = (one[ground_from_y::SHRUNK, ::SHRUNK].astype(np.float32) for one in (grey, reference))
    (low, middle, high), (low_then, middle_then, high_then) = (_quantiles(one, 0.2, 0.5, 0.8) for one in (now, then))
    gain = float(np.clip((high_then - low_then) / (high - low), 0.6, 1.7)) if high - low > 8 else 1.0
    offset = middle_then - gain * middle
    (noise,) = _quantiles(np.abs(gain * now + offset - then), 0.5)
    noise *= SD_BY_MEDIAN
    if noise >= UNEXPLAINED:
        air, left = _air_between(grey, reference)
        if left <= EXPLAINS * noise and air.contrast(ground_from_y) <= HAZY:
            return Light(gain, offset, max(NOISE_LEAST, left), air)
    return Light(gain, offset, max(NOISE_LEAST, noise))


def _air_between(grey: Image, reference: Image) -> tuple[Air, float]:
    """The air, and what noise it leaves."""
    now, then = _bands(grey), _bands(reference)
    gain, offset = _lines(now, then)
    (left,) = _quantiles(np.abs(now - gain[:, None] * then - offset[:, None]), 0.5)
    rows = np.arange(grey.shape[0])
    centres = (np.arange(len(gain)) + 0.5) * (SHRUNK * BAND_ROWS) - 0.5
    air = Air(*(np.interp(rows, centres, one).astype(np.float32) for one in (gain, offset)))
    return air, SD_BY_MEDIAN * left


def _bands(picture: Image) -> Floats:
    """The picture shrunk, one row for each band."""
    height, width = picture.shape
    bands = height // (SHRUNK * BAND_ROWS)
    part = picture[: bands * SHRUNK * BAND_ROWS]
    lesser = cv2.resize(part, (width // SHRUNK, bands * BAND_ROWS), interpolation=cv2.INTER_LINEAR)
    return lesser.reshape(bands, -1).astype(np.float32)


def _lines(now: Floats, then: Floats) -> tuple[Floats, Floats]:
    """Gain and offset of each band: from how grey differs along it first, then by the least squares of what lies near.

    Smoke over a third of a band is dark or light in one piece: it hardly bends the first, and the rest leaves it out.
    """
    along_now, along_then = (one[:, APART:] - one[:, :-APART] for one in (now, then))
    gain = _slope((along_now * along_then).sum(axis=1), np.square(along_then).sum(axis=1), now.shape[1])
    offset = _middle(now - gain[:, None] * then)
    for _ in range(ROUNDS):
        left = np.abs(now - gain[:, None] * then - offset[:, None])
        reach = np.maximum(NEAR_LINE, 2.5 * _middle(left))
        gain, offset = _least_squares(now, then, (left <= reach[:, None]).astype(np.float32))
    return gain, offset


def _quantiles(values: Floats, *shares: float) -> list[float]:
    ordered = np.sort(values, axis=None)  # of 32-bit numbers: a tenth of what numpy's percentile takes
    return [float(ordered[round(share * (len(ordered) - 1))]) for share in shares]


def _middle(bands: Floats) -> Floats:
    """The median of each band."""
    ordered = np.sort(bands, axis=1)
    return np.asarray(ordered[:, bands.shape[1] // 2], np.float32)


def _least_squares(now: Floats, then: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """A line for each band through what has weight."""
    total = np.maximum(weight.sum(axis=1), 1)
    mean_now, mean_then = (weight * now).sum(axis=1) / total, (weight * then).sum(axis=1) / total
    apart = weight * (then - mean_then[:, None])
    gain = _slope((apart * now).sum(axis=1), (apart * then).sum(axis=1), total)
    return gain, mean_now - gain * mean_then


def _slope(both: Floats, own: Floats, count: Floats | int) -> Floats:
    """The gain of each band, shared with its neighbours; a flat band takes theirs."""
    gain = _shared(both / count) / np.maximum(_shared(own / count), FLAT)
    return np.asarray(np.clip(gain, 0, GAIN_MOST), np.float32)


def _shared(of_bands: Floats) -> Floats:
    padded = np.pad(of_bands, 1, mode="edge")
    return np.asarray((padded[:-2] + 2 * padded[1:-1] + padded[2:]) / 4, np.float32)
