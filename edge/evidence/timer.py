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
from edge.evidence.stills import SHANGHAI, font_of

WIDTH_PX, MARGIN_PX, STRIP_PX, TEXT_PX = 1600, 40, 72, 22
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
    states = [state for state in LOOKS if any(state == of for _, _, of in spans)]
    top = MARGIN_PX + TEXT_PX * 2
    height = top + STRIP_PX + TEXT_PX * 4 + MARGIN_PX
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
    _legend(draw, states, y=top + STRIP_PX + TEXT_PX * 2 + 10, letters=letters, has_hanzi=has_hanzi)
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


def _legend(draw: ImageDraw.ImageDraw, states: Sequence[str], *, y: int, letters: Any, has_hanzi: bool) -> None:
    x = MARGIN_PX
    for state in states:
        look = LOOKS[state]
        _block(draw, (x, y, x + 40, y + TEXT_PX), look)
        draw.rectangle((x, y, x + 40, y + TEXT_PX), outline=INK, width=1)
        word = look.hanzi if has_hanzi else look.word
        draw.text((x + 50, y), word, fill=INK, font=letters)
        x += 80 + round(letters.getlength(word))


def _heading(facts: dict[str, Any], *, has_hanzi: bool) -> str:
    dwell_s, grace_s = facts.get("dwell_s", 0.0), facts.get("grace_s", 0.0)
    hidden_s, since = facts.get("hidden_s", 0.0), ns_from_utc(facts["since"])
    if has_hanzi:
        seen = "" if facts.get("arrival_seen") else "(未见到达) "
        return (
            f"自 {_clock(since)} 起 {seen}停留 {dwell_s:g} 秒，允许 {grace_s:g} 秒(红线)，遮挡 {hidden_s:g} 秒 北京时间"
        )
    seen = "" if facts.get("arrival_seen") else "(start not seen) "
    return f"since {_clock(since)} {seen}dwell {dwell_s:g} s, grace {grace_s:g} s (red), hidden {hidden_s:g} s, +08:00"


def _ticks(first_ns: int, last_ns: int) -> list[int]:
    """Round moments, few enough that their text has room."""
    step_s = next((s for s in STEPS_S if (last_ns - first_ns) // NS <= MOST_TICKS * s), STEPS_S[-1])
    offset_ns = round(timedelta(hours=8).total_seconds()) * NS
    begin_ns = -(-(first_ns + offset_ns) // (step_s * NS)) * step_s * NS - offset_ns
    return list(range(begin_ns, last_ns + 1, step_s * NS))[: 2 * MOST_TICKS]


def _clock(at_ns: int) -> str:
    return f"{datetime.fromtimestamp(at_ns // NS, UTC).astimezone(SHANGHAI):%H:%M:%S}"
