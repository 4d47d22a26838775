"""A stage without a photograph: a grey road and one red block as the only car."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.bench.compose.cutting import Cut, Image
from tests.bench.compose.ground import Ground
from tests.bench.compose.motion import Motion
from tests.bench.compose.script import Actor, Script
from tests.bench.compose.stages import Stage

SOURCE_PX = (640, 360)
BLOCK_PX = (40, 24)
BLOCK_STOOD_AT_Y = 200.0


def assets(_: Path | None = None) -> tuple[Image, dict[str, Cut]]:
    """Street and cuts as a stage loads them."""
    street = np.full((SOURCE_PX[1], SOURCE_PX[0], 3), 96, np.uint8)
    width, height = BLOCK_PX
    block = np.zeros((height, width, 3), np.uint8)
    block[:] = (20, 20, 230)
    cut = Cut(block, np.ones((height, width), np.float32), (0, 0, width, height), (300.0, BLOCK_STOOD_AT_Y), SOURCE_PX)
    return street, {"block": cut}


STAGE = Stage(
    name="drawn",
    ground=Ground(0.0, 0.1, 640),
    lanes={"near": ((20.0, 200.0), (620.0, 200.0))},
    cars={"near": ("block",)},
    rows={"kerb": ((300.0, 200.0), (340.0, 200.0))},
    zones={"kerb": ((200.0, 150.0), (460.0, 150.0), (460.0, 260.0), (200.0, 260.0))},
    load=assets,
)


def block(motion: Motion, *, who: str = "parks-1", zone: str | None = "kerb") -> Actor:
    """The car on the one lane."""
    return Actor(who, "block", STAGE.lane("near"), motion, "parks", zone)


def script(*actors: Actor, seconds: float = 20.0, grace_s: float = 5.0, **rest: object) -> Script:
    """A scene on the drawn stage."""
    return Script("drawn", "drawn", seconds, ("drawn",), actors, grace_s=grace_s, **rest)  # type: ignore[arg-type]
