"""How the boxes of vehicles lie to each other: moved or not, in one box, on one ground, come from near."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Sequence

from contract.geometry import BboxPx
from detectors.geometry import area_px2, covered_share, ground_point, iou, overlap

COVERED_SHARE = 0.3
STILL_IOU = 0.7  # parking reference 2.1: a box that overlaps its place this much has not moved
STILL_PX = 3.0  # a far car of 25 px: its edges jump so much and it has not moved either
SAME_GROUND_IOU = 0.6  # who stands so much on a place does not cover it: two vehicles cannot stand on one ground
PART_INSIDE, PART_AREA = 0.8, 0.25  # a box so far inside a place, so large: the part of its vehicle that is not covered
BOTH_INSIDE, BOTH_AREA, EDGE_SHARE = 0.85, 4.0, 0.08
APPROACH_WIDTHS = 6.0  # within one look of 2 s a car that is about to stop drives a few of its lengths
APPROACH_AREA_RATIO = 4.0


def covers(front: BboxPx, place_box: BboxPx) -> bool:
    """Whether a box hides what stands at a place; who stands on the very ground does not hide it."""
    return (
        overlap(front, place_box)
        and covered_share(place_box, front) >= COVERED_SHARE
        and iou(front, place_box) < SAME_GROUND_IOU
    )


def holds_both(box: BboxPx, place_box: BboxPx) -> bool:
    """Whether a box is the place's vehicle and a neighbour in one: around it, and with two of its edges."""
    if not overlap(box, place_box) or covered_share(place_box, box) < BOTH_INSIDE:
        return False
    if iou(box, place_box) >= SAME_GROUND_IOU:
        return False
    near_x = max(STILL_PX, EDGE_SHARE * (place_box[2] - place_box[0]))
    near_y = max(STILL_PX, EDGE_SHARE * (place_box[3] - place_box[1]))
    edges = zip(box, place_box, (near_x, near_y, near_x, near_y), strict=True)
    is_both = sum(abs(edge - other) <= near for edge, other, near in edges) >= 2
    return is_both and area_px2(box) <= BOTH_AREA * area_px2(place_box)


def cuts_off(front: BboxPx, box: BboxPx, place_box: BboxPx) -> bool:
    """Whether what lies in front hides the side of a place that its vehicle's box has lost."""
    left, top, right, bottom = place_box
    lost = (
        (left, top, box[0], bottom),
        (box[2], top, right, bottom),
        (left, top, right, box[1]),
        (left, box[3], right, bottom),
    )
    side = max(lost, key=area_px2)
    return overlap(front, side) and covered_share(side, front) >= COVERED_SHARE


def is_same_ground(one: BboxPx, other: BboxPx) -> bool:
    """Whether a box only grew or shrank where it stands: one lies in the other, and their wheels in one place."""
    (x1, y1), (x2, y2) = ground_point(one), ground_point(other)
    width = max(one[2] - one[0], 1.0)
    if abs(x1 - x2) > width / 3 or abs(y1 - y2) > width / 6:
        return False
    return max(covered_share(one, other), covered_share(other, one)) >= PART_INSIDE


def is_still(anchor: BboxPx, box: BboxPx) -> bool:
    """Whether a vehicle that came to this box has not gone on since."""
    jump_px = max(abs(edge - other) for edge, other in zip(anchor, box, strict=True))
    return jump_px <= STILL_PX or iou(anchor, box) >= STILL_IOU


def is_near(one: BboxPx, other: BboxPx) -> bool:
    """Whether a vehicle of this size may have driven from one box to the other between two looks."""
    reach_px = APPROACH_WIDTHS * max(other[2] - other[0], other[3] - other[1])
    (x1, y1), (x2, y2) = ground_point(one), ground_point(other)
    alike = 1 / APPROACH_AREA_RATIO <= area_px2(one) / max(area_px2(other), 1.0) <= APPROACH_AREA_RATIO
    return alike and abs(x1 - x2) <= reach_px and abs(y1 - y2) <= reach_px


def around(boxes: Sequence[BboxPx]) -> BboxPx:
    """The box around all."""
    left, top, right, bottom = zip(*boxes, strict=True)
    return (min(left), min(top), max(right), max(bottom))


def meeting(box: BboxPx, others: Sequence[BboxPx]) -> list[int]:
    """Which of the others, given from left to right, overlap a box; every place asks it of every vehicle."""
    left, top, right, bottom = box
    begun = others[: bisect(others, (right,))]
    return [n for n, (_, y1, x2, y2) in enumerate(begun) if left < x2 and y1 < bottom and top < y2]
