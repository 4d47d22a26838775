"""The demo's restaurants: what is wrong with each, and the thresholds at which the demo's rules speak within minutes.

Time is the real one. The thresholds are far below those of a town, where a purifier that is off for ten minutes, or
means of ten minutes above the limit, make a lead; each zone is marked as a demo's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from edge.sensors.hj212 import simulator

REPORT_EVERY_S: Final = 10.0
BOUND_ON: Final = "2026-01-10"  # the simulator plays exactly these devices: that is known, unlike a calibration
SEED: Final = 212
FOR_S: Final = 10 * 365 * 86_400.0  # until it is ended
RULE: Final = """hours = [{ begin = "04:00", end = "04:00" }]
[zone.rule.purifier_off]
minutes = 2
gap_s = 60
[zone.rule.above_limit]
window_min = 1
[zone.rule.frozen]
equal_samples = 20
"""


@dataclass(frozen=True, slots=True)
class DemoKitchen:
    """One restaurant, its sensor and its zone; `fault` is the simulator's (empty: none)."""

    id: str
    name: str
    premises: str
    zone: str
    zone_name: str
    position: tuple[float, float, float]
    fault: str


KITCHENS: Final = (
    DemoKitchen(
        "kitchen-clean", "油烟监测仪 1", "示范面馆", "flue-clean", "1号烟道", (30.2746, 120.1560, 20.0), simulator.GOOD
    ),
    DemoKitchen(
        "kitchen-off", "油烟监测仪 2", "示范川菜馆", "flue-off", "2号烟道", (30.2738, 120.1563, 20.0), "purifier-off"
    ),
    DemoKitchen(
        "kitchen-above", "油烟监测仪 3", "示范烧烤店", "flue-above", "3号烟道", (30.2735, 120.1557, 20.0), "above-limit"
    ),
    DemoKitchen(
        "kitchen-frozen", "油烟监测仪 4", "示范食堂", "flue-frozen", "4号烟道", (30.2749, 120.1543, 20.0), "frozen"
    ),
)


def mn_of(index: int) -> str:
    """The number of the sensor of that kitchen."""
    return simulator.mn_of(SEED, index)


def run(port: int, *, now_ns: Callable[[], int]) -> None:
    """Plays the sensors until the process is ended."""
    plan = simulator.Plan(
        port=port,
        devices=len(KITCHENS),
        seconds=FOR_S,
        interval_s=REPORT_EVERY_S,
        faults=tuple(one.fault for one in KITCHENS[1:]),
        seed=SEED,
    )
    asyncio.run(simulator.simulate(plan, now_ns=now_ns))
