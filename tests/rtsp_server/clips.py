"""Drawn clips, coded on the spot: a yellow block that moves over grey, as Annex B pictures with 90 kHz stamps."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import av
import numpy as np
from av.video.stream import VideoStream

RTP_HZ = 90_000
_ENCODERS = {
    "h264": (
        "libx264",
        {"preset": "ultrafast", "sc_threshold": "0", "x264-params": "annexb=1:repeat-headers=1"},
    ),
    "hevc": ("libx265", {"preset": "ultrafast"}),
}


@dataclass(frozen=True)
class Coded:
    """One coded picture; `stamp` counts 90 kHz from the clip's start."""

    data: bytes
    is_keyframe: bool
    stamp: int


@dataclass(frozen=True)
class Clip:
    """Coded pictures of one size, in the order of sending."""

    codec: str
    fps: int
    pictures: tuple[Coded, ...]

    @property
    def length(self) -> int:
        """In 90 kHz ticks: where the clip joins itself when it loops."""
        return max(one.stamp for one in self.pictures) + RTP_HZ // self.fps

    def without_keyframes(self) -> Clip:
        """What a camera sends whose keyframes never come."""
        return Clip(self.codec, self.fps, tuple(one for one in self.pictures if not one.is_keyframe))

    def then(self, other: Clip) -> Clip:
        """This clip followed by another, as when a camera changes its resolution."""
        late = tuple(Coded(one.data, one.is_keyframe, one.stamp + self.length) for one in other.pictures)
        return Clip(self.codec, self.fps, self.pictures + late)


def draw(index: int, width: int, height: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """The picture of one moment, BGR."""
    image = np.full((height, width, 3), 60, np.uint8)
    left = (index * 3) % (width - width // 6)
    image[height // 4 : height // 2, left : left + width // 6] = (0, 200, 255)
    return image


def encode_clip(
    codec: str = "h264", *, size_px: tuple[int, int] = (320, 240), fps: int = 25, seconds: float = 2, gop: int = 25
) -> Clip:
    """A clip with a keyframe each `gop` pictures, its parameter sets in-band, shown in the order of sending."""
    options = {"tune": "zerolatency"}
    if codec == "hevc":
        options["x265-params"] = f"log-level=error:repeat-headers=1:annexb=1:keyint={gop}:min-keyint={gop}"
    return _encode(codec, size_px, options, fps=fps, seconds=seconds, gop=gop)


def encode_reordered_clip(*, seconds: float = 2, gop: int = 25) -> Clip:
    """H.264 320x240 with three B pictures between others: sent in another order than shown."""
    return _encode("h264", (320, 240), {"bf": "3", "b_strategy": "0"}, fps=25, seconds=seconds, gop=gop)


def _encode(
    codec: str, size_px: tuple[int, int], options: dict[str, str], *, fps: int, seconds: float, gop: int
) -> Clip:
    name, always = _ENCODERS[codec]
    context: Any = av.CodecContext.create(name, "w")
    context.width, context.height = size_px
    context.pix_fmt = "yuv420p"
    context.framerate = fps
    context.time_base = Fraction(1, fps)
    context.gop_size = gop
    context.options = {**always, **options}
    packets = []
    for index in range(int(fps * seconds)):
        frame = av.VideoFrame.from_ndarray(draw(index, *size_px), format="bgr24")
        frame.pts = index
        packets += context.encode(frame)
    packets += context.encode(None)
    return Clip(codec, fps, tuple(Coded(bytes(one), one.is_keyframe, round(one.pts * RTP_HZ / fps)) for one in packets))


def write_file(path: str, codec: str = "h264", *, fps: int = 25, seconds: float = 4, gop: int = 25) -> None:
    """The same drawing as an mp4 or mkv file, 320x240."""
    with av.open(path, "w") as out:
        stream: VideoStream = out.add_stream(_ENCODERS[codec][0], rate=fps)  # type: ignore[assignment]
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        stream.codec_context.gop_size = gop
        extra = {"x265-params": f"log-level=error:keyint={gop}"} if codec == "hevc" else {"sc_threshold": "0"}
        stream.options = {"preset": "ultrafast", **extra}
        for index in range(int(fps * seconds)):
            frame = av.VideoFrame.from_ndarray(draw(index, 320, 240), format="bgr24")
            frame.pts = index
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
