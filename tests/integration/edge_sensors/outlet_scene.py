"""A drawn outlet before a wall of bricks: pictures of what comes out of it, and a clip of them as a camera sends it."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import av
import numpy as np

from edge.capture.types import Image
from tests.rtsp_server.clips import RTP_HZ, Clip, Coded

SIZE_PX = (320, 180)
POLYGON = ((90.0, 20.0), (230.0, 20.0), (180.0, 165.0), (140.0, 165.0))
OUTLET_AT = (160.0, 165.0)
FUME = (75, 70, 65)
STEAM = (255, 255, 255)
OUTLET_TABLE = """
[zone.rule.outlet]
camera = "yard-1"
polygon_px = [[90, 20], [230, 20], [180, 165], [140, 165]]
frame_px = [320, 180]
look_s = 10
"""
CAMERA_TABLE = """
[[camera]]
id = "yard-1"
name = "Back yard"
url = "{url}"
frame_px = [320, 180]
masks = [[[0, 0], [60, 0], [60, 60], [0, 60]]]
"""


def pictures(
    *, colour: tuple[int, int, int] | None, seconds: float, fps: int, reach_px: float = 130, strength: float = 0.7
) -> list[Image]:
    """Puffs rise from the outlet, grow and thin out by `reach_px`; no colour: nothing comes out."""
    rng = np.random.default_rng(7)
    rows, columns = np.mgrid[0 : SIZE_PX[1], 0 : SIZE_PX[0]]
    bricks = 120 + 25 * ((rows // 8 + columns // 18) % 2) + rng.normal(0, 4, rows.shape)
    behind = np.repeat(bricks[..., None], 3, axis=2)
    puffs = [(rng.uniform(0, reach_px), rng.uniform(-1, 1), rng.uniform(6, 12)) for _ in range(14)]
    made = []
    for index in range(round(seconds * fps)):
        cover = np.zeros(rows.shape)
        for start, drift, size in puffs if colour else ():
            up = (start + 18 * index / fps) % reach_px
            across = OUTLET_AT[0] + drift * up * 0.25 + 2 * np.sin(index / fps + start)
            grown = size * (1 + up / 100)
            square = (columns - across) ** 2 + (rows - (OUTLET_AT[1] - up)) ** 2
            cover = np.maximum(cover, strength * (1 - up / reach_px) ** 0.5 * np.exp(-square / (2 * grown**2)))
        picture = behind * (1 - cover[..., None]) + np.array(colour or (0, 0, 0)) * cover[..., None]
        made.append((picture + rng.normal(0, 1.5, picture.shape)).clip(0, 255).astype(np.uint8))
    return made


def clip(images: list[Image], *, fps: int) -> Clip:
    """The pictures coded, a keyframe each second."""
    context: Any = av.CodecContext.create("libx264", "w")
    context.width, context.height = SIZE_PX
    context.pix_fmt = "yuv420p"
    context.framerate, context.time_base = fps, Fraction(1, fps)
    context.gop_size = fps
    context.options = {
        "preset": "ultrafast",
        "tune": "zerolatency",
        "crf": "18",
        "sc_threshold": "0",
        "x264-params": "annexb=1:repeat-headers=1",
    }
    packets = []
    for index, image in enumerate(images):
        frame = av.VideoFrame.from_ndarray(image, format="bgr24")
        frame.pts = index
        packets += context.encode(frame)
    packets += context.encode(None)
    return Clip(
        "h264", fps, tuple(Coded(bytes(one), one.is_keyframe, round(one.pts * RTP_HZ / fps)) for one in packets)
    )
