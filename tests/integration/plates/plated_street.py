"""A drawn street in which drawn cars with drawn plates come, stand and go; the truth of each plate is its text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import av
import cv2
import numpy as np
from av.video.stream import VideoStream

from contract.geometry import BboxPx
from contract.plates import KINDS
from edge.capture.types import Image
from edge.config import EdgeConfig
from models.plates.drawing import Drawn, draw_plate, find_fonts
from tests.integration.edge_replay.street import configured

SIZE_PX = (1280, 720)
FPS = 2
CAR_PX = (380, 280)
PLATE_PX = 150
ZONE = "[[300, 100], [1270, 100], [1270, 700], [300, 700]]"


@dataclass(frozen=True)
class PlatedCar:
    """A car that drives in from the left, stands from `arrives_s` to `leaves_s` at its corner, and is gone then."""

    plate: Image
    arrives_s: float
    leaves_s: float
    corner_px: tuple[int, int] = (600, 240)
    plate_px: int = PLATE_PX
    drive_s: float = 4.0
    covered_s: tuple[float, float] = (0.0, 0.0)

    def at(self, at_s: float) -> tuple[int, int] | None:
        """Where its corner is; None while it is not in the picture."""
        x, y = self.corner_px
        if self.arrives_s - self.drive_s <= at_s < self.arrives_s:
            return round(x * (1 - (self.arrives_s - at_s) / self.drive_s)), y
        return (x, y) if self.arrives_s <= at_s < self.leaves_s else None

    @property
    def box(self) -> BboxPx:
        """Where it stands."""
        x, y = self.corner_px
        return float(x), float(y), float(x + CAR_PX[0]), float(y + CAR_PX[1])


def plate_of(kind: str, seed: int = 3) -> Drawn:
    """A drawn plate of one kind; the same seed gives the same."""
    kinds = [one for one in KINDS if one.name == kind]
    return draw_plate(np.random.default_rng(seed), find_fonts(), kinds)


def write_plated_street(path: Path, cars: Sequence[PlatedCar], *, seconds: float) -> Path:
    """The scene as an H.264 file with a keyframe each two seconds."""
    with av.open(str(path), "w") as out:
        stream: VideoStream = out.add_stream("libx264", rate=FPS)
        stream.width, stream.height = SIZE_PX
        stream.pix_fmt = "yuv420p"
        stream.codec_context.gop_size = 2 * FPS
        stream.options = {"preset": "ultrafast", "crf": "18", "sc_threshold": "0"}
        for index in range(round(seconds * FPS)):
            image = draw(index / FPS, cars)
            # A picture that never changes would be one that nobody took.
            image = np.asarray(cv2.add(image, np.full_like(image, index * 5 % 17)), np.uint8)
            frame = av.VideoFrame.from_ndarray(image, format="bgr24")
            frame.pts = index
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


def draw(at_s: float, cars: Sequence[PlatedCar]) -> Image:
    """The picture of one moment: grey road and cars, each with its plate on."""
    image = np.full((SIZE_PX[1], SIZE_PX[0], 3), 90, np.uint8)
    for car in cars:
        corner = car.at(at_s)
        if corner is not None:
            hides_plate = car.covered_s[0] <= at_s < car.covered_s[1]
            _paint(image, car, corner, hides_plate=hides_plate)
    return image


def _paint(image: Image, car: PlatedCar, corner: tuple[int, int], *, hides_plate: bool) -> None:
    x, y = corner
    width, height = CAR_PX
    image[y : y + height, x : x + width] = (40, 40, 200)
    image[y + 20 : y + 110, x + 40 : x + width - 40] = (70, 60, 50)
    face = cv2.resize(
        car.plate,
        (car.plate_px, round(car.plate_px * car.plate.shape[0] / car.plate.shape[1])),
        interpolation=cv2.INTER_AREA,
    )
    left, top = x + (width - face.shape[1]) // 2, y + height - 30 - face.shape[0]
    image[top : top + face.shape[0], left : left + face.shape[1]] = (200, 200, 200) if hides_plate else face


def plated_config(folder: Path, *, edit: Callable[[str], str] = str, grace_s: float = 30) -> EdgeConfig:
    """The configuration of the drawn street at its full size."""

    def larger(text: str) -> str:
        text = text.replace("frame_px = [320, 240]", f"frame_px = {list(SIZE_PX)}")
        return edit(text.replace("[[60, 60], [310, 60], [310, 230], [60, 230]]", ZONE))

    return configured(folder, grace_s=grace_s, edit=larger)
