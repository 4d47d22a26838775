"""Made plumes laid over real pictures: rendered, filmed on black, or cut out of tower pictures with a soft mask.

A plume is an opacity map and a colour; laid over a picture it hides, greys and hazes what lies behind it. Far ones
stand at the skyline, small and pale; near ones lower and larger. A plume that cannot be seen gets no box.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from models.boxes import Floats
from models.letterbox import Frame

AREA_SHARES = (0.0004, 0.2)  # of the picture, as the boxes of far towers are; drawn evenly on a log scale
MIN_CONTRAST = 5.0  # mean grey levels inside the box: less than sensor noise and JPEG blocks leave over
BOX_OPACITY = 0.22  # of the plume's densest part: where a labeller would draw the edge
COLOURS_BGR = ((235, 232, 228), (205, 200, 195), (165, 160, 156), (150, 165, 180), (75, 78, 84))
COLOUR_SHARES = (0.25, 0.3, 0.2, 0.1, 0.15)  # white, pale, grey, brownish, black


@dataclass(frozen=True)
class Plume:
    """Opacity (h, w) 0..1, foot in the middle of the bottom row; `colour` (3,) BGR, None: any colour suits."""

    opacity: Floats
    colour: Floats | None


@dataclass(frozen=True)
class Laid:
    """A picture with one plume more, and its box (4,) xyxy in pixels; None: nothing to be seen, picture unchanged."""

    picture: Frame
    box_xyxy_px: Floats | None


def noise(rng: np.random.Generator, size_hw: tuple[int, int], *, coarsest: int = 3, octaves: int = 4) -> Floats:
    """Cloud-like noise (h, w) 0..1: random grids of doubling fineness, each half as strong as the one before."""
    total = np.zeros(size_hw, np.float32)
    for octave in range(octaves):
        cells = coarsest * 2**octave
        grid = rng.random((cells, cells), dtype=np.float32)
        total += cv2.resize(grid, size_hw[::-1], interpolation=cv2.INTER_CUBIC) / 2**octave
    return np.asarray((total - total.min()) / max(float(np.ptp(total)), 1e-6), np.float32)


def render(rng: np.random.Generator, side_px: int = 128) -> Plume:
    """A rising column: widening, leaning with the wind, thinning upwards, flattened under an inversion now and then."""
    height = np.linspace(1, 0, side_px, dtype=np.float32)[:, None]  # 1 at the top row
    across = np.linspace(-1, 1, side_px, dtype=np.float32)[None, :]
    lean = rng.uniform(-1.1, 1.1) * rng.random()
    foot, spread = rng.uniform(0.03, 0.12), rng.uniform(0.1, 0.5)
    middle = -lean / 2 + lean * height ** rng.uniform(0.5, 1.6)
    middle = middle + 0.06 * np.sin(height * rng.uniform(2, 9) + rng.uniform(0, 6))
    width = foot + spread * height ** rng.uniform(0.5, 1.3)
    column = np.exp(-(((across - middle) / width) ** 2) * 1.4)
    thinning = (1 - height * rng.uniform(0.5, 1.0)) ** rng.uniform(0.4, 1.5)
    texture = noise(rng, (side_px, side_px), coarsest=int(rng.integers(2, 6)))
    opacity = column * thinning * np.clip(rng.uniform(0.0, 0.5) + 1.3 * texture, 0, 1.2)
    if rng.random() < 0.3:
        opacity *= np.clip((rng.uniform(0.5, 0.9) - height) * 8, 0, 1)
    return Plume(np.asarray(opacity / opacity.max(), np.float32), None)


def filmed(video: Path, every: int = 4) -> list[Plume]:
    """The frames of a film of smoke on black, cut to the smoke; its brightness is its opacity."""
    film, index = cv2.VideoCapture(str(video)), 0
    plumes: list[Plume] = []
    while True:
        more, frame = film.read()
        if not more:
            return plumes
        index += 1
        grey = cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY).astype(np.float32) / 255
        if index % every == 0 and (grey > 0.1).mean() > 0.004:
            rows, columns = np.flatnonzero((grey > 0.1).any(axis=1)), np.flatnonzero((grey > 0.1).any(axis=0))
            cut = grey[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
            plumes.append(Plume(np.asarray(cut / cut.max(), np.float32), None))


def cut_out(picture: Frame, before: Frame, box_xyxy_px: Floats) -> Plume | None:
    """The real plume of a box, from the same view without it; None when the two differ by light rather than smoke.

    I = (1 - a) B + a S with one smoke colour S: a is the part of (I - B) along (S - B). The ring around the box
    tells how far the light changed; the opacity fades to nothing at the border of the box.
    """
    x1, y1, x2, y2 = (round(float(value)) for value in box_xyxy_px)
    pad = max(6, (x2 - x1) // 4)
    top, left = max(0, y1 - pad), max(0, x1 - pad)
    window = (slice(top, y2 + pad), slice(left, x2 + pad))
    now, then = (cv2.GaussianBlur(p[window].astype(np.float32), (0, 0), 0.8) for p in (picture, before))
    inside = np.zeros(now.shape[:2], bool)
    inside[y1 - top : y2 - top, x1 - left : x2 - left] = True
    then = then + np.median((now - then)[~inside], axis=0)
    change = np.linalg.norm(now - then, axis=2)
    unrest = float(np.percentile(change[~inside], 90))
    dense = inside & (change >= np.percentile(change[inside], 92))
    if float(change[dense].mean()) < max(14.0, 2.5 * unrest):
        return None
    colour, behind = now[dense].mean(axis=0), then[dense].mean(axis=0)
    colour = np.clip(behind + (colour - behind) * 1.5, 0, 255)  # the densest part still lets half of the ground through
    towards = colour - then
    opacity = ((now - then) * towards).sum(axis=2) / np.maximum((towards**2).sum(axis=2), 400)
    opacity = np.clip(opacity - unrest / max(float(np.linalg.norm(colour - behind)), 1.0) / 2, 0, 1)
    soft = cv2.GaussianBlur(inside.astype(np.float32), (0, 0), max(1.0, min(x2 - x1, y2 - y1) / 12))
    cut = (opacity * soft)[y1 - top : y2 - top, x1 - left : x2 - left]
    return Plume(np.asarray(cut / cut.max(), np.float32), colour.astype(np.float32)) if cut.max() > 0.1 else None


def skyline(picture: Frame) -> NDArray[np.int64] | None:
    """The row of the skyline in each column: the strongest fall of brightness downwards; None: no clear one."""
    small = cv2.resize(picture, (64, 96), interpolation=cv2.INTER_AREA)
    grey = cv2.GaussianBlur(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY).astype(np.float32), (5, 1), 0)
    fall = grey[:-4] - grey[4:]
    fall[:14], fall[76:] = 0, 0
    prior = fall.mean(axis=1).argmax()  # skylines are level: stay near the row where the whole picture falls
    fall *= np.exp(-(((np.arange(len(fall)) - prior) / 10.0) ** 2))[:, None]
    if np.median(fall.max(axis=0)) < 10:
        return None
    rows = cv2.medianBlur(fall.argmax(axis=0).astype(np.uint8)[None], 5)[0] + 2
    across = np.interp(np.arange(picture.shape[1]), (np.arange(64) + 0.5) * picture.shape[1] / 64, rows)
    return np.asarray(across * picture.shape[0] / 96, np.int64)


def lay(
    picture: Frame, plume: Plume, line: NDArray[np.int64], rng: np.random.Generator, *, share: float | None = None
) -> Laid:
    """The picture with the plume standing on the ground below its skyline, or rising from behind it.

    `share`: the area of the plume's frame as a share of the picture, drawn when left out; `line`: see `skyline`.
    """
    height, width = picture.shape[:2]
    area = (np.exp(rng.uniform(*np.log(AREA_SHARES))) if share is None else share) * height * width
    shape = plume.opacity.shape[0] / plume.opacity.shape[1] * np.exp(rng.uniform(-0.8, 0.3))  # real ones lie
    tall, wide = max(5, round(np.sqrt(area * shape))), max(5, round(np.sqrt(area / shape)))
    opacity = cv2.resize(plume.opacity, (wide, tall), interpolation=cv2.INTER_AREA)
    if rng.random() < 0.5:
        opacity = opacity[:, ::-1]
    x = int(rng.integers(-wide // 3, width - wide + wide // 3 + 1))
    ground = int(line[np.clip(x + wide // 2, 0, width - 1)])
    hidden = rng.random() < 0.25
    depth = rng.uniform(-0.4, 0) * tall if hidden else rng.uniform(0, 1.3) * tall + rng.uniform(0, 0.03) * height
    y = round(ground - depth if hidden else ground + min(depth, (height - ground) * 0.8)) - tall
    y = y + round(0.4 * tall) if hidden else y
    left, top, right, bottom = max(0, x), max(0, y), min(width, x + wide), min(height, y + tall)
    opacity = opacity[top - y : bottom - y, left - x : right - x]
    if opacity.size == 0:
        return Laid(picture, None)
    if hidden:
        opacity = opacity * (np.arange(top, bottom)[:, None] < line[None, left:right])
    return _blend(picture, plume, opacity * rng.uniform(0.25, 0.95), (left, top), rng)


def _blend(picture: Frame, plume: Plume, opacity: Floats, at_xy: tuple[int, int], rng: np.random.Generator) -> Laid:
    """Colour, shade and haze by chance; then I = (1 - a) B + a S, and the box of what can be seen."""
    tall, wide = opacity.shape
    behind = picture[at_xy[1] : at_xy[1] + tall, at_xy[0] : at_xy[0] + wide].astype(np.float32)
    chosen = plume.colour
    if chosen is None or rng.random() < 0.5:
        chosen = np.array(COLOURS_BGR[rng.choice(len(COLOURS_BGR), p=COLOUR_SHARES)], np.float32)
    colour = chosen * rng.uniform(0.8, 1.05) * min(1.0, 0.35 + float(picture.mean()) / 120)
    haze = behind.mean(axis=(0, 1))  # air between: the far plume takes the colour of what is around it
    colour = colour + (haze - colour) * rng.uniform(0, 0.5)
    shade = 1 + rng.uniform(0, 0.25) * (noise(rng, (tall, wide), octaves=3) - 0.5)[..., None]
    mixed = behind + (np.clip(colour * shade, 0, 255) - behind) * opacity[..., None]
    seen = opacity > BOX_OPACITY * opacity.max()
    rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
    contrast = float(np.abs(mixed - behind).mean(axis=2)[seen].mean()) if opacity.max() > 0 else 0.0
    if contrast < MIN_CONTRAST or len(rows) < 4 or len(columns) < 4:
        return Laid(picture, None)
    result = picture.copy()
    result[at_xy[1] : at_xy[1] + tall, at_xy[0] : at_xy[0] + wide] = mixed.round().astype(np.uint8)
    corner = np.array([*at_xy, *at_xy], np.float32)
    box = corner + np.array([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1], np.float32)
    return Laid(result, np.asarray(box, np.float32))
