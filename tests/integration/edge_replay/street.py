"""A drawn street as a video file, its edge.toml, and a detector that sees the drawn vehicles: red boxes are cars."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from av.video.stream import VideoStream
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from contract.events import Provenance
from contract.manifest import public_key_hex
from contract.observations import Detection
from edge.capture.types import Image
from edge.config import EdgeConfig, load_edge

START = "2026-03-01T08:00:00+08:00"
SIZE_PX = (320, 240)
FPS = 5
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
TRUSTED = frozenset({public_key_hex(KEY)})
MADE_BY = Provenance(
    model="red boxes", model_sha256="0" * 64, rule="", config_sha256="1" * 64, software="tantou, a test"
)
TOML = """
[gateway]
id = "gw-demo"
town = "demo"
key_file = "gateway.key.pem"

[evidence]
pre_roll_s = {pre_roll_s}
post_roll_s = {post_roll_s}

[[camera]]
id = "cam-1"
name = "Drawn street"
url = "rtsp://127.0.0.1/street"
ring_s = {ring_s}
frame_px = [320, 240]
masks = {masks}
clock = {{ given_offset_s = 0.2, given_uncertainty_s = 0.1 }}

[[zone]]
id = "zone-1"
camera = "cam-1"
name = "Kerb"
matter = "illegal_parking"
polygon_px = [[60, 60], [310, 60], [310, 230], [60, 230]]
frame_px = [320, 240]

[zone.rule]
grace_s = {grace_s}
"""


class RedBoxes:
    """Sees each red box as a car."""

    def detect(self, frames_bgr: Sequence[Image], /) -> list[list[Detection]]:
        """Boxes of connected red pixels, from left to right."""
        return [_red_boxes(frame) for frame in frames_bgr]


@dataclass(frozen=True)
class Stay:
    """A car that drives in from the left, stands at `left_px`, `top_px` and leaves downwards; seconds of the scene."""

    arrives_s: float
    leaves_s: float
    left_px: int = 150
    top_px: int = 100
    drive_s: float = 2.0

    def at(self, at_s: float) -> tuple[int, int] | None:
        """Where its corner is; None while it is not in the picture."""
        if self.arrives_s - self.drive_s <= at_s < self.arrives_s:
            return round(self.left_px * (1 - (self.arrives_s - at_s) / self.drive_s)), self.top_px
        return (self.left_px, self.top_px) if self.arrives_s <= at_s < self.leaves_s else None


def write_street(path: Path, stays: Sequence[Stay], *, seconds: float, codec: str = "libx264", fps: int = FPS) -> Path:
    """The scene as a file with a keyframe each two seconds."""
    with av.open(str(path), "w") as out:
        stream: VideoStream = out.add_stream(codec, rate=fps)  # type: ignore[assignment]
        stream.width, stream.height = SIZE_PX
        stream.pix_fmt = "yuv420p"
        stream.codec_context.gop_size = 2 * fps
        quiet = {"x265-params": f"log-level=error:keyint={2 * fps}:min-keyint={2 * fps}"}
        stream.options = {"preset": "ultrafast", **(quiet if codec == "libx265" else {"sc_threshold": "0"})}
        for index in range(round(seconds * fps)):
            frame = av.VideoFrame.from_ndarray(draw(index, index / fps, stays), format="bgr24")
            frame.pts = index
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


def draw(index: int, at_s: float, stays: Sequence[Stay]) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """The picture of one moment: grey road, a bright window top left, a ticking mark, cars."""
    image = np.full((SIZE_PX[1], SIZE_PX[0], 3), 90, np.uint8)
    image[0:40, 0:60] = (255, 255, 255)
    image[232:240, (index * 8) % 312 : (index * 8) % 312 + 8] = (0, 200, 0)
    for stay in stays:
        corner = stay.at(at_s)
        if corner is not None:
            image[corner[1] : corner[1] + 40, corner[0] : corner[0] + 70] = (30, 30, 230)
    return image


def configured(
    folder: Path,
    *,
    grace_s: float = 20,
    ring_s: float = 60,
    masks: str = "[]",
    pre_roll_s: float = 5,
    post_roll_s: float = 5,
    edit: Callable[[str], str] = str,
) -> EdgeConfig:
    """The checked configuration of the drawn street; its files lie in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    key = folder / "gateway.key.pem"
    key.write_bytes(KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    key.chmod(0o600)
    text = edit(
        TOML.format(grace_s=grace_s, ring_s=ring_s, masks=masks, pre_roll_s=pre_roll_s, post_roll_s=post_roll_s)
    )
    (folder / "edge.toml").write_text(text)
    return load_edge(text, "edge.toml", folder)


def _red_boxes(frame_bgr: Image) -> list[Detection]:
    blue, green, red = (frame_bgr[:, :, channel].astype(int) for channel in range(3))
    is_red = ((red > 150) & (blue < 110) & (green < 110)).astype(np.uint8)
    _, _, stats, _ = cv2.connectedComponentsWithStats(is_red)
    boxes = [tuple(int(value) for value in row) for row in stats[1:] if row[4] > 300]
    return [
        Detection(bbox_xyxy_px=(float(x), float(y), float(x + w), float(y + h)), score=0.9, label="car")
        for x, y, w, h, _ in sorted(boxes)
    ]
