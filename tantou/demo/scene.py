"""Longer scenes composed from the two clips: real pixels of one junction, on a timetable of our own.

A vehicle's pixels are what differs from the empty street; where a clip ends, the last cutout is moved on along its
way. Drawing is deterministic: the same clips give the same file. Coordinates are pixels of the 800x600 source.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Mask = NDArray[np.float32]

FPS = 20
GOP_S = 2
FRAME_PX = (1280, 720)
_CROP_PX = (800, 450)
_DIFFERS = 28
_FADE_S = 0.5
_IGNORED_ABOVE_PX = 60  # signs and windows up there flicker
_CURB_PX = 715


@dataclass(frozen=True, slots=True)
class Footage:
    """The clips as frames of shape (n, 600, 800, 3), BGR, and the street without anybody."""

    cars: NDArray[np.uint8]
    truck: NDArray[np.uint8]
    street: Image


@dataclass(frozen=True, slots=True)
class Cutout:
    """A vehicle's pixels with their soft edge, whole frame in size, and where its middle is."""

    image: Image
    alpha: Mask
    centre: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Drive:
    """A clip's own motion from `start_s` on, faded in."""

    frames: NDArray[np.uint8]
    alphas: tuple[Mask, ...]
    start_s: float

    def draw(self, canvas: Image, at_s: float) -> Image:
        """The canvas with the clip's moving things on it, while it plays."""
        index = round((at_s - self.start_s) * FPS)
        if not 0 <= index < len(self.frames):
            return canvas
        fade = min(1.0, (index + 1) / (_FADE_S * FPS))
        return _blend(canvas, self.frames[index], self.alphas[index] * np.float32(fade))


@dataclass(frozen=True, slots=True)
class Move:
    """A cutout that stands from `start_s`, goes at `go_s` and is out of the picture (or faded) at `end_s`.

    `speed_px` per frame and `growth` per frame hold after `ramp_s` of speeding up.
    """

    cutout: Cutout
    start_s: float
    go_s: float
    end_s: float
    speed_px: tuple[float, float]
    growth: float
    ramp_s: float = 0.0

    def draw(self, canvas: Image, at_s: float) -> Image:
        """The canvas with the cutout where it is at that moment."""
        if not self.start_s <= at_s < self.end_s:
            return canvas
        steps = self._steps(max(0.0, at_s - self.go_s))
        fade = np.float32(min(1.0, (self.end_s - at_s) / _FADE_S))
        if steps == 0:
            return _blend(canvas, self.cutout.image, self.cutout.alpha)
        scale = self.growth**steps
        cx, cy = self.cutout.centre
        gone = steps if self.growth == 1 else (scale - 1) / math.log(self.growth)
        x, y = cx + self.speed_px[0] * gone, cy + self.speed_px[1] * gone
        matrix = np.array([[scale, 0, x - scale * cx], [0, scale, y - scale * cy]], np.float32)
        size = (canvas.shape[1], canvas.shape[0])
        image = cv2.warpAffine(self.cutout.image, matrix, size, flags=cv2.INTER_LINEAR)
        alpha = cv2.warpAffine(self.cutout.alpha, matrix, size, flags=cv2.INTER_LINEAR)
        return _blend(canvas, np.asarray(image, np.uint8), np.asarray(alpha, np.float32) * fade)

    def _steps(self, moved_s: float) -> float:
        """Frames of full-speed travel done after `moved_s`, the ramp included."""
        if moved_s >= self.ramp_s:
            return (moved_s - self.ramp_s / 2) * FPS
        return moved_s * moved_s / (2 * self.ramp_s) * FPS


@dataclass(frozen=True, slots=True)
class Scene:
    """What is shown, for how long, through which window of the source; drawn from back to front."""

    seconds: float
    acts: tuple[Drive | Move, ...]
    crop_row: int
    mirrored: bool
    seed: int


def load(cars: Path, truck: Path) -> Footage:
    """The clips decoded, and the empty street as the median of both."""
    first, second = _decode(cars), _decode(truck)
    street = np.median(np.concatenate((first[::2], second[::2])), axis=0).astype(np.uint8)
    # Cars are parked far up the street in the second clip only: the first one shows it empty.
    street[:110, 560:] = np.median(first[::2], axis=0).astype(np.uint8)[:110, 560:]
    return Footage(first, second, street)


def moving_parts(frames: NDArray[np.uint8], street: Image) -> tuple[Mask, ...]:
    """Soft masks (600, 800) of what is not the street, one a frame."""
    return tuple(_soft(_differs(frame, street)) for frame in frames)


def cut(frame: Image, street: Image, at: tuple[int, int]) -> Cutout:
    """The thing that covers the point `at` (x, y), with its outline only."""
    count, labels, _, centres = cv2.connectedComponentsWithStats(_differs(frame, street))
    label = int(labels[at[1], at[0]])
    if label == 0 or label >= count:
        raise ValueError(f"nothing but street at {at}")
    x, y = centres[label]
    return Cutout(frame, _soft(np.where(labels == label, 255, 0).astype(np.uint8)), (float(x), float(y)))


def render(scene: Scene, street: Image) -> Iterator[Image]:
    """Every frame of the scene, 1280x720 BGR; a sensor's noise and the light's drift keep any two from being equal."""
    noise = np.random.default_rng(scene.seed).integers(0, 5, (8, FRAME_PX[1], FRAME_PX[0], 3), np.uint8)
    for index in range(round(scene.seconds * FPS)):
        at_s = index / FPS
        canvas = street
        for act in scene.acts:
            canvas = act.draw(canvas, at_s)
        window = canvas[scene.crop_row : scene.crop_row + _CROP_PX[1]]
        large = cv2.resize(window, FRAME_PX, interpolation=cv2.INTER_CUBIC)
        light = 1.0 + 0.015 * math.sin(2 * math.pi * at_s / scene.seconds * 3)
        lit = cv2.convertScaleAbs(large, alpha=light)
        grained = cv2.add(cv2.flip(lit, 1) if scene.mirrored else lit, noise[index * 5 % 8])
        yield np.asarray(grained, np.uint8)


def encode(frames: Iterator[Image], target: Path) -> None:
    """An H.264 MP4 with a keyframe each 2 s and nothing between that needs reordering, whole or not at all."""
    partial = target.with_suffix(".part.mp4")
    options = {"preset": "veryfast", "crf": "25", "bf": "0", "sc_threshold": "0"}
    options |= {"g": str(GOP_S * FPS), "keyint_min": str(GOP_S * FPS)}
    with av.open(str(partial), "w", options={"movflags": "faststart"}) as container:
        stream = container.add_stream("libx264", rate=FPS, options=options)
        stream.width, stream.height, stream.pix_fmt = *FRAME_PX, "yuv420p"
        stream.thread_count = 2  # part of the result: another count gives other bytes
        for image in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        container.mux(stream.encode(None))
    partial.replace(target)


def _decode(path: Path) -> NDArray[np.uint8]:
    with av.open(str(path)) as container:
        return np.stack([frame.to_ndarray(format="bgr24") for frame in container.decode(video=0)])


def _differs(frame: Image, street: Image) -> Image:
    blurred = cv2.absdiff(cv2.GaussianBlur(frame, (5, 5), 0), cv2.GaussianBlur(street, (5, 5), 0))
    mask = np.where(blurred.max(axis=2) > _DIFFERS, 255, 0).astype(np.uint8)
    mask[:_IGNORED_ABOVE_PX] = 0
    mask[:, _CURB_PX:] = 0
    closed = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((15, 15), np.uint8))
    opened = cv2.morphologyEx(closed, cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
    return np.asarray(opened, np.uint8)


def _soft(mask: Image) -> Mask:
    grown = cv2.dilate(mask, np.ones((5, 5), np.uint8))
    return np.asarray(cv2.GaussianBlur(grown, (7, 7), 0), np.float32) / np.float32(255)


def _blend(under: Image, over: Image, alpha: Mask) -> Image:
    """`over` on `under` by alpha, worked out only where alpha is not zero."""
    rows, columns = np.flatnonzero(alpha.any(axis=1)), np.flatnonzero(alpha.any(axis=0))
    if not rows.size:
        return under
    part = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    weight = alpha[part][..., None]
    mixed = under.copy()
    mixed[part] = (under[part] * (1 - weight) + over[part] * weight + np.float32(0.5)).astype(np.uint8)
    return mixed
