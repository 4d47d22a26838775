"""A script drawn picture by picture: cuts from back to front, then light, weather, sensor and camera.

Deterministic: the same script, seed and assets give the same pictures and the same truth.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.bench.compose.cutting import Cut, Image, Mask
from tests.bench.compose.script import FPS, Actor, Plate, Prop, Script
from tests.bench.compose.stages import Stage
from tests.bench.compose.truth import SecondBox

FRAME_PX = (1280, 720)
GRADES = {  # contrast, brightness, blue, green, red
    "day": (1.0, 0, 1.0, 1.0, 1.0),
    "dusk": (0.6, 4, 0.95, 0.95, 1.0),
    "night": (0.34, 2, 1.0, 0.92, 0.88),
    "rain": (0.72, 22, 1.02, 1.0, 0.97),
}
NOISE_SIGMA = {"day": 2.0, "dusk": 3.0, "night": 4.5, "rain": 2.5}
SMALLEST_PX = 5
NOISES = 6


@dataclass(frozen=True, slots=True)
class Sprite:
    """A cut at one size; `box` is the vehicle in the patch."""

    image: NDArray[np.float32]
    alpha: Mask
    core: NDArray[np.bool_]
    box: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Drawn:
    """One picture in YUV 4:2:0, its moment, and where each vehicle is."""

    at_s: float
    yuv: Image
    boxes: dict[str, SecondBox]


class Painter:
    """Draws one script on its stage."""

    def __init__(self, script: Script, stage: Stage, street: Image, cuts: dict[str, Cut], seed: int) -> None:
        self._script, self._stage = script, stage
        self._k = FRAME_PX[0] / street.shape[1]
        rng = np.random.default_rng(seed)
        grade = "day" if stage.dusk and script.light == "dusk" else script.light
        self._grade = GRADES[grade]
        large = np.asarray(cv2.resize(street, FRAME_PX, interpolation=cv2.INTER_CUBIC), np.uint8)
        self._street = graded(large, self._grade)
        self._cuts = {name: (graded(cut.image, self._grade), cut) for name, cut in cuts.items()}
        self._sprites: dict[tuple[str, int], Sprite] = {}
        sigma = NOISE_SIGMA[script.light]
        noise = rng.normal(0, sigma, (NOISES, FRAME_PX[1], FRAME_PX[0])).round()
        self._lighter = np.clip(noise, 0, 255).astype(np.uint8)
        self._darker = np.clip(-noise, 0, 255).astype(np.uint8)
        self._trembles = rng.uniform(-1, 1, (round(script.seconds * FPS) + 1, 2))
        self._streaks = _streaks(rng) if script.light == "rain" else None
        self._cloud = _cloud(rng) if script.clouds else None

    def pictures(self) -> Iterator[Drawn]:
        """Every picture in order; none while the stream has a gap."""
        held: Image | None = None
        for index in range(round(self._script.seconds * FPS)):
            at_s = index / FPS
            if _within(self._script.gaps, at_s):
                continue
            boxes, yuv = self._compose(at_s, index)
            if _within(self._script.frozen, at_s) and held is not None:
                yuv = held
            held = yuv
            yield Drawn(at_s, yuv, boxes)

    def _compose(self, at_s: float, index: int) -> tuple[dict[str, SecondBox], Image]:
        canvas = self._street.copy()
        for prop in self._script.props:
            if prop.from_s <= at_s < prop.to_s:
                _draw_prop(canvas, prop, self._k)
        owner = np.zeros(canvas.shape[:2], np.uint8)
        present = sorted(self._present(at_s), key=lambda one: one[1][1])
        areas = {}
        for number, (actor, point) in enumerate(present, start=1):
            areas[actor.id] = (number, *self._draw(canvas, owner, actor, point, number))
        if self._script.light == "night":
            for actor, point in present:
                self._lamps(canvas, actor, point, at_s)
        dx, dy, view = self._camera(at_s, index)
        boxes = {who: _second_box(at_s, owner, *found, shift=(dx, dy)) for who, found in areas.items()}
        if view is not None:
            canvas = np.asarray(cv2.warpAffine(canvas, view, FRAME_PX, borderMode=cv2.BORDER_REPLICATE), np.uint8)
        if _within(self._script.haze, at_s):
            veil = np.full_like(canvas, 150)
            canvas = np.asarray(cv2.addWeighted(cv2.GaussianBlur(canvas, (0, 0), 9), 0.35, veil, 0.65, 0), np.uint8)
        return {who: box for who, box in boxes.items() if box is not None}, self._lit(canvas, at_s, index)

    def _present(self, at_s: float) -> Iterator[tuple[Actor, tuple[float, float]]]:
        for actor in self._script.actors:
            along_m = actor.motion.along_m(at_s)
            if along_m is not None:
                yield actor, actor.way.at(along_m)

    def _sprite(self, actor: Actor, y: float) -> Sprite:
        image, cut = self._cuts[actor.cut]
        if actor.height_m is not None:
            ground = self._stage.ground
            size = actor.height_m * ground.px_per_m_row * (y - ground.horizon_px) * self._k / cut.height_px
        else:
            size = self._stage.ground.scale(y, cut.ground[1]) * self._k
        plate = actor.plate.text if actor.plate is not None else ""
        key = (actor.cut + plate, round(200 * math.log(max(size, 0.01))))
        if key not in self._sprites:
            if len(self._sprites) > 400:
                self._sprites.clear()
            sprite = _resized(image, cut, math.exp(key[1] / 200))
            if actor.plate is not None:
                _put_plate(sprite, actor.plate, graded(actor.plate.face, self._grade))
            self._sprites[key] = sprite
        return self._sprites[key]

    def _draw(
        self, canvas: Image, owner: Image, actor: Actor, point: tuple[float, float], number: int
    ) -> tuple[float, float, float, float, int]:
        sprite = self._sprite(actor, point[1])
        x1, y1, x2, y2 = sprite.box
        left, top = round(point[0] * self._k - (x1 + x2) / 2), round(point[1] * self._k - y2)
        box = (left + x1, top + y1, left + x2, top + y2)
        height, width = sprite.alpha.shape
        a, b = max(0, left), max(0, top)
        c, d = min(FRAME_PX[0], left + width), min(FRAME_PX[1], top + height)
        if x2 - x1 < SMALLEST_PX or c <= a or d <= b:
            return (*box, 0)
        part, inner = np.s_[b:d, a:c], np.s_[b - top : d - top, a - left : c - left]
        alpha = sprite.alpha[inner][..., None]
        canvas[part] = (canvas[part] * (1 - alpha) + sprite.image[inner] * alpha + 0.5).astype(np.uint8)
        owner[part][sprite.core[inner]] = number
        return (*box, int(sprite.core.sum()))

    def _lamps(self, canvas: Image, actor: Actor, point: tuple[float, float], at_s: float) -> None:
        stands = any(a + 4 < at_s < b - 2 for a, b in actor.motion.stands)
        if not actor.lamps or (stands and actor.role == "parks"):
            return
        sprite = self._sprite(actor, point[1])
        width, height = sprite.box[2] - sprite.box[0], sprite.box[3] - sprite.box[1]
        x, y = point[0] * self._k, point[1] * self._k
        colour = (210, 235, 255) if actor.lamps == "white" else (20, 20, 230)
        for side in (-0.33, 0.33):
            _glow(canvas, (x + side * width, y - 0.3 * height), 0.09 * width + 1, colour, 1.0)
        if actor.lamps == "white":
            _glow(canvas, (x, y + 0.4 * height), 0.8 * width, (120, 150, 160), 0.5)

    def _camera(self, at_s: float, index: int) -> tuple[float, float, NDArray[np.float64] | None]:
        if _within(self._script.turned, at_s):
            return 5000.0, 5000.0, np.array([[1.3, 0.0, 210.0], [0.0, 1.3, -330.0]])
        amplitude = max((s.amplitude_px for s in self._script.shakes if s.from_s <= at_s < s.to_s), default=0.0)
        if amplitude == 0:
            return 0.0, 0.0, None
        dx, dy = (float(v) for v in np.round(self._trembles[index] * amplitude))
        return dx, dy, np.array([[1.0, 0.0, dx], [0.0, 1.0, dy]])

    def _lit(self, canvas: Image, at_s: float, index: int) -> Image:
        yuv = np.asarray(cv2.cvtColor(canvas, cv2.COLOR_BGR2YUV_I420), np.uint8)
        luma = yuv[: FRAME_PX[1]]
        script = self._script
        gain = 1.0 + script.drift * math.sin(2 * math.pi * at_s / script.drift_period_s)
        for from_s, step in script.light_steps:
            gain *= step if at_s >= from_s else 1.0
        if abs(gain - 1) > 0.002:
            cv2.convertScaleAbs(luma, luma, alpha=gain)
        if self._cloud is not None:
            shift = int(at_s * 14) % (self._cloud.shape[1] - FRAME_PX[0])
            cv2.multiply(luma, self._cloud[:, shift : shift + FRAME_PX[0]], luma, scale=1 / 255)
        if self._streaks is not None:
            cv2.add(luma, self._streaks[index % len(self._streaks)], luma)
        pick = (index * 5 + index // NOISES) % NOISES
        cv2.add(luma, self._lighter[pick], luma)
        cv2.subtract(luma, self._darker[(pick * 5 + index) % NOISES], luma)
        return yuv


def graded(image: Image, grade: tuple[float, float, float, float, float]) -> Image:
    """The picture at another time of day: contrast, brightness, a tint."""
    contrast, brightness, *tint = grade
    if (contrast, brightness, *tint) == (1.0, 0, 1.0, 1.0, 1.0):
        return image
    changed = image.astype(np.float32) * contrast * np.array(tint, np.float32) + brightness
    return np.asarray(np.clip(changed, 0, 255), np.uint8)


def _resized(image: Image, cut: Cut, size: float) -> Sprite:
    way = cv2.INTER_AREA if size < 1 else cv2.INTER_LINEAR
    width, height = max(1, round(image.shape[1] * size)), max(1, round(image.shape[0] * size))
    kx, ky = width / image.shape[1], height / image.shape[0]
    alpha = np.asarray(cv2.resize(cut.alpha, (width, height), interpolation=way), np.float32)
    x1, y1, x2, y2 = cut.box[0] * kx, cut.box[1] * ky, cut.box[2] * kx, cut.box[3] * ky
    core = np.zeros(alpha.shape, np.bool_)
    inside = np.s_[max(0, round(y1)) : round(y2), max(0, round(x1)) : round(x2)]
    core[inside] = alpha[inside] > 0.5
    larger = cv2.resize(image, (width, height), interpolation=way).astype(np.float32)
    return Sprite(larger, alpha, core, (x1, y1, x2, y2))


def _put_plate(sprite: Sprite, plate: Plate, face: Image) -> None:
    """The plate on the vehicle, a little turned as the rear is, its edges soft."""
    x1, y1, x2, y2 = sprite.box
    across = plate.width * (x2 - x1)
    down = across * face.shape[0] / face.shape[1]
    x, y = x1 + plate.middle[0] * (x2 - x1), y1 + plate.middle[1] * (y2 - y1)
    if across < 8:
        return
    softened = cv2.GaussianBlur(face, (0, 0), max(0.3, 0.45 * face.shape[1] / across))
    height, width = face.shape[:2]
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    tilt = 0.03 * across
    a, b, c, d = x - across / 2, y - down / 2, x + across / 2, y + down / 2
    quad = np.array([(a, b + tilt), (c, b - tilt), (c, d - tilt), (a, d + tilt)], np.float32)
    matrix = cv2.getPerspectiveTransform(corners, quad)
    size = (sprite.alpha.shape[1], sprite.alpha.shape[0])
    warped = np.asarray(cv2.warpPerspective(softened, matrix, size, flags=cv2.INTER_LINEAR), np.float32)
    mask = np.asarray(cv2.warpPerspective(np.ones((height, width), np.float32), matrix, size), np.float32)[..., None]
    sprite.image[:] = sprite.image * (1 - mask) + warped * mask


def _second_box(
    at_s: float,
    owner: Image,
    number: int,
    left: float,
    top: float,
    right: float,
    bottom: float,
    area: int,
    *,
    shift: tuple[float, float],
) -> SecondBox | None:
    dx, dy = shift
    a, b = max(0.0, left), max(0.0, top)
    c, d = min(float(FRAME_PX[0]), right), min(float(FRAME_PX[1]), bottom)
    if area == 0 or c <= a or d <= b:
        return None
    seen = int(np.count_nonzero(owner[int(b) : int(d) + 1, int(a) : int(c) + 1] == number))
    visible = 0.0 if dx > 1000 else round(seen / area, 3)
    shifted = (a, b, c, d) if dx > 1000 else (a + dx, b + dy, c + dx, d + dy)
    x1, y1, x2, y2 = (round(edge, 1) for edge in shifted)
    return SecondBox(at_s, x1, y1, x2, y2, visible)


def _draw_prop(canvas: Image, prop: Prop, k: float) -> None:
    x1, y1, x2, y2 = (round(edge * k) for edge in prop.box)
    if prop.kind == "board":
        cv2.rectangle(canvas, (x1, y1), (x2, y2), (40, 36, 34), -1)
        cv2.rectangle(canvas, (x1 + 3, y1 + 3), (x2 - 3, y2 - 3), (90, 70, 50), 2)
        for row in range(y1 + 12, y2 - 8, 12):
            cv2.line(canvas, (x1 + 8, row), (x2 - 10, row), (190, 190, 200), 3)
        return
    centre, axes = ((x1 + x2) // 2, (y1 + y2) // 2), ((x2 - x1) // 2, (y2 - y1) // 2)
    if prop.kind == "pool":
        _glow(canvas, centre, axes[0], (150, 185, 200), 0.8)
        return
    layer = np.zeros(canvas.shape[:2], np.uint8)
    cv2.ellipse(layer, centre, axes, 0, 0, 360, 255, -1)
    alpha = cv2.GaussianBlur(layer, (0, 0), 5).astype(np.float32)[..., None] / 255
    colour = np.array((205, 195, 185) if prop.kind == "puddle" else (12, 10, 10), np.float32)
    strength = 0.7 if prop.kind == "puddle" else 0.6
    canvas[:] = (canvas * (1 - alpha * strength) + colour * alpha * strength).astype(np.uint8)


def _glow(canvas: Image, centre: tuple[float, float], radius: float, colour: tuple[int, int, int], by: float) -> None:
    reach = max(2, round(radius * 2))
    x, y = round(centre[0]), round(centre[1])
    a, b, c, d = max(0, x - reach), max(0, y - reach), min(FRAME_PX[0], x + reach + 1), min(FRAME_PX[1], y + reach + 1)
    if c <= a or d <= b:
        return
    across, down = np.arange(a, c) - x, np.arange(b, d) - y
    spread = np.exp(-(across[None, :] ** 2 + down[:, None] ** 2) / (2 * (radius * 0.7) ** 2)).astype(np.float32)
    light = spread[..., None] * np.array(colour, np.float32) * by
    canvas[b:d, a:c] = np.minimum(255, canvas[b:d, a:c] + light).astype(np.uint8)


def _streaks(rng: np.random.Generator) -> Image:
    layers = np.zeros((8, FRAME_PX[1], FRAME_PX[0]), np.uint8)
    for layer in layers:
        for x, y, length in zip(
            rng.integers(0, 1280, 260), rng.integers(0, 720, 260), rng.integers(10, 34, 260), strict=True
        ):
            cv2.line(layer, (int(x), int(y)), (int(x + length * 0.15), int(y + length)), 38, 1)
    return layers


def _cloud(rng: np.random.Generator) -> Image:
    coarse = rng.uniform(0, 1, (6, 40)).astype(np.float32)
    wide = cv2.resize(coarse, (FRAME_PX[0] * 5, FRAME_PX[1]), interpolation=cv2.INTER_CUBIC)
    return np.asarray(np.clip(255 - 130 * np.clip((wide - 0.5) * 3, 0, 1), 90, 255), np.uint8)


def _within(spans: tuple[tuple[float, float], ...], at_s: float) -> bool:
    return any(a <= at_s < b for a, b in spans)
