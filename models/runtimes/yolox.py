"""A YOLOX weight made to answer like every other: its square BGR input and its raw head stay in here.

YOLOX (Megvii-BaseDetection/YOLOX) was trained on BGR 0..255 in a square canvas, the picture in the top-left corner,
and answers (n, anchors, 5 + classes): offset and logarithm of the size in grid cells, objectness, class scores.
The card of such a weight has `decoder = "yolox"` and `divide_by = 1.0`.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from contract.errors import ModelError
from models.runtimes import Batch, Runtime

STRIDES_PX = (8, 16, 32)


class YoloxRuntime:
    """A runtime around another; takes RGB batches padded to the stride, answers (n, 4 + classes, anchors)."""

    def __init__(self, inner: Runtime, *, pad: int) -> None:
        self._inner = inner
        self._pad = pad
        self.name = inner.name
        self.metadata: Mapping[str, str] = inner.metadata

    def run(self, batch: Batch) -> NDArray[np.float32]:
        """Boxes as centre and size in px of the batch, then scores; raises ModelError when the size does not fit."""
        count, _, height, width = batch.shape
        side = max(height, width)
        square = np.full((count, 3, side, side), self._pad, np.float32)
        square[:, :, :height, :width] = batch[:, ::-1]
        # One at a time: the published weights have a batch of one built in.
        raw = np.concatenate([self._inner.run(picture[None]) for picture in square])
        origins, strides = _grid(side)
        if raw.ndim != 3 or raw.shape[1] != len(origins):
            raise ModelError(f"yolox: an answer of shape {raw.shape} where {side} px give {len(origins)} anchors")
        # Anchors in the padding are left out, so that the answer has the shape that the batch asks for.
        inside = (origins[:, 0] * strides < width) & (origins[:, 1] * strides < height)
        raw, origins, scale = raw[:, inside], origins[inside], strides[inside, None]
        centre, size = (raw[..., :2] + origins) * scale, np.exp(raw[..., 2:4]) * scale
        scores = raw[..., 4:5] * raw[..., 5:]
        return np.concatenate([centre, size, scores], axis=2).transpose(0, 2, 1).astype(np.float32)

    def run_all(self, batch: Batch) -> list[NDArray[np.float32]]:
        """The one output, as of `run`."""
        return [self.run(batch)]


def _grid(side_px: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Cell (anchors, 2) as x, y, and stride (anchors,) of each anchor of a square input, in the head's order."""
    cells, strides = [], []
    for stride in STRIDES_PX:
        y, x = np.divmod(np.arange((side_px // stride) ** 2), side_px // stride)
        cells.append(np.stack([x, y], axis=1))
        strides.append(np.full(len(x), stride))
    return np.concatenate(cells).astype(np.float32), np.concatenate(strides).astype(np.float32)
