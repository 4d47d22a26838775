"""The timer of a stay as a picture: each moment seen, hidden, known again, held, suspended or without a picture.

In: an event's facts with `spans`. Out: a PNG that is also read in black and white: each state has a pattern of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any, NamedTuple

from PIL import Image as Pillow
from PIL import ImageDraw

from contract.times import NS, ns_from_utc
from edge.evidence.letters import font_of
from edge.evidence.stills import SHANGHAI

WIDTH_PX, MARGIN_PX, STRIP_PX, TEXT_PX, ROW_PX = 1600, 40, 72, 22, 32
STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21_600, 43_200, 86_400)
MOST_TICKS = 9
PAPER, INK, DUE = (255, 255, 255), (0, 0, 0), (200, 0, 0)


class Look(NamedTuple):
    """How a state is drawn: fill, distance of hatching lines (0: none), and its words in Chinese and English."""

    fill: tuple[int, int, int]
    hatch_px: int
    hanzi: str
    word: str


LOOKS = {
    "seen": Look((44, 123, 182), 0, "在场可见", "seen"),
    "reidentified_patch": Look((26, 82, 118), 0, "外观复认", "known again by its looks"),
    "reidentified_plate": Look((10, 46, 70), 0, "号牌复认", "known again by its plate"),
    "hidden": Look((171, 201, 220), 10, "被遮挡", "hidden"),
    "held": Look((253, 208, 120), 18, "暂停计时", "clock held"),
    "suspended": Look((225, 225, 225), 6, "区域停用", "zone suspended"),
    "no_picture": Look(PAPER, 0, "无画面", "no picture"),
}


def draw_timer(facts: dict[str, Any]) -> bytes | None:
    """PNG bytes; None for facts without spans, or where they show no stretch of time."""
    spans = [(ns_from_utc(s["start"]), ns_from_utc(s["end"]), str(s["state"])) for s in facts.get("spans") or ()]
    if not spans or max(end for _, end, _ in spans) <= spans[0][0]:
        return None
    letters, has_hanzi = font_of(TEXT_PX)
    first_ns, last_ns = spans[0][0], max(end for _, end, _ in spans)
    keys = _keys(spans, letters=letters, has_hanzi=has_hanzi)
    top = MARGIN_PX + TEXT_PX * 2
    height = top + STRIP_PX + TEXT_PX * 2 + ROW_PX * (1 + max((key.row for key in keys), default=0)) + MARGIN_PX
    canvas = Pillow.new("RGB", (WIDTH_PX, height), PAPER)
    draw = ImageDraw.Draw(canvas)

    def across(at_ns: int) -> int:
        return MARGIN_PX + (at_ns - first_ns) * (WIDTH_PX - 2 * MARGIN_PX) // (last_ns - first_ns)

    for start_ns, end_ns, state in spans:
        left = across(start_ns)
        _block(draw, (left, top, max(left + 1, across(end_ns)), top + STRIP_PX), LOOKS.get(state, LOOKS["no_picture"]))
    draw.rectangle((MARGIN_PX, top, WIDTH_PX - MARGIN_PX, top + STRIP_PX), outline=INK, width=2)
    for at_ns in _ticks(first_ns, last_ns):
        x = across(at_ns)
        draw.line((x, top + STRIP_PX, x, top + STRIP_PX + 8), fill=INK, width=2)
        draw.text((x, top + STRIP_PX + 10), _clock(at_ns), fill=INK, font=letters, anchor="ma")
    due = facts.get("due")
    if due is not None and first_ns <= ns_from_utc(due) <= last_ns:
        x = across(ns_from_utc(due))
        draw.line((x, top - 10, x, top + STRIP_PX + 10), fill=DUE, width=4)
    draw.text((MARGIN_PX, MARGIN_PX // 2), _heading(facts, has_hanzi=has_hanzi), fill=INK, font=letters)
    for key in keys:
        x, y = key.left_px, top + STRIP_PX + TEXT_PX * 2 + 10 + key.row * ROW_PX
        _block(draw, (x, y, x + 40, y + TEXT_PX), LOOKS[key.state])
        draw.rectangle((x, y, x + 40, y + TEXT_PX), outline=INK, width=1)
        draw.text((x + 50, y), key.words, fill=INK, font=letters)
    out = BytesIO()
    canvas.save(out, "PNG")
    return out.getvalue()


def _block(draw: ImageDraw.ImageDraw, box: tuple[int, int, int, int], look: Look) -> None:
    left, top, right, bottom = box
    draw.rectangle((left, top, right, bottom), fill=look.fill)
    if look.hatch_px:
        for x in range(left - left % look.hatch_px, right, look.hatch_px):
            if x >= left:
                draw.line((x, top, x, bottom), fill=INK, width=1)


class Key(NamedTuple):
    """One entry of the legend and where it lies."""

    state: str
    words: str
    left_px: int
    row: int


def _keys(spans: Sequence[tuple[int, int, str]], *, letters: Any, has_hanzi: bool) -> list[Key]:
    """Each state that there was, with how long it lasted in all; as many rows as it takes."""
    keys: list[Key] = []
    x, row = MARGIN_PX, 0
    for state, look in LOOKS.items():
        lasted = [end_ns - start_ns for start_ns, end_ns, of in spans if of == state]
        if not lasted:
            continue
        lasted_s = round(sum(lasted) / NS, 1)
        words = f"{look.hanzi} {lasted_s:g} 秒" if has_hanzi else f"{look.word} {lasted_s:g} s"
        wide_px = 80 + round(letters.getlength(words))
        if keys and x + wide_px > WIDTH_PX - MARGIN_PX:
            x, row = MARGIN_PX, row + 1
        keys.append(Key(state, words, x, row))
        x += wide_px
    return keys


def _heading(facts: dict[str, Any], *, has_hanzi: bool) -> str:
    dwell_s, grace_s = facts.get("dwell_s", 0.0), facts.get("grace_s", 0.0)
    since = f"{datetime.fromtimestamp(ns_from_utc(facts['since']) // NS, UTC).astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}"
    if has_hanzi:
        seen = "" if facts.get("arrival_seen") else "(未见到达) "
        return f"自北京时间 {since} 起 {seen}停留 {dwell_s:g} 秒，允许 {grace_s:g} 秒(红线为到期)"
    seen = "" if facts.get("arrival_seen") else "(start not seen) "
    return f"since {since} +08:00 {seen}dwell {dwell_s:g} s, grace {grace_s:g} s (over at the red line)"


def _ticks(first_ns: int, last_ns: int) -> list[int]:
    """Round moments, few enough that their text has room."""
    step_s = next((s for s in STEPS_S if (last_ns - first_ns) // NS <= MOST_TICKS * s), STEPS_S[-1])
    offset_ns = round(timedelta(hours=8).total_seconds()) * NS
    begin_ns = -(-(first_ns + offset_ns) // (step_s * NS)) * step_s * NS - offset_ns
    return list(range(begin_ns, last_ns + 1, step_s * NS))[: 2 * MOST_TICKS]


def _clock(at_ns: int) -> str:
    return f"{datetime.fromtimestamp(at_ns // NS, UTC).astimezone(SHANGHAI):%H:%M:%S}"
