"""Scenes in which a stay is hard to follow: covered, in haze, shaken, turned away, frozen, in changing light."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tests.bench.compose.acting import Cast
from tests.bench.compose.script import Actor, Script, Shake
from tests.bench.compose.surroundings import Make, around, share, with_traffic


def cover_passing(stage: str) -> Make:
    """Tall vehicles drive past in front of one that stays."""

    def make(name: str, rng: np.random.Generator) -> Script:
        cast = Cast(stage, rng)
        stop_s, leave_s = 17 + float(rng.uniform(0, 3)), 105 + float(rng.uniform(0, 5))
        parker = cast.parks(0.35, (stop_s, leave_s))
        spot_m = cast.stage.lane("near").nearest_m(cast.spot(0.5))
        tall = [cast.car("tall") for _ in range(5)]
        buses = tuple(
            cast.passes("near", 32 + 14 * n, along_m=spot_m, cut=cut, speed_mps=4.0) for n, cut in enumerate(tall)
        )
        actors = (*around(cast, 140, parker, near=False), *buses)
        return Script(name, stage, 140, ("covered by passing buses",), actors)

    return make


def cover_standing(stage: str) -> Make:
    """A tall vehicle stands in front for 26 s."""

    def make(name: str, rng: np.random.Generator) -> Script:
        cast = Cast(stage, rng)
        stop_s, leave_s = 16 + float(rng.uniform(0, 3)), 124 + float(rng.uniform(0, 5))
        parker = cast.parks(0.3, (stop_s, leave_s))
        spot_m = cast.stage.lane("near").nearest_m(cast.spot(0.45))
        bus = cast.tall("near", (52.0, 78.0), share_m=spot_m)
        actors = (*around(cast, 160, parker, near=False), bus)
        return Script(name, stage, 160, ("covered by a standing bus",), actors)

    return make


def haze(stage: str) -> Make:
    """Spells of haze in which the detector finds little."""

    def make(name: str, rng: np.random.Generator) -> Script:
        cast = Cast(stage, rng)
        parker = cast.parks(share(rng), (17 + float(rng.uniform(0, 3)), 112 + float(rng.uniform(0, 5))))
        return with_traffic(name, cast, 150, "missed frames", parker, haze=((36, 41), (60, 69), (88, 91)))

    return make


def shake(stage: str, amplitude_px: float) -> Make:
    """The camera trembles: a little all the time, or much in two spells."""
    difficulty = "small shake" if amplitude_px < 8 else "large shake"

    def make(name: str, rng: np.random.Generator) -> Script:
        cast = Cast(stage, rng)
        parker = cast.parks(share(rng), (17 + float(rng.uniform(0, 3)), 105 + float(rng.uniform(0, 5))))
        spans = ((0, 140),) if amplitude_px < 8 else ((40, 48), (70, 82))
        return with_traffic(
            name, cast, 140, difficulty, parker, shakes=tuple(Shake(a, b, amplitude_px) for a, b in spans)
        )

    return make


def turned(stage: str) -> Make:
    """Somebody turns the camera away for 25 s."""

    def make(name: str, rng: np.random.Generator) -> Script:
        cast = Cast(stage, rng)
        parker = cast.parks(share(rng), (17 + float(rng.uniform(0, 3)), 150 + float(rng.uniform(0, 5))))
        return with_traffic(name, cast, 190, "camera turned away", parker, turned=((66, 91),))

    return make


def frozen(stage: str) -> Make:
    """The picture freezes for 18 s."""

    def make(name: str, rng: np.random.Generator) -> Script:
        cast = Cast(stage, rng)
        parker = cast.parks(share(rng), (17 + float(rng.uniform(0, 3)), 130 + float(rng.uniform(0, 5))))
        return with_traffic(name, cast, 165, "frozen picture", parker, frozen=((60, 78),))

    return make


def frozen_leaves(stage: str) -> Make:
    """One leaves while the picture is frozen, before its grace is over."""

    def make(name: str, rng: np.random.Generator) -> Script:
        cast = Cast(stage, rng)
        parker = cast.parks(share(rng), (17 + float(rng.uniform(0, 3)), 48))
        return with_traffic(name, cast, 130, "frozen picture", parker, frozen=((44, 80),))

    return make


def gap(stage: str, *, leaves: bool) -> Make:
    """The stream is cut off for 21 s; the car stays, or leaves meanwhile."""

    def make(name: str, rng: np.random.Generator) -> Script:
        cast = Cast(stage, rng)
        leave_s = 74.0 if leaves else 128 + float(rng.uniform(0, 5))
        parker = cast.parks(share(rng), (17 + float(rng.uniform(0, 3)), leave_s))
        return with_traffic(name, cast, 165, "gap in the stream", parker, gaps=((65, 86),))

    return make


def restart(stage: str) -> Make:
    """The judge is restarted with its saved state after 12 s of nothing."""

    def make(name: str, rng: np.random.Generator) -> Script:
        cast = Cast(stage, rng)
        parker = cast.parks(share(rng), (17 + float(rng.uniform(0, 3)), 125 + float(rng.uniform(0, 5))))
        return with_traffic(name, cast, 160, "restart", parker, gaps=((50, 62),), restarts_s=(50.0,))

    return make


def light(stage: str, kind: str) -> Make:
    """Light drifts, lamps go on, or clouds pass."""

    def make(name: str, rng: np.random.Generator) -> Script:
        cast = Cast(stage, rng)
        parker = cast.parks(share(rng), (17 + float(rng.uniform(0, 3)), 120 + float(rng.uniform(0, 5))))
        script = with_traffic(name, cast, 155, "light changes", parker)
        if kind == "drift":
            return replace(script, drift=0.3, drift_period_s=110.0)
        if kind == "step":
            return replace(script, light="dusk", light_steps=((60.0, 1.5), (95.0, 0.7)))
        return replace(script, clouds=True)

    return make


def _persons(cast: Cast, from_s: float, to_s: float, every_s: float) -> list[Actor]:
    """Riders close by the kerb: the only cut people of the shared clips."""
    spot_m = cast.stage.lane("near").nearest_m(cast.spot(0.55))
    count = int((to_s - from_s) / every_s)
    return [
        cast.passes("near", from_s + n * every_s, along_m=spot_m, cut="rider", speed_mps=1.6, height_m=1.9)
        for n in range(count)
    ]


def people(stage: str) -> Make:
    def make(name: str, rng: np.random.Generator) -> Script:
        cast = Cast(stage, rng)
        parker = cast.parks(0.5, (18 + float(rng.uniform(0, 2)), 105 + float(rng.uniform(0, 4))))
        actors = (*around(cast, 140, parker, near=False), *_persons(cast, 28, 100, 9))
        return Script(name, stage, 140, ("people in front",), actors)

    return make


def loading(stage: str) -> Make:
    """One is loaded, with people around it, and leaves within grace."""

    def make(name: str, rng: np.random.Generator) -> Script:
        cast = Cast(stage, rng)
        parker = cast.parks(0.5, (18, 18 + 75), because="loading within grace")
        people = _persons(cast, 24, 90, 12)
        actors = (*around(cast, 130, parker, near=False), *people)
        return Script(name, stage, 130, ("loading within grace",), actors, grace_s=90)

    return make
