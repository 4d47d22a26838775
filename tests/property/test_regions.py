"""Where a camera looks: any zones, any picture, any input, any number of looks."""

from __future__ import annotations

from itertools import pairwise
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from contract.geometry import PolygonPx
from edge.inference.regions import Need, Window, need_of, plan
from models.letterbox import fitted_size, padded

frames = st.sampled_from([(1920, 1080), (1280, 720), (2560, 1440), (1920, 1088), (1080, 1920), (721, 960), (704, 576)])
inputs = st.sampled_from([320, 416, 640, 960])


@st.composite
def polygons(draw: st.DrawFn, frame_px: tuple[int, int]) -> PolygonPx:
    width, height = frame_px
    xs = draw(st.lists(st.floats(0, 1), min_size=2, max_size=2, unique=True).map(sorted))
    ys = draw(st.lists(st.floats(0, 1), min_size=2, max_size=2, unique=True).map(sorted))
    (left, right), (top, bottom) = [x * width for x in xs], [y * height for y in ys]
    return draw(
        st.sampled_from(
            [
                ((left, top), (right, top), (right, bottom), (left, bottom)),
                ((left, bottom), (right, bottom), (right, top)),
            ]
        )
    )


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[PolygonPx], tuple[int, int], int, int]:
    frame_px = draw(frames)
    zones = draw(st.lists(polygons(frame_px), min_size=1, max_size=7))
    return zones, frame_px, draw(inputs), draw(st.integers(1, 6))


def holds(window: Window, box: tuple[float, float, float, float]) -> bool:
    return window[0] <= box[0] and window[1] <= box[1] and window[2] >= box[2] and window[3] >= box[3]


def is_covered(need: Need, windows: list[Window]) -> bool:
    """Whether every pixel of the need is in some window: every cell between the windows' borders."""
    xs = sorted({need.left, need.right, *(x for w in windows for x in (w[0], w[2]) if need.left < x < need.right)})
    ys = sorted({need.top, need.bottom, *(y for w in windows for y in (w[1], w[3]) if need.top < y < need.bottom)})
    cells = [(x1, y1, x2, y2) for x1, x2 in pairwise(xs) for y1, y2 in pairwise(ys)]
    return all(any(holds(window, cell) for window in windows) for cell in cells)


@given(cases())
@settings(max_examples=300, deadline=None)
def test_every_zone_and_its_margin_lie_in_at_most_so_many_windows_inside_the_picture(
    case: tuple[list[PolygonPx], tuple[int, int], int, int],
) -> None:
    zones, frame_px, input_px, tiles_max = case
    windows = plan(zones, frame_px=frame_px, input_px=input_px, tiles_max=tiles_max)
    assert 1 <= len(windows) <= tiles_max
    assert all(
        holds((0, 0, *frame_px), window) and window[0] < window[2] and window[1] < window[3] for window in windows
    )
    assert all(is_covered(need_of(zone, frame_px), windows) for zone in zones)


@given(cases(), st.data())
@settings(max_examples=300, deadline=None)
def test_a_vehicle_that_stands_in_a_zone_is_whole_in_one_window(
    case: tuple[list[PolygonPx], tuple[int, int], int, int], data: st.DataObject
) -> None:
    zones, frame_px, input_px, tiles_max = case
    windows = plan(zones, frame_px=frame_px, input_px=input_px, tiles_max=tiles_max)
    zone = data.draw(st.sampled_from(zones))
    weights = [data.draw(st.floats(0.01, 1)) for _ in zone]
    x = sum(w * p[0] for w, p in zip(weights, zone, strict=True)) / sum(weights)
    y = sum(w * p[1] for w, p in zip(weights, zone, strict=True)) / sum(weights)
    length = 0.06 * frame_px[1] + 0.3 * y
    box = (max(0, x - length / 2), max(0, y - length), min(frame_px[0], x + length / 2), y)
    assert any(holds(window, box) for window in windows)


@given(cases())
@settings(max_examples=200, deadline=None)
def test_no_window_is_enlarged_and_none_costs_more_than_the_whole_picture(
    case: tuple[list[PolygonPx], tuple[int, int], int, int],
) -> None:
    zones, frame_px, input_px, tiles_max = case
    whole = fitted_size((frame_px[1], frame_px[0]), input_px)
    for left, top, right, bottom in plan(zones, frame_px=frame_px, input_px=input_px, tiles_max=tiles_max):
        part = fitted_size((bottom - top, right - left), input_px)
        assert (padded(part[0]), padded(part[1])) <= (padded(whole[0]), padded(whole[1]))
        assert padded(part[0]) * padded(part[1]) <= padded(whole[0]) * padded(whole[1])
        assert max(right - left, bottom - top) >= min(input_px, max(frame_px))


@given(cases(), st.randoms())
@settings(max_examples=100, deadline=None)
def test_the_order_of_the_zones_changes_nothing(
    case: tuple[list[PolygonPx], tuple[int, int], int, int], draw: Random
) -> None:
    zones, frame_px, input_px, tiles_max = case
    shuffled = list(zones)
    draw.shuffle(shuffled)
    planned = plan(zones, frame_px=frame_px, input_px=input_px, tiles_max=tiles_max)
    assert plan(shuffled, frame_px=frame_px, input_px=input_px, tiles_max=tiles_max) == planned
