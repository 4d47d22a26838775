"""Augmentation: one labelled picture, or four as a mosaic, placed on a canvas of the training size.

The canvas keeps the 5:3 shape of road cameras: a square one would spend 40 % of the time on grey padding.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from models.boxes import Floats, areas
from models.labelled import read_picture
from models.training.samples import PAD, Sample

Picture = NDArray[np.uint8]
MIN_SIDE_PX = 2.5  # thinner than this after scaling, a vehicle is a smear: teaching it raises false boxes


@dataclass(frozen=True)
class Labelled:
    """A canvas (h, w, 3) BGR with boxes (n, 4) xyxy in its pixels, COCO classes (n,) and how sure each box is (n,)."""

    picture: Picture
    boxes_xyxy_px: Floats
    classes: NDArray[np.int64]
    sure: Floats | None = None  # 0..1; None: every box is

    @property
    def sureness(self) -> Floats:
        """`sure` spelt out, one number a box."""
        return np.ones(len(self.classes), np.float32) if self.sure is None else self.sure


def compose(
    samples: list[Sample], draw: NDArray[np.int64], rng: np.random.Generator, size_hw: tuple[int, int]
) -> Labelled:
    """One training canvas of `size_hw` from one drawn sample, or from four as a mosaic when four are drawn."""
    height, width = size_hw
    if len(draw) == 1:
        return _place(samples[draw[0]], rng, (height, width), zoom=(0.6, 1.7))
    across, down = (int(rng.uniform(0.35, 0.65) * side) for side in (width, height))
    cells = [(0, 0, across, down), (across, 0, width, down), (0, down, across, height), (across, down, width, height)]
    canvas = np.full((height, width, 3), PAD, np.uint8)
    boxes, classes, sure = [], [], []
    for index, (x1, y1, x2, y2) in zip(draw, cells, strict=True):
        # zoom is relative to the cell: 1.0-2.6 shows a part of each picture at 0.5-1.3 of its usual scale
        part = _place(samples[index], rng, (y2 - y1, x2 - x1), zoom=(1.0, 2.6))
        canvas[y1:y2, x1:x2] = part.picture
        boxes.append(part.boxes_xyxy_px + np.array([x1, y1, x1, y1], np.float32))
        classes.append(part.classes)
        sure.append(part.sureness)
    return Labelled(canvas, np.concatenate(boxes), np.concatenate(classes), np.concatenate(sure))


def _place(
    sample: Sample, rng: np.random.Generator, size_hw: tuple[int, int], *, zoom: tuple[float, float]
) -> Labelled:
    picture = read_picture(sample.file)
    return place(Labelled(picture, sample.boxes_xyxy_px, sample.classes, sample.sure), rng, size_hw, zoom=zoom)


def place(
    labelled: Labelled, rng: np.random.Generator, size_hw: tuple[int, int], *, zoom: tuple[float, float]
) -> Labelled:
    """A picture with its boxes on a canvas at a drawn zoom (1 = it just fits), place, slight aspect and mirroring."""
    picture, (height, width) = labelled.picture, size_hw
    fit = min(width / picture.shape[1], height / picture.shape[0])
    scale = fit * float(np.exp(rng.uniform(np.log(zoom[0]), np.log(zoom[1]))))
    aspect = float(np.exp(rng.uniform(-0.1, 0.1)))
    scale_x, scale_y = scale * aspect, scale / aspect
    free_x, free_y = width - picture.shape[1] * scale_x, height - picture.shape[0] * scale_y
    move_x, move_y = rng.uniform(min(free_x, 0), max(free_x, 0)), rng.uniform(min(free_y, 0), max(free_y, 0))
    mirrored = rng.random() < 0.5
    if mirrored:
        scale_x, move_x = -scale_x, width - move_x
    matrix = np.array([[scale_x, 0, move_x], [0, scale_y, move_y]], np.float32)
    if scale < 0.7:  # warpAffine does not filter: shrink by area first, or far vehicles alias away
        small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        matrix[0, 0] *= picture.shape[1] / small.shape[1]
        matrix[1, 1] *= picture.shape[0] / small.shape[0]
        canvas = cv2.warpAffine(small, matrix, (width, height), borderValue=(PAD, PAD, PAD))
    else:
        canvas = cv2.warpAffine(picture, matrix, (width, height), borderValue=(PAD, PAD, PAD))
    corners = labelled.boxes_xyxy_px * np.array([scale_x, scale_y] * 2) + np.array([move_x, move_y] * 2)
    boxes = np.concatenate(
        [np.minimum(corners[:, :2], corners[:, 2:]), np.maximum(corners[:, :2], corners[:, 2:])], axis=1
    )
    return _clip(replace(labelled, picture=np.asarray(canvas, np.uint8), boxes_xyxy_px=boxes.astype(np.float32)))


def _clip(labelled: Labelled) -> Labelled:
    boxes, (height, width) = labelled.boxes_xyxy_px, labelled.picture.shape[:2]
    clipped = np.clip(boxes, 0, np.array([width, height, width, height], np.float32))
    visible = areas(clipped) > 0.3 * areas(boxes)
    thick = np.minimum(clipped[:, 2] - clipped[:, 0], clipped[:, 3] - clipped[:, 1]) >= MIN_SIDE_PX
    kept = visible & thick
    return Labelled(labelled.picture, clipped[kept], labelled.classes[kept], labelled.sureness[kept])


def shade(labelled: Labelled, rng: np.random.Generator) -> Labelled:
    """The same canvas under another light and another camera: hue, saturation, gamma, blur, noise, JPEG blocks."""
    hsv = cv2.cvtColor(labelled.picture, cv2.COLOR_BGR2HSV)
    levels = np.arange(256, dtype=np.float32)
    hue = ((levels + rng.uniform(-4, 4)) % 180).astype(np.uint8)
    saturation = np.clip(levels * rng.uniform(0.4, 1.5), 0, 255).astype(np.uint8)
    value = np.clip(255 * (levels / 255) ** np.exp(rng.uniform(-0.5, 0.6)) * rng.uniform(0.75, 1.2), 0, 255).astype(
        np.uint8
    )
    planes = [cv2.LUT(plane, table) for plane, table in zip(cv2.split(hsv), (hue, saturation, value), strict=True)]
    picture = cv2.cvtColor(cv2.merge(planes), cv2.COLOR_HSV2BGR)
    fault = rng.random()
    if fault < 0.1:
        picture = cv2.GaussianBlur(picture, (3, 3), 0)
    elif fault < 0.2:
        noise = rng.normal(0, rng.uniform(3, 12), picture.shape)
        picture = np.clip(picture + noise, 0, 255).astype(np.uint8)
    elif fault < 0.3:
        _, jpeg = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(30, 70))])
        picture = np.asarray(cv2.imdecode(jpeg, cv2.IMREAD_COLOR))
    return replace(labelled, picture=np.asarray(picture, np.uint8))
