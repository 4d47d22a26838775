"""What every scene has around its subject: the street's ordinary traffic."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tests.bench.compose.acting import Cast
from tests.bench.compose.script import Actor, Script

Make = Callable[[str, np.random.Generator], Script]


def around(cast: Cast, seconds: float, *parkers: Actor, busy: float = 1.0, near: bool = True) -> tuple[Actor, ...]:
    """Parkers with the street's ordinary traffic around them."""
    moments = [moment for actor in parkers for span in actor.motion.stands for moment in span]
    actors = list(parkers)
    for lane in cast.stage.lanes:
        if lane in ("near", "crossing"):
            continue
        every_s = (11.0 if lane != "through" else 24.0) / busy
        actors += cast.lane(lane, seconds, every_s=every_s, speed_mps=6.0 if lane == "through" else 11.0)
    if near and cast.stage.name not in ("corner", "suburb"):
        actors += cast.lane("near", seconds, every_s=16.0 / busy, speed_mps=10.0, keep_clear=moments)
    return tuple(actors)


def with_traffic(name: str, cast: Cast, seconds: float, difficulty: str, *parkers: Actor, **rest: object) -> Script:
    """Parkers with the ordinary traffic of the street around them."""
    actors = around(cast, seconds, *parkers)
    return Script(name, cast.stage.name, seconds, (difficulty,), actors, **rest)  # type: ignore[arg-type]


def share(rng: np.random.Generator) -> float:
    """Somewhere along a row, not at its ends."""
    return float(rng.uniform(0.25, 0.85))
