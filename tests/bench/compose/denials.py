"""Scenes in which nothing, or only one among many, may be told: ghosts, lamps, queues, jams, neighbours of a zone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tests.bench.compose.acting import Cast
from tests.bench.compose.motion import Lights
from tests.bench.compose.script import Actor, Prop, Script
from tests.bench.compose.surroundings import Make, with_traffic


def ghost(stage: str, kind: str) -> Make:
    """Something stands in the zone that is no vehicle."""

    def make(name: str, rng: np.random.Generator) -> Script:
        cast = Cast(stage, rng)
        x, y = cast.spot(0.4)
        box = (x - 30, y - 45, x + 32, y) if kind == "board" else (x - 45, y - 14, x + 45, y + 12)
        return with_traffic(name, cast, 120, "ghost", props=(Prop(kind, box, 12, 110),))

    return make


def pool(stage: str) -> Make:
    """Lamps light up the empty ground at night."""

    def make(name: str, rng: np.random.Generator) -> Script:
        cast = Cast(stage, rng, light="night")
        pools = [
            Prop("pool", (x - 40, y - 20, x + 40, y + 20), 12 + 5 * n, 105)
            for n, (x, y) in enumerate((cast.spot(0.3), cast.spot(0.7)))
        ]
        return with_traffic(name, cast, 120, "headlamp pool", light="night", props=tuple(pools))

    return make


def shadow(stage: str) -> Make:
    """A shadow lies in the zone, and clouds pass."""

    def make(name: str, rng: np.random.Generator) -> Script:
        cast = Cast(stage, rng)
        x, y = cast.spot(0.5)
        return with_traffic(
            name, cast, 120, "shadow", props=(Prop("shade", (x - 50, y - 22, x + 50, y + 14), 15, 105),), clouds=True
        )

    return make


def _lit_lane(
    cast: Cast, seconds: float, *, lane: str, zone: str | None, cycle_s: float, red_s: float, at: float
) -> list[Actor]:
    line_m = cast.stage.lane(lane).nearest_m(cast.spot(at))
    lights = Lights(line_m, cycle_s, red_s, offset_s=float(cast.rng.uniform(0, cycle_s)))
    return cast.lane(lane, seconds, every_s=8.0, speed_mps=9.0, lights=lights, zone=zone, because="red light")


def queue_beside(stage: str) -> Make:
    """One stays while the lane beside it queues and flows."""

    def make(name: str, rng: np.random.Generator) -> Script:
        cast = Cast(stage, rng)
        parker = cast.parks(0.45, (20 + float(rng.uniform(0, 3)), 135 + float(rng.uniform(0, 5))))
        beside = "far" if stage == "street" else "middle"
        queue = _lit_lane(cast, 170, lane=beside, zone=None, cycle_s=60, red_s=35, at=0.9 if stage == "street" else 0.1)
        others = [
            a for lane in cast.stage.lanes if lane not in (beside, "near") for a in cast.lane(lane, 170, every_s=14)
        ]
        return Script(name, stage, 170, ("queue beside a parked car",), (parker, *queue, *others), flow="beside")

    return make


def red_light(stage: str) -> Make:
    """Two lanes queue in the zone, red after red."""

    def make(name: str, rng: np.random.Generator) -> Script:
        cast = Cast(stage, rng)
        at = 0.95 if stage == "street" else 0.15
        queues = [
            actor
            for lane in ("near", "far" if stage == "street" else "middle")
            for actor in _lit_lane(cast, 260, lane=lane, zone="carriageway", cycle_s=95, red_s=65, at=at)
        ]
        return Script(
            name,
            stage,
            260,
            ("red light",),
            tuple(queues),
            ("carriageway",),
            flow="carriageway",
            rule=(("signal_red_s", 65),),
        )

    return make


def jam(stage: str) -> Make:
    """Two lanes halt in the zone for longer than the grace, without a signal."""

    def make(name: str, rng: np.random.Generator) -> Script:
        cast = Cast(stage, rng)
        actors: list[Actor] = []
        for lane in ("near", "far" if stage == "street" else "middle"):
            halts = [(0, 20.0, 90.0), (0, 100.0, 165.0), (1, 170.0, 230.0), (2, 240.0, 262.0)]
            actors += cast.lane(
                lane, 280, every_s=6, speed_mps=3.2, halts=halts, zone="carriageway", because="jam", from_s=-18
            )
        return Script(name, stage, 280, ("jam",), tuple(actors), ("carriageway",), flow="carriageway")

    return make


def slow_flow(stage: str) -> Make:
    """Two lanes crawl through the zone."""

    def make(name: str, rng: np.random.Generator) -> Script:
        cast = Cast(stage, rng)
        actors = [
            actor
            for lane in ("near", "far")
            for actor in cast.lane(
                lane, 200, every_s=8, speed_mps=1.6, zone="carriageway", because="slow flow", from_s=-60
            )
        ]
        return Script(name, stage, 200, ("slow flow",), tuple(actors), ("carriageway",), flow="carriageway")

    return make


def leaning(stage: str) -> Make:
    """A tall vehicle stands beside the zone and leans over its line."""

    def make(name: str, rng: np.random.Generator) -> Script:
        cast = Cast(stage, rng)
        lane = cast.stage.lane("near" if stage == "broad" else "far")
        bus = cast.tall("near" if stage == "broad" else "far", (18.0, 92.0), share_m=lane.nearest_m(cast.spot(0.6)))
        actors = [
            a for name_ in cast.stage.lanes if name_ not in ("near", "far") for a in cast.lane(name_, 125, every_s=13)
        ]
        return Script(name, stage, 125, ("tall vehicle beside the zone",), (bus, *actors))

    return make


def beside(stage: str) -> Make:
    """A car stands just outside the zone."""

    def make(name: str, rng: np.random.Generator) -> Script:
        cast = Cast(stage, rng)
        lane = cast.stage.lane("near")
        x, y = lane.at(lane.nearest_m(cast.spot(0.6)))
        car = cast.tall("near", (18.0, 92.0), share_m=lane.nearest_m((x, y)))
        actors = [a for name_ in cast.stage.lanes if name_ != "near" for a in cast.lane(name_, 125, every_s=13)]
        return Script(name, stage, 125, ("just outside the zone",), (replace(car, cut=cast.car("near")), *actors))

    return make
