"""What changed from before a fire, or from its first look, to the confirmation: one picture with a scale for print."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageDraw

from contract.times import NS, ns_from_utc
from edge.evidence.fires.crops import Window, aligned, mark_corners, png, window_around
from edge.evidence.fires.series import Shown
from edge.evidence.letters import Font, font_of
from edge.evidence.stills import SHANGHAI

PANEL_PX, MARGIN_PX, GAP_PX, TEXT_PX, SCALE_PX = (560, 420), 32, 20, 22, 28
PAPER, INK = (255, 255, 255), (0, 0, 0)
AROUND = 1.5  # times the smoke's size: what did not change must be seen, too
MOST_LEVELS = 64  # this much and more is black
# White, yellow, red, black: darker at every step, so that print keeps the order.
STOPS = ((0, (255, 255, 255)), (16, (255, 225, 120)), (32, (230, 90, 40)), (48, (120, 0, 60)), (64, (0, 0, 0)))

Pair = tuple[Shown, Pillow.Image]


def draw_difference(before: Pair, after: Pair, *, place: Sequence[str]) -> bytes:
    """PNG bytes: before, after, and how many grey levels each pixel changed beyond the change of the light."""
    window = window_around([before[0], after[0]], margin=AROUND)
    first, second = (aligned(image, shown, window) for shown, image in (before, after))
    levels, light = changed_levels(first, second)
    letters, has_hanzi = font_of(TEXT_PX)
    width = 2 * MARGIN_PX + 3 * PANEL_PX[0] + 2 * GAP_PX
    top = MARGIN_PX + 2 * TEXT_PX
    canvas = Pillow.new("RGB", (width, top + PANEL_PX[1] + 5 * TEXT_PX + SCALE_PX + MARGIN_PX), PAPER)
    draw = ImageDraw.Draw(canvas)
    words = ("首次所见", "确认", "差异") if has_hanzi else ("first look", "confirmed", "difference")
    if before[0].role == "reference":
        words = ("此前画面" if has_hanzi else "before the fire", *words[1:])
    captions = (f"{words[0]}  {_clock(before[0])}", f"{words[1]}  {_clock(after[0])}", words[2])
    heading = ("对齐差异图" if has_hanzi else "difference, aligned") + "  " + " / ".join((*place, after[0].look.preset))
    draw.text((MARGIN_PX, MARGIN_PX // 2), heading, fill=INK, font=letters)
    for index, (image, caption) in enumerate(zip((first, second, coloured(levels)), captions, strict=True)):
        x = MARGIN_PX + index * (PANEL_PX[0] + GAP_PX)
        panel = image.resize(PANEL_PX, Pillow.Resampling.BICUBIC)
        if index > 0:  # both on the reference: the box lies alike in the difference
            mark_corners(panel, after[0], window)
        canvas.paste(panel, (x, top))
        draw.rectangle((x, top, x + PANEL_PX[0] - 1, top + PANEL_PX[1] - 1), outline=INK, width=2)
        draw.text((x, top + PANEL_PX[1] + 6), caption, fill=INK, font=letters)
    foot = top + PANEL_PX[1] + 2 * TEXT_PX
    _length(draw, (MARGIN_PX, foot + 8), window, letters=letters)
    _levels(canvas, draw, (width - MARGIN_PX - PANEL_PX[0], foot), light, letters=letters, has_hanzi=has_hanzi)
    return png(canvas)


def changed_levels(before: Pillow.Image, after: Pillow.Image) -> tuple[NDArray[np.uint8], int]:
    """Grey levels by which each pixel changed, and the change of the light (median) that was taken off first."""
    # Blurred by one pixel: the grain of two JPEGs is no change.
    was, now = (np.asarray(one.convert("L").reduce(2).resize(one.size), np.int16) for one in (before, after))
    light = int(np.median(now - was))
    return np.asarray(np.clip(np.abs(now - was - light), 0, 255), np.uint8), light


def coloured(levels: NDArray[np.uint8]) -> Pillow.Image:
    """The levels in the colours of the scale."""
    at = [level for level, _ in STOPS]
    table = np.stack([np.interp(np.arange(256), at, [ink[band] for _, ink in STOPS]) for band in range(3)], axis=1)
    return Pillow.fromarray(np.asarray(np.round(table), np.uint8)[levels])


def _levels(
    canvas: Pillow.Image,
    draw: ImageDraw.ImageDraw,
    at: tuple[int, int],
    light: int,
    *,
    letters: Font,
    has_hanzi: bool,
) -> None:
    """The scale of the colours, with its numbers, and what was taken off."""
    x, y = at
    ramp = np.tile(np.arange(PANEL_PX[0]) * MOST_LEVELS // PANEL_PX[0], (SCALE_PX, 1))
    canvas.paste(coloured(np.asarray(ramp, np.uint8)), (x, y))
    draw.rectangle((x, y, x + PANEL_PX[0] - 1, y + SCALE_PX), outline=INK)
    for level, _ in STOPS:
        place = x + (PANEL_PX[0] - 1) * level // MOST_LEVELS
        draw.line((place, y + SCALE_PX, place, y + SCALE_PX + 6), fill=INK, width=2)
        more = "+" if level == MOST_LEVELS else ""
        anchor = {0: "la", MOST_LEVELS: "ra"}.get(level, "ma")
        draw.text((place, y + SCALE_PX + 8), f"{level}{more}", fill=INK, font=letters, anchor=anchor)
    words = f"灰度变化(级)，已扣除光照 {light:+d}" if has_hanzi else f"grey levels changed, light {light:+d} taken off"
    draw.text((x, y + SCALE_PX + 12 + TEXT_PX), words, fill=INK, font=letters)


def _length(draw: ImageDraw.ImageDraw, at: tuple[int, int], window: Window, *, letters: Font) -> None:
    """A bar of a round number of the picture's pixels."""
    x, y = at
    wide = window[2] - window[0]
    length = next(one for one in (500, 200, 100, 50, 20, 10) if one <= max(10, wide // 3))
    end = x + length * PANEL_PX[0] // wide
    draw.line((x, y + 10, end, y + 10), fill=INK, width=4)
    for place in (x, end):
        draw.line((place, y, place, y + 20), fill=INK, width=4)
    draw.text((end + 12, y - 2), f"{length} px", fill=INK, font=letters)


def _clock(shown: Shown) -> str:
    at_ns = ns_from_utc(shown.at)
    at = datetime.fromtimestamp(at_ns // NS, UTC).astimezone(SHANGHAI)
    return f"{at:%Y-%m-%d %H:%M:%S}.{at_ns % NS // 100_000_000} +08:00"
