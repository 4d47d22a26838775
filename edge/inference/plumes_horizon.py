"""The line between ground and sky of a preset, found in its reference background: bright above, dark below."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from contract.geometry import PolygonPx
from edge.capture.types import Image
from edge.inference.plumes_reference import Floats

COLUMNS = 80
ROWS = 90
SLOPE_MAX = 3  # rows a column: a ridge is steeper nowhere
BAND_ROWS = 6
FLAT_COST = 1.5  # what one row of slope costs, in grey values of the step that it must win
SKY_COLUMNS = 0.6
MIN_STEP = 6.0  # grey values, mean along the line: less is no horizon


def find_horizon(grey: Image) -> PolygonPx:
    """Points from left to right in pixels of `grey`; empty where no line stands out (fog, night, a view of ground)."""
    lesser = cv2.resize(grey, (COLUMNS, ROWS), interpolation=cv2.INTER_AREA).astype(np.float32)
    summed = np.vstack([np.zeros((1, COLUMNS), np.float32), np.cumsum(lesser, axis=0)])
    rows = np.arange(BAND_ROWS, ROWS - BAND_ROWS)
    above = (summed[rows] - summed[rows - BAND_ROWS]) / BAND_ROWS
    below = (summed[rows + BAND_ROWS] - summed[rows]) / BAND_ROWS
    step = np.asarray(above - below, np.float32)
    path = _best_path(step)
    if float(step[path, np.arange(COLUMNS)].mean()) < MIN_STEP or not _is_sky(lesser, rows[path]):
        return ()
    height, width = grey.shape
    return tuple(
        (round((column + 0.5) * width / COLUMNS, 1), round(float(rows[row]) * height / ROWS, 1))
        for column, row in enumerate(path)
    )


def _is_sky(grey: Floats, line: NDArray[np.int64]) -> bool:
    """Whether what lies above the line is brighter than what lies below in most columns, not only next to it."""
    brighter = [
        float(grey[:row, column].mean()) >= float(grey[row:, column].mean()) + MIN_STEP
        for column, row in enumerate(line)
    ]
    return sum(brighter) >= SKY_COLUMNS * len(brighter)


def _best_path(
    step: Floats,
) -> NDArray[np.int64]:
    """The row of each column whose steps are largest together, with a price on slope (dynamic programming)."""
    count = step.shape[0]
    best = step[:, 0].copy()
    came = np.zeros(step.shape, np.int64)
    for column in range(1, step.shape[1]):
        options = np.full((2 * SLOPE_MAX + 1, count), -np.inf, np.float32)
        for index, move in enumerate(range(-SLOPE_MAX, SLOPE_MAX + 1)):
            source = np.arange(count) - move
            valid = (source >= 0) & (source < count)
            options[index, valid] = best[source[valid]] - FLAT_COST * abs(move)
        chosen = options.argmax(axis=0)
        came[:, column] = np.arange(count) - (chosen - SLOPE_MAX)
        best = options.max(axis=0) + step[:, column]
    path = np.zeros(step.shape[1], np.int64)
    path[-1] = int(best.argmax())
    for column in range(step.shape[1] - 1, 0, -1):
        path[column - 1] = came[path[column], column]
    return path
