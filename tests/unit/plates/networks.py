"""Networks that answer by arithmetic, for the tests of what stands around a network."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from models.cards import Card, Input, Origin, TextReader
from models.plates.corners import anchors_of
from models.runtimes import Batch

CHARACTERS = "0123456789皖A"


def card(task: str, reader: TextReader | None = None, *, name: str = "drawn") -> Card:
    """A card of a plate network."""
    return Card(
        name=name,
        version="0.0.1",
        about="for tests",
        licence="MIT",
        sha256="0" * 64,
        size_bytes=1,
        precision="float32",
        classes=("plate",),
        threshold=0.3,
        iou_limit=0.4,
        origin=Origin(file="none.onnx"),
        input=Input(sizes_px=(320,)),
        task=task,  # type: ignore[arg-type]
        reader=reader,
    )


TEXT_CARD = card("plate_text", TextReader(height_px=32, width_px=160, characters=CHARACTERS))


class Speller:
    """A text network that says the same class sequence of every line."""

    name = "arithmetic"

    def __init__(self, steps: list[int], sure: float = 0.75, metadata: Mapping[str, str] | None = None) -> None:
        self.metadata: Mapping[str, str] = metadata or {}
        self.batches: list[Batch] = []
        self._steps = steps
        self._sure = sure

    def run(self, batch: Batch) -> NDArray[np.float32]:
        """(n, steps, classes), the said class with the probability `sure`."""
        self.batches.append(batch)
        answer = np.zeros((len(batch), len(self._steps), len(CHARACTERS) + 2), np.float32)
        answer[:, np.arange(len(self._steps)), self._steps] = self._sure
        return answer

    def run_all(self, batch: Batch) -> list[NDArray[np.float32]]:
        """The one output."""
        return [self.run(batch)]


class Pointer:
    """A corner network that sees one plate with these corners (4, 2) in input pixels, in every picture."""

    name = "arithmetic"
    metadata: Mapping[str, str] = {}

    def __init__(self, corners: NDArray[np.float32], score: float = 0.9) -> None:
        self._corners = corners
        self._score = score

    def run(self, batch: Batch) -> NDArray[np.float32]:
        """The first output."""
        return self.run_all(batch)[0]

    def run_all(self, batch: Batch) -> list[NDArray[np.float32]]:
        """Offsets, scores and corners: the nearest anchor of the smallest grid, and its neighbour a little less."""
        anchors = anchors_of((batch.shape[2], batch.shape[3]))
        offsets = np.zeros((1, len(anchors), 4), np.float32)
        scores = np.zeros((1, len(anchors), 2), np.float32)
        corners = np.zeros((1, len(anchors), 8), np.float32)
        nearest = np.linalg.norm(anchors[:, :2] - self._corners.mean(axis=0), axis=1).argsort(kind="stable")[:2]
        for rank, index in enumerate(nearest):
            side = anchors[index, 2]
            scores[0, index, 1] = self._score - 0.1 * rank
            corners[0, index] = ((self._corners - anchors[index, :2]) / (0.1 * side)).ravel()
            centre, size = self._corners.mean(axis=0), np.ptp(self._corners, axis=0)
            offsets[0, index, :2] = (centre - anchors[index, :2]) / (0.1 * side)
            offsets[0, index, 2:] = np.log(size / side) / 0.2
        return [offsets, scores, corners]
