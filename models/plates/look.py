"""The light on a plate: its ground colour, how much of it is black or blown out, how sharp its strokes are."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from contract.plates import Colour
from models.letterbox import Frame

EDGE = 0.08  # of each side left out: rim, bumper and corners that are a little off
BLACK_BELOW, WHITE_FROM = 22, 250
# Ink is darker than the ground on yellow, new-energy green and white, lighter on blue, black and old green. Hues are
# OpenCV's, 0..180; between them, near grey, and where the sensor is full, the pixels do not say.
UNDER_DARK_INK: tuple[tuple[Colour, int, int, int], ...] = (("yellow", 13, 35, 60), ("green", 36, 84, 28))
UNDER_LIGHT_INK: tuple[tuple[Colour, int, int, int], ...] = (("green", 40, 84, 60), ("blue", 97, 130, 50))
CONTRAST = 14  # levels between ink and ground from which their order is sure
FULL_VALUE, FULL_SATURATION = 245, 90  # a ground this bright keeps its hue only when it is this saturated
LEAST_HUE_VALUE = 15
MOST_WHITE_SATURATION, LEAST_WHITE_VALUE = 40, 90
MOST_BLACK_SATURATION, MOST_BLACK_VALUE, BLACK_CONTRAST = 105, 75, 45
GREY_SATURATION = 14  # no pixel above it to speak of: a picture without colour, as by infrared light
LEFT_PART = 0.22  # of a large new-energy plate is yellow


@dataclass(frozen=True)
class Look:
    """What the pixels of a straight plate say; `colour` None: they do not."""

    colour: Colour | None
    dark: float
    bright: float
    sharpness: float


def look_at(straight: Frame) -> Look:
    """The look of a plate that was warped to a rectangle (h, w, 3) uint8 BGR."""
    height, width = straight.shape[:2]
    y, x = round(height * EDGE), round(width * EDGE)
    inner = straight[y : height - y, x : width - x]
    grey = cv2.cvtColor(inner, cv2.COLOR_BGR2GRAY)
    return Look(
        colour=ground_colour(inner),
        dark=float((grey < BLACK_BELOW).mean()),
        bright=float((grey >= WHITE_FROM).mean()),
        sharpness=round(float(cv2.Laplacian(grey, cv2.CV_32F).std()), 3),
    )


def ground_colour(inner: Frame) -> Colour | None:
    """The colour of the ground between the characters; None where light or dirt hide it, or nothing has a colour."""
    if np.percentile(cv2.cvtColor(inner, cv2.COLOR_BGR2HSV)[..., 1], 90) < GREY_SATURATION:
        return None
    left = _part_colour(inner[:, : round(inner.shape[1] * LEFT_PART)])
    right = _part_colour(inner[inner.shape[0] // 3 :, round(inner.shape[1] * (LEFT_PART + 0.1)) :])
    if left == "yellow" and right == "green":
        return "yellow-green"
    if right == "green":
        return "green"
    return _part_colour(inner)


def _part_colour(part: Frame) -> Colour | None:
    ground, ink = _ground_and_ink(part)
    hue, saturation, value = cv2.cvtColor(ground[None, None].astype(np.uint8), cv2.COLOR_BGR2HSV)[0, 0].tolist()
    contrast = float(ink.mean() - ground.mean())
    if abs(contrast) < CONTRAST:
        return None
    hue_is_sure = value >= LEAST_HUE_VALUE and (value < FULL_VALUE or saturation >= FULL_SATURATION)
    for name, low, high, least_saturation in UNDER_DARK_INK if contrast < 0 else UNDER_LIGHT_INK:
        if hue_is_sure and low <= hue <= high and saturation >= least_saturation:
            return None if _may_be_black(saturation, value, contrast) else name
    if contrast < 0:
        greenish = 40 <= hue <= 90 and saturation >= GREY_SATURATION
        return "white" if saturation <= MOST_WHITE_SATURATION and value >= LEAST_WHITE_VALUE and not greenish else None
    black = saturation <= MOST_BLACK_SATURATION and value <= MOST_BLACK_VALUE and contrast >= BLACK_CONTRAST
    return "black" if black else None


def _may_be_black(saturation: int, value: int, contrast: float) -> bool:
    """A dark bluish or greenish ground with light ink: black plates in shade look so too."""
    return contrast > 0 and value <= MOST_BLACK_VALUE and saturation <= MOST_BLACK_SATURATION


def _ground_and_ink(part: Frame) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Median BGR of the two sides of the best grey threshold; the larger side is the ground."""
    grey = cv2.cvtColor(part, cv2.COLOR_BGR2GRAY)
    threshold, _ = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    light = grey > threshold
    if not light.any() or light.all():
        flat = np.median(part.reshape(-1, 3), axis=0).astype(np.float32)
        return flat, flat
    sides = [np.median(part[mask], axis=0).astype(np.float32) for mask in (light, ~light)]
    return (sides[0], sides[1]) if light.mean() >= 0.5 else (sides[1], sides[0])
