"""Plane geometry of boxes and polygons in pixels; plain floats, so that every machine computes the same."""

from __future__ import annotations

from collections.abc import Sequence

from contract.geometry import BboxPx, PolygonPx

CONTACT_HEIGHT = 0.15
CONTACT_POINTS = (0.1, 0.3, 0.5, 0.7, 0.9)


def area_px2(box: BboxPx) -> float:
    """The area of a box; 0 for one that is empty or inside out."""
    return max(0.0, box[2] - box[0]) * max(0.0, box[3] - box[1])


def intersection_px2(a: BboxPx, b: BboxPx) -> float:
    """The area that two boxes share."""
    return area_px2((max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3])))


def iou(a: BboxPx, b: BboxPx) -> float:
    """Intersection over union, 0..1."""
    (left, top, right, bottom), (x1, y1, x2, y2) = a, b
    # Conditional expressions: min and max would double the cost of the call that the parking rule makes most.
    width = (right if right < x2 else x2) - (left if left > x1 else x1)  # noqa: FURB136
    height = (bottom if bottom < y2 else y2) - (top if top > y1 else y1)  # noqa: FURB136
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    return shared / ((right - left) * (bottom - top) + (x2 - x1) * (y2 - y1) - shared)


def covered_share(box: BboxPx, by: BboxPx) -> float:
    """How much of `box` lies under `by`, 0..1."""
    own = area_px2(box)
    return intersection_px2(box, by) / own if own > 0 else 0.0


def corners(box: BboxPx) -> PolygonPx:
    """A box as a polygon, from the top-left corner clockwise."""
    left, top, right, bottom = box
    return ((left, top), (right, top), (right, bottom), (left, bottom))


def median_box(boxes: Sequence[BboxPx]) -> BboxPx:
    """The median of each edge: one jumping box does not move a standing car."""
    half = len(boxes) // 2
    left, top, right, bottom = map(sorted, zip(*boxes, strict=True))
    if len(boxes) % 2:
        return (left[half], top[half], right[half], bottom[half])
    return (
        (left[half - 1] + left[half]) / 2,
        (top[half - 1] + top[half]) / 2,
        (right[half - 1] + right[half]) / 2,
        (bottom[half - 1] + bottom[half]) / 2,
    )


def overlap(a: BboxPx, b: BboxPx) -> bool:
    """Whether two boxes share any area: cheap, to ask before the dear questions."""
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def contact_share(polygon: PolygonPx, box: BboxPx) -> float:
    """How much of the ground contact, the lowest 15 % of the box, lies in the polygon; by five points across it."""
    y = box[3] - CONTACT_HEIGHT / 2 * (box[3] - box[1])
    width = box[2] - box[0]
    return sum(contains(polygon, (box[0] + share * width, y)) for share in CONTACT_POINTS) / len(CONTACT_POINTS)


def ground_point(box: BboxPx) -> tuple[float, float]:
    """Where the object meets the ground: bottom centre, so that a tall vehicle leaning over the line is not inside."""
    return ((box[0] + box[2]) / 2, box[3])


def contact_point(box: BboxPx) -> tuple[float, float]:
    """The middle of the ground contact: also of a box that the picture's lower edge cuts it lies in the picture."""
    return ((box[0] + box[2]) / 2, box[3] - CONTACT_HEIGHT / 2 * (box[3] - box[1]))


def contains(polygon: PolygonPx, point: tuple[float, float]) -> bool:
    """Whether the point lies inside the polygon (even-odd rule)."""
    x, y = point
    inside = False
    for (x1, y1), (x2, y2) in zip(polygon, (*polygon[1:], polygon[0]), strict=True):
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            inside = not inside
    return inside


def scaled(polygon: PolygonPx, *, drawn_on: tuple[int, int], onto: tuple[int, int]) -> PolygonPx:
    """A polygon drawn on a picture of one size, in pixels of another size."""
    if drawn_on == onto:
        return polygon
    kx, ky = onto[0] / drawn_on[0], onto[1] / drawn_on[1]
    return tuple((x * kx, y * ky) for x, y in polygon)
