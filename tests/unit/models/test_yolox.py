"""A YOLOX weight behind the same door as every other: what it is shown, and how its raw head is read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from contract.errors import ModelError
from models.cards import read_card
from models.detector import Detector
from models.registry import check_promise
from models.runtimes import Batch
from models.runtimes.yolox import YoloxRuntime
from tests.unit.models.weights import write_card

SIDE_PX = 64
CELLS = {8: 64, 16: 16, 32: 4}


class RawHead:
    """An engine that answers one object: at a cell of one stride, with raw offsets, sizes, objectness and classes."""

    name = "raw"
    metadata: dict[str, str] = {}  # noqa: RUF012 -- a Protocol's attribute, never changed

    def __init__(self, anchor: int, row: list[float], anchors: int = sum(CELLS.values())) -> None:
        self._answer = np.zeros((1, anchors, len(row)), np.float32)
        self._answer[0, anchor] = row
        self.seen: list[NDArray[np.float32]] = []

    def run(self, batch: Batch) -> NDArray[np.float32]:
        self.seen.append(np.asarray(batch, np.float32))
        return self._answer

    def run_all(self, batch: Batch) -> list[NDArray[np.float32]]:
        return [self.run(batch)]


def at(stride: int, column: int, row: int) -> int:
    """The anchor of one cell in the head's order: strides one after the other, rows from the top."""
    before = sum(count for other, count in CELLS.items() if other < stride)
    return before + row * (SIDE_PX // stride) + column


def test_a_cell_is_decoded_by_its_stride() -> None:
    """Stride 16, cell (2, 1), offset (0.5, 0.25), size e^0 and e^log 2 cells; score = objectness x class."""
    head = RawHead(at(16, 2, 1), [0.5, 0.25, 0.0, np.log(2), 0.8, 0.1, 0.5])
    answer = YoloxRuntime(head, pad=114).run(np.zeros((1, 3, SIDE_PX, SIDE_PX), np.float32))
    assert answer.shape == (1, 6, sum(CELLS.values()))
    assert answer[0, :, at(16, 2, 1)].tolist() == pytest.approx([40, 20, 16, 32, 0.08, 0.4])


def test_it_is_shown_bgr_in_the_top_left_of_a_padded_square() -> None:
    head = RawHead(0, [0.0] * 7)
    batch = np.zeros((1, 3, 32, SIDE_PX), np.float32)
    batch[:, 0] = 200  # red
    YoloxRuntime(head, pad=114).run(batch)
    (seen,) = head.seen
    assert seen.shape == (1, 3, SIDE_PX, SIDE_PX)
    assert (seen[0, 2, :32] == 200).all()
    assert (seen[0, :2, :32] == 0).all()
    assert (seen[0, :, 32:] == 114).all()


def test_anchors_in_the_padding_are_left_out_so_that_every_weight_keeps_one_promise(tmp_path: Path) -> None:
    card = read_card(write_card(tmp_path, classes=["car", "bus"], merged={}, input={"sizes_px": [SIDE_PX]}))
    check_promise(card, YoloxRuntime(RawHead(0, [0.0] * 7), pad=114))


def test_several_pictures_are_run_one_by_one() -> None:
    head = RawHead(0, [0.0] * 7)
    answer = YoloxRuntime(head, pad=0).run(np.zeros((3, 3, SIDE_PX, SIDE_PX), np.float32))
    assert (len(head.seen), answer.shape[0]) == (3, 3)


def test_an_answer_of_another_length_is_refused() -> None:
    with pytest.raises(ModelError, match=r"yolox: an answer of shape \(1, 10, 7\) where 64 px give 84 anchors"):
        YoloxRuntime(RawHead(0, [0.0] * 7, anchors=10), pad=0).run(np.zeros((1, 3, SIDE_PX, SIDE_PX), np.float32))


def test_a_detector_reads_it_like_any_other_weight(tmp_path: Path) -> None:
    described = {"sizes_px": [SIDE_PX], "divide_by": 1.0}
    card = read_card(write_card(tmp_path, classes=["car", "bus"], merged={}, decoder="yolox", input=described))
    head = RawHead(at(8, 3, 2), [0.0, 0.0, np.log(2), np.log(2), 1.0, 0.2, 0.9])
    frame = np.zeros((128, 128, 3), np.uint8)
    (found,) = Detector(card, YoloxRuntime(head, pad=114), size_px=SIDE_PX).detect([frame])[0]
    assert (found.label, found.score, found.bbox_xyxy_px) == ("bus", 0.9, (32.0, 16.0, 64.0, 48.0))
