"""Networks that answer by arithmetic, for the tests of what stands around a network."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from models.boxes import Floats
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

    def run(self, batch: Batch) -> Floats:
        """(n, steps, classes), the said class with the probability `sure`."""
        self.batches.append(batch)
        answer = np.zeros((len(batch), len(self._steps), len(CHARACTERS) + 2), np.float32)
        answer[:, np.arange(len(self._steps)), self._steps] = self._sure
        return answer

    def run_all(self, batch: Batch) -> list[Floats]:
        """The one output."""
        return [self.run(batch)]


class Pointer:
    """A corner network that sees one plate with these corners (4, 2) in input pixels, in its first look only."""

    name = "arithmetic"
    metadata: Mapping[str, str] = {}

    def __init__(self, corners: Floats, score: float = 0.9) -> None:
        self._answers = [(corners, score)]

    def run(self, batch: Batch) -> Floats:
        """The first output."""
        return self.run_all(batch)[0]

    def run_all(self, batch: Batch) -> list[Floats]:
        """Offsets, scores and corners."""
        return corner_answer(batch, *(self._answers.pop() if self._answers else (None, 0.0)))


class Brightness:
    """A corner network that takes the bright pixels for the plate; from afar its corners are a quarter too wide."""

    name = "arithmetic"
    metadata: Mapping[str, str] = {}

    def __init__(self) -> None:
        self.long_sides_px: list[int] = []

    def run(self, batch: Batch) -> Floats:
        """The first output."""
        return self.run_all(batch)[0]

    def run_all(self, batch: Batch) -> list[Floats]:
        """Offsets, scores and corners."""
        self.long_sides_px.append(max(batch.shape[2:]))
        y, x = np.nonzero(batch[0, 0] > 0)
        if not len(x):
            return corner_answer(batch, None, 0.0)
        (left, top), (right, low) = (x.min(), y.min()), (x.max() + 1, y.max() + 1)
        corners = np.array([[left, top], [right, top], [right, low], [left, low]], np.float32)
        far = (right - left) / batch.shape[3] < 0.3
        middle = corners.mean(axis=0)
        return corner_answer(batch, np.asarray(middle + (corners - middle) * (1.25 if far else 1), np.float32), 0.9)


def corner_answer(batch: Batch, corners: Floats | None, score: float) -> list[Floats]:
    """The outputs for one plate: seen by the nearest anchor, and by its neighbour a little less."""
    anchors = anchors_of((batch.shape[2], batch.shape[3]))
    answer = [np.zeros((1, len(anchors), width), np.float32) for width in (4, 2, 8)]
    if corners is None:
        return answer
    offsets, scores, points = answer
    centre, size = corners.mean(axis=0), np.ptp(corners, axis=0)
    for rank, index in enumerate(np.linalg.norm(anchors[:, :2] - centre, axis=1).argsort(kind="stable")[:2]):
        side = anchors[index, 2]
        scores[0, index, 1] = score - 0.1 * rank
        points[0, index] = ((corners - anchors[index, :2]) / (0.1 * side)).ravel()
        offsets[0, index, :2] = (centre - anchors[index, :2]) / (0.1 * side)
        offsets[0, index, 2:] = np.log(size / side) / 0.2
    return answer
