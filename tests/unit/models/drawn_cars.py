"""Cars drawn from behind on a drawn motorway, plain enough to be code and car-like enough to be found."""

from __future__ import annotations

import cv2
import numpy as np

from models.letterbox import Frame

Box = tuple[int, int, int, int]
PAINTS_BGR = ((40, 40, 170), (200, 200, 205), (60, 55, 50), (150, 95, 40), (30, 120, 160), (235, 235, 235))


def drawn_motorway(seed: int) -> tuple[Frame, list[Box]]:
    """A frame 960 x 540 BGR with cars in three lanes, near ones large, and the boxes of the cars in px."""
    rng = np.random.default_rng(seed)
    frame = np.full((540, 960, 3), (190, 175, 160), np.uint8)
    frame[:150] = np.linspace((230, 200, 170), (205, 195, 185), 150)[:, None].astype(np.uint8)
    cv2.fillPoly(frame, [np.array([(400, 150), (560, 150), (1100, 540), (-140, 540)])], (112, 110, 108))
    for share in (1 / 3, 2 / 3):
        far, near = 400 + 160 * share, -140 + 1240 * share
        for start in np.linspace(0, 0.9, 8) ** 2:
            ends = [(int(far + (near - far) * s), int(150 + 390 * s)) for s in (start, start + 0.04)]
            cv2.line(frame, ends[0], ends[1], (225, 225, 225), 2 + int(4 * start))
    boxes = []
    for depth in sorted(rng.uniform(0.15, 0.85, 6)):
        lane = rng.integers(3)
        far, near = 400 + 160 * (lane + 0.5) / 3, -140 + 1240 * (lane + 0.5) / 3
        boxes.append(_car(frame, (far + (near - far) * depth, 150 + 390 * depth), 40 + 210 * depth, rng))
    noise = rng.normal(0, 4, frame.shape)
    return np.clip(cv2.GaussianBlur(frame, (3, 3), 0) + noise, 0, 255).astype(np.uint8), boxes


def _car(frame: Frame, foot: tuple[float, float], width: float, rng: np.random.Generator) -> Box:
    """One car from behind standing on `foot`: shadow, tyres, body, cabin, window, lamps, plate."""
    paint = np.array(PAINTS_BGR[rng.integers(len(PAINTS_BGR))], float)

    def patch(corners: list[tuple[float, float]], colour: np.ndarray | tuple[float, ...]) -> None:
        points = [(int(foot[0] + x * width), int(foot[1] - y * width)) for x, y in corners]
        cv2.fillPoly(frame, [np.array(points)], tuple(float(c) for c in colour), cv2.LINE_AA)

    patch([(-0.52, -0.03), (0.52, -0.03), (0.5, 0.06), (-0.5, 0.06)], (45, 43, 42))
    for side in (-1, 1):
        patch([(side * 0.46, 0), (side * 0.3, 0), (side * 0.3, 0.2), (side * 0.46, 0.2)], (25, 25, 25))
    patch([(-0.5, 0.1), (0.5, 0.1), (0.5, 0.42), (0.44, 0.5), (-0.44, 0.5), (-0.5, 0.42)], paint)
    patch([(-0.5, 0.1), (0.5, 0.1), (0.49, 0.2), (-0.49, 0.2)], paint * 0.6)
    patch([(-0.42, 0.48), (0.42, 0.48), (0.32, 0.78), (0.24, 0.82), (-0.24, 0.82), (-0.32, 0.78)], paint * 0.9)
    patch([(-0.36, 0.5), (0.36, 0.5), (0.28, 0.74), (-0.28, 0.74)], (70, 62, 55))
    patch([(-0.3, 0.62), (-0.1, 0.62), (-0.05, 0.74), (-0.26, 0.74)], (120, 112, 105))
    for side in (-1, 1):
        patch([(side * 0.48, 0.34), (side * 0.32, 0.34), (side * 0.34, 0.44), (side * 0.46, 0.44)], (40, 40, 200))
    patch([(-0.12, 0.26), (0.12, 0.26), (0.12, 0.32), (-0.12, 0.32)], (225, 225, 225))
    x, y = foot
    return int(x - width / 2), int(y - 0.82 * width), int(x + width / 2), int(y + 0.02 * width)
