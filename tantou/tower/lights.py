"""Lights of the night in candela: lamps, windows, vehicles, beacons, welders, screens; where each is and how bright.

Every light is a function of the time, so that a picture of a time is the same whenever it is painted.
"""

from __future__ import annotations

from math import hypot, pi, sin

import numpy as np

from tantou.tower.land import Floats
from tantou.tower.world import NS, Light, Metres

TWINKLE = 0.05  # of a lamp 5 km away: air that a camera's lens averages
_COLOURS = {  # linear BGR of the strongest channel, as light of these temperatures falls into a camera
    "white": (0.85, 0.95, 1.0),
    "warm": (0.35, 0.7, 1.0),
    "sodium": (0.06, 0.45, 1.0),
    "red": (0.02, 0.04, 1.0),
    "blue": (1.0, 0.8, 0.7),
    "green": (0.2, 1.0, 0.15),
}
_SCREEN = ("white", "red", "blue", "green", "sodium", "warm")


def chance(*numbers: float) -> float:
    """A number 0..1 that follows from these, the same on every machine."""
    value = 0x9E3779B97F4A7C15
    for number in numbers:
        value = (value ^ (round(number * 1000) & 0xFFFFFFFFFFFFFFFF)) * 0xBF58476D1CE4E5B9 & 0xFFFFFFFFFFFFFFFF
        value ^= value >> 29
    return (value >> 11) / 2**53


def is_on(light: Light, at_ns: int) -> bool:
    """Whether it shines at all now."""
    return light.begin_ns <= at_ns < light.end_ns and level(light, at_ns) > 0


def level(light: Light, at_ns: int) -> float:
    """What share of its full light it gives at this moment."""
    at_s = (at_ns % (86_400 * NS)) / NS
    seed = light.at_m[0] + 7.0 * light.at_m[1]
    if light.kind == "beacon":
        return 1.0 if at_s / light.period_s % 1 < 0.4 else 0.0
    if light.kind == "faulty_lamp":
        is_calm = chance(seed, at_s // 7) < 0.2
        return 1.0 if is_calm or chance(seed, at_s // 0.15) > 0.4 else 0.5 * chance(seed, at_s // 0.15, 1)
    if light.kind == "welder":
        burns = chance(seed, at_s // light.period_s) < 0.6
        return 0.3 + 0.7 * chance(seed, at_s // 0.04) if burns else 0.0
    if light.kind == "screen":
        return 0.4 + 0.6 * chance(seed, at_s // light.period_s, 1)
    if light.kind == "machine":  # it pitches on the field
        return 0.75 + 0.25 * sin(2 * pi * 0.9 * at_s + 3 * sin(0.37 * at_s))
    twinkle = TWINKLE * hypot(*light.at_m) / 5_000
    return 1 + twinkle * 2 * (chance(seed, at_s // 0.04) + chance(seed, at_s // 0.04, 2) - 1)


def colour_bgr(light: Light, at_ns: int) -> tuple[float, float, float]:
    """Its colour now: a screen changes it."""
    if light.kind == "screen":
        at_s = (at_ns % (86_400 * NS)) / NS
        return _COLOURS[_SCREEN[int(chance(light.at_m[0], at_s // light.period_s) * len(_SCREEN))]]
    return _COLOURS[light.colour]


def place_m(light: Light, at_ns: int) -> Metres:
    """Where it is now; a machine goes to and fro, what drives on goes on."""
    passed_s = (at_ns - light.begin_ns) / NS
    if light.kind == "machine":
        there = passed_s % (2 * light.period_s)
        passed_s = min(there, 2 * light.period_s - there)
    return light.at_m[0] + light.moves_m_s[0] * passed_s, light.at_m[1] + light.moves_m_s[1] * passed_s


def flame_levels(seed: float, count: int, at_s: float, across_m: float) -> Floats:
    """How high each of `count` flamelets stands now, 0.15..1 of the flames' height.

    A flame puffs at 1.5 / sqrt(its width in m) Hz (pool fires); three such waves that fit each other nowhere, and the
    straw below that flares up and burns down within ten or twenty seconds.
    """
    number = np.arange(count) + seed % 97
    rate = 2 * pi * 1.5 / max(across_m, 0.3) ** 0.5
    puffs = (
        np.sin(rate * at_s * (1 + 0.2 * np.sin(number * 12.9)) + number * 7.3)
        + 0.7 * np.sin(2.37 * rate * at_s + number * 3.1 + 2 * np.sin(0.31 * at_s + number))
        + 0.5 * np.sin(0.41 * rate * at_s + number * 5.7)
    )
    flare = 0.6 + 0.4 * np.sin(2 * pi * at_s / (11 + 6 * np.sin(number * 2.1)) + number * 1.7)
    return np.asarray(np.clip(0.5 + 0.35 * puffs, 0.15, 1) * np.clip(flare, 0.25, 1))
