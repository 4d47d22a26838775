"""What capture costs: keyframe-first decoding against full decoding, and one more live camera in CPU and memory.

The same stream in one run, process CPU time, one decoder thread; a drifting picture with grain, 1080p25, 4 Mbit/s.
"""

from __future__ import annotations

import multiprocessing
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from multiprocessing.connection import Connection
from statistics import fmean

import av
import numpy as np
import psutil
from av.video.codeccontext import VideoCodecContext

from contract.times import NS
from edge.capture.decoder import Decoder
from edge.capture.feed import CameraFeed
from edge.capture.pyav_engine import PyAvDecoder
from edge.capture.ring import PacketRing
from edge.capture.types import Packet, StreamInfo
from edge.config import CameraConfig
from tests.bench.lines import BenchLine
from tests.rtsp_server.clips import RTP_HZ, Clip, Coded
from tests.rtsp_server.server import Plan, RtspServer

FPS, FRAME_PX, BIT_RATE = 25, (1920, 1080), 4_000_000
CLIP_S = 12
GRAIN = 30
FEW, MANY = 1, 5
SETTLE_S, MEASURE_S = 4.0, 15.0
_BASE = Fraction(1, RTP_HZ)


def street_clip(gop_s: int) -> Clip:
    """A drifting picture with grain, H.264, a keyframe each `gop_s` seconds."""
    width, height = FRAME_PX
    rng = np.random.default_rng(3)
    wide = np.repeat(np.repeat(rng.integers(0, 220, (height // 40, width // 20, 3), np.uint8), 40, 0), 40, 1)
    grain = rng.integers(0, GRAIN, (height, width, 3), np.uint8)
    context = av.CodecContext.create("libx264", "w")
    assert isinstance(context, VideoCodecContext)
    context.width, context.height, context.pix_fmt = width, height, "yuv420p"
    context.framerate, context.time_base = Fraction(FPS), Fraction(1, FPS)
    context.bit_rate = BIT_RATE
    context.options = {"preset": "veryfast", "bf": "0", "g": str(gop_s * FPS), "sc_threshold": "0"}
    coded = []
    for index in range(CLIP_S * FPS):
        picture = wide[:, index * 2 : index * 2 + width] + np.roll(grain, rng.integers(0, height), 0)
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="bgr24")
        frame.pts = index
        coded += context.encode(frame)
    coded += context.encode(None)
    stamped = ((one, round((one.pts or 0) * RTP_HZ / FPS)) for one in coded)
    return Clip("h264", FPS, tuple(Coded(bytes(one), one.is_keyframe, stamp) for one, stamp in stamped))


def measure_decode_cost() -> list[BenchLine]:
    """CPU of keyframe-first decoding as a share of decoding every picture of the same stream, at GOP 2 s and 4 s."""
    lines = []
    for gop_s, budget in ((2, "<= 9 %"), (4, "<= 5 %")):
        clip = street_clip(gop_s)
        first_s, full_s = _decode_s(clip, every_picture=False), _decode_s(clip, every_picture=True)
        note = f"{_share(first_s)} against {_share(full_s)} of a core; {_sizes(clip)}"
        name = f"decode, keyframes at {gop_s} s against every picture, 1080p25 H.264"
        lines.append(BenchLine(name, first_s / full_s * 100, "%", budget, note))
    return lines


def measure_live_cost() -> list[BenchLine]:
    """CPU and memory of one more camera, from two runs of feeds against a real RTSP server in another process."""
    clip = street_clip(2)
    few, many = _run_feeds(clip, FEW), _run_feeds(clip, MANY)
    cpu = (many.cores - few.cores) / (MANY - FEW) * 100
    held = (many.memory_bytes - many.ring_bytes - few.memory_bytes + few.ring_bytes) / (MANY - FEW) / 1e6
    note = f"{many.frames} frames of {MANY} cameras in {MEASURE_S:.0f} s"
    return [
        BenchLine(
            "capture of one more live camera, 1080p25 H.264, keyframes at 2 s", cpu, "% of a core", "<= 3.2 %", note
        ),
        BenchLine("memory of one more camera without its ring", held, "MB", "<= 25 MB", "resident, capture only"),
    ]


@dataclass(frozen=True)
class _Used:
    cores: float
    memory_bytes: int
    ring_bytes: int
    frames: int


def _decode_s(clip: Clip, *, every_picture: bool) -> float:
    """Process CPU seconds, the best of three; keyframes are converted to full BGR, the others are decoded only."""
    return min(_decode_once_s(clip, every_picture) for _ in range(3))


def _decode_once_s(clip: Clip, every_picture: bool) -> float:
    info = StreamInfo("h264", 0, 0, b"", _BASE)
    packets = [
        Packet(one.data, one.stamp, one.stamp, 0, _BASE, one.is_keyframe, one.stamp * NS // RTP_HZ)
        for one in clip.pictures
    ]
    keyframes_per_s = sum(one.is_keyframe for one in packets) / CLIP_S
    config = _camera("rtsp://unused", full_decode_fps=max(0.1, keyframes_per_s))
    decoder = Decoder(config, lambda: PyAvDecoder(info), PacketRing(60, 10**9))
    if every_picture:
        decoder.ask_full_decode(packets[-1].at_ns)
    started_s = time.process_time()
    for packet in packets:
        decoder.take(packet)
    decoder.finish()
    return time.process_time() - started_s


def _run_feeds(clip: Clip, count: int) -> _Used:
    context = multiprocessing.get_context("spawn")
    with RtspServer({"x": Plan(clip)}) as server:
        ours, theirs = context.Pipe()
        child = context.Process(target=_watch, args=(theirs, server.url("x"), count))
        child.start()
        used = ours.recv()
        child.join()
    assert isinstance(used, _Used)
    return used


def _watch(pipe: Connection, url: str, count: int) -> None:
    """Runs feeds as the gateway does and measures its own process."""
    stop = threading.Event()
    frames = [0]

    def count_frame(_frame: object) -> None:
        frames[0] += 1

    feeds = [
        CameraFeed(_camera(url), on_frame=count_frame, on_state=lambda _status: None, now_ns=time.time_ns, stop=stop)
        for _ in range(count)
    ]
    threads = [threading.Thread(target=feed.run) for feed in feeds]
    for thread in threads:
        thread.start()
    time.sleep(SETTLE_S)
    before_s, before = time.process_time(), frames[0]
    time.sleep(MEASURE_S)
    cores = (time.process_time() - before_s) / MEASURE_S
    ring_bytes = sum(feed.ring.counters()["ring_bytes"] for feed in feeds)
    pipe.send(_Used(cores, psutil.Process().memory_info().rss, ring_bytes, frames[0] - before))
    stop.set()
    for thread in threads:
        thread.join()


def _camera(url: str, full_decode_fps: float = 5.0) -> CameraConfig:
    return CameraConfig(id="cam-1", name="camera", url=url, full_decode_fps=full_decode_fps)


def _sizes(clip: Clip) -> str:
    """The ratio rules the figure: a camera of a quiet street sends small pictures between large keyframes."""
    keyframes = [len(one.data) for one in clip.pictures if one.is_keyframe]
    others = [len(one.data) for one in clip.pictures if not one.is_keyframe]
    mbit_s = (sum(keyframes) + sum(others)) * 8 / CLIP_S / 1e6
    return f"{mbit_s:.1f} Mbit/s, a keyframe is {fmean(keyframes) / fmean(others):.0f} times another picture"


def _share(cpu_s: float) -> str:
    return f"{cpu_s / CLIP_S * 100:.1f} %"


def main() -> None:
    """Prints every figure."""
    measures: tuple[Callable[[], list[BenchLine]], ...] = (measure_decode_cost, measure_live_cost)
    for measure in measures:
        for line in measure():
            line.show()


if __name__ == "__main__":
    main()
