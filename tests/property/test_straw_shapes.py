"""Boxes and slopes of the straw fold: an overlap is never less than the IoU, a slope is Theil's and Sen's."""

from __future__ import annotations

from itertools import combinations, pairwise
from statistics import median

from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.geometry import covered_share, iou
from detectors.straw_burning.memory import Box, Point
from detectors.straw_burning.shapes import height_at, meets, overlap, slope

shares = st.integers(-5, 105).map(lambda value: value / 100) | st.floats(0, 1)
levels = st.integers(0, 20).map(lambda value: value / 20)


@st.composite
def boxes(draw: st.DrawFn) -> Box:
    """Boxes as a picture has them, empty ones too, often with edges in common."""
    (left, right), (top, bottom) = (sorted((draw(shares), draw(shares))) for _ in range(2))
    return left, top, right, bottom


@given(boxes(), boxes())
@settings(max_examples=300, deadline=None)
def test_an_overlap_is_the_most_of_the_iou_and_both_covered_shares(one: Box, other: Box) -> None:
    most = max(iou(one, other), covered_share(one, other), covered_share(other, one))
    assert overlap(one, other) == overlap(other, one) == (most if meets(one, other) else 0.0)


@given(st.lists(st.tuples(st.integers(0, 40), levels), max_size=12))
@settings(max_examples=150, deadline=None)
def test_a_slope_is_the_median_of_the_slopes_of_all_pairs(looks: list[tuple[int, float]]) -> None:
    times, values = [at for at, _ in sorted(looks)], [value for _, value in sorted(looks)]
    pairs = [(a, b) for a, b in combinations(range(len(times)), 2) if times[b] > times[a]]
    slopes = [(values[b] - values[a]) / (times[b] - times[a]) for a, b in pairs]
    assert slope(times, values) == (median(slopes) if slopes else 0.0)


@given(st.lists(st.tuples(levels, levels), min_size=2, max_size=9, unique_by=lambda point: point[0]), levels | shares)
@settings(max_examples=150, deadline=None)
def test_a_line_goes_through_its_points_and_is_level_beyond_its_ends(line: list[Point], x: float) -> None:
    line = sorted(line)
    known = dict(line)
    height = height_at(line, x)
    assert height is not None
    if x in known:
        assert abs(height - known[x]) <= 1e-12
    elif x < line[0][0] or x > line[-1][0]:
        assert height in (line[0][1], line[-1][1])
    else:
        around = [y for (x1, y1), (x2, y2) in pairwise(line) if x1 < x < x2 for y in (y1, y2)]
        assert min(around) - 1e-12 <= height <= max(around) + 1e-12
