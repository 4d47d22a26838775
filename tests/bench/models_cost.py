"""What one judged picture costs of one core: every detector that is shipped, at each of its sizes, in each runtime.

All take turns on the same full HD pictures in one run, one thread, from the picture to its boxes. The network that
vehicle-n grew from (YOLO11n in float32) runs beside them; so does any card named on the command line, such as one of
YOLOX-Nano: `python -m tests.bench.models_cost yolox-nano.toml`.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import cv2

from models.bench import drawn_street, side_by_side
from models.cards import Card
from models.detector import Detector
from models.registry import OWN_CARDS, Registry, load
from models.runtimes import RUNTIME_NAMES, open_runtime
from tests.bench.lines import show
from tests.unit.models.float_twin import write_float_twin

DETECTORS = ("vehicle-n", "smoke-n")
PICTURES = 12
WEIGHTS = OWN_CARDS.parent / "weights"


def opened(card: Card, runtime: str, weight: Path | None = None) -> Iterator[Detector]:
    """One detector a size of the card, all of one loaded runtime; `weight` in the place of the card's own."""
    registry = Registry()
    loaded = (
        load(registry, registry.find(card.name), runtime=runtime)
        if weight is None
        else open_runtime(runtime, weight, threads=1)
    )
    for size_px in card.input.sizes_px:
        yield Detector(card, loaded, size_px=size_px)


def of_file(card_file: str) -> Iterator[tuple[str, Detector]]:
    """A card of somebody's own, in each runtime."""
    registry = Registry()
    listed = registry.find(card_file)
    for runtime in RUNTIME_NAMES:
        loaded = load(registry, listed, runtime=runtime)
        for size_px in listed.card.input.sizes_px:
            yield f"{listed.card.name} {listed.card.precision}", Detector(listed.card, loaded, size_px=size_px)


def detectors(twin: Path, others: list[str]) -> list[tuple[str, Detector]]:
    """Everything that takes its turn, by name."""
    cards = [Registry().find(name).card for name in DETECTORS]
    found = [
        (f"{card.name} {card.precision}", one)
        for card in cards
        for runtime in RUNTIME_NAMES
        for one in opened(card, runtime)
    ]
    found += [("YOLO11n float32", one) for runtime in RUNTIME_NAMES for one in opened(cards[0], runtime, twin)]
    return found + [entry for other in others for entry in of_file(other)]


def main(others: list[str]) -> None:
    """Prints the figures."""
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as scratch:
        twin = Path(scratch) / "float.onnx"
        write_float_twin(WEIGHTS / "vehicle-n.int8.onnx", WEIGHTS / "vehicle-n.fp16.safetensors", twin)
        named = detectors(twin, others)
        costs = side_by_side([one for _, one in named], [drawn_street(seed=seed) for seed in range(PICTURES)])
    for (name, one), (_, cpu_ms) in zip(named, costs, strict=True):
        what = f"{name}, {one.size_px} px, {one.runtime}"
        show(f"pictures judged per second and core: {what}", f"{1e3 / cpu_ms:.1f} ({cpu_ms:.1f} ms)")


if __name__ == "__main__":
    main(sys.argv[1:])
