"""Boxes, lines and slopes in shares of a picture; plain floats, so that every machine computes the same."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import combinations
from statistics import median

from detectors.geometry import intersection_px2
from detectors.straw_burning.memory import Box, Point

LOOSE = 6.0  # a box over half of the sky holds every smoke inside


def overlap(one: Box, other: Box) -> float:
    """How much of the smaller box lies in the other, 0..1: never less than their IoU."""
    (left, top, right, bottom), (x1, y1, x2, y2) = one, other
    if left >= x2 or x1 >= right or top >= y2 or y1 >= bottom:  # most pairs
        return 0.0
    shared = intersection_px2(one, other)
    return shared / min(_area(one), _area(other)) if shared > 0 else 0.0


def meets(one: Box, other: Box) -> bool:
    """Whether two boxes share any area."""
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def is_loose(box: Box, inside: Box) -> bool:
    """Whether a box is so much larger than another that meeting it says nothing."""
    return _area(box) >= LOOSE * _area(inside)


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def grown(box: Box, by: float) -> Box:
    """The box with a margin, as a share of the picture."""
    return box[0] - by, box[1] - by, box[2] + by, box[3] + by


def around(boxes: Sequence[Box]) -> Box:
    """The box around all boxes."""
    left, top, right, bottom = zip(*boxes, strict=True)
    return min(left), min(top), max(right), max(bottom)


def height_at(line: Sequence[Point], x: float) -> float | None:
    """The y of a line from left to right at x, held level beyond its ends; None for no line."""
    if not line:
        return None
    if x <= line[0][0]:
        return line[0][1]
    after = bisect_left(line, (x,))  # less than any point at this x
    if after >= len(line):
        return line[-1][1]
    (x1, y1), (x2, y2) = line[after - 1], line[after]
    return y1 if x2 <= x1 else y1 + (y2 - y1) * (x - x1) / (x2 - x1)


def slope(times_s: Sequence[float], values: Sequence[float]) -> float:
    """Theil-Sen: the median of the slopes of all pairs, a second; 0 with fewer than two times."""
    looks = zip(times_s, values, strict=True)
    slopes = [(later - earlier) / (t2 - t1) for (t1, earlier), (t2, later) in combinations(looks, 2) if t2 > t1]
    return median(slopes) if slopes else 0.0
