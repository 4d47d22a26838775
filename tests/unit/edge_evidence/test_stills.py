"""Stills and their overlay copies."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from PIL import Image as Pillow

from contract.geometry import BboxPx
from edge.evidence import stills
from edge.evidence.stills import Marks, draw_overlay, encode_still, scaled_polygon, size_px

PLAIN = np.full((360, 640, 3), 90, np.uint8)
BOX: BboxPx = (200.0, 100.0, 400.0, 220.0)
AT_NS = 1_772_323_205_000_000_000  # 2026-03-01T00:00:05Z


def marks(*, bbox: BboxPx | None = BOX, code: str = "0123abcd") -> Marks:
    zone = ((150.0, 80.0), (600.0, 80.0), (600.0, 359.9), (150.0, 359.9))
    return Marks(zone_px=zone, bbox_xyxy_px=bbox, at_ns=AT_NS, role="due", place=("demo", "cam-1", "zone-1"), code=code)


def pixels(jpeg: bytes) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    return np.asarray(Pillow.open(BytesIO(jpeg)).convert("RGB")).astype(np.int64)


def test_a_still_keeps_the_full_resolution() -> None:
    assert size_px(encode_still(PLAIN, 90)) == (640, 360)


def test_a_better_quality_makes_a_larger_still_that_is_nearer_to_the_picture() -> None:
    noisy = np.random.default_rng(1).integers(0, 255, (120, 160, 3), np.uint8)
    assert len(encode_still(noisy, 95)) > len(encode_still(noisy, 60))


def test_an_overlay_adds_its_strip_below_and_changes_no_pixel_of_the_vehicle() -> None:
    still = encode_still(PLAIN, 95)
    overlay = pixels(draw_overlay(still, marks()))
    raw = pixels(still)
    assert overlay.shape[0] > raw.shape[0]
    assert overlay.shape[1] == raw.shape[1]
    left, top, right, bottom = (int(edge) for edge in BOX)
    inside = (slice(top + 24, bottom - 24), slice(left + 24, right - 24))
    assert np.abs(overlay[inside] - raw[inside]).max() < 6


def test_an_overlay_draws_zone_and_box_and_without_a_box_only_the_zone() -> None:
    still = encode_still(PLAIN, 95)
    edge = (slice(98, 103), slice(300, 301))
    with_box, without = pixels(draw_overlay(still, marks())), pixels(draw_overlay(still, marks(bbox=None)))
    assert with_box[edge][..., 0].max() > 180
    assert without[edge][..., 0].max() < 110
    assert with_box[78:83, 500, 0].max() > 180


def test_a_box_that_reaches_over_the_border_is_drawn_up_to_it() -> None:
    still = encode_still(PLAIN, 95)
    for bbox in ((-50.0, -20.0, 30.0, 40.0), (600.0, 340.0, 700.0, 500.0), (900.0, 500.0, 950.0, 600.0)):
        strip = pixels(draw_overlay(still, marks(bbox=bbox)))[372:]
        is_red = (strip[..., 0] > 180) & (strip[..., 1] < 110)
        assert not is_red.any()


def test_the_strip_says_another_code_with_other_pixels_and_the_same_with_the_same_bytes() -> None:
    still = encode_still(PLAIN, 95)
    assert draw_overlay(still, marks()) == draw_overlay(still, marks())
    assert draw_overlay(still, marks()) != draw_overlay(still, marks(code="fedc9876"))


def test_the_strip_tells_local_time_place_and_code_in_words() -> None:
    with_hanzi, ascii_only = (stills._words(marks(), has_hanzi=has) for has in (True, False))
    assert with_hanzi == ("2026-03-01 08:00:05 北京时间  超时", "demo / cam-1 / zone-1  原图校验码 0123abcd")
    assert ascii_only == ("2026-03-01 08:00:05 +08:00  due", "demo / cam-1 / zone-1  raw still 0123abcd")


@pytest.mark.parametrize("width", [120, 320, 1920])
def test_the_longest_line_fits_the_picture_down_to_the_smallest_text(width: int) -> None:
    words, font, line_px = stills._fitting(marks(), width, wished_px=40)
    fits = max(font.getlength(text) for text in words) <= width
    assert fits or line_px == stills.SMALLEST_TEXT_PX


def test_without_a_chinese_font_the_strip_is_ascii(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stills, "CJK_FONTS", ())
    stills.font_of.cache_clear()
    words, _, _ = stills._fitting(marks(), 640, wished_px=16)
    stills.font_of.cache_clear()
    assert all(text.isascii() for text in words)


def test_a_zone_drawn_on_another_size_is_scaled() -> None:
    assert scaled_polygon(((10, 20), (30, 40)), drawn_on=(100, 100), onto=(200, 50)) == ((20.0, 10.0), (60.0, 20.0))
