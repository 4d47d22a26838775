"""Stills and their overlay copies."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import get_args

import msgspec
import numpy as np
import pytest
from PIL import Image as Pillow

from contract.events import Clock
from contract.geometry import BboxPx
from detectors.illegal_parking.config import Facing
from edge.evidence import letters, stills
from edge.evidence.candidates import HeldFile
from edge.evidence.orders import Order
from edge.evidence.parts import held_files
from edge.evidence.stills import Marks, draw_overlay, encode_still, scaled_polygon, size_px
from tests.unit.edge_judge.listed import START

PLAIN = np.full((360, 640, 3), 90, np.uint8)
BOX: BboxPx = (200.0, 100.0, 400.0, 220.0)
AT_NS = 1_772_323_205_000_000_000  # 2026-03-01T00:00:05Z


def marks(*, bbox: BboxPx | None = BOX, code: str = "0123abcd01234567", facing: str | None = "northeast") -> Marks:
    return Marks(
        zone_px=((150.0, 80.0), (600.0, 80.0), (600.0, 359.9), (150.0, 359.9)),
        bbox_xyxy_px=bbox,
        at_ns=AT_NS,
        role="due",
        place=(("人民路口东", "cam-1"), ("East kerb", "zone-1")),
        device="demo/cam-1/zone-1",
        record=("01234567-89ab-8def-8123-456789abcdef", 2),
        code=code,
        facing=facing,
    )


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
    assert draw_overlay(still, marks()) != draw_overlay(still, marks(code="fedc987601234567"))


def test_the_strip_tells_time_place_direction_device_and_the_manifests_code_in_words() -> None:
    with_hanzi, ascii_only = (stills._words(marks(), has_hanzi=has) for has in (True, False))
    assert with_hanzi == (
        "2026-03-01 08:00:05 北京时间  超时  方向 朝东北",
        "地点 人民路口东 / East kerb  设备 demo/cam-1/zone-1",
        "清单 01234567-89ab-8def-8123-456789abcdef 第 2 版  原图校验码 0123abcd01234567",
    )
    assert ascii_only == (
        "2026-03-01 08:00:05 +08:00  due  facing northeast",
        "cam-1 / East kerb  device demo/cam-1/zone-1",
        "manifest 01234567-89ab-8def-8123-456789abcdef rev. 2  raw still 0123abcd01234567",
    )


def test_a_direction_that_nobody_configured_is_said_on_the_strip_and_a_tower_says_none() -> None:
    said = [stills._words(marks(facing=facing), has_hanzi=True)[0] for facing in ("unknown", None)]
    assert said == ["2026-03-01 08:00:05 北京时间  超时  方向 未配置", "2026-03-01 08:00:05 北京时间  超时"]


def test_every_direction_of_a_zone_has_its_words() -> None:
    assert set(stills.FACING_WORDS) == set(get_args(Facing))


@pytest.mark.parametrize("width", [120, 320, 1920])
def test_the_longest_line_fits_the_picture_down_to_the_smallest_text(width: int) -> None:
    words, font, line_px = stills._fitting(marks(), width, wished_px=40)
    fits = max(font.getlength(text) for text in words) <= width
    assert fits or line_px == stills.SMALLEST_TEXT_PX


def test_without_a_chinese_font_the_strip_is_ascii(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(letters, "CJK_FONTS", ())
    letters.font_of.cache_clear()
    words, _, _ = stills._fitting(marks(), 640, wished_px=16)
    letters.font_of.cache_clear()
    assert all(text.isascii() for text in words)


def test_a_zone_drawn_on_another_size_is_scaled() -> None:
    assert scaled_polygon(((10, 20), (30, 40)), drawn_on=(100, 100), onto=(200, 50)) == ((20.0, 10.0), (60.0, 20.0))


def test_the_overlay_of_a_package_takes_direction_and_names_from_the_configuration(tmp_path: Path) -> None:
    """One still, three configurations: the picture stays, the strip says each."""
    path = tmp_path / "due.jpg"
    path.write_bytes(encode_still(PLAIN, 95))
    held = HeldFile(
        path="stills/due.jpg",
        role="due",
        size_bytes=path.stat().st_size,
        from_ns=AT_NS,
        to_ns=AT_NS,
        wanted_from_ns=AT_NS,
        wanted_to_ns=AT_NS,
    )

    def overlay(names: dict[str, str], **rule: str) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
        zone = msgspec.structs.replace(START.zones[0], rule={"grace_s": 20, **rule}, matter="illegal_parking")
        start = msgspec.structs.replace(START, names=names)
        order = Order(
            event_id="01234567-89ab-8def-8123-456789abcdef",
            revision=1,
            phase="opened",
            previous=None,
            previous_revision=None,
            zone=zone,
            onset_ns=AT_NS,
            last_seen_ns=AT_NS,
            at_ns=AT_NS,
            bbox_xyxy_px=None,
            frame_px=(640, 360),
            clock=Clock(source="none"),
            provenance=START.provenance,
        )
        still, copy = held_files(order, held, path, start=start)
        assert isinstance(copy.source, bytes)
        assert copy.parent_sha256 == still.item().sha256
        return pixels(copy.source)

    none, north, named = overlay({}), overlay({}, facing="north"), overlay({"cam-1": "East kerb"}, facing="north")
    lines = slice(360, 368), slice(376, 384)  # blocks of JPEG within time and direction, and within the place
    assert [np.abs(none[rows] - north[rows]).max() > 60 for rows in lines] == [True, False]
    assert [np.abs(north[rows] - named[rows]).max() > 60 for rows in lines] == [False, True]
