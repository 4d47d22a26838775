"""A ring full of a drawn clip, as a camera's feed would have filled it."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import cache

import av
import numpy as np

from contract.times import NS
from edge.capture.bitstream import parameter_sets
from edge.capture.pyav_engine import PyAvEngine
from edge.capture.ring import PacketRing
from edge.capture.types import Image, Packet, StreamInfo
from edge.evidence.clips import Footage
from tests.rtsp_server.clips import RTP_HZ, Clip, encode_clip

START_NS = 1_790_000_000 * NS
SIZE_PX = (320, 240)
FPS = 25
SECONDS = 12
HZ = Fraction(1, RTP_HZ)


@cache
def drawn(codec: str = "h264") -> Clip:
    """Twelve seconds with a keyframe each second."""
    return encode_clip(codec, size_px=SIZE_PX, fps=FPS, seconds=SECONDS, gop=FPS)


def packets(clip: Clip) -> list[Packet]:
    """The clip's pictures as stamped packets."""
    return [
        Packet(
            data=one.data,
            pts=one.stamp + 900,
            dts=one.stamp + 900,
            duration=RTP_HZ // FPS,
            time_base=HZ,
            is_keyframe=one.is_keyframe,
            at_ns=START_NS + one.stamp * NS // RTP_HZ,
        )
        for one in clip.pictures
    ]


def footage(
    codec: str = "h264",
    *,
    paint: Callable[[Image], None] | None = None,
    extradata: bytes | None = None,
    last_s: float = SECONDS,
    ring_s: float = 60,
) -> Footage:
    """The first `last_s` seconds in a ring; parameter sets as the stream's description gives them (b"": not at all)."""
    clip = drawn(codec)
    ring = PacketRing(ring_s, 30_000_000)
    for packet in packets(clip):
        if packet.at_ns < START_NS + last_s * NS:
            ring.append(packet)
    if extradata is None:
        extradata = parameter_sets(codec, clip.pictures[0].data)
    info = StreamInfo(codec, *SIZE_PX, extradata, HZ)
    return Footage(ring=ring, stream_info=lambda: info, decoder=PyAvEngine(lambda: 0).decoder, paint=paint)


def shown(path: str) -> list[Image]:
    """All pictures of a written clip, BGR."""
    with av.open(path) as container:
        return [np.asarray(frame.to_ndarray(format="bgr24"), np.uint8) for frame in container.decode(video=0)]
