"""Two hours and more in which nobody parks: lights, queues, jams, halts within grace. Nothing may be told."""

from __future__ import annotations

import numpy as np

from tests.bench.compose.acting import Cast
from tests.bench.compose.motion import Lights
from tests.bench.compose.script import Actor, Script
from tests.bench.compose.surroundings import Make

SECONDS = 915.0
GRACE_S = 60.0


def hours() -> dict[str, Make]:
    """Eight clips of a quarter of an hour and more."""
    return {
        "traffic-lights-street": _lights("street", "day", 80, 45),
        "traffic-lights-grey": _lights("grey", "rain", 100, 62),
        "traffic-lights-broad": _lights("broad", "dusk", 120, 75),
        "traffic-lights-night": _lights("street", "night", 90, 50),
        "traffic-slow-street": _slow("street", "day", 130, 85),
        "traffic-slow-broad": _slow("broad", "rain", 100, 55),
        "traffic-halts-street": _halts("street", "day"),
        "traffic-halts-grey": _halts("grey", "day"),
    }


def _second(stage: str) -> str:
    return "far" if stage == "street" else "middle"


def _lights(stage: str, light: str, cycle_s: float, red_s: float) -> Make:
    """A signal at the end of the zone; sometimes a vehicle stands through a whole red."""

    def make(name: str, rng: np.random.Generator) -> Script:
        cast = Cast(stage, rng, light=light)
        at = 0.95 if stage == "street" else 0.15
        actors: list[Actor] = []
        for lane in ("near", _second(stage)):
            line_m = cast.stage.lane(lane).nearest_m(cast.spot(at))
            lights = Lights(line_m, cycle_s, red_s)
            actors += cast.lane(
                lane, SECONDS, every_s=9, speed_mps=9, lights=lights, zone="carriageway", because="red light"
            )
        return Script(
            name,
            stage,
            SECONDS,
            ("traffic without parking",),
            tuple(actors),
            ("carriageway",),
            GRACE_S,
            light,
            flow="carriageway",
            rule=(("signal_red_s", red_s),),
        )

    return make


def _slow(stage: str, light: str, halts_each_s: float, halts_s: float) -> Make:
    """A jam without a signal: slow flow that halts now and then, the whole lane with it, longer than the grace."""

    def make(name: str, rng: np.random.Generator) -> Script:
        cast = Cast(stage, rng, light=light)
        actors: list[Actor] = []
        for lane in ("near", _second(stage)):
            at = 0.98 if stage == "street" else 0.1
            ahead = Lights(cast.stage.lane(lane).nearest_m(cast.spot(at)), halts_each_s, halts_s, offset_s=20.0)
            actors += cast.lane(
                lane,
                SECONDS,
                every_s=9,
                speed_mps=2.5,
                lights=ahead,
                zone="carriageway",
                because="jam",
                from_s=-40,
            )
        return Script(
            name,
            stage,
            SECONDS,
            ("traffic without parking",),
            tuple(actors),
            ("carriageway",),
            GRACE_S,
            light,
            flow="carriageway",
        )

    return make


def _halts(stage: str, light: str) -> Make:
    """Boarding and loading at the kerb, each within grace."""

    def make(name: str, rng: np.random.Generator) -> Script:
        cast = Cast(stage, rng, light=light)
        actors: list[Actor] = []
        at_s, moments = 25.0, []
        while at_s < SECONDS - 80:
            stay_s = float(rng.uniform(8, GRACE_S - 8))
            actors.append(cast.parks(float(rng.uniform(0.1, 0.9)), (at_s, at_s + stay_s), because="within grace"))
            moments += [at_s, at_s + stay_s]
            at_s += stay_s + float(rng.uniform(22, 45))
        actors += cast.lane(_second(stage), SECONDS, every_s=9)
        actors += cast.lane("near", SECONDS, every_s=18, keep_clear=moments)
        return Script(name, stage, SECONDS, ("traffic without parking",), tuple(actors), ("kerb",), GRACE_S, light)

    return make
