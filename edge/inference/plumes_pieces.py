"""How high a plume goes of which only a piece differs from its background, as its pieces above tell.

Smoke that is brighter than the ground and darker than the sky differs from neither in between, and young smoke rises
in puffs: the patch that a detector's box lies on may be the lowest of them.
"""

from __future__ import annotations

from math import sqrt

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.inference.plumes_reference import BoxPx

PIECE_LEAST_PX = 12
APART = 0.6  # of a piece's size, upward and to the sides, to the next one above
APART_MOST_PX = 24
ABOVE = 3.0  # of the veil's height: how far over it pieces are looked for
BESIDE = 2.0  # of the veil's size: smoke leans with the wind

Bools = NDArray[np.bool_]


def above(veil: BoxPx, size_px: tuple[int, int]) -> BoxPx:
    """The window in which pieces over a veil are looked for; pixels."""
    left, top, right, bottom = veil
    width, height = right - left, bottom - top
    to_sides = APART_MOST_PX + round(BESIDE * max(width, height))
    highest = max(0, top - APART_MOST_PX - round(ABOVE * height))
    return max(0, left - to_sides), highest, min(size_px[0], right + to_sides), bottom


def top_of(changed: Bools, veil: BoxPx) -> int:
    """The first row of what goes on above a veil, each piece near the one below it; both in pixels of one window."""
    left, top, right, bottom = veil
    count, labels, stats, _ = cv2.connectedComponentsWithStats(changed.astype(np.uint8), connectivity=8)
    own = np.zeros(count, bool)
    own[np.unique(labels[top:bottom, left:right])] = True
    lefts, tops, widths, heights, areas = (stats[:, column].astype(int) for column in range(5))
    is_piece = areas >= PIECE_LEAST_PX
    is_piece[0] = False
    own &= is_piece
    waiting = list(np.flatnonzero(own))
    while waiting:
        at = waiting.pop()
        apart = min(APART_MOST_PX, round(APART * sqrt(widths[at] * heights[at])))
        is_beside = (lefts <= lefts[at] + widths[at] + apart) & (lefts + widths >= lefts[at] - apart)
        is_above = (tops < tops[at]) & (tops + heights >= tops[at] - apart)
        found = is_piece & ~own & is_beside & is_above
        own |= found
        waiting += list(np.flatnonzero(found))
    return int(min([top, *tops[own]]))
