"""Vehicles cut out of the shared pictures, and the empty street behind them.

A fixed camera's street is the median of its pictures; a vehicle is what differs from it inside a labelled box.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Mask = NDArray[np.float32]
Box = tuple[float, float, float, float]

ALIKE = 0.8  # thumbnails of one fixed camera correlate at least so much
DIFFERS = 20
MARGIN = 0.1  # of the labelled box: what is looked at around it


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture of a camera, turned so that all of a camera's look the same way; boxes in its own pixels."""

    image: Image
    boxes: tuple[tuple[int, Box], ...]


@dataclass(frozen=True, slots=True)
class Cut:
    """A vehicle's pixels; `alpha` 0..1 is soft; `box` is the vehicle without its shadow, in pixels of the patch.

    `ground` is where the middle of its lower edge stood in the picture of `frame_px`.
    """

    image: Image
    alpha: Mask
    box: tuple[int, int, int, int]
    ground: tuple[float, float]
    frame_px: tuple[int, int]

    @property
    def width_px(self) -> int:
        """Of the vehicle, without its shadow."""
        return self.box[2] - self.box[0]

    @property
    def height_px(self) -> int:
        """Of the vehicle, without its shadow."""
        return self.box[3] - self.box[1]


@cache
def camera_pictures(assets: Path, camera: str) -> tuple[Picture, ...]:
    """The pictures of one camera of the vehicles set that show the same view, mirrored ones turned back."""
    files = sorted((assets / "vehicles").glob(f"*/images/{camera}_*"))
    read = [(_read(file), _labels(file)) for file in files]
    sized = [(image, labels) for image, labels in read if image.shape == read[0][0].shape]
    thumbs = [_thumb(image) for image, _ in sized]
    reference = thumbs[max(range(len(thumbs)), key=lambda k: _typical(thumbs[k], thumbs))]
    found = []
    for (image, labels), thumb in zip(sized, thumbs, strict=True):
        straight, mirrored = _alike(reference, thumb), _alike(reference, thumb[:, ::-1])
        if max(straight, mirrored) >= ALIKE:
            found.append(_picture(image, labels, is_mirrored=mirrored > straight))
    return tuple(found)


@cache
def clip_frames(path: Path, every: int = 1) -> tuple[Image, ...]:
    """Each n-th frame of a clip."""
    with av.open(str(path)) as container:
        frames = enumerate(container.decode(video=0))
        return tuple(
            np.asarray(frame.to_ndarray(format="bgr24"), np.uint8) for index, frame in frames if index % every == 0
        )


def street_of(images: tuple[Image, ...]) -> Image:
    """The median picture: the street without anybody."""
    return np.asarray(np.median(np.stack(images), axis=0), np.uint8)


def cut_vehicle(image: Image, street: Image, box: Box) -> Cut:
    """What differs from the street in the box and a little around it; raises ValueError where nothing does."""
    left, top, right, bottom = _grown(box, image.shape)
    window = np.s_[top:bottom, left:right]
    part, behind = image[window], street[window]
    gain = np.median(image.astype(np.float32) + 1) / np.median(street.astype(np.float32) + 1)
    level = cv2.convertScaleAbs(behind, alpha=float(gain))
    differs = cv2.absdiff(cv2.GaussianBlur(part, (3, 3), 0), cv2.GaussianBlur(level, (3, 3), 0)).max(axis=2)
    inner = (box[0] - left, box[1] - top, box[2] - left, box[3] - top)
    solid = _largest(np.where(differs > DIFFERS, 255, 0).astype(np.uint8), inner)
    alpha = np.asarray(cv2.GaussianBlur(solid, (5, 5), 0), np.float32) / np.float32(255)
    x1, y1, x2, y2 = (round(edge) for edge in inner)
    ground = ((box[0] + box[2]) / 2, box[3])
    return Cut(part, alpha, (x1, y1, x2, y2), ground, (image.shape[1], image.shape[0]))


def _largest(mask: Image, box: Box) -> Image:
    size = max(3, round((box[2] - box[0]) / 9) | 1)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    closed = cv2.morphologyEx(cv2.copyMakeBorder(mask, size, size, size, size, 0), cv2.MORPH_CLOSE, kernel)
    opened = cv2.morphologyEx(closed, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))[size:-size, size:-size]
    contours, _ = cv2.findContours(np.ascontiguousarray(opened), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    if not contours:
        raise ValueError("nothing but street in the box")
    solid = np.zeros_like(mask)
    cv2.drawContours(solid, [max(contours, key=cv2.contourArea)], -1, 255, -1)
    return solid


def _grown(box: Box, shape: tuple[int, ...]) -> tuple[int, int, int, int]:
    across, down = MARGIN * (box[2] - box[0]) + 2, MARGIN * (box[3] - box[1]) + 2
    left, top = max(0, int(box[0] - across)), max(0, int(box[1] - down))
    return left, top, min(shape[1], int(box[2] + across) + 1), min(shape[0], int(box[3] + down) + 1)


def _picture(image: Image, labels: tuple[tuple[int, Box], ...], *, is_mirrored: bool) -> Picture:
    height, width = image.shape[:2]
    boxes = []
    for label, (x, y, w, h) in labels:
        middle = 1 - x if is_mirrored else x
        edges = ((middle - w / 2) * width, (y - h / 2) * height, (middle + w / 2) * width, (y + h / 2) * height)
        boxes.append((label, edges))
    turned = np.ascontiguousarray(image[:, ::-1]) if is_mirrored else image
    return Picture(turned, tuple(boxes))


def _labels(image: Path) -> tuple[tuple[int, Box], ...]:
    text = image.parent.parent / "labels" / f"{image.stem}.txt"
    rows = [line.split() for line in text.read_text().splitlines() if line.strip()]
    return tuple((int(row[0]), (float(row[1]), float(row[2]), float(row[3]), float(row[4]))) for row in rows)


def _read(file: Path) -> Image:
    image = cv2.imread(str(file))
    if image is None:
        raise ValueError(f"{file}: no picture; expected the shared vehicles set")
    return np.asarray(image, np.uint8)


def _thumb(image: Image) -> NDArray[np.float64]:
    small = cv2.resize(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), (96, 54), interpolation=cv2.INTER_AREA)
    return cv2.GaussianBlur(small, (3, 3), 0).astype(np.float64)


def _alike(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    one, other = one - one.mean(), other - other.mean()
    return float((one * other).sum() / np.sqrt((one * one).sum() * (other * other).sum()))


def _typical(thumb: NDArray[np.float64], thumbs: list[NDArray[np.float64]]) -> float:
    likeness = sorted(max(_alike(thumb, other), _alike(thumb, other[:, ::-1])) for other in thumbs)
    return likeness[len(likeness) // 2]
