"""Night, fog, smear and poor lenses, drawn over a training canvas: most street pictures to be had are of fine days."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from models.training.augment import Labelled

Canvas = NDArray[np.float32]
NIGHT, FOG, SMEAR, SOFT = 0.08, 0.06, 0.05, 0.08  # shares of the canvases; the others stay as they are


def spoil(labelled: Labelled, rng: np.random.Generator) -> Labelled:
    """The canvas as a bad night or a bad camera would show it; three of four times, untouched."""
    fate = rng.random()
    if fate >= NIGHT + FOG + SMEAR + SOFT:
        return labelled
    canvas: Canvas = labelled.picture.astype(np.float32)
    if fate < NIGHT:
        canvas = night(canvas, rng)
    elif fate < NIGHT + FOG:
        share = rng.uniform(0.2, 0.55)
        canvas = canvas * (1 - share) + share * rng.uniform(150, 220)
    elif fate < NIGHT + FOG + SMEAR:
        length = int(rng.integers(3, 6))
        canvas = np.asarray(cv2.filter2D(canvas, -1, np.full((1, length), 1 / length, np.float32)), np.float32)
    else:
        canvas = coarse(canvas, rng.uniform(1.4, 2.2))
    return replace(labelled, picture=np.clip(canvas, 0, 255).astype(np.uint8))


def night(canvas: Canvas, rng: np.random.Generator) -> Canvas:
    """Dark and warm, with the noise of a sensor that was turned up; bright spots stay bright, as lamps do."""
    dark = 255 * (canvas / 255) ** rng.uniform(1.5, 2.6) * rng.uniform(0.6, 1.0)
    warm = dark * np.array([rng.uniform(0.7, 1.0), 1.0, rng.uniform(1.0, 1.2)], np.float32)
    return np.asarray(warm + rng.normal(0, rng.uniform(3, 12), canvas.shape), np.float32)


def coarse(canvas: Canvas, by: float) -> Canvas:
    """What is left of a picture that was `by` times smaller once."""
    height, width = canvas.shape[:2]
    small = cv2.resize(canvas, (round(width / by), round(height / by)), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
