"""Drawn plots as SVG text: curves, intervals and labelled points. Nothing is fetched; a browser or viewer shows them.

Pure functions of numbers; every text that comes from outside is escaped.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

COLOURS = ("#1f6feb", "#d1570a", "#2a9d4a", "#a23fbf", "#b8860b", "#0e8a9c", "#c2304a", "#5b5f66")
WIDTH_PX, HEIGHT_PX = 520, 320
LEFT_PX, RIGHT_PX, TOP_PX, BOTTOM_PX = 52, 16, 14, 42
ROW_PX = 24
LEGEND_PX = 190  # beside points, which lie anywhere; curves leave their lower left corner free
Scale = Callable[[float], float]


@dataclass(frozen=True)
class Axis:
    """One axis: its words, its ends, the values that get a tick, and whether steps are ratios (`log`)."""

    text: str
    low: float
    high: float
    ticks: tuple[float, ...]
    log: bool = False

    def share(self, value: float) -> float:
        """Where a value lies between the ends, 0..1."""
        if self.log:
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)


@dataclass(frozen=True)
class Curve:
    """One line of points; `thick` for the one that matters."""

    name: str
    points: Sequence[tuple[float, float]]
    thick: bool = False


@dataclass(frozen=True)
class Bar:
    """One row of an interval plot: a value, its interval when known, and words at its end."""

    name: str
    value: float | None
    ends: tuple[float, float] | None
    note: str


@dataclass(frozen=True)
class Point:
    """One labelled point; `ends` is its interval in y, and points of one `series` share a colour and a line."""

    series: str
    name: str
    x: float
    y: float
    ends: tuple[float, float] | None = None


def share_axis(text: str) -> Axis:
    """An axis from 0 to 1."""
    return Axis(text, 0, 1, (0, 0.2, 0.4, 0.6, 0.8, 1))


def curves(lines: Sequence[Curve], x: Axis, y: Axis, *, marks: Sequence[tuple[float, float, str]] = ()) -> str:
    """Lines over two axes with a legend, and marked points (x, y, words)."""
    to_x, to_y = _scales(x, y)
    parts = [_frame(x, y, to_x, to_y)]
    for at, line in reversed(list(enumerate(lines))):  # the first, which matters, on top of the others
        path = " ".join(f"{to_x(px):.1f},{to_y(py):.1f}" for px, py in line.points)
        width = 2.6 if line.thick else 1.3
        parts.append(f'<polyline points="{path}" fill="none" stroke="{_colour(at)}" stroke-width="{width}"/>')
        parts.append(_legend(line.name, at, (LEFT_PX + 8, HEIGHT_PX - BOTTOM_PX - 10 - 15 * (len(lines) - 1))))
    for px, py, words in marks:
        parts.append(f'<circle cx="{to_x(px):.1f}" cy="{to_y(py):.1f}" r="4" fill="{COLOURS[0]}" stroke="#fff"/>')
        parts.append(_text(to_x(px) - 8, to_y(py) + 4, words, anchor="end"))
    return _svg("".join(parts), WIDTH_PX, HEIGHT_PX)


def intervals(bars: Sequence[Bar], x: Axis, *, centre: float | None = None) -> str:
    """One row a bar: a dot at the value, a line over its interval; `centre` draws an upright (no difference)."""
    left, height = 130, 30 + ROW_PX * len(bars) + 20

    def to_x(value: float) -> float:
        return left + min(max(x.share(value), 0), 1) * (WIDTH_PX - left - 120)

    parts = [_upright(to_x(tick), 8, height - 36, f"{tick:g}") for tick in x.ticks]
    if centre is not None:
        parts.append(f'<path d="M{to_x(centre):.1f} 8V{height - 36}" stroke="#444" stroke-dasharray="3 3"/>')
    for row, bar in enumerate(bars):
        middle = 20 + ROW_PX * row
        parts.append(_text(left - 8, middle + 4, bar.name, anchor="end"))
        if bar.ends is not None:
            span = f"M{to_x(bar.ends[0]):.1f} {middle}H{to_x(bar.ends[1]):.1f}"
            parts.append(f'<path d="{span}" stroke="{COLOURS[0]}" stroke-width="5" stroke-opacity=".35"/>')
        if bar.value is not None:
            parts.append(f'<circle cx="{to_x(bar.value):.1f}" cy="{middle}" r="4.5" fill="{COLOURS[0]}"/>')
        parts.append(_text(WIDTH_PX - 112, middle + 4, bar.note))
    parts.append(_text((left + WIDTH_PX - 120) / 2, height - 6, x.text, anchor="middle"))
    return _svg("".join(parts), WIDTH_PX, height)


def points(dots: Sequence[Point], x: Axis, y: Axis) -> str:
    """Labelled points with their intervals; those of one series are joined from left to right."""
    to_x, to_y = _scales(x, y)
    parts = [_frame(x, y, to_x, to_y)]
    all_series = list(dict.fromkeys(dot.series for dot in dots))
    for at, series in enumerate(all_series):
        mine = sorted((dot for dot in dots if dot.series == series), key=lambda dot: dot.x)
        path = " ".join(f"{to_x(dot.x):.1f},{to_y(dot.y):.1f}" for dot in mine)
        colour = _colour(at)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-dasharray="4 3"/>')
        for dot in mine:
            if dot.ends is not None:
                span = f"M{to_x(dot.x):.1f} {to_y(dot.ends[0]):.1f}V{to_y(dot.ends[1]):.1f}"
                parts.append(f'<path d="{span}" stroke="{colour}" stroke-opacity=".35" stroke-width="3"/>')
            parts.append(f'<circle cx="{to_x(dot.x):.1f}" cy="{to_y(dot.y):.1f}" r="4.5" fill="{colour}"/>')
            parts.append(_text(to_x(dot.x) + 7, to_y(dot.y) - 5, dot.name))
        parts.append(_legend(series, at, (WIDTH_PX, TOP_PX + 12)))
    return _svg("".join(parts), WIDTH_PX + LEGEND_PX, HEIGHT_PX)


def _scales(x: Axis, y: Axis) -> tuple[Scale, Scale]:
    wide, high = WIDTH_PX - LEFT_PX - RIGHT_PX, HEIGHT_PX - TOP_PX - BOTTOM_PX
    return (
        lambda value: LEFT_PX + x.share(value) * wide,
        lambda value: TOP_PX + (1 - min(max(y.share(value), 0), 1)) * high,
    )


def _frame(x: Axis, y: Axis, to_x: Scale, to_y: Scale) -> str:
    bottom, right = HEIGHT_PX - BOTTOM_PX, WIDTH_PX - RIGHT_PX
    parts = [_upright(to_x(tick), TOP_PX, bottom, f"{tick:g}") for tick in x.ticks]
    for tick in y.ticks:
        parts.append(f'<path d="M{LEFT_PX} {to_y(tick):.1f}H{right}" stroke="#e3e6ea"/>')
        parts.append(_text(LEFT_PX - 6, to_y(tick) + 4, f"{tick:g}", anchor="end"))
    parts.append(_text((LEFT_PX + right) / 2, HEIGHT_PX - 6, x.text, anchor="middle"))
    turn = f'transform="rotate(-90 13 {(TOP_PX + bottom) / 2:.0f})"'
    parts.append(f'<text x="13" y="{(TOP_PX + bottom) / 2:.0f}" text-anchor="middle" {turn}>{escape(y.text)}</text>')
    return "".join(parts)


def _upright(x: float, top: float, bottom: float, words: str) -> str:
    line = f'<path d="M{x:.1f} {top}V{bottom}" stroke="#e3e6ea"/>'
    return line + _text(x, bottom + 15, words, anchor="middle")


def _legend(name: str, at: int, top_left: tuple[int, int]) -> str:
    x, y = top_left[0], top_left[1] + 15 * at
    return f'<rect x="{x}" y="{y - 8}" width="9" height="9" fill="{_colour(at)}"/>' + _text(x + 14, y, name)


def _text(x: float, y: float, words: str, *, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'


def _colour(at: int) -> str:
    return COLOURS[at % len(COLOURS)]


def _svg(body: str, width: int, height: int) -> str:
    # The font is named on the root, so that the picture looks the same alone as inside the page.
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'font-family="system-ui, sans-serif" font-size="11.5" fill="#333">{body}</svg>'
    )
