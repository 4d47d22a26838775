"""A plate's four corners -> the plate seen straight, in one line of characters.

Readers know one row: the two rows of a double plate are cut apart, brought to one height and set side by side.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from models.boxes import Floats
from models.letterbox import Frame

CUT_PX = {1: (240, 80), 2: (240, 120)}  # width, height by rows; the readers shrink from there
UPPER_END, LOWER_START = 5 / 12, 1 / 3  # of a double row's height; the rows overlap a little, as tilts are imperfect


def in_order(corners: NDArray[np.floating]) -> Floats:
    """Four corners (4, 2) in any order -> clockwise from the top left; networks swap them on tilted plates."""
    around = corners - corners.mean(axis=0)
    clockwise = corners[np.argsort(np.arctan2(around[:, 1], around[:, 0]))]
    return np.asarray(np.roll(clockwise, -int(np.argmin(clockwise.sum(axis=1))), axis=0), np.float32)


def sides_px(quad: Floats) -> tuple[float, float]:
    """Width and height of a plate in its picture: the mean of the opposite sides."""
    lengths = np.linalg.norm(np.roll(quad, -1, axis=0) - quad, axis=1)
    return float(lengths[0] + lengths[2]) / 2, float(lengths[1] + lengths[3]) / 2


def tilt_deg(quad: Floats) -> float:
    """The larger of rotation (upper and lower edge from the level) and skew (left and right edge from upright)."""
    edges = np.roll(quad, -1, axis=0) - quad
    level = np.degrees(np.arctan2(edges[[0, 2], 1], np.abs(edges[[0, 2], 0])))
    upright = np.degrees(np.arctan2(edges[[1, 3], 0], np.abs(edges[[1, 3], 1])))
    rotation = (level[0] - level[1]) / 2
    skew = (upright[0] - upright[1]) / 2
    return float(max(abs(rotation), abs(skew)))


def straighten(frame: Frame, quad: Floats, size_wh: tuple[int, int], *, margin: float = 0.0) -> Frame:
    """The plate warped to a rectangle; `margin` widens the cut by that share of the plate about its middle."""
    width, height = size_wh
    middle = quad.mean(axis=0)
    wide = (middle + (quad - middle) * (1 + margin)).astype(np.float32)
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    matrix = cv2.getPerspectiveTransform(wide, target)
    return np.asarray(
        cv2.warpPerspective(frame, matrix, size_wh, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE), np.uint8
    )


def raised(quad: Floats, share: float) -> Floats:
    """The same plate with its upper edge moved out by a share of its height, along its sides."""
    moved = quad.copy()
    moved[:2] += (quad[:2] - quad[[3, 2]]) * share
    return moved


def one_line(straight: Frame, rows: int) -> Frame:
    """A straightened plate as one line of characters; a double row comes out twice as wide and two thirds as high."""
    if rows == 1:
        return straight
    height = straight.shape[0]
    upper, lower = straight[: round(height * UPPER_END)], straight[round(height * LOWER_START) :]
    size_wh = (lower.shape[1], lower.shape[0])
    return np.asarray(np.hstack([cv2.resize(upper, size_wh, interpolation=cv2.INTER_LINEAR), lower]), np.uint8)
