"""A plane homography from picture to ground, by least squares; plain floats: every machine computes the same."""

from __future__ import annotations

from collections.abc import Sequence
from math import hypot

Point = tuple[float, float]
Homography = tuple[float, float, float, float, float, float, float, float]


def homography(image_px: Sequence[Point], metres: Sequence[Point]) -> Homography:
    """The map of at least four pairs; raises ValueError for other counts and for points on one line."""
    if len(image_px) != len(metres) or len(image_px) < 4:
        raise ValueError(f"{len(image_px)} image point(s) and {len(metres)} ground point(s), expected 4 or more pairs")
    scale = max(max(abs(x), abs(y)) for x, y in image_px) or 1.0
    rows: list[list[float]] = []
    for (x, y), (east, north) in zip(image_px, metres, strict=True):
        u, v = x / scale, y / scale
        rows.append([u, v, 1.0, 0.0, 0.0, 0.0, -u * east, -v * east, east])
        rows.append([0.0, 0.0, 0.0, u, v, 1.0, -u * north, -v * north, north])
    normal = [[sum(row[i] * row[j] for row in rows) for j in range(9)] for i in range(8)]
    a, b, c, d, e, f, g, h = _solved(normal)
    return (a / scale, b / scale, c, d / scale, e / scale, f, g / scale, h / scale)


def on_ground(of: Homography, point: Point) -> Point:
    """Where a picture point lies in metres; raises ValueError for one on the horizon."""
    x, y = point
    depth = of[6] * x + of[7] * y + 1.0
    if abs(depth) < 1e-9:
        raise ValueError(f"point ({x:g}, {y:g}) is on the horizon")
    return ((of[0] * x + of[1] * y + of[2]) / depth, (of[3] * x + of[4] * y + of[5]) / depth)


def metres_apart(of: Homography, one: Point, other: Point) -> float:
    """The distance on the ground between two picture points, m."""
    (x1, y1), (x2, y2) = on_ground(of, one), on_ground(of, other)
    return hypot(x1 - x2, y1 - y2)


def metres_moved(image_px: Sequence[Point], metres: Sequence[Point], one: Point, other: Point) -> float | None:
    """The distance between two picture points by the given pairs, m; None where these or the points tell none."""
    try:
        return metres_apart(homography(image_px, metres), one, other)
    except ValueError:
        return None


def _solved(rows: list[list[float]]) -> list[float]:
    """Gauss with the largest pivot; each row holds its right side last."""
    size = len(rows)
    for column in range(size):
        pivot = max(range(column, size), key=lambda row: abs(rows[row][column]))
        if abs(rows[pivot][column]) < 1e-12:
            raise ValueError("the points lie on one line or twice in one place")
        rows[column], rows[pivot] = rows[pivot], rows[column]
        for row in range(size):
            if row != column:
                factor = rows[row][column] / rows[column][column]
                rows[row] = [a - factor * b for a, b in zip(rows[row], rows[column], strict=True)]
    return [rows[row][size] / rows[row][row] for row in range(size)]
