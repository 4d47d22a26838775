"""What a tower costs: the fold a look, memory a preset, looks a second and core at 640 and with tiles at 960.

Drawn pictures, the model of the card, one thread. Times are CPU seconds of this process, so that other programs on the
machine do not count.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence

import cv2
import msgspec
import numpy as np

from contract.observations import Detection, Observation, PlumeSeen
from detectors import straw_burning as rule
from edge.capture.types import Frame, Image
from edge.inference.plumes import PlumeMeter
from edge.inference.plumes_look import TowerLooker, card_score
from edge.straw_replay import CARD
from models.detector import open_detector
from tests.bench.lines import percentile, show
from tests.unit.edge_inference.valley import at_ns, valley, with_smoke
from tests.unit.straw_burning.tower import CONFIG, ZONE, look, plume

PRESETS = 14
CYCLES = 12
QUIET = 3
CALLS = 8
LOOKS = 6


class _With:
    """A detector whose answers are those of another and one call more, so that tiles are always looked at."""

    def __init__(self, detect: Callable[[Sequence[Image]], list[list[Detection]]]) -> None:
        self._detect = detect

    def detect(self, frames_bgr: Sequence[Image], /) -> list[list[Detection]]:
        """One call over the whole band of far ground."""
        call = Detection(bbox_xyxy_px=(100.0, 380.0, 1800.0, 520.0), score=0.2, label="smoke")
        return [[*found, call] for found in self._detect(frames_bgr)]


def fold_cost() -> None:
    """A busy tower: in every preset `CALLS` calls at each look, one of them a fire; some visits become stares."""
    state, spent_ms = rule.initial_state(), []
    for seen in _busy():
        began = time.process_time_ns()
        state = rule.step(state, seen, ZONE, CONFIG).state
        spent_ms.append((time.process_time_ns() - began) / 1e6)
    middle, high = percentile(spent_ms, 0.5), percentile(spent_ms, 0.99)
    show(f"straw fold, {PRESETS} presets, {CALLS} calls a look: median, p99", f"{middle:.2f}, {high:.2f} ms", "< 2 ms")
    state_kb = len(msgspec.json.encode(state)) / 1000
    show("straw fold: state as saved", f"{state_kb:.0f} kB, {len(state.fires)} fires open")


def _busy() -> Iterator[Observation]:
    """Turns of the patrol: first quiet ones, then calls; a visit is a glance of four looks or a stare of twenty."""
    at_s = 0.0
    for cycle in range(CYCLES):
        for preset in range(PRESETS):
            looks, every_s = (20, 1.0) if (cycle + preset) % 7 == 6 else (4, 0.5)
            for _ in range(looks):
                at_s += every_s
                calls = [_call(k, preset, cycle, at_s) for k in range(CALLS)] if cycle >= QUIET else []
                yield look(at_s, *calls, preset=f"p{preset}")
            at_s += 4


def _call(k: int, preset: int, cycle: int, at_s: float) -> PlumeSeen:
    """One call of a look; in no two presets at the same pixels, which would be a drop on the glass."""
    down, is_fire = 45 * (preset % 7), k == preset % CALLS
    return plume(
        120 + 110 * (preset // 7) + 220 * k + 3 * (7 * at_s % 5),
        top=560 + down,
        foot=640 + down,
        surety=0.3 + 0.2 * k,
        area_share=0.0004 * (1 + (cycle - QUIET) * is_fire) * (1 + 0.02 * (10 * at_s % 7)),
        grey_shift=-20.0 if is_fire else 20.0,
        decorrelation=0.2 if is_fire else 0.01,
        flow_px_s=(8.0, -4.0) if is_fire else (0.0, 0.0),
    )


def memory() -> None:
    """One preset at full HD after its background is learnt."""
    meter = PlumeMeter(score_at_r80=0.05)
    for index in range(9):
        meter.measure(_large(valley(index)), (), device="tower", preset="p", at_ns=at_ns(60.0 * index))
    show("plume meter: memory a preset, 1920 x 1080", f"{meter.memory_bytes()['tower/p'] / 1e6:.1f} MB")


def looks() -> None:
    """The whole way from a picture to an observation."""
    near, far = (open_detector(CARD, size_px=size, threads=1) for size in (640, 960))
    score = card_score(near.card)
    frames = [_large(with_smoke(valley(index), seed=index)) for index in range(LOOKS)]
    for name, looker in (
        ("whole picture at 640", TowerLooker(near, meter=PlumeMeter(score_at_r80=score))),
        (
            "whole at 640 and 2 tiles at 960",
            TowerLooker(_With(near.detect), far=far, meter=PlumeMeter(score_at_r80=score), tiles="always"),
        ),
    ):
        looker.look(Frame("tower", at_ns(-60), frames[0], True), preset="p")
        began = time.process_time_ns()
        for index, picture in enumerate(frames):
            looker.look(Frame("tower", at_ns(index), picture, True), preset="p")
        spent_s = (time.process_time_ns() - began) / 1e9 / len(frames)
        show(f"looks a second and core, {name}, 1920 x 1080", f"{1 / spent_s:.1f} ({1000 * spent_s:.0f} ms)")
    meter = PlumeMeter(score_at_r80=score)
    call = Detection(bbox_xyxy_px=(900.0, 680.0, 1020.0, 800.0), score=0.4, label="smoke")
    meter.measure(frames[0], (call,), device="tower", preset="p", at_ns=at_ns(-60))
    began = time.process_time_ns()
    for index, picture in enumerate(frames):
        meter.measure(picture, (call,), device="tower", preset="p", at_ns=at_ns(index * 0.5))
    show("plume meter alone, one candidate", f"{(time.process_time_ns() - began) / 1e6 / len(frames):.1f} ms")


def _large(picture: Image) -> Image:
    return np.asarray(cv2.resize(picture, (1920, 1080), interpolation=cv2.INTER_LINEAR), np.uint8)


def main() -> int:
    """Prints the figures; 0."""
    cv2.setNumThreads(1)
    fold_cost()
    memory()
    looks()
    return 0


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    sys.exit(main())
