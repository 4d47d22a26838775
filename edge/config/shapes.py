"""Is a polygon one that a picture can hold: enough points, all inside, no side that crosses another."""

from __future__ import annotations

from itertools import combinations

from contract.geometry import PolygonPx

Point = tuple[float, float]
ASPECT_TOLERANCE = 0.02


def is_same_shape(one: tuple[int, int], other: tuple[int, int] | None) -> bool:
    """Whether a polygon drawn on one picture fits onto the other; one of unknown size (None) fits."""
    if other is None:
        return True
    return abs(one[0] * other[1] / (one[1] * other[0]) - 1) <= ASPECT_TOLERANCE


def polygon_problem(polygon: PolygonPx, frame_px: tuple[int, int]) -> str | None:
    """What is wrong with a polygon in a picture of `frame_px` (width, height), in words; None: nothing."""
    if len(polygon) < 3:
        return f"{len(polygon)} point(s), expected at least 3"
    width, height = frame_px
    for index, (x, y) in enumerate(polygon):
        if not (0 <= x <= width and 0 <= y <= height):
            return f"point {index} at ({x:g}, {y:g}) is outside the picture of {width}x{height}"
    sides = list(zip(polygon, polygon[1:] + polygon[:1], strict=True))
    if len(set(polygon)) < len(polygon):
        return "the same point stands twice"
    for (i, one), (k, other) in combinations(enumerate(sides), 2):
        are_neighbours = k - i == 1 or (i == 0 and k == len(sides) - 1)
        if not are_neighbours and _cross(*one, *other):
            return f"the side from point {i} crosses the side from point {k}"
    doubled_area = sum(a[0] * b[1] - b[0] * a[1] for a, b in sides)
    return "encloses no area" if abs(doubled_area) < 2 else None


def _cross(a: Point, b: Point, c: Point, d: Point) -> bool:
    """Whether the closed segments a-b and c-d share a point."""
    sides = (_turn(a, b, c), _turn(a, b, d), _turn(c, d, a), _turn(c, d, b))
    if sides[0] != sides[1] and sides[2] != sides[3]:
        return True
    on = ((sides[0], a, b, c), (sides[1], a, b, d), (sides[2], c, d, a), (sides[3], c, d, b))
    return any(turn == 0 and _is_between(p, q, r) for turn, p, q, r in on)


def _turn(a: Point, b: Point, c: Point) -> int:
    area = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
    return (area > 0) - (area < 0)


def _is_between(a: Point, b: Point, c: Point) -> bool:
    return min(a[0], b[0]) <= c[0] <= max(a[0], b[0]) and min(a[1], b[1]) <= c[1] <= max(a[1], b[1])
