"""The line between ground and sky of a preset, found in its reference background: bright above, dark below."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from contract.geometry import PolygonPx
from edge.capture.types import Image
from edge.inference.plumes_light import Floats

COLUMNS = 80
ROWS = 90
SLOPE_MAX = 3  # rows a column: a ridge is steeper nowhere
BAND_ROWS = 6
FLAT_COST = 1.5  # what one row of slope costs, in grey values of the step that it must win
SKY_COLUMNS = 0.6
ROUGH = 1.0  # mean gradient over that of the smoothest fifth: fields, woods and roofs; clouds are softer
ROUGH_COST = 1.5  # grey values of the step, for each row of rough picture above the line
MIN_STEP = 6.0  # grey values, mean along the line: less is no horizon


def find_horizon(grey: Image) -> PolygonPx:
    """Points from left to right in pixels of `grey`; empty where no line stands out (fog, night, a view of ground).

    Haze takes the step from the true line, and a wood before pale fields has a larger one: what lies above the line
    must be smooth as well.
    """
    lesser = cv2.resize(grey, (COLUMNS, ROWS), interpolation=cv2.INTER_AREA).astype(np.float32)
    summed = np.vstack([np.zeros((1, COLUMNS), np.float32), np.cumsum(lesser, axis=0)])
    rows = np.arange(BAND_ROWS, ROWS - BAND_ROWS)
    above = (summed[rows] - summed[rows - BAND_ROWS]) / BAND_ROWS
    below = (summed[rows + BAND_ROWS] - summed[rows]) / BAND_ROWS
    step = np.asarray(above - below, np.float32)
    path = _best_path(step - ROUGH_COST * _rough_above(grey)[rows - 2])
    if float(step[path, np.arange(COLUMNS)].mean()) < MIN_STEP or not _is_sky(lesser, rows[path]):
        return ()
    height, width = grey.shape
    return tuple(
        (round((column + 0.5) * width / COLUMNS, 1), round(float(rows[row]) * height / ROWS, 1))
        for column, row in enumerate(path)
    )


def _rough_above(grey: Image) -> Floats:
    """How many rows above each one show detail; the line's own edge is left out by whoever asks two rows higher."""
    soft = cv2.blur(grey.astype(np.float32), (3, 3))
    across, down = (cv2.Sobel(soft, cv2.CV_32F, *order, ksize=3) for order in ((1, 0), (0, 1)))
    detail = cv2.resize(cv2.magnitude(across, down) / 8, (COLUMNS, ROWS), interpolation=cv2.INTER_AREA)
    rough = detail > np.percentile(detail, 20) + ROUGH
    return np.vstack([np.zeros((1, COLUMNS), np.float32), np.cumsum(rough, axis=0, dtype=np.float32)])


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
