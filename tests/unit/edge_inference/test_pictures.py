"""What is measured of a picture itself."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from contract.times import NS
from edge.inference.pictures import PictureMeter

Picture = np.ndarray[Any, np.dtype[np.uint8]]


def noise(seed: int) -> Picture:
    return np.random.default_rng(seed).integers(0, 255, (360, 640, 3), np.uint8)


def test_an_identical_picture_is_counted_in_stream_time_and_any_change_begins_anew() -> None:
    meter = PictureMeter()
    still, moved = noise(1), noise(2)
    told = [
        meter.measure(image, at_s * NS).repeated_s for at_s, image in enumerate((still, still, still, moved, still))
    ]
    assert told == [0.0, 1.0, 2.0, 0.0, 0.0]


def test_a_dark_picture_is_darker_and_a_blurred_one_less_sharp() -> None:
    meter = PictureMeter()
    sharp = noise(3)
    blurred = cv2.GaussianBlur(sharp, (0, 0), 6).astype(np.uint8)
    dark = (sharp // 8).astype(np.uint8)
    plain = meter.measure(sharp, 0)
    assert meter.measure(dark, 1).brightness < plain.brightness / 4
    assert meter.measure(blurred, 2).sharpness < plain.sharpness / 4


def test_black_has_no_brightness_and_no_sharpness() -> None:
    told = PictureMeter().measure(np.zeros((40, 60, 3), np.uint8), 0)
    assert (told.brightness, told.sharpness, told.repeated_s) == (0.0, 0.0, 0.0)
