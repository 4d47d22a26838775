"""A candidate's looks as they are weighed: close ones as one moment, far ones as independent; and what they measure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import median

from contract.times import NS
from detectors.straw_burning.memory import Call, Glimpse, Preset, Track, seconds
from detectors.straw_burning.shapes import is_loose, overlap, slope

DENSE_GAP_S = 5.0  # looks closer than this show the same smoke moving
SPACED_S = 20.0  # looks further apart than this are independent of each other
DENSE_GAP_NS, SPACED_NS = round(DENSE_GAP_S * NS), round(SPACED_S * NS)
DENSE_LOOKS = 6
DENSE_SPAN_S = 8.0
SPACED_LOOKS = 5
RECENT_LOOKS = 8  # what was measured before them says little about now
RECENT_VISITS = 5
STAYED_VISITS = 5
SURE_CAP = 1.5  # one very sure look is not worth two
BASE_SHARE = 0.02  # of the picture's width; a base may wander with the box's own width
BASE_BOX_SHARE = 0.35
USUAL_OVERLAP = 0.3
SETTLED_S = 4.0  # of a stare: before, there is no earlier look to compare with
TURNED_LEAST, TURNED_MOST = 0.03, 0.05  # of the veil's own strength, within seconds
SWAY = 0.0003  # of the picture's width: how exactly pictures lie on each other, a third of a measured pixel
INSECT_S = 3.0
INSECT_SHARE = 0.01  # of the picture


@dataclass(frozen=True, slots=True)
class Run:
    """A candidate's looks as they are weighed: the last dense run, and the best look of each independent moment.

    `is_dense`: the looks are close and many enough to judge motion. `used`: the looks that saw it, of the dense run or
    of the spaced ones.
    """

    track: Track
    dense: tuple[Glimpse, ...]
    spaced: tuple[Glimpse, ...]
    is_dense: bool
    used: tuple[Glimpse, ...]


def run_of(track: Track) -> Run:
    """The track's looks, grouped."""
    glimpses = track.glimpses
    first = len(glimpses) - 1
    while first > 0 and glimpses[first].at_ns - glimpses[first - 1].at_ns <= DENSE_GAP_NS:
        first -= 1
    spaced: list[Glimpse] = []
    began_ns, best = -1, (False, 0.0)
    for one in glimpses:
        rank = (one.seen != "missed", one.surety)
        if not spaced or one.at_ns - began_ns >= SPACED_NS:
            spaced.append(one)
            began_ns, best = one.at_ns, rank
        elif rank > best:
            spaced[-1], best = one, rank
    dense = glimpses[first:]
    is_dense = len(dense) >= DENSE_LOOKS and seconds(dense[-1].at_ns - dense[0].at_ns) >= DENSE_SPAN_S
    used = tuple(one for one in (dense if is_dense else spaced[-RECENT_LOOKS:]) if one.seen != "missed")
    return Run(track, dense, tuple(spaced), is_dense, used)


def weight(run: Run) -> tuple[tuple[Glimpse, ...], int, float]:
    """The last independent looks, how many of them were detected, and the sum of their sureties.

    A weak call speaks for nothing, but not against it either: silence at that look would not.
    """
    last = run.spaced[-SPACED_LOOKS:]
    hits = [one for one in last if one.is_detected]
    return last, len(hits), sum(min(max(one.surety, 0.0), SURE_CAP) for one in hits)


def has_stayed(run: Run, preset: Preset) -> bool:
    """Whether it came after a clear visit, and each look of enough visits since has called it.

    For what was always there one clear visit and five calls in a row are as rare as three clear ones and three calls
    of five: 1 in 15 at the most, however often the detector calls it. What the first visit showed may have been there.
    """
    stayed = preset.visits - run.track.onset_visit + 1
    return run.track.visits_before > 0 and stayed >= STAYED_VISITS and all(one.is_detected for one in run.spaced)


def usual_calls(track: Track, preset: Preset) -> list[Call]:
    """What the detector called here before.

    Before means before the last visits: what began within them is this candidate, however its boxes jumped.
    """
    before, box = preset.visits - RECENT_VISITS + 1, track.box
    return [
        call
        for place in preset.usual
        if overlap(place.box, box) >= USUAL_OVERLAP and not is_loose(box, place.box)
        for call in place.hits
        if call.visit < before
    ]


def usual_level(track: Track, preset: Preset) -> float | None:
    """How surely the detector called here before: the second highest call; None: never twice."""
    sureties = sorted((one.surety for one in usual_calls(track, preset)), reverse=True)
    return sureties[1] if len(sureties) >= 2 else None


def visits_known(track: Track, preset: Preset) -> int:
    """How many visits tell what this place looks like: those before the candidate, or before the last ones.

    How one that was there from the start has called, `usual_level` knows: its first visits are no reason to know
    nothing of the place for as long as it is followed.
    """
    return max(track.visits_before, preset.visits - RECENT_VISITS)


def strength_of(run: Run) -> float:
    """The second highest surety of the last independent looks, or the only one."""
    sureties = sorted((one.surety for one in run.spaced[-SPACED_LOOKS:] if one.is_detected), reverse=True)
    return sureties[1] if len(sureties) >= 2 else (sureties[0] if sureties else -9.0)


def areas_of(run: Run) -> list[tuple[float, float]]:
    """(time in s, area) of the looks that measured one."""
    return [(seconds(one.at_ns), one.area) for one in run.used if one.area is not None]


def growth_of(areas: Sequence[tuple[float, float]]) -> float:
    """By how much of its median the area grew over the looks (Theil-Sen)."""
    times, values = [at for at, _ in areas], [area for _, area in areas]
    return slope(times, values) * (times[-1] - times[0]) / max(median(values), 1e-6)


def turnovers(run: Run) -> list[float]:
    """How much of the veil changed within some seconds, of the looks that had an earlier one."""
    begun_ns = run.dense[0].at_ns
    return [one.turnover for one in run.used if one.turnover is not None and seconds(one.at_ns - begun_ns) >= SETTLED_S]


def turnover_least(run: Run, preset: Preset) -> float:
    """More than the edges of something rigid change when the camera sways: the smaller it is, the more."""
    areas = [area for _, area in areas_of(run) if area > 0]
    if not areas:
        return TURNED_MOST
    side = sqrt(median(areas) * preset.aspect)
    return min(TURNED_MOST, max(TURNED_LEAST, 4 * SWAY / side))


def travel(run: Run, preset: Preset) -> tuple[float, float]:
    """How far the foot went along its line, and how far looks lie off it; shares of the width."""
    used = [one for one in run.used if one.base is not None or one.area is None]
    times = [seconds(one.at_ns) for one in used]
    feet = [one.foot for one in used]
    xs, ys = [x for x, _ in feet], [y * preset.aspect for _, y in feet]
    vx, vy = slope(times, xs), slope(times, ys)
    span_s = times[-1] - times[0]
    t0, x0, y0 = median(times), median(xs), median(ys)
    off = [abs(x - x0 - vx * (at - t0)) + abs(y - y0 - vy * (at - t0)) for at, x, y in zip(times, xs, ys, strict=True)]
    return (vx * vx + vy * vy) ** 0.5 * span_s, median(off)


def allowed_travel(run: Run) -> float:
    """How far a foot may wander: with the box's own width."""
    widths = [one.box[2] - one.box[0] for one in run.used]
    return max(BASE_SHARE, BASE_BOX_SHARE * median(widths)) if widths else BASE_SHARE


def is_insect(track: Track) -> bool:
    """Whether it was as large as only what is close to the lens, and gone at once; looks must be close to tell."""
    left, top, right, bottom = track.box
    gone = next((one.at_ns for one in track.glimpses if one.at_ns > track.last_seen_ns), None)
    at_once = gone is not None and seconds(gone - track.onset_ns) <= INSECT_S
    return at_once and (right - left) * (bottom - top) >= INSECT_SHARE
