"""Detections of overlapping windows become those of one picture."""

from __future__ import annotations

from contract.geometry import BboxPx
from contract.observations import Detection
from edge.inference.joining import join
from edge.inference.regions import Window

FRAME_PX = (1000, 500)
LEFT: Window = (0, 0, 600, 300)
RIGHT: Window = (400, 0, 1000, 300)


def seen(window: Window, box: BboxPx, *, score: float = 0.8, label: str = "car") -> Detection:
    """A box of the picture, as it is found in a window: cut by its borders, in its own pixels."""
    left, top = max(box[0], window[0]) - window[0], max(box[1], window[1]) - window[1]
    right, bottom = min(box[2], window[2]) - window[0], min(box[3], window[3]) - window[1]
    return Detection(bbox_xyxy_px=(left, top, right, bottom), score=score, label=label)


def joined(left: list[Detection], right: list[Detection]) -> list[Detection]:
    return join([(LEFT, left), (RIGHT, right)], frame_px=FRAME_PX)


def boxes(found: list[Detection]) -> list[BboxPx]:
    return [one.bbox_xyxy_px for one in found]


def test_boxes_of_a_window_are_told_in_pixels_of_the_picture() -> None:
    assert boxes(joined([], [seen(RIGHT, (700, 50, 760, 90))])) == [(700, 50, 760, 90)]


def test_a_car_seen_by_two_windows_is_one_car_the_surer_one() -> None:
    car = (450.0, 50.0, 520.0, 90.0)
    nearly = (452.0, 51.0, 519.0, 90.0)
    found = joined([seen(LEFT, car, score=0.6)], [seen(RIGHT, nearly, score=0.7)])
    assert [(one.bbox_xyxy_px, one.score) for one in found] == [(nearly, 0.7)]


def test_a_box_cut_by_its_window_gives_way_to_the_whole_one_although_it_is_surer() -> None:
    car = (320.0, 50.0, 450.0, 90.0)
    found = joined([seen(LEFT, car, score=0.5)], [seen(RIGHT, car, score=0.9)])
    assert [(one.bbox_xyxy_px, one.score) for one in found] == [(car, 0.5)]


def test_a_bus_that_both_windows_cut_is_one_bus() -> None:
    bus = (300.0, 50.0, 720.0, 180.0)
    found = joined([seen(LEFT, bus, label="bus", score=0.7)], [seen(RIGHT, bus, label="bus", score=0.6)])
    assert [(one.bbox_xyxy_px, one.score) for one in found] == [(bus, 0.7)]


def test_a_van_called_car_by_one_window_and_truck_by_the_other_is_one_vehicle() -> None:
    van = (450.0, 50.0, 520.0, 90.0)
    assert len(joined([seen(LEFT, van)], [seen(RIGHT, van, label="truck")])) == 1


def test_a_rider_is_not_the_motorcycle() -> None:
    rider, cycle = (450.0, 45.0, 480.0, 100.0), (448.0, 55.0, 482.0, 106.0)
    found = joined([seen(LEFT, rider, label="person")], [seen(RIGHT, cycle, label="motorcycle")])
    assert len(found) == 2


def test_two_cars_side_by_side_in_the_overlap_stay_two() -> None:
    one, other = (430.0, 50.0, 490.0, 90.0), (500.0, 50.0, 560.0, 90.0)
    found = joined([seen(LEFT, one), seen(LEFT, other)], [seen(RIGHT, one), seen(RIGHT, other)])
    assert sorted(boxes(found)) == [one, other]


def test_two_cars_one_behind_the_other_each_found_by_one_window_stay_two() -> None:
    one, other = (430.0, 50.0, 500.0, 90.0), (470.0, 50.0, 540.0, 90.0)
    assert len(joined([seen(LEFT, one)], [seen(RIGHT, other)])) == 2


def test_a_car_of_the_left_window_and_another_of_the_right_one_stay_two_although_they_touch() -> None:
    one, other = (300.0, 50.0, 404.0, 90.0), (398.0, 50.0, 470.0, 90.0)
    assert len(joined([seen(LEFT, one), seen(LEFT, other)], [seen(RIGHT, other)])) == 2


def test_the_picture_s_own_border_cuts_nothing() -> None:
    car, nearly = (0.0, 50.0, 80.0, 90.0), (0.0, 50.0, 84.0, 90.0)
    whole: Window = (0, 0, *FRAME_PX)
    found = join([(whole, [seen(whole, car, score=0.9)]), (LEFT, [seen(LEFT, nearly, score=0.5)])], frame_px=FRAME_PX)
    assert [(one.bbox_xyxy_px, one.score) for one in found] == [(car, 0.9)]


def test_the_surest_comes_first() -> None:
    found = joined([seen(LEFT, (10, 10, 60, 40), score=0.4)], [seen(RIGHT, (800, 10, 860, 40), score=0.9)])
    assert [one.score for one in found] == [0.9, 0.4]
