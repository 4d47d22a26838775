"""Scenes in which somebody stands: alone, beside others, for just too long or not quite, again, from the start."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from contract.plates import KINDS
from models.plates.drawing import draw_plate, find_fonts
from tests.bench.compose.acting import Cast
from tests.bench.compose.script import Plate, Script
from tests.bench.compose.surroundings import Make, share, with_traffic

PLATE_AT = {"2.0": (0.36, 0.6), "3.0": (0.29, 0.76), "8.0": (0.3, 0.8), "8.1": (0.3, 0.68), "10.2": (0.29, 0.58)}
PLATE_WIDTH = 0.16  # of the box: some 1.2 times life size


def plain(stage: str, light: str, difficulty: str = "plain") -> Make:
    """One stays over grace while traffic passes."""

    def make(name: str, rng: np.random.Generator) -> Script:
        cast = Cast(stage, rng, light=light)
        stop_s = float(rng.uniform(18, 26))
        leave_s = stop_s + float(rng.uniform(60, 110))
        seconds = round(leave_s + 35)
        return with_traffic(name, cast, seconds, difficulty, cast.parks(share(rng), (stop_s, leave_s)), light=light)

    return make


def two(stage: str) -> Make:
    """Two stay in one zone, their times overlapping."""

    def make(name: str, rng: np.random.Generator) -> Script:
        cast = Cast(stage, rng)
        first = cast.parks(0.3, (16 + float(rng.uniform(0, 3)), 100 + float(rng.uniform(0, 9))))
        second = cast.parks(0.9, (40 + float(rng.uniform(0, 3)), 118 + float(rng.uniform(0, 9))))
        return with_traffic(name, cast, 160, "two in one zone", first, second)

    return make


def neighbours(stage: str) -> Make:
    """Three stand close behind each other."""

    def make(name: str, rng: np.random.Generator) -> Script:
        cast = Cast(stage, rng)
        cars = [
            cast.parks(
                0.1 + 0.26 * n, (16 + 11 * n + float(rng.uniform(0, 3)), 104 + 13 * n + float(rng.uniform(0, 4)))
            )
            for n in range(3)
        ]
        # The rearmost comes first, so that nobody drives through another.
        return with_traffic(name, cast, 170, "close neighbours", *cars)

    return make


def came_back(stage: str, *, short: bool = False) -> Make:
    """One leaves and comes back to the same spot: two stays."""

    def make(name: str, rng: np.random.Generator) -> Script:
        cast = Cast(stage, rng)
        at_share, cut = share(rng), cast.car("near")
        stay_s = 30.0 if short else 55 + float(rng.uniform(0, 5))
        away_s = 34.0
        first = cast.parks(at_share, (16, 16 + stay_s), cut=cut)
        again_s = 16 + stay_s + away_s + float(rng.uniform(0, 2))
        second = cast.parks(at_share, (again_s, again_s + stay_s), cut=cut)
        return with_traffic(name, cast, round(again_s + stay_s + 35), "left and came back", first, second)

    return make


def replaced(stage: str, *, short: bool = False) -> Make:
    """Another car takes the spot 8 s after the first left it."""

    def make(name: str, rng: np.random.Generator) -> Script:
        cast = Cast(stage, rng)
        at_share = share(rng)
        one, other = cast.stage.cars["near"][0], cast.stage.cars["near"][1 if stage == "street" else 5]
        stay_s = 30.0 if short else 58 + float(rng.uniform(0, 5))
        first = cast.parks(at_share, (16, 16 + stay_s), cut=one)
        then_s = 16 + stay_s + 8
        second = cast.parks(at_share, (then_s, then_s + stay_s), cut=other)
        return with_traffic(name, cast, round(then_s + stay_s + 35), "another takes the place", first, second)

    return make


def shunt(stage: str) -> Make:
    """One stay with a creep of a hand's breadth in it."""

    def make(name: str, rng: np.random.Generator) -> Script:
        cast = Cast(stage, rng)
        parker = cast.parks(0.5, (17, 50), (52, 125), shunt_m=0.35)
        # A creep of a hand's breadth is one stay: its truth is from the first halt to the last start.
        motion = replace(parker.motion, stops=(replace(parker.motion.stops[0], to_s=125.0),))  # type: ignore[type-var,attr-defined]
        return with_traffic(name, cast, 160, "creeps a little", replace(parker, motion=motion))

    return make


def edge(stage: str, by_s: float) -> Make:
    """One stays for the grace and `by_s` more, or less."""
    difficulty = "just under grace" if by_s < 0 else "just over grace"

    def make(name: str, rng: np.random.Generator) -> Script:
        cast = Cast(stage, rng)
        stop_s = 17 + float(rng.uniform(0, 3))
        return with_traffic(name, cast, 100, difficulty, cast.parks(share(rng), (stop_s, stop_s + 40 + by_s)))

    return make


def far(stage: str) -> Make:
    """One stays at the far end of the row."""

    def make(name: str, rng: np.random.Generator) -> Script:
        cast = Cast(stage, rng)
        parker = cast.parks(0.0, (22 + float(rng.uniform(0, 3)), 100 + float(rng.uniform(0, 5))))
        return with_traffic(name, cast, 140, "far and small", parker)

    return make


def there(stage: str) -> Make:
    """One stands there from before the first picture."""

    def make(name: str, rng: np.random.Generator) -> Script:
        cast = Cast(stage, rng)
        parker = cast.parks(share(rng), (-30.0, 88 + float(rng.uniform(0, 5))))
        return with_traffic(name, cast, 125, "start not seen", parker)

    return make


def crowd(stage: str) -> Make:
    """Five stand at once: held for a second grace, which they outstay."""

    def make(name: str, rng: np.random.Generator) -> Script:
        cast = Cast(stage, rng)
        cars = [cast.parks(0.02 + 0.24 * n, (20 + 3 * n, 120 + 4 * n)) for n in range(5)]
        # The fifth makes it many: all are held for a second grace, and they outstay it.
        return with_traffic(name, cast, 170, "many at once", *cars, rule=(("many_at_once", 5),))

    return make


def long(stage: str, light: str = "day") -> Make:
    """One stays eight minutes."""

    def make(name: str, rng: np.random.Generator) -> Script:
        cast = Cast(stage, rng, light=light)
        parker = cast.parks(share(rng), (25 + float(rng.uniform(0, 3)), 500 + float(rng.uniform(0, 20))))
        return with_traffic(name, cast, 560, "long stay", parker, light=light)

    return make


def stays_on(stage: str) -> Make:
    """One is still there when the recording ends."""

    def make(name: str, rng: np.random.Generator) -> Script:
        cast = Cast(stage, rng)
        parker = cast.parks(share(rng), (17 + float(rng.uniform(0, 3)), 1000.0))
        return with_traffic(name, cast, 120, "still there at the end", parker)

    return make


def plated(kind: str) -> Make:
    """One stays close by with a legible plate; police are exempt."""

    def make(name: str, rng: np.random.Generator) -> Script:
        cast = Cast("close", rng)
        drawn = draw_plate(rng, find_fonts(), tuple(one for one in KINDS if one.name == kind))
        cut = cast.car("near")
        plate = Plate(drawn.text, kind, np.asarray(drawn.face, np.uint8), PLATE_AT[cut], PLATE_WIDTH)
        # Police, fire and ambulance are counted, no lead.
        expect, because = (False, "exempt vehicle") if kind == "police" else (None, "")
        stop_s = 16 + float(rng.uniform(0, 3))
        parker = cast.parks(share(rng), (stop_s, stop_s + 80), cut=cut, expect=expect, because=because)
        return Script(name, "close", 125, ("plate legible",), (replace(parker, plate=plate),))

    return make
