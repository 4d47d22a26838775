"""What burns and shines at night: the flames of the fires, and lights of a town that are no fire, drawn for a day."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import cos, radians, sin
from typing import Any

import numpy as np
from msgspec.structs import replace

from tantou.tower.world import NS, Light, Metres, Plume

FLAME_M = (0.5, 3.0)
HALF_VIEW_DEG = 13.0
STEADY = 40  # lamps that shine all night
Span = tuple[int, int]


def place_in_view(rng: np.random.Generator, pans: Sequence[float], near_m: float, far_m: float) -> Metres:
    """Somewhere in one of the views; distances even on a log scale."""
    bearing = radians(float(rng.choice(pans)) + rng.uniform(-HALF_VIEW_DEG, HALF_VIEW_DEG))
    distance = _between(rng, near_m, far_m)
    return distance * sin(bearing), distance * cos(bearing)


def with_flames(fires: Sequence[Plume], rng: np.random.Generator) -> Iterator[Plume]:
    """The fires with the height of their flames."""
    return (replace(one, flame_m=float(rng.uniform(*FLAME_M))) for one in fires)


class Town:
    """The town's lights of some hours beside the lamps that shine all night; one draw after the other."""

    def __init__(self, rng: np.random.Generator, hours: Span, pans: Sequence[float]) -> None:
        self._rng, self._hours, self._pans = rng, hours, pans

    def lights(self) -> Iterator[Light]:
        """What goes on, drives, blinks, flickers, is welded or shows pictures."""
        yield from (
            self._made("lamp", n, 600, 5_000, candela=(200, 5_000), colours="white sodium warm") for n in range(8)
        )
        for house in range(4):
            yield from self._windows(house)
        for kind, count, speed_m_s in (("vehicle", 14, (5.0, 25.0)), ("machine", 3, (1.0, 3.0))):
            yield from (self._driven(kind, number, speed_m_s) for number in range(count))
        for number in range(2):
            high, slow = float(self._rng.uniform(30, 90)), _between(self._rng, 1, 3)
            one = self._made("beacon", number, 1_000, 5_000, candela=(200, 2_000), colours="red")
            yield replace(one, lift_m=high, period_s=slow, begin_ns=0)
        for number in range(3):
            yield self._made("faulty_lamp", number, 600, 4_000, candela=(500, 4_000), colours="sodium white warm")
        for number in range(2):
            one = self._made("welder", number, 600, 3_000, candela=(500, 5_000), colours="blue")
            yield replace(one, lift_m=2.0, period_s=_between(self._rng, 5, 20), end_ns=one.begin_ns + 900 * NS)
        one = self._made("screen", 0, 800, 4_000, candela=(2_000, 15_000), colours="white")
        yield replace(one, lift_m=8.0, width_m=6.0, period_s=_between(self._rng, 2, 6))

    def _made(
        self, kind: Any, number: int, near_m: float, far_m: float, *, candela: tuple[float, float], colours: str
    ) -> Light:
        lasts_ns = self._hours[1] - self._hours[0]
        return Light(
            name=f"{kind}-{number}",
            kind=kind,
            at_m=place_in_view(self._rng, self._pans, near_m, far_m),
            colour=str(self._rng.choice(colours.split())),  # type: ignore[arg-type]
            candela=_between(self._rng, *candela),
            begin_ns=self._hours[0] + round(self._rng.uniform(0.02, 0.9) * lasts_ns),
        )

    def _windows(self, house: int) -> Iterator[Light]:
        first = self._made("window", house, 500, 3_000, candela=(60, 200), colours="warm white")
        for number in range(int(self._rng.integers(2, 7))):
            yield replace(
                first,
                name=f"{first.name}-{number}",
                at_m=(first.at_m[0] + 3.0 * number, first.at_m[1]),
                lift_m=float(self._rng.choice([2, 5, 8])),
                width_m=1.5,
                begin_ns=first.begin_ns + round(self._rng.uniform(0, 600)) * NS,
            )

    def _driven(self, kind: str, number: int, speed_m_s: tuple[float, float]) -> Light:
        """Headlights, halogen or white, or the lights of the rear; a machine works to and fro on its field."""
        one = self._made(kind, number, 500, 4_000, candela=(300, 8_000), colours="white white warm red")
        way, speed = radians(self._rng.uniform(0, 360)), float(self._rng.uniform(*speed_m_s))
        lasts_s = 900 if kind == "machine" else round(self._rng.uniform(40, 240))
        return replace(
            one,
            lift_m=1.0 if kind == "vehicle" else 2.5,
            moves_m_s=(speed * sin(way), speed * cos(way)),
            period_s=_between(self._rng, 40, 120),
            end_ns=one.begin_ns + lasts_s * NS,
        )


def steady_lamp(rng: np.random.Generator, pans: Sequence[float]) -> Light:
    """A lamp of the streets."""
    return Light(at_m=place_in_view(rng, pans, 800, 5_000), candela=float(4_000 * rng.uniform(0.5, 0.9)))


def _between(rng: np.random.Generator, low: float, high: float) -> float:
    """Even on a log scale."""
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))
