"""`tantou models compare`: several cards on the same pictures, each against the first, and what each picture costs.

Differences are paired: both cards see the same drawn pictures, so a hard night weighs on both. All here is a pure
function of judged pictures and measured times; `models/commands_compare.py` runs the networks.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

from msgspec import Struct, field

from models import page
from models.average_precision import Ranking, average_precision, rank
from models.cards import Card
from models.evaluate import DIGITS, groups_of, of_size, scenes_of
from models.intervals import Interval, difference90, interval90
from models.labelled import Judged
from models.plots import Axis, Bar, Point, intervals, points

ALL = "all"
_COLUMNS = (
    ("模型", "card"),
    ("输入", "px"),
    ("引擎", "runtime"),
    ("AP50", ""),
    ("90% 区间", "interval"),
    ("小目标", "small"),
    ("毫秒", "ms"),
    ("CPU 毫秒", "CPU ms"),
)


class Compared(Struct, frozen=True, kw_only=True):
    """One card at one size in one runtime; `wall_ms`, `cpu_ms`: medians a picture, one thread, whole detection."""

    card: str
    precision: str
    size: int
    runtime: str
    ap50: float | None
    ap50_90: Interval | None
    ap50_small: float | None
    wall_ms: float
    cpu_ms: float


class Difference(Struct, frozen=True, kw_only=True):
    """AP50 of `card` less that of the first card, same size and runtime, on one camera (or `all`); 90 % interval."""

    card: str
    size: int
    runtime: str
    part: str
    ap50_change: float | None
    change_90: Interval | None


class Skipped(Struct, frozen=True, kw_only=True):
    """A card that cannot run at a size or in a runtime, and why."""

    card: str
    size: int
    runtime: str
    reason: str


class CompareReport(Struct, frozen=True, kw_only=True):
    """The figures of `tantou models compare`; `first` is the card that the others are held against."""

    schema: Literal["tantou.models.compare/1"] = "tantou.models.compare/1"
    first: str
    scored: str
    images: int
    boxes: int
    timed_pictures: int
    cards: tuple[Compared, ...]
    differences: tuple[Difference, ...] = ()
    skipped: tuple[Skipped, ...] = field(default_factory=tuple)


class Tried(Struct, frozen=True, kw_only=True):
    """What one card did at one size in one runtime: every picture judged, and median times a picture."""

    card: Card
    size: int
    runtime: str
    judged: tuple[Judged, ...]
    wall_ms: float
    cpu_ms: float


def compare(tried: Sequence[Tried], skipped: Sequence[Skipped], *, timed_pictures: int) -> CompareReport:
    """All figures; what is scored is the first card's first merged class, found in the other cards by its members."""
    scored, members = next(iter(groups_of(tried[0].card).items()))
    first = tried[0].card.name
    cameras = [entry.truth.camera for entry in tried[0].judged]
    rankings = [rank(scenes_of(one.judged, members), 0.5) for one in tried]
    before = {
        (one.size, one.runtime): ranking for one, ranking in zip(tried, rankings, strict=True) if one.card.name == first
    }
    return CompareReport(
        first=first,
        scored=scored,
        images=len(cameras),
        boxes=rankings[0].truths,
        timed_pictures=timed_pictures,
        cards=tuple(_compared(one, members, found, cameras) for one, found in zip(tried, rankings, strict=True)),
        differences=tuple(
            change
            for one, ranking in zip(tried, rankings, strict=True)
            if one.card.name != first and (one.size, one.runtime) in before
            for change in _differences(one, before[one.size, one.runtime], ranking, cameras)
        ),
        skipped=tuple(skipped),
    )


def _compared(one: Tried, members: Sequence[str], ranking: Ranking, cameras: Sequence[str | None]) -> Compared:
    small = of_size(scenes_of(one.judged, members), one.judged, "small")
    return Compared(
        card=one.card.name,
        precision=one.card.precision,
        size=one.size,
        runtime=one.runtime,
        ap50=_rounded(average_precision(ranking)),
        ap50_90=_rounded_ends(interval90(ranking, cameras)),
        ap50_small=_rounded(average_precision(rank(small, 0.5))),
        wall_ms=round(one.wall_ms, 1),
        cpu_ms=round(one.cpu_ms, 1),
    )


def _differences(one: Tried, before: Ranking, after: Ranking, cameras: Sequence[str | None]) -> list[Difference]:
    """One difference over all pictures, then one a camera."""
    changes = []
    for part in (ALL, *sorted({camera for camera in cameras if camera})):
        chosen = [at for at, camera in enumerate(cameras) if part in (ALL, camera)]
        base, other = before.of_pictures(chosen), after.of_pictures(chosen)
        was, now = average_precision(base), average_precision(other)
        changes.append(
            Difference(
                card=one.card.name,
                size=one.size,
                runtime=one.runtime,
                part=part,
                ap50_change=None if was is None or now is None else _rounded(now - was),
                change_90=_rounded_ends(difference90(base, other, [cameras[at] for at in chosen])),
            )
        )
    return changes


def in_words(report: CompareReport) -> str:
    """The tables as text: every card, then every difference to the first, then what was left out."""
    lines = [f"AP50 of {report.scored} on {report.images} pictures, {report.boxes} boxes; 90 % intervals; one thread"]
    lines += [
        f"  {one.card:<16} {one.size:>4} px {one.runtime:<12} {one.precision:<8} AP50 {page.shown(one.ap50)} "
        f"({page.shown_ends(one.ap50_90)})  small {page.shown(one.ap50_small)}  {one.wall_ms} ms ({one.cpu_ms} CPU)"
        for one in report.cards
    ]
    if report.differences:
        lines.append(f"against {report.first}, same size and runtime")
    lines += [
        f"  {one.card:<16} {one.size:>4} px {one.runtime:<12} {one.part:<16} {_signed(one.ap50_change)} "
        f"({_signed_ends(one.change_90)})"
        for one in report.differences
    ]
    lines += [f"  left out: {one.card} at {one.size} px, {one.runtime}: {one.reason}" for one in report.skipped]
    return "\n".join(lines)


def cost_plot(report: CompareReport) -> str:
    """AP50 against CPU time a picture, as SVG: one line a card and runtime, its sizes as points."""
    times = [one.cpu_ms for one in report.cards]
    low, high = max(min(times), 0.1) * 0.75, max(times) * 1.6
    ticks = tuple(tick for tick in (1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100, 200, 500, 1000) if low <= tick <= high)
    dots = [
        Point(f"{one.card}, {one.runtime}", str(one.size), max(one.cpu_ms, 0.1), one.ap50, one.ap50_90)
        for one in report.cards
        if one.ap50 is not None
    ]
    floor = math.floor(10 * min((dot.ends or (dot.y,))[0] for dot in dots)) if dots else 0
    floor = min(floor, 9)
    shares = Axis("AP50", floor / 10, 1, tuple(tenth / 10 for tenth in range(floor, 11)))
    return points(dots, Axis("ms of CPU a picture, one thread", low, high, ticks, log=True), shares)


def as_page(report: CompareReport) -> str:
    """The comparison as one self-contained page."""
    sections = [
        page.head(
            f"{report.first} 与其他模型",
            f"同样的 {report.images} 张图片、{report.boxes} 个标注框({report.scored})。",
            "the same pictures for every card; 90 % intervals, cameras and their pictures drawn again, paired",
        ),
        page.plots(
            [(cost_plot(report), "精度与耗时", f"AP50 against time; medians of {report.timed_pictures} pictures")]
        ),
        page.table(_COLUMNS, [_cells(one) for one in report.cards]),
    ]
    if report.differences:
        sections.append(page.heading(f"AP50 减 {report.first}", f"AP50 less that of {report.first}; paired, 90 %"))
    sections += [
        page.plots(_difference_plots([one for one in report.differences if one.size == size]))
        for size in dict.fromkeys(one.size for one in report.differences)
    ]
    if report.skipped:
        left_out = [f"{one.card}, {one.size} px, {one.runtime}: {one.reason}" for one in report.skipped]
        sections += [page.heading("未能比较", "left out"), page.listed(left_out)]
    return page.page("compare", sections)


def _cells(one: Compared) -> list[str]:
    engine = f"{one.runtime} {one.precision}"
    figures = [page.shown(one.ap50), page.shown_ends(one.ap50_90), page.shown(one.ap50_small)]
    return [one.card, str(one.size), engine, *figures, f"{one.wall_ms:g}", f"{one.cpu_ms:g}"]


def _difference_plots(differences: Sequence[Difference]) -> list[tuple[str, str, str]]:
    """One plot a card and runtime, all on one axis, so that they can be told apart by eye."""
    reach = max([0.05, *(abs(end) for one in differences for end in one.change_90 or ())])
    axis = Axis("AP50 difference", -reach, reach, (round(-reach, 2), 0, round(reach, 2)))
    drawn = []
    for card, runtime in dict.fromkeys((one.card, one.runtime) for one in differences):
        mine = [one for one in differences if (one.card, one.runtime) == (card, runtime)]
        bars = [Bar(one.part, one.ap50_change, one.change_90, _signed(one.ap50_change)) for one in mine]
        drawn.append((intervals(bars, axis, centre=0), card, f"{mine[0].size} px, {runtime}"))
    return drawn


def _signed(value: float | None) -> str:
    return "–" if value is None else f"{value:+.3f}"


def _signed_ends(ends: Interval | None) -> str:
    return "–" if ends is None else f"{ends[0]:+.3f} … {ends[1]:+.3f}"


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, DIGITS)


def _rounded_ends(ends: Interval | None) -> Interval | None:
    return None if ends is None else (round(ends[0], DIGITS), round(ends[1], DIGITS))
