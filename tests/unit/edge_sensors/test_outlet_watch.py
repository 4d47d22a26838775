"""A look at an outlet: when it begins and ends, and what it holds meanwhile."""

from __future__ import annotations

import numpy as np

from contract.times import NS
from detectors.fold import LookSooner
from edge.capture.types import Frame
from edge.inference.outlet import LONGEST_PX, MOST_FRAMES
from edge.sensors.outlet import FRAMES_WITHIN_S, NO_PICTURE, OutletPlace, OutletWatch

BEGIN_NS = 1_790_000_000 * NS
PLACE = OutletPlace(
    camera="cam-1", polygon_px=((100.0, 50.0), (500.0, 50.0), (300.0, 400.0)), frame_px=(640, 480), look_s=30.0
)


def watch(asked: list[int], place: OutletPlace = PLACE) -> OutletWatch:
    return OutletWatch(place, full_decode=lambda _camera, until_ns: asked.append(until_ns))


def frame(after_s: float, *, device: str = "cam-1", size_px: tuple[int, int] = (640, 480)) -> Frame:
    image = np.full((size_px[1], size_px[0], 3), 128, np.uint8)
    return Frame(device, BEGIN_NS + round(after_s * NS), image, False)


def test_nothing_is_looked_at_before_it_is_wanted() -> None:
    asked: list[int] = []
    at = watch(asked)
    at.begin_due(BEGIN_NS, 0.0)
    at.take(frame(0))
    assert (at.done(1e9), asked) == (None, [])


def test_a_look_asks_for_all_pictures_and_ends_when_it_is_long_enough() -> None:
    asked: list[int] = []
    at = watch(asked)
    at.want()
    at.begin_due(BEGIN_NS, 0.0)
    assert asked == [BEGIN_NS + round((PLACE.look_s + FRAMES_WITHIN_S) * NS)]
    for number in range(151):
        assert at.done(1.0) is None
        at.take(frame(number / 5))
    look = at.done(1.0)
    assert look is not None
    assert (look.looked.problem, look.looked.device, look.looked.at_ns) == (None, "cam-1", BEGIN_NS)
    assert look.looked.seconds >= PLACE.look_s
    assert look.still is not None
    assert look.still.image_bgr.shape == (480, 640, 3)
    assert at.done(1e9) is None


def test_what_a_look_holds_is_bounded_and_small_whatever_the_camera_sends() -> None:
    at = watch([])
    at.want()
    at.begin_due(BEGIN_NS, 0.0)
    for number in range(3100):
        at.take(frame(number / 100))
    taking = at._taking
    assert taking is not None
    assert len(taking.parts) <= MOST_FRAMES
    assert all(max(part.image_bgr.shape[:2]) <= LONGEST_PX for part in taking.parts)


def test_a_camera_that_shows_nothing_ends_the_look_with_no_picture() -> None:
    at = watch([])
    at.want()
    at.begin_due(BEGIN_NS, 0.0)
    at.take(frame(0, device="cam-2"))
    at.take(frame(1))
    assert at.done(PLACE.look_s) is None
    look = at.done(PLACE.look_s + FRAMES_WITHIN_S)
    assert look is not None
    assert (look.looked.problem, look.looked.at_ns) == (NO_PICTURE, BEGIN_NS)
    assert at.counts["outlet_looks_that_saw_nothing"] == 1


def test_a_polygon_without_a_place_in_the_picture_ends_the_look_with_no_picture() -> None:
    at = watch([], OutletPlace(camera="cam-1", polygon_px=((0.0, 0.0), (4.0, 0.0), (4.0, 4.0)), frame_px=(640, 480)))
    at.want()
    at.begin_due(BEGIN_NS, 0.0)
    for number in range(200):
        at.take(frame(number / 5))
    look = at.done(40.0)
    assert look is not None
    assert look.looked.problem == NO_PICTURE


def test_a_picture_of_another_size_is_looked_at_in_its_own_pixels() -> None:
    at = watch([])
    at.want()
    at.begin_due(BEGIN_NS, 0.0)
    for number in range(156):
        at.take(frame(number / 5, size_px=(320, 240)))
    look = at.done(1.0)
    assert look is not None
    assert look.looked.problem is None


def test_looks_come_each_so_often_until_nobody_asks_any_more() -> None:
    asked: list[int] = []
    at = watch(asked)
    begun = []
    for minute in range(60):
        now_ns = BEGIN_NS + minute * 60 * NS
        if minute < 31:
            at.want(LookSooner(every_s=600.0, until_ns=now_ns + 180 * NS))
        at.begin_due(now_ns, minute * 60.0)
        if at.done(minute * 60.0 + 50) is not None:
            begun.append(minute)
    assert begun == [0, 10, 20, 30]


def test_a_wanted_look_does_not_wait_for_the_next_that_is_due() -> None:
    asked: list[int] = []
    at = watch(asked)
    at.want(LookSooner(every_s=600.0, until_ns=BEGIN_NS + 900 * NS))
    at.begin_due(BEGIN_NS, 0.0)
    at.want()
    at.begin_due(BEGIN_NS, 10.0)
    assert len(asked) == 1  # one at a time
    assert at.done(60.0) is not None
    at.begin_due(BEGIN_NS, 60.0)
    assert len(asked) == 2
