"""The sequence of a fire as one picture: aligned crops from the first look on, each with its time and its area."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from PIL import Image as Pillow
from PIL import ImageDraw

from contract.times import NS, ns_from_utc
from edge.evidence.fires.crops import Window, aligned, mark_corners, png, window_around
from edge.evidence.fires.series import Shown
from edge.evidence.letters import Font, font_of
from edge.evidence.stills import FIRE_WORDS, SHANGHAI

PANELS_MOST = 12
COLUMNS, PANEL_PX, GAP_PX, MARGIN_PX = 4, (384, 288), 16, 32
TEXT_PX, HEAD_PX, ROW_PX, BAR_PX = 24, 28, 34, 12
PAPER, INK, FAINT = (255, 255, 255), (0, 0, 0), (190, 190, 190)
REFERENCE = "reference"


def draw_strip(shown: Sequence[Shown], pictures: Mapping[str, Pillow.Image], *, place: Sequence[str]) -> bytes:
    """PNG bytes; `shown` in order of time, `pictures` by path."""
    letters, has_hanzi = font_of(TEXT_PX)
    head = font_of(HEAD_PX)[0]
    window = window_around(shown)
    rows = -(-len(shown) // COLUMNS)
    panel_height = PANEL_PX[1] + 2 * ROW_PX + BAR_PX + GAP_PX
    width = 2 * MARGIN_PX + COLUMNS * PANEL_PX[0] + (COLUMNS - 1) * GAP_PX
    top = MARGIN_PX + 2 * (HEAD_PX + 12)
    canvas = Pillow.new("RGB", (width, top + rows * panel_height + MARGIN_PX), PAPER)
    draw = ImageDraw.Draw(canvas)
    for row, line in enumerate(_heading(shown, window, place, has_hanzi=has_hanzi)):
        draw.text((MARGIN_PX, MARGIN_PX // 2 + row * (HEAD_PX + 10)), line, fill=INK, font=head)
    first = next((one for one in shown if one.role != REFERENCE), shown[0])
    largest = max((one.look.area_share or 0.0 for one in shown), default=0.0)
    for index, one in enumerate(shown):
        x = MARGIN_PX + index % COLUMNS * (PANEL_PX[0] + GAP_PX)
        y = top + index // COLUMNS * panel_height
        canvas.paste(_panel(one, pictures[one.path], window), (x, y))
        draw.rectangle((x, y, x + PANEL_PX[0] - 1, y + PANEL_PX[1] - 1), outline=INK, width=2)
        _words(draw, (x, y + PANEL_PX[1]), one, first, letters=letters, has_hanzi=has_hanzi)
        _bar(draw, (x, y + PANEL_PX[1] + 2 * ROW_PX), one.look.area_share, largest)
    return png(canvas)


def chosen(shown: Sequence[Shown]) -> tuple[Shown, ...]:
    """At most `PANELS_MOST`: the first two, the confirmation, the last, and the others spread evenly."""
    if len(shown) <= PANELS_MOST:
        return tuple(shown)
    must = {0, 1, len(shown) - 1, *(index for index, one in enumerate(shown) if one.role == "due")}
    free = [index for index in range(len(shown)) if index not in must]
    room = PANELS_MOST - len(must)
    must |= {free[round(index * (len(free) - 1) / max(1, room - 1))] for index in range(room)}
    return tuple(shown[index] for index in sorted(must))


def _panel(shown: Shown, image: Pillow.Image, window: Window) -> Pillow.Image:
    """The crop with the corners of the box marked; nothing is marked where nothing was seen."""
    panel = aligned(image, shown, window).resize(PANEL_PX, Pillow.Resampling.BICUBIC)
    if shown.role != REFERENCE:
        mark_corners(panel, shown, window)
    return panel


def _words(
    draw: ImageDraw.ImageDraw, at: tuple[int, int], one: Shown, first: Shown, *, letters: Font, has_hanzi: bool
) -> None:
    x, y = at
    at_ns = ns_from_utc(one.at)
    since_s = (at_ns - ns_from_utc(first.at)) / NS
    role = FIRE_WORDS.get(one.role, "") if has_hanzi else ("" if one.role == "look" else one.role)
    draw.text((x, y + 6), f"t0{since_s:+.1f} s  {role}", fill=INK, font=letters)
    draw.text((x + PANEL_PX[0], y + 6), _clock(at_ns), fill=INK, font=letters, anchor="ra")
    area = one.look.area_share
    words = "面积" if has_hanzi else "area"
    told = "-" if area is None else f"{area * 100:.3f} %"
    draw.text((x, y + 6 + ROW_PX - 4), f"{words} {told}", fill=INK, font=letters)


def _bar(draw: ImageDraw.ImageDraw, at: tuple[int, int], area: float | None, largest: float) -> None:
    """How large it is beside the largest: seen in print without reading."""
    x, y = at
    draw.rectangle((x, y, x + PANEL_PX[0] - 1, y + BAR_PX), outline=FAINT)
    if area and largest > 0:
        draw.rectangle((x, y, x + max(2, round((PANEL_PX[0] - 1) * area / largest)), y + BAR_PX), fill=INK)


def _heading(shown: Sequence[Shown], window: Window, place: Sequence[str], *, has_hanzi: bool) -> tuple[str, str]:
    at = datetime.fromtimestamp(ns_from_utc(shown[0].at) // NS, UTC).astimezone(SHANGHAI)
    size = f"{window[2] - window[0]} x {window[3] - window[1]} px"
    where = " / ".join((*place, shown[0].look.preset))
    if has_hanzi:
        return (
            f"烟火序列  {where}  {at:%Y-%m-%d} 北京时间",
            f"按预置位基准对齐，画面 {size}；面积为占全画面比例，黑条与最大面积相比",
        )
    return (
        f"sequence  {where}  {at:%Y-%m-%d} +08:00",
        f"aligned on the preset's reference, {size}; area: share of the picture, bar: by the largest",
    )


def _clock(at_ns: int) -> str:
    at = datetime.fromtimestamp(at_ns // NS, UTC).astimezone(SHANGHAI)
    return f"{at:%H:%M:%S}.{at_ns % NS // 100_000_000}"
