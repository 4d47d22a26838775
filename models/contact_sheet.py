"""A contact sheet: one tile for each of the worst misses and false boxes, cut out of its picture with what is around.

Green is truth, orange what was found at the threshold, magenta the box that the tile is about.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np

from models.average_precision import Scene
from models.boxes import Floats
from models.faults import Fault
from models.letterbox import Frame

TILE_PX = (240, 180)
CAPTION_PX = 20
COLUMNS = 6
GAP_PX = 6
HEADING_PX = 34
AROUND = 2.6  # a tile shows this many times the box's side, so that one sees where it is
LEAST_CUT_PX = 96
TRUTH_BGR, FOUND_BGR, FAULT_BGR = (70, 190, 60), (0, 150, 255), (230, 40, 230)
PAPER_BGR, INK_BGR = (255, 255, 255), (60, 50, 45)


def contact_sheet(
    sections: Sequence[tuple[str, Sequence[Fault]]],
    scenes: Sequence[Scene],
    *,
    picture_of: Callable[[int], Frame],
    caption_of: Callable[[Fault], str],
    threshold: float,
) -> Frame:
    """One picture (h, w, 3) BGR: each section's heading over rows of six tiles; `picture_of` gives a picture again."""
    rows: list[Frame] = []
    for heading, faults in sections:
        rows.append(_heading(heading))
        tiles = [
            _tile(picture_of(fault.picture), scenes[fault.picture], fault, caption_of(fault), threshold)
            for fault in faults
        ]
        rows += [_row(tiles[start : start + COLUMNS]) for start in range(0, len(tiles), COLUMNS)]
    return np.concatenate(rows) if rows else _heading("nothing wrong")


def _width_px() -> int:
    return COLUMNS * (TILE_PX[0] + GAP_PX) + GAP_PX


def _heading(text: str) -> Frame:
    strip = np.full((HEADING_PX, _width_px(), 3), PAPER_BGR, np.uint8)
    cv2.putText(strip, text, (GAP_PX, HEADING_PX - 11), cv2.FONT_HERSHEY_SIMPLEX, 0.6, INK_BGR, 1, cv2.LINE_AA)
    return strip


def _row(tiles: Sequence[Frame]) -> Frame:
    strip = np.full((TILE_PX[1] + CAPTION_PX + GAP_PX, _width_px(), 3), PAPER_BGR, np.uint8)
    for column, tile in enumerate(tiles):
        left = GAP_PX + column * (TILE_PX[0] + GAP_PX)
        strip[: tile.shape[0], left : left + tile.shape[1]] = tile
    return strip


def _tile(picture: Frame, scene: Scene, fault: Fault, caption: str, threshold: float) -> Frame:
    x1, y1, x2, y2 = cut_around(fault.box_xyxy_px, (picture.shape[0], picture.shape[1]))
    enlarged = TILE_PX[0] / (x2 - x1)
    mode = cv2.INTER_CUBIC if enlarged > 1 else cv2.INTER_AREA
    seen = np.asarray(cv2.resize(picture[y1:y2, x1:x2], TILE_PX, interpolation=mode), np.uint8)
    scale = np.array([TILE_PX[0] / (x2 - x1), TILE_PX[1] / (y2 - y1)] * 2, np.float32)
    corner = np.array([x1, y1, x1, y1], np.float32)
    shown = scene.found_xyxy[scene.scores >= threshold]
    _boxes(seen, (scene.truth_xyxy - corner) * scale, TRUTH_BGR)
    _boxes(seen, (shown - corner) * scale, FOUND_BGR)
    _boxes(seen, (np.array([fault.box_xyxy_px], np.float32) - corner) * scale, FAULT_BGR)
    tile = np.full((TILE_PX[1] + CAPTION_PX, TILE_PX[0], 3), PAPER_BGR, np.uint8)
    tile[: TILE_PX[1]] = seen
    cv2.putText(tile, caption, (2, TILE_PX[1] + 14), cv2.FONT_HERSHEY_SIMPLEX, 0.4, INK_BGR, 1, cv2.LINE_AA)
    return tile


def _boxes(picture: Frame, boxes: Floats, colour_bgr: tuple[int, int, int]) -> None:
    for x1, y1, x2, y2 in boxes.round().astype(int).tolist():
        cv2.rectangle(picture, (x1, y1), (x2, y2), colour_bgr, 2 if colour_bgr == FAULT_BGR else 1, cv2.LINE_AA)


def cut_around(box_xyxy: tuple[float, float, float, float], frame_hw: tuple[int, int]) -> tuple[int, int, int, int]:
    """The part of a frame to show for a box: centred on it, in the tile's shape where the frame is large enough."""
    x1, y1, x2, y2 = box_xyxy
    shape = TILE_PX[0] / TILE_PX[1]
    height = max(AROUND * (y2 - y1), AROUND * (x2 - x1) / shape, LEAST_CUT_PX)
    width, height = min(round(height * shape), frame_hw[1]), min(round(height), frame_hw[0])
    left = min(max(round((x1 + x2 - width) / 2), 0), frame_hw[1] - width)
    top = min(max(round((y1 + y2 - height) / 2), 0), frame_hw[0] - height)
    return left, top, left + width, top + height
