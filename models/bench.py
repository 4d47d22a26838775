"""How long one picture takes: preparation, network and decoding apart, on a drawn street so that no data is needed."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import cv2
import numpy as np
from msgspec import Struct

from models.detector import Detector
from models.letterbox import Frame, letterbox


class Timing(Struct, frozen=True, kw_only=True):
    """Median milliseconds a picture of one detector; `frames_per_core_s` is what one core judges in a second."""

    card: str
    runtime: str
    size: int
    batch: int
    prepare_ms: float
    whole_ms: float
    cpu_ms: float
    frames_per_core_s: float


def drawn_street(width_px: int = 1920, height_px: int = 1080, *, seed: int = 3) -> Frame:
    """A grey road with coloured boxes and noise: enough edges that no engine can skip work."""
    rng = np.random.default_rng(seed)
    frame = rng.integers(90, 130, (height_px, width_px, 3), dtype=np.uint8)
    for _ in range(40):
        x, y = int(rng.integers(width_px - 90)), int(rng.integers(height_px - 60))
        colour = tuple(int(c) for c in rng.integers(0, 255, 3))
        cv2.rectangle(frame, (x, y), (x + 80, y + 45), colour, -1)
        cv2.circle(frame, (x + 15, y + 45), 9, (20, 20, 20), -1)
    return frame


def bench(detector: Detector, *, batch: int, runs: int) -> Timing:
    """Time `runs` calls with `batch` full-HD frames each, after two calls to warm up."""
    frames = [drawn_street(seed=seed) for seed in range(batch)]
    card = detector.card.input
    pad_bgr = (card.pad_bgr[0], card.pad_bgr[1], card.pad_bgr[2])
    prepare_s, _ = _median_s(
        lambda: letterbox(frames, size_px=detector.size_px, pad_bgr=pad_bgr, divide_by=card.divide_by), runs
    )
    whole_s, cpu_s = _median_s(lambda: detector.detect(frames), runs)
    return Timing(
        card=detector.card.name,
        runtime=detector.runtime,
        size=detector.size_px,
        batch=batch,
        prepare_ms=round(prepare_s / batch * 1e3, 2),
        whole_ms=round(whole_s / batch * 1e3, 2),
        cpu_ms=round(cpu_s / batch * 1e3, 2),
        frames_per_core_s=round(batch / cpu_s, 1),
    )


def side_by_side(detectors: Sequence[Detector], frames: Sequence[Frame]) -> list[tuple[float, float]]:
    """Median (wall, CPU) milliseconds a picture of each detector, all in one run: each frame meets each in turn.

    In turn, since a machine's clock and its other work change over minutes and would favour whoever went first.
    """
    spans: list[list[tuple[float, float]]] = [[] for _ in detectors]
    for at, frame in enumerate([*frames[:1], *frames]):
        for detector, mine in zip(detectors, spans, strict=True):
            began, began_cpu = time.perf_counter(), time.process_time()
            detector.detect([frame])
            if at:  # the first frame only warms up
                mine.append((time.perf_counter() - began, time.process_time() - began_cpu))
    medians = [np.median(np.array(mine).reshape(-1, 2), axis=0) * 1e3 for mine in spans]
    return [(float(wall_ms), float(cpu_ms)) for wall_ms, cpu_ms in medians]


def _median_s(work: Callable[[], object], runs: int) -> tuple[float, float]:
    """Median wall and CPU seconds of one call; CPU is what counts on a machine that others use too."""
    wall, cpu = [], []
    for run in range(runs + 2):
        began, began_cpu = time.perf_counter(), time.process_time()
        work()
        if run >= 2:
            wall.append(time.perf_counter() - began)
            cpu.append(time.process_time() - began_cpu)
    return float(np.median(wall)), float(np.median(cpu))
