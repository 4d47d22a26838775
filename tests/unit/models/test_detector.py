"""From network output to detections in frame pixels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from models.cards import Card, read_card
from models.detector import MAX_DETECTIONS, Detector, open_detector
from models.runtimes import Batch
from tests.unit.models.weights import write_card

CAR, TRUCK, MOTORCYCLE, PERSON = 0, 2, 3, 5


class Told:
    """A runtime that answers what it was told: rows of (cx, cy, w, h, class, score) for each picture."""

    name = "told"
    metadata: dict[str, str] = {}  # noqa: RUF012 -- a Protocol's attribute, never changed

    def __init__(self, *pictures: list[tuple[float, float, float, float, int, float]]) -> None:
        self._pictures = pictures
        self.seen: list[tuple[int, ...]] = []

    def run(self, batch: Batch) -> NDArray[np.float32]:
        self.seen.append(batch.shape)
        answer = np.zeros((len(self._pictures), 10, max(len(rows) for rows in self._pictures)), np.float32)
        for index, rows in enumerate(self._pictures):
            for anchor, (cx, cy, w, h, label, score) in enumerate(rows):
                answer[index, :4, anchor] = cx, cy, w, h
                answer[index, 4 + label, anchor] = score
        return answer

    def run_all(self, batch: Batch) -> list[NDArray[np.float32]]:
        return [self.run(batch)]


@pytest.fixture
def card(tmp_path: Path) -> Card:
    return read_card(write_card(tmp_path, threshold=0.3))


def frame(width: int = 1280, height: int = 720) -> NDArray[np.uint8]:
    return np.zeros((height, width, 3), np.uint8)


def test_boxes_come_back_in_pixels_of_the_frame(card: Card) -> None:
    told = Told([(100, 50, 20, 10, CAR, 0.9)])
    (found,) = Detector(card, told, size_px=640).detect([frame()])[0]
    assert found.bbox_xyxy_px == (180.0, 90.0, 220.0, 110.0)
    assert (found.label, found.score) == ("car", 0.9)
    assert told.seen == [(1, 3, 384, 640)]


def test_a_van_seen_as_car_and_as_truck_is_one_box(card: Card) -> None:
    told = Told([(100, 50, 20, 10, CAR, 0.6), (100, 50, 21, 10, TRUCK, 0.7)])
    assert [found.label for found in Detector(card, told, size_px=640).detect([frame()])[0]] == ["truck"]


def test_a_rider_and_the_motorcycle_stay_two_boxes(card: Card) -> None:
    told = Told([(100, 50, 20, 10, MOTORCYCLE, 0.6), (100, 50, 20, 10, PERSON, 0.7)])
    assert [found.label for found in Detector(card, told, size_px=640).detect([frame()])[0]] == ["person", "motorcycle"]


def test_below_the_threshold_nothing_is_found(card: Card) -> None:
    assert Detector(card, Told([(100, 50, 20, 10, CAR, 0.29)]), size_px=640).detect([frame()]) == [[]]


def test_a_box_is_clipped_to_the_frame_and_one_in_the_padding_is_dropped(card: Card) -> None:
    told = Told([(0, 0, 20, 20, CAR, 0.9), (300, 380, 20, 8, CAR, 0.8)])
    found = Detector(card, told, size_px=640).detect([frame()])[0]
    assert [detection.bbox_xyxy_px for detection in found] == [(0.0, 0.0, 20.0, 20.0)]


def test_numbers_are_rounded_so_that_they_are_written_short(card: Card) -> None:
    told = Told([(33.333, 44.444, 11.111, 7.777, CAR, 0.123456)])
    (found,) = Detector(card, told, size_px=640, threshold=0.1).detect([frame(641, 361)])[0]
    assert found.score == 0.1235
    assert found.bbox_xyxy_px == tuple(round(edge, 1) for edge in found.bbox_xyxy_px)


def test_frames_of_different_sizes_share_one_run(card: Card) -> None:
    told = Told([(100, 50, 20, 10, CAR, 0.9)], [(100, 50, 20, 10, CAR, 0.9)])
    first, second = Detector(card, told, size_px=640).detect([frame(1280, 720), frame(640, 480)])
    assert told.seen == [(2, 3, 480, 640)]
    assert first[0].bbox_xyxy_px == (180.0, 90.0, 220.0, 110.0)
    assert second[0].bbox_xyxy_px == (90.0, 45.0, 110.0, 55.0)


def test_no_frames_give_no_lists_and_no_run(card: Card) -> None:
    told = Told([(100, 50, 20, 10, CAR, 0.9)])
    assert Detector(card, told, size_px=640).detect([]) == []
    assert told.seen == []


def test_at_most_300_boxes_come_out_best_first(card: Card) -> None:
    rows = [(10.0 + 14 * (i % 40), 10.0 + 14 * (i // 40), 10.0, 10.0, CAR, 0.4 + i / 1000) for i in range(400)]
    found = Detector(card, Told(rows), size_px=640).detect([frame()])[0]
    assert len(found) == MAX_DETECTIONS
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    assert found[0].score == 0.799


@pytest.mark.parametrize("shape", [(1, 1), (2, 3000), (3000, 2), (33, 31)])
def test_the_committed_detector_takes_frames_of_odd_shapes(shape: tuple[int, int]) -> None:
    found = open_detector("vehicle-n", size_px=320).detect([np.full((*shape, 3), 90, np.uint8)])
    assert len(found) == 1
