"""What the parking rule costs: milliseconds a look with twenty standing vehicles and their patches."""

from __future__ import annotations

import random
import time

from contract.observations import Detection, Observation, Picture
from contract.times import NS
from detectors import illegal_parking as rule
from detectors.fold import Zone
from tests.bench.lines import percentile, show

VEHICLES = 20
LOOKS = 600
BUDGET_MS = 0.3
FRAME_PX = (1920, 1080)
ZONE = Zone(
    town="demo",
    device="cam-1",
    zone="zone-1",
    matter="illegal_parking",
    polygon_px=((0.0, 0.0), (1920.0, 0.0), (1920.0, 1080.0), (0.0, 1080.0)),
    frame_px=FRAME_PX,
)
LANE = ((0.0, 0.0), (1920.0, 0.0), (1920.0, 500.0), (0.0, 500.0))
CONFIG = rule.Config(grace_s=60)
QUEUE = rule.Config(grace_s=60, flow_lane_px=LANE)


def scene(looks: int, *, seed: int = 1) -> list[Observation]:
    """Vehicles in four rows, boxes that shake by a pixel, patches that change a little, one in ten not found."""
    rng = random.Random(seed)
    patches = ["".join(rng.choice("0123456789abcdef") for _ in range(76)) for _ in range(VEHICLES)]
    told = []
    for index in range(looks):
        found = []
        for n, patch in enumerate(patches):
            if rng.random() < 0.1:
                continue
            left, top = 20.0 + 380 * (n % 5) + rng.uniform(-1, 1), 60.0 + 240 * (n // 5) + rng.uniform(-1, 1)
            noisy = patch if rng.random() < 0.7 else patch[:9] + rng.choice("0123456789abcdef") + patch[10:]
            box = (round(left, 1), round(top, 1), round(left + 240, 1), round(top + 150, 1))
            found.append(Detection(bbox_xyxy_px=box, score=0.9, label="car", patch=noisy))
        picture = Picture(brightness=100, sharpness=900, colour=20, scene="5a" * 18, shift_px=(0.0, 0.0))
        told.append(
            Observation(
                device="cam-1",
                at_ns=1_790_000_000 * NS + index * NS,
                frame_px=FRAME_PX,
                detections=tuple(found),
                picture=picture,
            )
        )
    return told


def costs_ms(config: rule.Config) -> list[float]:
    """CPU of each look."""
    state, costs = rule.initial_state(), []
    for seen in scene(LOOKS):
        began = time.thread_time()
        state = rule.step(state, seen, ZONE, config).state
        costs.append(1000 * (time.thread_time() - began))
    return costs


def main() -> None:
    """Prints the median and the slow end beside the budget, and the same with half of the vehicles in a queue."""
    for what, config in (("20 vehicles", CONFIG), ("20 vehicles, 10 in a queue", QUEUE)):
        costs = costs_ms(config)
        show(f"parking rule and places, {what}, CPU a look", f"{percentile(costs, 0.5):.3f} ms", f"< {BUDGET_MS} ms")
        show("  the slowest of 20 looks", f"{percentile(costs, 0.95):.3f} ms")


if __name__ == "__main__":
    main()
