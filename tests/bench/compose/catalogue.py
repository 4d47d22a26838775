"""The scenes by name: each a difficulty of the parking reference (2.5, 2.6, 5) on one of the streets.

A scene is a function of its random numbers; its seed is the run's seed and its name's place in the list.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from contract.plates import KINDS
from models.plates.drawing import draw_plate, find_fonts
from tests.bench.compose.acting import Cast
from tests.bench.compose.motion import Lights
from tests.bench.compose.script import Actor, Plate, Prop, Script, Shake

PLATE_KINDS = ("blue", "nev_small", "yellow_single", "trainer", "police", "hk")
Make = Callable[[str, np.random.Generator], Script]


def scenes() -> dict[str, Make]:
    """Every scene with parking or its counter-evidence, in order."""
    return dict(_listed())


def build(name: str, make: Make, seed: int) -> Script:
    """The script of one scene: the same seed and name give the same script."""
    return make(name, np.random.default_rng((seed, zlib.crc32(name.encode()))))


def _listed() -> list[tuple[str, Make]]:
    listed: list[tuple[str, Make]] = []
    for stage in ("street", "grey", "broad", "dusk", "corner", "suburb"):
        light = "dusk" if stage == "dusk" else "day"
        listed.append((f"plain-{stage}", _plain(stage, light)))
    listed += [(f"two-{stage}", _two(stage)) for stage in ("street", "grey", "broad")]
    listed += [(f"night-{stage}", _plain(stage, "night", "night")) for stage in ("street", "grey", "broad", "corner")]
    listed += [(f"rain-{stage}", _plain(stage, "rain", "rain")) for stage in ("street", "grey", "broad")]
    listed += [(f"dusk-{stage}", _plain(stage, "dusk", "dusk")) for stage in ("street", "broad")]
    listed += [(f"cover-passing-{stage}", _cover_passing(stage)) for stage in ("street", "grey", "broad")]
    listed += [(f"cover-standing-{stage}", _cover_standing(stage)) for stage in ("street", "grey", "broad")]
    listed += [(f"neighbours-{stage}", _neighbours(stage)) for stage in ("street", "grey", "broad")]
    listed += [(f"haze-{stage}", _haze(stage)) for stage in ("street", "grey", "broad")]
    listed += [(f"shake-small-{stage}", _shake(stage, 3.0)) for stage in ("street", "broad")]
    listed += [(f"shake-large-{stage}", _shake(stage, 14.0)) for stage in ("street", "broad")]
    listed += [(f"turned-{stage}", _turned(stage)) for stage in ("street", "broad")]
    listed += [(f"frozen-{stage}", _frozen(stage)) for stage in ("street", "grey")]
    listed += [("frozen-leaves-street", _frozen_leaves("street"))]
    listed += [(f"gap-{stage}", _gap(stage, leaves=False)) for stage in ("street", "broad")]
    listed += [("gap-leaves-grey", _gap("grey", leaves=True))]
    listed += [(f"restart-{stage}", _restart(stage)) for stage in ("street", "broad")]
    listed += [("ghost-board-street", _ghost("street", "board")), ("ghost-puddle-broad", _ghost("broad", "puddle"))]
    listed += [(f"headlamp-pool-{stage}", _pool(stage)) for stage in ("street", "broad")]
    listed += [("moving-shadow-broad", _shadow("broad"))]
    listed += [(f"queue-beside-{stage}", _queue_beside(stage)) for stage in ("street", "grey", "broad")]
    listed += [(f"red-light-{stage}", _red_light(stage)) for stage in ("street", "grey", "broad")]
    listed += [(f"jam-{stage}", _jam(stage)) for stage in ("street", "broad")]
    listed += [("slow-flow-street", _slow_flow("street"))]
    listed += [(f"came-back-{stage}", _came_back(stage)) for stage in ("street", "broad")]
    listed += [("came-back-under-grace-street", _came_back("street", short=True))]
    listed += [(f"replaced-{stage}", _replaced(stage)) for stage in ("street", "broad")]
    listed += [("replaced-under-grace-broad", _replaced("broad", short=True))]
    listed += [("shunt-broad", _shunt("broad"))]
    listed += [(f"under-grace-{stage}", _edge(stage, -6)) for stage in ("street", "grey", "broad")]
    listed += [(f"over-grace-{stage}", _edge(stage, 7)) for stage in ("street", "broad")]
    listed += [("tall-leaning-street", _leaning("street")), ("tall-leaning-broad", _leaning("broad"))]
    listed += [("beside-the-zone-street", _beside("street")), ("beside-the-zone-broad", _beside("broad"))]
    listed += [("far-street", _far("street")), ("far-broad", _far("broad"))]
    listed += [(f"there-at-start-{stage}", _there(stage)) for stage in ("street", "broad")]
    listed += [(f"loading-{stage}", _loading(stage)) for stage in ("street", "broad")]
    listed += [(f"people-{stage}", _people(stage)) for stage in ("street", "broad")]
    listed += [(f"crowd-of-leads-{stage}", _crowd(stage)) for stage in ("street",)]
    listed += [("light-drift-street", _light("street", "drift")), ("lamps-on-broad", _light("broad", "step"))]
    listed += [(f"clouds-{stage}", _light(stage, "clouds")) for stage in ("street", "broad")]
    listed += [("long-street", _long("street")), ("long-night-grey", _long("grey", "night"))]
    listed += [(f"plate-{kind.replace('_', '-')}", _plated(kind)) for kind in PLATE_KINDS]
    listed += [("stays-on-broad", _stays_on("broad"))]
    return listed


PLATE_AT = {"2.0": (0.36, 0.6), "3.0": (0.29, 0.76), "8.0": (0.3, 0.8), "8.1": (0.3, 0.68), "10.2": (0.29, 0.58)}
PLATE_WIDTH = 0.16  # of the box: some 1.2 times life size


def _plated(kind: str) -> Make:
    def make(name: str, rng: np.random.Generator) -> Script:
        cast = Cast("close", rng)
        drawn = draw_plate(rng, find_fonts(), tuple(one for one in KINDS if one.name == kind))
        cut = cast.car("near")
        plate = Plate(drawn.text, kind, np.asarray(drawn.face, np.uint8), PLATE_AT[cut], PLATE_WIDTH)
        # Police, fire and ambulance are counted, no lead.
        expect, because = (False, "exempt vehicle") if kind == "police" else (None, "")
        stop_s = 16 + float(rng.uniform(0, 3))
        parker = cast.parks(_share(rng), (stop_s, stop_s + 80), cut=cut, expect=expect, because=because)
        return Script(name, "close", 125, ("plate legible",), (replace(parker, plate=plate),))

    return make


def _around(cast: Cast, seconds: float, *parkers: Actor, busy: float = 1.0, near: bool = True) -> tuple[Actor, ...]:
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


def _script(name: str, cast: Cast, seconds: float, difficulty: str, *parkers: Actor, **rest: object) -> Script:
    actors = _around(cast, seconds, *parkers)
    return Script(name, cast.stage.name, seconds, (difficulty,), actors, **rest)  # type: ignore[arg-type]


def _share(rng: np.random.Generator) -> float:
    return float(rng.uniform(0.25, 0.85))


def _plain(stage: str, light: str, difficulty: str = "plain") -> Make:
    def make(name: str, rng: np.random.Generator) -> Script:
        cast = Cast(stage, rng, light=light)
        stop_s = float(rng.uniform(18, 26))
        leave_s = stop_s + float(rng.uniform(60, 110))
        seconds = round(leave_s + 35)
        return _script(name, cast, seconds, difficulty, cast.parks(_share(rng), (stop_s, leave_s)), light=light)

    return make


def _two(stage: str) -> Make:
    def make(name: str, rng: np.random.Generator) -> Script:
        cast = Cast(stage, rng)
        first = cast.parks(0.3, (16 + float(rng.uniform(0, 3)), 100 + float(rng.uniform(0, 9))))
        second = cast.parks(0.9, (40 + float(rng.uniform(0, 3)), 118 + float(rng.uniform(0, 9))))
        return _script(name, cast, 160, "two in one zone", first, second)

    return make


def _cover_passing(stage: str) -> Make:
    def make(name: str, rng: np.random.Generator) -> Script:
        cast = Cast(stage, rng)
        stop_s, leave_s = 17 + float(rng.uniform(0, 3)), 105 + float(rng.uniform(0, 5))
        parker = cast.parks(0.35, (stop_s, leave_s))
        spot_m = cast.stage.lane("near").nearest_m(cast.spot(0.5))
        tall = [cast.car("tall") for _ in range(5)]
        buses = tuple(
            cast.passes("near", 32 + 14 * n, along_m=spot_m, cut=cut, speed_mps=4.0) for n, cut in enumerate(tall)
        )
        actors = (*_around(cast, 140, parker, near=False), *buses)
        return Script(name, stage, 140, ("covered by passing buses",), actors)

    return make


def _cover_standing(stage: str) -> Make:
    def make(name: str, rng: np.random.Generator) -> Script:
        cast = Cast(stage, rng)
        stop_s, leave_s = 16 + float(rng.uniform(0, 3)), 124 + float(rng.uniform(0, 5))
        parker = cast.parks(0.3, (stop_s, leave_s))
        spot_m = cast.stage.lane("near").nearest_m(cast.spot(0.45))
        bus = cast.tall("near", (52.0, 78.0), share_m=spot_m)
        actors = (*_around(cast, 160, parker, near=False), bus)
        return Script(name, stage, 160, ("covered by a standing bus",), actors)

    return make


def _neighbours(stage: str) -> Make:
    def make(name: str, rng: np.random.Generator) -> Script:
        cast = Cast(stage, rng)
        cars = [
            cast.parks(
                0.1 + 0.26 * n, (16 + 11 * n + float(rng.uniform(0, 3)), 104 + 13 * n + float(rng.uniform(0, 4)))
            )
            for n in range(3)
        ]
        # The rearmost comes first, so that nobody drives through another.
        return _script(name, cast, 170, "close neighbours", *cars)

    return make


def _haze(stage: str) -> Make:
    def make(name: str, rng: np.random.Generator) -> Script:
        cast = Cast(stage, rng)
        parker = cast.parks(_share(rng), (17 + float(rng.uniform(0, 3)), 112 + float(rng.uniform(0, 5))))
        return _script(name, cast, 150, "missed frames", parker, haze=((36, 41), (60, 69), (88, 91)))

    return make


def _shake(stage: str, amplitude_px: float) -> Make:
    difficulty = "small shake" if amplitude_px < 8 else "large shake"

    def make(name: str, rng: np.random.Generator) -> Script:
        cast = Cast(stage, rng)
        parker = cast.parks(_share(rng), (17 + float(rng.uniform(0, 3)), 105 + float(rng.uniform(0, 5))))
        spans = ((0, 140),) if amplitude_px < 8 else ((40, 48), (70, 82))
        return _script(name, cast, 140, difficulty, parker, shakes=tuple(Shake(a, b, amplitude_px) for a, b in spans))

    return make


def _turned(stage: str) -> Make:
    def make(name: str, rng: np.random.Generator) -> Script:
        cast = Cast(stage, rng)
        parker = cast.parks(_share(rng), (17 + float(rng.uniform(0, 3)), 150 + float(rng.uniform(0, 5))))
        return _script(name, cast, 190, "camera turned away", parker, turned=((66, 91),))

    return make


def _frozen(stage: str) -> Make:
    def make(name: str, rng: np.random.Generator) -> Script:
        cast = Cast(stage, rng)
        parker = cast.parks(_share(rng), (17 + float(rng.uniform(0, 3)), 130 + float(rng.uniform(0, 5))))
        return _script(name, cast, 165, "frozen picture", parker, frozen=((60, 78),))

    return make


def _frozen_leaves(stage: str) -> Make:
    def make(name: str, rng: np.random.Generator) -> Script:
        cast = Cast(stage, rng)
        parker = cast.parks(_share(rng), (17 + float(rng.uniform(0, 3)), 48))
        return _script(name, cast, 130, "frozen picture", parker, frozen=((44, 80),))

    return make


def _gap(stage: str, *, leaves: bool) -> Make:
    def make(name: str, rng: np.random.Generator) -> Script:
        cast = Cast(stage, rng)
        leave_s = 74.0 if leaves else 128 + float(rng.uniform(0, 5))
        parker = cast.parks(_share(rng), (17 + float(rng.uniform(0, 3)), leave_s))
        return _script(name, cast, 165, "gap in the stream", parker, gaps=((65, 86),))

    return make


def _restart(stage: str) -> Make:
    def make(name: str, rng: np.random.Generator) -> Script:
        cast = Cast(stage, rng)
        parker = cast.parks(_share(rng), (17 + float(rng.uniform(0, 3)), 125 + float(rng.uniform(0, 5))))
        return _script(name, cast, 160, "restart", parker, gaps=((50, 62),), restarts_s=(50.0,))

    return make


def _ghost(stage: str, kind: str) -> Make:
    def make(name: str, rng: np.random.Generator) -> Script:
        cast = Cast(stage, rng)
        x, y = cast.spot(0.4)
        box = (x - 30, y - 45, x + 32, y) if kind == "board" else (x - 45, y - 14, x + 45, y + 12)
        return _script(name, cast, 120, "ghost", props=(Prop(kind, box, 12, 110),))

    return make


def _pool(stage: str) -> Make:
    def make(name: str, rng: np.random.Generator) -> Script:
        cast = Cast(stage, rng, light="night")
        pools = [
            Prop("pool", (x - 40, y - 20, x + 40, y + 20), 12 + 5 * n, 105)
            for n, (x, y) in enumerate((cast.spot(0.3), cast.spot(0.7)))
        ]
        return _script(name, cast, 120, "headlamp pool", light="night", props=tuple(pools))

    return make


def _shadow(stage: str) -> Make:
    def make(name: str, rng: np.random.Generator) -> Script:
        cast = Cast(stage, rng)
        x, y = cast.spot(0.5)
        return _script(
            name, cast, 120, "shadow", props=(Prop("shade", (x - 50, y - 22, x + 50, y + 14), 15, 105),), clouds=True
        )

    return make


def _lit_lane(
    cast: Cast, seconds: float, *, lane: str, zone: str | None, cycle_s: float, red_s: float, at: float
) -> list[Actor]:
    line_m = cast.stage.lane(lane).nearest_m(cast.spot(at))
    lights = Lights(line_m, cycle_s, red_s, offset_s=float(cast.rng.uniform(0, cycle_s)))
    return cast.lane(lane, seconds, every_s=8.0, speed_mps=9.0, lights=lights, zone=zone, because="red light")


def _queue_beside(stage: str) -> Make:
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


def _red_light(stage: str) -> Make:
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


def _jam(stage: str) -> Make:
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


def _slow_flow(stage: str) -> Make:
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


def _came_back(stage: str, *, short: bool = False) -> Make:
    def make(name: str, rng: np.random.Generator) -> Script:
        cast = Cast(stage, rng)
        share, cut = _share(rng), cast.car("near")
        stay_s = 30.0 if short else 55 + float(rng.uniform(0, 5))
        away_s = 34.0
        first = cast.parks(share, (16, 16 + stay_s), cut=cut)
        again_s = 16 + stay_s + away_s + float(rng.uniform(0, 2))
        second = cast.parks(share, (again_s, again_s + stay_s), cut=cut)
        return _script(name, cast, round(again_s + stay_s + 35), "left and came back", first, second)

    return make


def _replaced(stage: str, *, short: bool = False) -> Make:
    def make(name: str, rng: np.random.Generator) -> Script:
        cast = Cast(stage, rng)
        share = _share(rng)
        one, other = cast.stage.cars["near"][0], cast.stage.cars["near"][1 if stage == "street" else 5]
        stay_s = 30.0 if short else 58 + float(rng.uniform(0, 5))
        first = cast.parks(share, (16, 16 + stay_s), cut=one)
        then_s = 16 + stay_s + 8
        second = cast.parks(share, (then_s, then_s + stay_s), cut=other)
        return _script(name, cast, round(then_s + stay_s + 35), "another takes the place", first, second)

    return make


def _shunt(stage: str) -> Make:
    def make(name: str, rng: np.random.Generator) -> Script:
        cast = Cast(stage, rng)
        parker = cast.parks(0.5, (17, 50), (52, 125), shunt_m=0.35)
        # A creep of a hand's breadth is one stay: its truth is from the first halt to the last start.
        motion = replace(parker.motion, stops=(replace(parker.motion.stops[0], to_s=125.0),))  # type: ignore[type-var,attr-defined]
        return _script(name, cast, 160, "creeps a little", replace(parker, motion=motion))

    return make


def _edge(stage: str, by_s: float) -> Make:
    difficulty = "just under grace" if by_s < 0 else "just over grace"

    def make(name: str, rng: np.random.Generator) -> Script:
        cast = Cast(stage, rng)
        stop_s = 17 + float(rng.uniform(0, 3))
        return _script(name, cast, 100, difficulty, cast.parks(_share(rng), (stop_s, stop_s + 40 + by_s)))

    return make


def _leaning(stage: str) -> Make:
    def make(name: str, rng: np.random.Generator) -> Script:
        cast = Cast(stage, rng)
        lane = cast.stage.lane("near" if stage == "broad" else "far")
        bus = cast.tall("near" if stage == "broad" else "far", (18.0, 92.0), share_m=lane.nearest_m(cast.spot(0.6)))
        actors = [
            a for name_ in cast.stage.lanes if name_ not in ("near", "far") for a in cast.lane(name_, 125, every_s=13)
        ]
        return Script(name, stage, 125, ("tall vehicle beside the zone",), (bus, *actors))

    return make


def _beside(stage: str) -> Make:
    def make(name: str, rng: np.random.Generator) -> Script:
        cast = Cast(stage, rng)
        lane = cast.stage.lane("near")
        x, y = lane.at(lane.nearest_m(cast.spot(0.6)))
        car = cast.tall("near", (18.0, 92.0), share_m=lane.nearest_m((x, y)))
        actors = [a for name_ in cast.stage.lanes if name_ != "near" for a in cast.lane(name_, 125, every_s=13)]
        return Script(name, stage, 125, ("just outside the zone",), (replace(car, cut=cast.car("near")), *actors))

    return make


def _far(stage: str) -> Make:
    def make(name: str, rng: np.random.Generator) -> Script:
        cast = Cast(stage, rng)
        parker = cast.parks(0.0, (22 + float(rng.uniform(0, 3)), 100 + float(rng.uniform(0, 5))))
        return _script(name, cast, 140, "far and small", parker)

    return make


def _there(stage: str) -> Make:
    def make(name: str, rng: np.random.Generator) -> Script:
        cast = Cast(stage, rng)
        parker = cast.parks(_share(rng), (-30.0, 88 + float(rng.uniform(0, 5))))
        return _script(name, cast, 125, "start not seen", parker)

    return make


def _persons(cast: Cast, from_s: float, to_s: float, every_s: float) -> list[Actor]:
    """Riders close by the kerb: the only cut people of the shared clips."""
    spot_m = cast.stage.lane("near").nearest_m(cast.spot(0.55))
    count = int((to_s - from_s) / every_s)
    return [
        cast.passes("near", from_s + n * every_s, along_m=spot_m, cut="rider", speed_mps=1.6, height_m=1.9)
        for n in range(count)
    ]


def _loading(stage: str) -> Make:
    def make(name: str, rng: np.random.Generator) -> Script:
        cast = Cast(stage, rng)
        parker = cast.parks(0.5, (18, 18 + 75), because="loading within grace")
        people = _persons(cast, 24, 90, 12)
        actors = (*_around(cast, 130, parker, near=False), *people)
        return Script(name, stage, 130, ("loading within grace",), actors, grace_s=90)

    return make


def _people(stage: str) -> Make:
    def make(name: str, rng: np.random.Generator) -> Script:
        cast = Cast(stage, rng)
        parker = cast.parks(0.5, (18 + float(rng.uniform(0, 2)), 105 + float(rng.uniform(0, 4))))
        actors = (*_around(cast, 140, parker, near=False), *_persons(cast, 28, 100, 9))
        return Script(name, stage, 140, ("people in front",), actors)

    return make


def _crowd(stage: str) -> Make:
    def make(name: str, rng: np.random.Generator) -> Script:
        cast = Cast(stage, rng)
        cars = [cast.parks(0.02 + 0.24 * n, (20 + 3 * n, 120 + 4 * n)) for n in range(5)]
        # The fifth makes it many: all are held for a second grace, and they outstay it.
        return _script(name, cast, 170, "many at once", *cars, rule=(("many_at_once", 5),))

    return make


def _light(stage: str, kind: str) -> Make:
    def make(name: str, rng: np.random.Generator) -> Script:
        cast = Cast(stage, rng)
        parker = cast.parks(_share(rng), (17 + float(rng.uniform(0, 3)), 120 + float(rng.uniform(0, 5))))
        script = _script(name, cast, 155, "light changes", parker)
        if kind == "drift":
            return replace(script, drift=0.3, drift_period_s=110.0)
        if kind == "step":
            return replace(script, light="dusk", light_steps=((60.0, 1.5), (95.0, 0.7)))
        return replace(script, clouds=True)

    return make


def _long(stage: str, light: str = "day") -> Make:
    def make(name: str, rng: np.random.Generator) -> Script:
        cast = Cast(stage, rng, light=light)
        parker = cast.parks(_share(rng), (25 + float(rng.uniform(0, 3)), 500 + float(rng.uniform(0, 20))))
        return _script(name, cast, 560, "long stay", parker, light=light)

    return make


def _stays_on(stage: str) -> Make:
    def make(name: str, rng: np.random.Generator) -> Script:
        cast = Cast(stage, rng)
        parker = cast.parks(_share(rng), (17 + float(rng.uniform(0, 3)), 1000.0))
        return _script(name, cast, 120, "still there at the end", parker)

    return make
