"""Which parts of a picture are looked at, out of its zones alone: windows of the picture's own shape around them.

Every window costs as much as the whole picture at the same input size: so `tiles_max` bounds the cost, and all windows
of a camera have one input shape. No window is finer than the picture itself, or than its vehicles need.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import ceil, floor, hypot

from contract.geometry import PolygonPx

Window = tuple[int, int, int, int]

# The length of a standing vehicle, across or upwards, as a share of the picture's height, by where it stands: covers
# 97 % of 6266 labelled vehicles of 16 street cameras in both directions (98 % of 1613 of 4 others).
VEHICLE_AT_TOP = 0.06
VEHICLE_PER_Y = 0.3
# How much of a vehicle's length is looked at around a zone: a whole one upwards; half of one to each side for one that
# stands on the border and as much for one that creeps or comes; a little below, so that no wheel is cut.
ASIDE, ABOVE, BELOW = 1.0, 1.0, 0.5
LARGE_ENOUGH_PX = 160  # that long a vehicle in the network's input: what a window shows finer it need not show
WHOLE_FROM = 0.8  # a window of more than this share of the picture's sides gains too little for what it leaves out
WORTH = 1.25  # another look must show a zone this much larger, or it is not taken


@dataclass(frozen=True, slots=True)
class Need:
    """What must be seen: a rectangle of whole pixels; how long vehicles at its near and at its far end may be."""

    left: int
    top: int
    right: int
    bottom: int
    near_px: int
    far_px: int

    def with_other(self, other: Need) -> Need:
        """The rectangle around both."""
        return Need(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
            max(self.near_px, other.near_px),
            min(self.far_px, other.far_px),
        )


@dataclass(frozen=True, slots=True)
class Grid:
    """A need cut into `columns` x `rows` windows of one size, the picture's shape."""

    need: Need
    window_px: tuple[int, int]
    columns: int = 1
    rows: int = 1

    @property
    def tiles(self) -> int:
        """How many looks it costs."""
        return self.columns * self.rows

    @property
    def coarseness(self) -> int:
        """The larger a window, the smaller is what it shows."""
        return max(self.window_px)


@dataclass(frozen=True, slots=True)
class View:
    """The picture that windows are cut from, and the long side of what the network takes."""

    frame_px: tuple[int, int]
    input_px: int

    def grid(self, need: Need, columns: int = 1, rows: int = 1) -> Grid:
        """A need cut so; neighbours overlap by a vehicle's length, so that each vehicle is whole in one of them."""
        width = _cut(need.right - need.left, columns, need.near_px)
        height = _cut(need.bottom - need.top, rows, need.near_px)
        least = max(self.input_px, self.input_px * need.far_px // LARGE_ENOUGH_PX)
        return Grid(need, self.window(width, height, least), columns, rows)

    def window(self, width: int, height: int, least: int) -> tuple[int, int]:
        """The smallest window of the picture's shape that holds a rectangle and is `least` long at its long side.

        Its short side is rounded down: no window may need a larger input than the whole picture.
        """
        frame_width, frame_height = self.frame_px
        if frame_width < frame_height:
            down, across = View((frame_height, frame_width), self.input_px).window(height, width, least)
            return across, down
        across = max(least, width, ceil(height * frame_width / frame_height))
        if across >= WHOLE_FROM * frame_width:
            return self.frame_px
        return across, floor(across * frame_height / frame_width)


def plan(polygons: Sequence[PolygonPx], *, frame_px: tuple[int, int], input_px: int, tiles_max: int) -> list[Window]:
    """At most `tiles_max` windows (left, top, right, bottom) in whole pixels that show each polygon and its margin.

    Polygons in pixels of the frame, in any order. A vehicle that stands in a zone is whole in one window at least. No
    polygon, or nothing to win: the whole picture. The same arguments give the same windows.
    """
    if not polygons:
        return [(0, 0, *frame_px)]
    view = View(frame_px, input_px)
    needs = sorted((need_of(p, frame_px) for p in polygons), key=lambda n: (n.left, n.top, n.right, n.bottom))
    grids = _refined(_grouped(needs, view, tiles_max), view, tiles_max)
    return sorted({window for grid in grids for window in _windows(grid, frame_px)})


def need_of(polygon: PolygonPx, frame_px: tuple[int, int]) -> Need:
    """The rectangle in which vehicles appear whose wheels stand in the polygon, clipped to the picture."""
    width, height = frame_px
    margins = [(x, y, VEHICLE_AT_TOP * height + VEHICLE_PER_Y * y) for x, y in polygon]
    return Need(
        max(0, floor(min(x - ASIDE * length for x, _, length in margins))),
        max(0, floor(min(y - ABOVE * length for _, y, length in margins))),
        min(width, ceil(max(x + ASIDE * length for x, _, length in margins))),
        min(height, ceil(max(y + BELOW * length for _, y, length in margins))),
        ceil(max(length for _, _, length in margins)),
        ceil(min(length for _, _, length in margins)),
    )


def _grouped(needs: Iterable[Need], view: View, tiles_max: int) -> list[Need]:
    """Needs that share a window: no more groups than looks, and fewer where a common window shows nearly as much."""
    groups: list[Need] = []
    for need in needs:
        groups.append(need)
        if len(groups) > tiles_max:
            groups = _with_pair_joined(groups, *_nearest_pair(groups, view))
    while len(groups) > 1:
        one, other = _nearest_pair(groups, view)
        finest = min(view.grid(one).coarseness, view.grid(other).coarseness)
        if view.grid(one.with_other(other)).coarseness > WORTH * finest:
            break
        groups = _with_pair_joined(groups, one, other)
    return groups


def _nearest_pair(groups: Sequence[Need], view: View) -> tuple[Need, Need]:
    """The two whose common window is finest; of equals those that lie nearest."""

    def cost(pair: tuple[Need, Need]) -> tuple[int, float]:
        one, other = pair
        apart = hypot(one.left + one.right - other.left - other.right, one.top + one.bottom - other.top - other.bottom)
        return view.grid(one.with_other(other)).coarseness, apart

    return min(combinations(groups, 2), key=cost)


def _with_pair_joined(groups: Sequence[Need], one: Need, other: Need) -> list[Need]:
    return [*(group for group in groups if group is not one and group is not other), one.with_other(other)]


def _refined(groups: Sequence[Need], view: View, tiles_max: int) -> list[Grid]:
    """The looks that are left over go to the groups that are seen most coarsely, where it is worth it."""
    grids = [view.grid(need) for need in groups]
    while True:
        left = tiles_max - sum(grid.tiles for grid in grids)
        finer = [(at, found) for at, grid in enumerate(grids) if (found := _finer(grid, view, grid.tiles + left))]
        if not finer:
            return grids
        at, found = max(finer, key=lambda pair: grids[pair[0]].coarseness)
        grids[at] = found


def _finer(grid: Grid, view: View, tiles_max: int) -> Grid | None:
    """The cheapest grid of the same need that shows it WORTH times larger; None where there is none."""
    cuts = (
        view.grid(grid.need, columns, rows)
        for columns in range(1, tiles_max + 1)
        for rows in range(1, tiles_max // columns + 1)
    )
    worth_it = [cut for cut in cuts if cut.coarseness * WORTH <= grid.coarseness]
    return min(worth_it, key=lambda cut: (cut.tiles, cut.coarseness), default=None)


def _cut(length: int, count: int, overlap: int) -> int:
    """How long each of `count` pieces of a length is; one pixel more than the overlap, which rounding may take."""
    return length if count == 1 else max(overlap, ceil((length + (count - 1) * (overlap + 1)) / count))


def _windows(grid: Grid, frame_px: tuple[int, int]) -> Iterator[Window]:
    (across, down), need = grid.window_px, grid.need
    for left in _places(need.left, need.right, across, grid.columns, frame_px[0]):
        for top in _places(need.top, need.bottom, down, grid.rows, frame_px[1]):
            yield left, top, left + across, top + down


def _places(start: int, end: int, length: int, count: int, limit: int) -> list[int]:
    """Where `count` windows of a length begin, spread evenly over a stretch, its middle in theirs, inside the limit."""
    first, last = (start, end - length) if end - start > length else ((start + end - length) / 2,) * 2
    steps = [first + (last - first) * index / max(count - 1, 1) for index in range(count)]
    return [min(max(0, round(step)), limit - length) for step in steps]
