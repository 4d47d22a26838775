"""Which polygons a picture can hold."""

from __future__ import annotations

import pytest

from contract.geometry import PolygonPx
from edge.config.shapes import polygon_problem

FRAME = (100, 80)


@pytest.mark.parametrize(
    "polygon",
    [
        ((0, 0), (100, 0), (100, 80), (0, 80)),
        ((0, 0), (50, 40), (100, 0), (50, 80)),
        ((10, 10), (20, 10), (30, 10), (30, 20)),
    ],
)
def test_plain_and_dented_polygons_pass(polygon: PolygonPx) -> None:
    assert polygon_problem(polygon, FRAME) is None


@pytest.mark.parametrize(
    ("polygon", "words"),
    [
        (((0, 0), (1, 1)), "2 point(s)"),
        (((0, 0), (10, 10), (20, 20)), "no area"),
        (((0, 0), (10, 10), (10, 0), (0, 10)), "from point 0 crosses the side from point 2"),
        (((0, 0), (20, 0), (20, 20), (10, 0), (0, 20)), "crosses"),
        (((0, 0), (10, 0), (10, 10), (0, 0)), "twice"),
        (((0, 0), (10, -1), (10, 10)), "point 1 at (10, -1) is outside the picture of 100x80"),
    ],
)
def test_other_polygons_are_told_what_is_wrong(polygon: PolygonPx, words: str) -> None:
    assert words in str(polygon_problem(polygon, FRAME))
