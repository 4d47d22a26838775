"""How many live cameras one core carries: RTSP in, one judged frame each 2 s at 416 px, 1080p25 H.264 at 4 Mbit/s.

The gateway is bound to core 0, everything else to the last core; the cost of the test's RTSP server is printed. Cost a
camera comes from two runs with few and many cameras, so that what the process costs by itself does not count.
"""

from __future__ import annotations

import os
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import av
import httpx
import numpy as np
import psutil

from contract.times import NS, ns_from_utc
from tantou.demo import cameras
from tantou.up import configs
from tests.bench.lines import show
from tests.e2e.conftest import SCENES
from tests.e2e.system import System, edge_toml_of, make_system

FEW, MANY = 4, 20
SETTLE_S, MEASURE_S = 15.0, 30.0
LOOKS_PER_S, ENOUGH = 0.5, 0.9
CLIP, CLIP_S, FPS, FRAME_PX = "bench-1080p25", 20, 25, (1920, 1080)


@dataclass(frozen=True)
class Cost:
    """What a run used: shares of a core, resident bytes; and what it was given.

    `streams`: cameras' worth of real-time video that came in, below the number of cameras when the test's server or a
    busy machine falls behind; `looks_per_s` a stream.
    """

    edge_cores: float
    rtsp_cores: float
    edge_bytes: int
    streams: float
    looks_per_s: float


@dataclass(frozen=True)
class Told:
    """A heartbeat's time and its sums over all cameras."""

    at_ns: int
    packets: int
    looks: int


def draw_clip(target: Path) -> None:
    """A drifting picture with noise, H.264, a keyframe each 2 s, about 4 Mbit/s."""
    width, height = FRAME_PX
    rng = np.random.default_rng(3)
    wide = np.repeat(np.repeat(rng.integers(0, 255, (height // 8, width // 4, 3), np.uint8), 8, 0), 8, 1)
    options = {"preset": "ultrafast", "bf": "0", "g": str(2 * FPS), "keyint_min": str(2 * FPS), "sc_threshold": "0"}
    with av.open(str(target), "w") as container:
        stream = container.add_stream("libx264", rate=FPS, options=options)
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = width, height, "yuv420p", 4_000_000
        for index in range(CLIP_S * FPS):
            picture = np.ascontiguousarray(wide[:, index * 2 : index * 2 + width])
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
        container.mux(stream.encode(None))


def edge_toml(system: System, count: int) -> str:
    """That many cameras on one stream, each with a zone."""
    text = edge_toml_of(
        system,
        *(
            configs.Camera(
                id=f"cam-{number}",
                name=f"cam-{number}",
                url=cameras.url(system.ports.rtsp, CLIP),
                zone=f"zone-{number}",
                zone_name=f"zone-{number}",
                polygon_px=((0, 0), (1919, 0), (1919, 1079), (0, 1079)),
                frame_px=FRAME_PX,
                position=None,
                grace_s=3600,
                demo=True,
            )
            for number in range(count)
        ),
    )
    return text.replace("threads = 1\n", "threads = 1\ninput_px = 416\n")


def measure(count: int, scenes: Path) -> Cost:
    """One run with `count` cameras."""
    with tempfile.TemporaryDirectory(prefix="tantou-bench-") as scratch:
        own = Path(scratch) / "edge.toml"
        system = make_system(Path(scratch) / "data", scenes, "--edge", str(own))
        own.write_text(edge_toml(system, count))
        try:
            system.start()
            return _watch(system)
        finally:
            system.stop()


def _watch(system: System) -> Cost:
    children = system.children()
    edge, rtsp = children["edge"], children["cameras"]
    last_core = (os.cpu_count() or 1) - 1
    for name, child in children.items():
        _bind(child, 0 if name == "edge" else last_core)
    client = system.log_in("operator")
    time.sleep(SETTLE_S)
    used_before, told_before = (_cpu_s(edge), _cpu_s(rtsp)), _told(client)
    started_s = time.monotonic()
    time.sleep(MEASURE_S)
    spent_s = time.monotonic() - started_s
    used, told = (_cpu_s(edge), _cpu_s(rtsp)), _told(client)
    client.close()
    told_s = (told.at_ns - told_before.at_ns) / NS
    streams = (told.packets - told_before.packets) / told_s / FPS
    return Cost(
        (used[0] - used_before[0]) / spent_s,
        (used[1] - used_before[1]) / spent_s,
        edge.memory_info().rss,
        streams,
        (told.looks - told_before.looks) / told_s / streams,
    )


def _told(client: httpx.Client) -> Told:
    """What the last heartbeat said of all cameras together."""
    devices = client.get("/devices").json()["items"]
    counters = [device["counters"] for device in devices]
    return Told(
        max(ns_from_utc(device["gateway_at"]) for device in devices),
        sum(one.get("packets", 0) for one in counters),
        sum(one.get("judged", 0) for one in counters),
    )


def _bind(process: psutil.Process, core: int) -> None:
    """Every thread that runs now, and those that come later."""
    process.cpu_affinity([core])
    for thread in process.threads():
        os.sched_setaffinity(thread.id, {core})


def _cpu_s(process: psutil.Process) -> float:
    used = process.cpu_times()
    return float(used.user + used.system)


def main() -> None:
    """Two runs, then the figures."""
    with tempfile.TemporaryDirectory(prefix="tantou-bench-") as folder:
        scenes = Path(folder)
        draw_clip(scenes / f"{CLIP}.mp4")
        for made in SCENES.iterdir():
            (scenes / made.name).symlink_to(made)
        few, many = measure(FEW, scenes), measure(MANY, scenes)
    each = (many.edge_cores - few.edge_cores) / (many.streams - few.streams)
    alone = few.edge_cores - few.streams * each
    show("share of a core a live camera, 1080p25 4 Mbit/s, a look each 2 s at 416 px", f"{each * 100:.1f} %")
    if many.looks_per_s < ENOUGH * LOOKS_PER_S:
        show("live cameras on one core: NOT from that, too few frames were judged", "machine is busy", ">= 23, aim 40")
    else:
        show("live cameras on one core, from that", f"{(1 - alone) / each:.0f}", ">= 23, aim 40")
    show(f"streams that came in at full speed, of {MANY} cameras on one core", f"{many.streams:.1f}", f"{MANY}")
    show("judged frames a second of each of these streams", f"{many.looks_per_s:.2f}", "0.50")
    show(f"the gateway with {MANY} cameras", f"{many.edge_cores * 100:.0f} % of a core")
    show(f"the test's RTSP server with {MANY} clients, on the other core", f"{many.rtsp_cores * 100:.0f} % of a core")
    memory = (many.edge_bytes - few.edge_bytes) / (MANY - FEW) / 1e6
    show("gateway memory an added camera, ring filled so far included", f"{memory:.0f} MB", "ring (30) + <= 25 MB")


if __name__ == "__main__":
    main()
