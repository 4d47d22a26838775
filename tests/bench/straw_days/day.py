"""One day by its number: weather, fires and every trap, drawn from the seed alone.

What happens in a day is laid into a few of its hours, drawn by the day's seed; the idle hours between are left out.
A false alarm a day is therefore counted against the traps of a day, not against its idle looks.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from math import cos, radians, sin

import numpy as np

from ground.camera import Aim, Calibration
from ground.local import Spot
from tantou.tower.world import FRAME_PX, NS, Fog, Head, Plume, World
from tests.bench.straw_days.evening import STEADY, Town, place_in_view, steady_lamp, with_flames

VERSION = 8  # counts up when days change
STOPS = 14  # of a whole turn at 30 degrees and a tenth of overlap; only some of them are drawn
FOCAL_PX = 2400.0
TILT_DEG = 2.2
FIRST_NS = int(datetime(2026, 10, 19, 16, tzinfo=UTC).timestamp()) * NS  # midnight at UTC+8
DAY_NS = 86_400 * NS
STEAM_S = (15.0, 40.0)  # how long vapour is seen until it dissolves in the air
MIST_S = (8.0, 40.0)  # drops of a sprinkler fall within metres, those of a fog cannon drift
MIST_THICKNESS = (0.3, 0.6)


@dataclass(frozen=True)
class Day:
    """A world, where its views look, and which of its smoke is known to the rule from the beginning."""

    number: int
    world: World
    heads: dict[str, Head]
    known: tuple[str, ...]
    begin_ns: int
    end_ns: int

    @property
    def midnight_ns(self) -> int:
        """Where its hours count from."""
        return FIRST_NS + self.number * DAY_NS


def day(number: int, views: int, lasts_h: float) -> Day:
    """The day of that number: most of them in daylight, every sixth at dusk or at night."""
    rng = np.random.default_rng(91_000 + number)
    midnight_ns = FIRST_NS + number * DAY_NS
    from_h = rng.uniform(17.0, 20.0) if number % 6 == 5 else rng.uniform(6.3, max(6.3, 17.0 - lasts_h))
    hours = (float(from_h), float(from_h + lasts_h))
    pans = [index * 360 / STOPS for index in range(views)]
    calibration = Calibration(frame_px=FRAME_PX, focal_px=FOCAL_PX)
    heads = {
        f"p{index}": Head(aim=Aim(pan_deg=pan, tilt_deg=TILT_DEG), calibration=calibration)
        for index, pan in enumerate(pans)
    }
    begin_ns, end_ns = (_at(midnight_ns, hour) for hour in hours)
    own = np.random.default_rng(92_000 + number)  # what came later draws its own numbers: days stay as they were
    speed, towards = rng.uniform(0.3, 6.0), radians(rng.uniform(0, 360))
    world = World(
        seed=500 + number,
        tower=Spot(lat=29.2, lon=119.5, height_m=40.0),
        plumes=(
            *with_flames(_fires(rng, midnight_ns, hours, pans), own),
            *_traps(rng, midnight_ns, hours, pans),
        ),
        lights=(*(steady_lamp(rng, pans) for _ in range(STEADY)), *Town(own, (begin_ns, end_ns), pans).lights()),
        fogs=_fogs(rng, midnight_ns, hours),
        wind_m_s=(speed * sin(towards), speed * cos(towards)),
        clouds=float(rng.uniform(0, 0.9)),
        haze_m=float(rng.uniform(5_000, 20_000)),
        sunrise_h=6.2,
        sunset_h=17.6,
    )
    return Day(number, world, heads, known=("chimney-0",), begin_ns=begin_ns, end_ns=end_ns)


def _at(midnight_ns: int, hour: float) -> int:
    return midnight_ns + round(hour * 3600) * NS


Hours = tuple[float, float]


def _fires(rng: np.random.Generator, midnight_ns: int, hours: Hours, pans: list[float]) -> list[Plume]:
    told = []
    for number in range(5):
        hour = rng.uniform(hours[0] + 0.05, hours[1] - 0.2)
        told.append(
            Plume(
                name=f"fire-{number}",
                at_m=place_in_view(rng, pans, 500, 5_000),
                begin_ns=_at(midnight_ns, hour),
                end_ns=_at(midnight_ns, min(hours[1], hour + rng.uniform(0.15, 0.4))),
                size_m=float(rng.uniform(6, 28)),
                rate=float(rng.uniform(0.4, 2)),
                grey=float(rng.uniform(0.3, 0.9)),
                thickness=float(rng.uniform(0.45, 0.95)),
                rise_m_s=float(rng.uniform(1.5, 4)),
            )
        )
    return told


def _traps(rng: np.random.Generator, midnight_ns: int, hours: Hours, pans: list[float]) -> list[Plume]:
    told = []
    (lives,) = rng.spawn(1)
    steam_s = float(lives.uniform(*STEAM_S))
    for number in range(2):
        place, lift = place_in_view(rng, pans, 1_500, 4_500), float(rng.uniform(30, 80))
        told.append(_trap(f"chimney-{number}", "chimney", place, (_at(midnight_ns, 0), 24.0), size_m=5.0, lift_m=lift))
    place = place_in_view(rng, pans, 1_500, 4_000)
    for number in range(2):
        begin = _at(midnight_ns, rng.uniform(*hours))
        told.append(_trap(f"steam-{number}", "steam", place, (begin, 0.15), size_m=10.0, lift_m=15.0, life_s=steam_s))
    for number in range(4):
        moves = (float(rng.uniform(-4, 4)), float(rng.uniform(-2, 2)))
        begin = _at(midnight_ns, rng.uniform(*hours))
        place = place_in_view(rng, pans, 600, 3_000)
        told.append(_trap(f"dust-{number}", "dust", place, (begin, 0.12), size_m=7.0, rise_m_s=0.5, moves_m_s=moves))
    for number in range(3):
        begin = _at(midnight_ns, rng.uniform(*hours))
        place = place_in_view(rng, pans, 700, 2_500)
        thick, life_s = float(lives.uniform(*MIST_THICKNESS)), float(lives.uniform(*MIST_S))
        told.append(
            _trap(
                f"mist-{number}", "mist", place, (begin, 0.2), size_m=9.0, rise_m_s=0.4, thickness=thick, life_s=life_s
            )
        )
    return told


def _trap(name: str, kind: str, at_m: tuple[float, float], when: tuple[int, float], **looks: object) -> Plume:
    begin_ns, hours = when
    end_ns = begin_ns + round(hours * 3600) * NS
    told = {"grey": 0.95, "thickness": 0.6, "rate": 5.0, **looks}
    return Plume(name=name, kind=kind, at_m=at_m, begin_ns=begin_ns, end_ns=end_ns, **told)  # type: ignore[arg-type]


def _fogs(rng: np.random.Generator, midnight_ns: int, hours: Hours) -> tuple[Fog, ...]:
    if rng.random() < 0.6:
        return ()
    begin = rng.uniform(*hours)
    told = Fog(
        begin_ns=_at(midnight_ns, begin),
        end_ns=_at(midnight_ns, begin + rng.uniform(0.2, 0.5)),
        visibility_m=float(rng.uniform(500, 2_500)),
    )
    return (told,)
