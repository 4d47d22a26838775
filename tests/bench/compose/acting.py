"""The parts that scenes are put together from: one that parks, a lane of traffic, a queue at a red light."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tests.bench.compose.ground import Point, parking_way
from tests.bench.compose.motion import Lights, Steady, Stop, Stopping, follow_lane
from tests.bench.compose.script import Actor
from tests.bench.compose.stages import STAGES

SWING_S = 7.0  # around a stop nobody drives through the one that swings in


class Cast:
    """Hands out cars of one stage; every choice comes from the scene's own random numbers."""

    def __init__(self, stage: str, rng: np.random.Generator, *, light: str = "day") -> None:
        self.stage = STAGES[stage]
        self.rng = rng
        self._light = light
        self._count = 0

    def car(self, lane: str) -> str:
        """A car that belongs on this lane."""
        cars = self.stage.cars[lane]
        return cars[int(self.rng.integers(len(cars)))]

    def spot(self, share: float, row: str = "kerb") -> Point:
        """A place in a row of the stage: 0 its first point, 1 its last."""
        points = self.stage.rows[row]
        at = share * (len(points) - 1)
        first = min(int(at), len(points) - 2)
        (x1, y1), (x2, y2) = points[first], points[first + 1]
        return x1 + (x2 - x1) * (at - first), y1 + (y2 - y1) * (at - first)

    def parks(
        self,
        share: float,
        *times: tuple[float, float],
        lane: str = "near",
        cut: str | None = None,
        row: str = "kerb",
        zone: str | None = "kerb",
        expect: bool | None = None,
        because: str = "",
        shunt_m: float = 0.0,
        role: str = "parks",
    ) -> Actor:
        """Drives in, stands for each of the times and leaves; with more than one it moves on by `shunt_m` between."""
        way, along_m = parking_way(self.stage.lane(lane), self.spot(share, row))
        stops = tuple(Stop(along_m + n * shunt_m, a, b) for n, (a, b) in enumerate(times))
        motion = Stopping(stops, way.length_m, float(self.rng.uniform(5, 8)))
        return Actor(
            self._name(role), cut or self.car(lane), way, motion, role, zone, expect, because, self._lamps(lane)
        )

    def lane(
        self,
        lane: str,
        seconds: float,
        *,
        every_s: float = 9.0,
        speed_mps: float = 10.0,
        lights: Lights | None = None,
        halts: Sequence[tuple[float, float, float]] = (),
        keep_clear: Sequence[float] = (),
        from_s: float = -12.0,
        zone: str | None = None,
        because: str = "queue",
        first: str | None = None,
    ) -> list[Actor]:
        """Traffic along a lane; `keep_clear` are moments around which nobody sets out towards one that swings in."""
        starts: list[float] = []
        at_s = from_s + float(self.rng.uniform(0, every_s))
        way = self.stage.lane(lane)
        reach_s = way.length_m / speed_mps
        while at_s < seconds:
            if all(not -SWING_S < at_s + reach_s * 0.6 - moment < SWING_S for moment in keep_clear):
                starts.append(at_s)
            at_s += every_s * float(self.rng.uniform(0.5, 1.6))
        speeds = [speed_mps * float(self.rng.uniform(0.85, 1.15)) for _ in starts]
        drives = follow_lane(starts, speeds, length_m=way.length_m, seconds=seconds, lights=lights, halts=halts)
        actors = []
        for number, drive in enumerate(drives):
            cut = first if first is not None and number == 0 else self.car(lane)
            actors.append(
                Actor(self._name("drives"), cut, way, drive, "drives", zone, False, because, self._lamps(lane))
            )
        return actors

    def tall(self, lane: str, *times: tuple[float, float], share_m: float, because: str = "not in the zone") -> Actor:
        """A bus or lorry that drives along a lane and waits there; without times it only passes."""
        way = self.stage.lane(lane)
        stops = tuple(Stop(share_m, a, b) for a, b in times)
        motion = Stopping(stops, way.length_m, float(self.rng.uniform(6, 8)))
        return Actor(
            self._name("tall"), self.car("tall"), way, motion, "covers", None, False, because, self._lamps(lane)
        )

    def passes(
        self, lane: str, at_s: float, *, along_m: float, cut: str, speed_mps: float = 7.0, height_m: float | None = None
    ) -> Actor:
        """One that is so far along its lane at a moment and does not stop."""
        way = self.stage.lane(lane)
        motion = Steady(at_s, along_m, speed_mps, way.length_m)
        return Actor(self._name("passes"), cut, way, motion, "passes", height_m=height_m)

    def _lamps(self, lane: str) -> str:
        if self._light != "night":
            return ""
        towards = self.stage.lane(lane).at(0.0)[1] < self.stage.lane(lane).at(self.stage.lane(lane).length_m)[1]
        return "white" if towards else "red"

    def _name(self, role: str) -> str:
        self._count += 1
        return f"{role}-{self._count}"
