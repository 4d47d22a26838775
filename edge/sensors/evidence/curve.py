"""The curve of an act as a picture that can be read in black and white print: fume, fan, purifier, limit and marks.

Lines differ by form as well as by colour, every panel says its unit, and the judged window is hatched at its edges.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from itertools import pairwise
from typing import Final

from PIL import Image, ImageDraw

from contract.observations import Reported
from contract.times import NS
from edge.evidence.letters import Font, font_of
from edge.evidence.stills import SHANGHAI

SIZE_PX: Final = (1600, 1130)
LEFT_PX, RIGHT_PX, TOP_PX, PANEL_GAP_PX = 150, 40, 120, 34
INK, FAINT, SHADE = (20, 20, 20), (200, 200, 200), (242, 238, 222)
FUME_INK, LIMIT_INK, FAN_INK, PURIFIER_INK, BAD_INK = (
    (150, 40, 20),
    (190, 0, 0),
    (20, 70, 150),
    (20, 110, 60),
    (90, 0, 90),
)
GAP_S: Final = 300.0  # a longer silence between two samples is a gap in the line
GOOD_MARK: Final = "N"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What the picture says beside the curve: whose, the judged window, the limit of the fume (None: none)."""

    title: str
    lines: Sequence[str]
    from_ns: int
    to_ns: int
    window_ns: tuple[int, int]
    limit: float | None


@dataclass(frozen=True, slots=True)
class _Panel:
    words: str
    current: str
    state: str | None
    ink: tuple[int, int, int]
    share: float  # of the height


_PANELS: Final = (
    _Panel("油烟 fume mg/m3", "fume_mg_m3", None, FUME_INK, 0.5),
    _Panel("风机 fan A", "fan_a", "fan_state", FAN_INK, 0.25),
    _Panel("净化器 purifier A", "purifier_a", "purifier_state", PURIFIER_INK, 0.25),
)
Point = tuple[int, float, bool]  # at_ns, value, is marked N


def draw_curve(reports: Iterable[Reported], judged: Judged) -> bytes:
    """PNG bytes; the same reports give the same picture."""
    told = sorted(reports, key=lambda one: one.at_ns)
    canvas = Image.new("RGB", SIZE_PX, (255, 255, 255))
    draw = ImageDraw.Draw(canvas)
    large, small = font_of(26)[0], font_of(18)[0]
    has_hanzi = font_of(18)[1]
    draw.text((LEFT_PX, 16), _plain(judged.title, has_hanzi), fill=INK, font=large)
    for row, line in enumerate(judged.lines):
        draw.text((LEFT_PX, 54 + 24 * row), _plain(line, has_hanzi), fill=INK, font=small)
    bottom = SIZE_PX[1] - 150
    height = bottom - TOP_PX - PANEL_GAP_PX * (len(_PANELS) - 1)
    top = float(TOP_PX)
    for panel in _PANELS:
        box = (LEFT_PX, round(top), SIZE_PX[0] - RIGHT_PX, round(top + height * panel.share))
        _Chart(draw, box, judged, small).panel(panel, told, has_hanzi=has_hanzi)
        top += height * panel.share + PANEL_GAP_PX
    _Chart(draw, (LEFT_PX, TOP_PX, SIZE_PX[0] - RIGHT_PX, bottom), judged, small).axis()
    _legend(draw, small, bottom, judged, has_hanzi=has_hanzi)
    out = BytesIO()
    canvas.save(out, "PNG")
    return out.getvalue()


def points_of(reports: Iterable[Reported], factor: str) -> list[Point]:
    """The values of one factor over time; means before single values where both came for one moment."""
    found: dict[int, Point] = {}
    for report in reports:
        for seen in report.factors:
            if seen.factor == factor and seen.value is not None and seen.statistic in ("Avg", "Rtd"):
                is_good = seen.mark == GOOD_MARK
                if report.at_ns not in found or seen.statistic == "Avg":
                    found[report.at_ns] = (report.at_ns, seen.value, is_good)
    return [found[at_ns] for at_ns in sorted(found)]


@dataclass(frozen=True, slots=True)
class _Chart:
    draw: ImageDraw.ImageDraw
    box: tuple[int, int, int, int]
    judged: Judged
    font: Font

    def panel(self, panel: _Panel, told: Sequence[Reported], *, has_hanzi: bool) -> None:
        left, top, right, bottom = self.box
        begin, end = (self._x(at_ns) for at_ns in self.judged.window_ns)
        self.draw.rectangle((begin, top, max(end, begin + 2), bottom), fill=SHADE)
        for x in (begin, max(end, begin + 2)):
            self._dashed((x, top), (x, bottom), INK, 6)
        points = points_of(told, panel.current)
        states = [] if panel.state is None else points_of(told, panel.state)
        limit = self.judged.limit if panel.current == "fume_mg_m3" else None
        most = max([value for _, value, _ in points] + [limit or 0.0, 0.1]) * 1.15
        for step in range(5):
            y = round(bottom - (bottom - top) * step / 4)
            self.draw.line((left, y, right, y), fill=FAINT)
            self.draw.text((left - 64, y - 10), f"{most * step / 4:.2f}", fill=INK, font=self.font)
        self.draw.rectangle(self.box, outline=INK)
        self.draw.text((left, top - 26), _plain(panel.words, has_hanzi), fill=panel.ink, font=self.font)
        if limit is not None:
            self._dashed((left, self._y(limit, most)), (right, self._y(limit, most)), LIMIT_INK, 14)
        self._line([(at, self._y(value, most), is_good) for at, value, is_good in points], panel.ink)
        self._states(states, panel.ink)

    def axis(self) -> None:
        left, _, right, bottom = self.box
        span_ns = max(1, self.judged.to_ns - self.judged.from_ns)
        for step in range(9):
            at_ns = self.judged.from_ns + span_ns * step // 8
            at = datetime.fromtimestamp(at_ns // NS, UTC).astimezone(SHANGHAI)
            x = round(left + (right - left) * step / 8)
            self.draw.line((x, bottom, x, bottom + 8), fill=INK)
            self.draw.text((x - 34, bottom + 12), f"{at:%H:%M:%S}", fill=INK, font=self.font)

    def _line(self, points: Sequence[tuple[int, float, bool]], ink: tuple[int, int, int]) -> None:
        for (at, y, _), (next_at, next_y, _) in pairwise(points):
            if next_at - at <= GAP_S * NS:
                self.draw.line((self._x(at), y, self._x(next_at), next_y), fill=ink, width=3)
        for at, y, is_good in points:
            x = self._x(at)
            if is_good:
                self.draw.ellipse((x - 3, y - 3, x + 3, y + 3), fill=ink)
            else:  # another mark than N: a cross, in print too
                self.draw.line((x - 6, y - 6, x + 6, y + 6), fill=BAD_INK, width=3)
                self.draw.line((x - 6, y + 6, x + 6, y - 6), fill=BAD_INK, width=3)

    def _states(self, states: Sequence[Point], ink: tuple[int, int, int]) -> None:
        """A band at the foot: filled where on, hollow where off, hatched for what is neither."""
        _, _, _, bottom = self.box
        for index, (at, value, _) in enumerate(states):
            following = states[index + 1][0] if index + 1 < len(states) else at
            until = following if following - at <= GAP_S * NS else at
            band = (self._x(at), bottom - 14, max(self._x(until), self._x(at) + 2), bottom - 4)
            self.draw.rectangle(band, fill=ink if value == 1 else None, outline=ink)
            if value not in (0, 1):
                self._dashed((band[0], bottom - 9), (band[2], bottom - 9), BAD_INK, 4)

    def _x(self, at_ns: int) -> float:
        left, _, right, _ = self.box
        span_ns = max(1, self.judged.to_ns - self.judged.from_ns)
        return left + (right - left) * min(1.0, max(0.0, (at_ns - self.judged.from_ns) / span_ns))

    def _y(self, value: float, most: float) -> float:
        _, top, _, bottom = self.box
        return bottom - (bottom - top) * min(1.0, max(0.0, value / most))

    def _dashed(
        self, begin: tuple[float, float], end: tuple[float, float], ink: tuple[int, int, int], dash: int
    ) -> None:
        length = max(abs(end[0] - begin[0]), abs(end[1] - begin[1]))
        for start in range(0, round(length), dash * 2):
            shares = (start / length, min(1.0, (start + dash) / length))
            x0, x1 = (begin[0] + (end[0] - begin[0]) * share for share in shares)
            y0, y1 = (begin[1] + (end[1] - begin[1]) * share for share in shares)
            self.draw.line((x0, y0, x1, y1), fill=ink, width=2)


def _legend(draw: ImageDraw.ImageDraw, font: Font, bottom: int, judged: Judged, *, has_hanzi: bool) -> None:
    limit = "" if judged.limit is None else f"虚线：预警限值 warning limit {judged.limit:g} mg/m3   "
    lines = (
        f"{limit}阴影：判定时段 judged window   叉：标记非 N 的数据 mark other than N",
        "带：状态 state (实心 on 开, 空心 off 关)   时间：北京时间 UTC+8",
        "在线监测数值是线索，不是法定监测结果。 The on-line value is a clue, not a legal measurement.",
    )
    for row, line in enumerate(lines):
        draw.text((LEFT_PX, bottom + 46 + 28 * row), _plain(line, has_hanzi), fill=INK, font=font)


def _plain(text: str, has_hanzi: bool) -> str:
    """Without a font for Chinese the Chinese words go: the English ones beside them say the same."""
    return text if has_hanzi else "".join(letter for letter in text if ord(letter) < 0x2E80)
