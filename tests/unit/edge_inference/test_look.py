"""Frames are looked at by windows, and what is found is told in pixels of the whole frame."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from contract.events import Clock
from contract.observations import Detection
from edge.capture.types import Frame, Image
from edge.inference.look import Looker
from edge.inference.regions import Window
from tests.integration.edge_replay.street import RedBoxes


class Counting(RedBoxes):
    """Sees red boxes; remembers the sizes of what it was shown, run by run."""

    def __init__(self) -> None:
        self.runs: list[list[tuple[int, int]]] = []

    def detect(self, frames_bgr: Sequence[Image], /) -> list[list[Detection]]:
        self.runs.append([(image.shape[1], image.shape[0]) for image in frames_bgr])
        return super().detect(frames_bgr)


WINDOWS: dict[str, tuple[Window, ...]] = {
    "cam-1": ((0, 0, 160, 90), (120, 0, 280, 90)),
    "cam-2": ((40, 30, 200, 120),),
    "cam-3": ((0, 0, 320, 180),),
}


def windows(device: str, frame_px: tuple[int, int]) -> Sequence[Window]:
    assert frame_px == (320, 180)
    return WINDOWS[device]


def frame(device: str, *cars: tuple[int, int]) -> Frame:
    image = np.full((180, 320, 3), 90, np.uint8)
    for x, y in cars:
        image[y : y + 20, x : x + 30] = (30, 30, 230)
    return Frame(device, 7, image, True)


def looked(*frames: Frame) -> tuple[list[tuple[list[tuple[float, ...]], tuple[Window, ...]]], Counting]:
    detector = Counting()
    looker = Looker(detector, clock_of=lambda _: Clock(source="none"), windows_of=windows)
    seen = looker.look(frames)
    return [([one.bbox_xyxy_px for one in each.detections], each.looked_px) for each in seen], detector


def test_boxes_are_told_in_the_frame_and_the_observation_says_which_parts_were_looked_at() -> None:
    told, _ = looked(frame("cam-2", (60, 50)))
    assert told == [([(60.0, 50.0, 90.0, 70.0)], WINDOWS["cam-2"])]


def test_what_lies_in_no_window_is_not_seen() -> None:
    told, _ = looked(frame("cam-2", (250, 140)))
    assert told == [([], WINDOWS["cam-2"])]


def test_a_car_across_two_windows_is_one_car() -> None:
    told, _ = looked(frame("cam-1", (125, 40), (140, 65), (10, 10)))
    assert sorted(told[0][0]) == [(10, 10, 40, 30), (125, 40, 155, 60), (140, 65, 170, 85)]


def test_a_whole_picture_says_nothing_of_parts() -> None:
    told, _ = looked(frame("cam-3", (250, 140)))
    assert told == [([(250, 140, 280, 160)], ())]


def test_windows_of_several_cameras_share_a_run_and_none_is_larger_than_the_batch() -> None:
    told, detector = looked(frame("cam-1", (200, 40)), frame("cam-2", (60, 50)), frame("cam-3"))
    assert detector.runs == [[(160, 90), (160, 90), (320, 180)], [(160, 90)]]
    assert [boxes for boxes, _ in told] == [[(200, 40, 230, 60)], [(60, 50, 90, 70)], []]
