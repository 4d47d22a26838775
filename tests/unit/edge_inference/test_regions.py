"""Which windows a camera's zones get."""

from __future__ import annotations

from contract.geometry import PolygonPx
from edge.inference.regions import plan

FRAME_PX = (1920, 1080)
WHOLE = (0, 0, 1920, 1080)


def zone(left: float, top: float, width: float, height: float) -> PolygonPx:
    return ((left, top), (left + width, top), (left + width, top + height), (left, top + height))


def windows(*zones: PolygonPx, tiles_max: int = 1, input_px: int = 640) -> list[tuple[int, int, int, int]]:
    return plan(zones, frame_px=FRAME_PX, input_px=input_px, tiles_max=tiles_max)


def test_without_a_zone_the_whole_picture_is_looked_at() -> None:
    assert windows(tiles_max=4) == [WHOLE]


def test_a_small_far_zone_is_looked_at_pixel_by_pixel_with_its_surroundings() -> None:
    ((left, top, right, bottom),) = windows(zone(900, 200, 60, 30))
    assert (right - left, bottom - top) == (640, 360)
    assert (left < 700, top < 60, right > 1160, bottom > 330) == (True,) * 4


def test_a_near_zone_whose_vehicles_are_large_anyhow_is_seen_with_more_around_it() -> None:
    ((far_left, _, far_right, _),) = windows(zone(900, 200, 60, 30))
    ((left, _, right, _),) = windows(zone(900, 700, 60, 30))
    assert right - left > 1.5 * (far_right - far_left)


def test_a_zone_across_the_picture_is_the_whole_picture_at_one_look_and_two_overlapping_halves_at_two() -> None:
    kerb = zone(0, 300, 1919, 100)
    assert windows(kerb) == [WHOLE]
    left, right = windows(kerb, tiles_max=2)
    assert (left[0], right[2]) == (0, 1920)
    assert left[2] - right[0] >= 0.06 * 1080 + 0.3 * 400


def test_zones_that_are_neighbours_share_a_window_and_far_ones_get_their_own() -> None:
    near = (zone(300, 250, 60, 30), zone(420, 250, 60, 30))
    assert len(windows(*near, tiles_max=4)) == 1
    assert len(windows(near[0], zone(1600, 250, 60, 30), tiles_max=4)) == 2


def test_with_fewer_looks_than_zones_the_nearest_zones_share_one() -> None:
    left, right = windows(zone(100, 250, 60, 30), zone(1500, 250, 60, 30), zone(1700, 260, 60, 30), tiles_max=2)
    assert (left[0], left[2] < 900, right[0] > 900, right[2]) == (0, True, True, 1920)


def test_where_the_input_is_as_large_as_the_picture_nothing_is_to_win() -> None:
    assert windows(zone(900, 200, 60, 30), input_px=1920, tiles_max=4) == [WHOLE]


def test_the_whole_picture_as_a_zone_costs_one_look_however_many_are_allowed_when_vehicles_are_near() -> None:
    assert windows(zone(0, 900, 1919, 150), tiles_max=1) == [WHOLE]
