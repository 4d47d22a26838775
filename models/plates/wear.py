"""What a street does to a drawn plate: dirt, shade, tilt, distance, blur, night, noise, JPEG, each by a named amount.

Everything is drawn from one generator: the same seed gives the same picture.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from models.boxes import Floats
from models.letterbox import Frame

Picture = NDArray[np.float32]


@dataclass(frozen=True)
class Wear:
    """How hard a plate is to read. `blur_px` is the sigma at the plate's own width, `gain` the exposure (1: day)."""

    width_px: float
    tilt_deg: float
    blur_px: float
    motion_px: float
    gain: float
    noise: float
    dirt: float
    jpeg: int


@dataclass(frozen=True)
class SeenPlate:
    """A picture with one plate in it, the true corners clockwise from the top left, and what was done to it."""

    frame: Frame
    quad: Floats
    wear: Wear


def random_wear(rng: np.random.Generator, *, hard: float = 1.0, width_px: tuple[float, float] = (60, 220)) -> Wear:
    """Wear as streets have it; `hard` 0 is a clean plate straight ahead, 1 the mixture that readers are trained on."""
    night = rng.random() < 0.25 * hard
    low, high = width_px
    return Wear(
        width_px=float(np.exp(rng.uniform(np.log(low), np.log(high)))),
        tilt_deg=float(min(30.0, abs(rng.normal(0, 10 * hard)))),
        blur_px=float(rng.uniform(0.0, 1.3) * hard),
        motion_px=float(rng.uniform(2, 6)) if rng.random() < 0.2 * hard else 0.0,
        gain=float(rng.uniform(0.12, 0.4) if night else rng.uniform(1 - 0.45 * hard, 1 + 0.3 * hard)),
        noise=float(rng.uniform(0, 7) * hard * (1.6 if night else 1.0)),
        dirt=float(rng.random() ** 3 * hard),
        jpeg=int(rng.integers(round(95 - 55 * hard), 96)),
    )


def as_seen(face: Frame, wear: Wear, rng: np.random.Generator, *, behind: Frame | None = None) -> SeenPlate:
    """The plate as a camera would show it: on a piece of `behind`, or on a plain bumper, half a width around it."""
    face_height, face_width = face.shape[:2]
    height_px = wear.width_px * face_height / face_width
    size_wh = (round(wear.width_px * 2), round(height_px + wear.width_px))
    quad = _tilted(wear, height_px, size_wh, rng)
    ground = _ground(size_wh, behind, rng)
    dirty = _soiled(face.astype(np.float32), wear.dirt, rng)
    _paste(ground, dirty, quad)
    return SeenPlate(_taken(ground, wear, rng), quad, wear)


def _tilted(wear: Wear, height_px: float, size_wh: tuple[int, int], rng: np.random.Generator) -> Floats:
    """Corners of the plate in the picture: turned, sheared and seen from the side up to the tilt."""
    half = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]], np.float64) * (wear.width_px / 2, height_px / 2)
    turn, shear = np.radians(rng.uniform(-1, 1, 2) * wear.tilt_deg)
    matrix = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    quad = half @ np.array([[1, 0], [np.tan(shear), 1]]) @ matrix.T
    # From the side the far edge is shorter.
    far = 1 - rng.uniform(0, 0.006) * wear.tilt_deg
    edge = [1, 2] if rng.random() < 0.5 else [0, 3]
    quad[edge, 1] = quad[edge].mean(axis=0)[1] + (quad[edge, 1] - quad[edge].mean(axis=0)[1]) * far
    return np.asarray(quad + np.array(size_wh) / 2 + rng.uniform(-2, 2, 2), np.float32)


def _ground(size_wh: tuple[int, int], behind: Frame | None, rng: np.random.Generator) -> Picture:
    width, height = size_wh
    if behind is not None and behind.shape[0] > height and behind.shape[1] > width:
        x, y = int(rng.integers(behind.shape[1] - width)), int(rng.integers(behind.shape[0] - height))
        return behind[y : y + height, x : x + width].astype(np.float32)
    tones = rng.uniform(10, 210, 3) * 0.3 + rng.uniform(10, 210) * 0.7
    ground = np.empty((height, width, 3), np.float32)
    ground[:] = tones
    return ground * np.linspace(rng.uniform(0.6, 1.2), rng.uniform(0.6, 1.2), height, dtype=np.float32)[:, None, None]


def _soiled(face: Picture, dirt: float, rng: np.random.Generator) -> Picture:
    """Mud as soft spots, and a shade across the plate."""
    height, width = face.shape[:2]
    if dirt > 0.02:
        spots = cv2.resize(rng.random((6, 14)).astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
        mask = np.clip((spots - (1 - 0.45 * dirt)) * 5, 0, 0.85)[..., None]
        face = face + (np.array([70, 95, 115], np.float32) * rng.uniform(0.5, 1.3) - face) * mask
    ramp = np.linspace(rng.uniform(0.75, 1.1), rng.uniform(0.75, 1.1), width, dtype=np.float32)
    return np.asarray(face * ramp[None, :, None], np.float32)


def _paste(ground: Picture, face: Picture, quad: Floats) -> None:
    """Put the face on its corners; it is shrunk first, so that no stroke is stepped over."""
    height, width = face.shape[:2]
    across = max(8, round(float(np.linalg.norm(quad[1] - quad[0])) * 1.2))
    if across < width:
        face = np.asarray(
            cv2.resize(face, (across, max(4, round(height * across / width))), interpolation=cv2.INTER_AREA)
        )
        height, width = face.shape[:2]
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    matrix = cv2.getPerspectiveTransform(corners, quad)
    size_wh = (ground.shape[1], ground.shape[0])
    layer = cv2.warpPerspective(face, matrix, size_wh, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    mask = cv2.warpPerspective(np.ones((height, width), np.float32), matrix, size_wh, flags=cv2.INTER_LINEAR)[..., None]
    ground += (layer - ground) * mask


def _taken(ground: Picture, wear: Wear, rng: np.random.Generator) -> Frame:
    """Lens, exposure, sensor and codec, in this order."""
    if wear.blur_px > 0.3:
        ground = np.asarray(cv2.GaussianBlur(ground, (0, 0), wear.blur_px), np.float32)
    if wear.motion_px >= 2:
        ground = np.asarray(cv2.blur(ground, (round(wear.motion_px), 1)), np.float32)
    noise = rng.standard_normal(ground.shape[:2], np.float32)[..., None] * wear.noise
    frame = np.asarray(np.clip(ground * wear.gain + noise, 0, 255), np.uint8)
    _, coded = cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, wear.jpeg])
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)
