"""Flame or lamp: what the measures of a new light at night say over the looks of a stare.

Measured on night days of the virtual tower (numbers 1001 to 1043): flames at 0.5 to 4 km, also in haze, against lamps
that go on, vehicles, beacons, broken lamps, welders, screens. No filmed field fire at night was at hand.
"""

from __future__ import annotations

from contract.observations import LightSeen
from detectors.straw_burning.memory import Glimpse, seconds
from detectors.straw_burning.runs import Run

WARM = 0.27  # (red - blue) / (red + blue): flames of straw 0.33 and more, halogen 0.2, white lamps and welders less
LIGHT_FLICKER = 0.015  # flames 0.02 and more, lamps 0.01 and less
SWAY = 0.025  # of its own size: of a lamp that flickers, the middle stays where it is
SWAY_BY_FLICKER = 0.2  # a lamp that is half burnt out in the picture sways a little as it dims
DARK = 0.2  # of its usual light: flames do not go out and come back, beacons and some broken lamps do
STAYS = 0.35  # of its light keeps its place: of what drives, hardly any
RECOLOURED = 0.15  # screens; a flame stays as warm as it is
ASKED_AGAIN_S = 300.0  # a lamp that was stared at is looked at closely again, later and later
GREW = 1.5  # times the area then: another question
IN_THE_AIR_DEG = 0.0  # of the horizontal: masts, roofs and what flies


def light_of(run: Run) -> LightSeen | None:
    """The last measure of the candidate's light; None: it is no light of the night."""
    lights = [one.light for one in run.used if one.light is not None]
    return lights[-1] if len(lights) * 2 > len(run.used) else None


def lamp_reason(run: Run, light: LightSeen, at_ns: int) -> str | None:
    """Why a light is no flame; None: it is one, or nobody knows yet. What a stare said holds for some minutes."""
    sight = run.track.sight
    if sight is not None and sight.elevation_deg > IN_THE_AIR_DEG:
        return f"shines {sight.elevation_deg:+.2f} degrees from the horizontal"
    if light.warmth < WARM:
        return f"white or blue light: warmth {light.warmth:.2f}"
    if light.flicker is not None:
        return no_flame(light)
    glimpses = run.track.glimpses
    said = next((one for one in reversed(glimpses) if one.light is not None and one.light.flicker is not None), None)
    if said is None or said.light is None or _has_grown(run, said):
        return None
    if seconds(at_ns - said.at_ns) >= ASKED_AGAIN_S * 2 ** max(0, run.track.stares - 1):
        return None
    return no_flame(said.light)


def no_flame(light: LightSeen) -> str | None:
    """What speaks against a flame once a light was watched."""
    if light.flicker is None or light.sway is None or light.least is None or light.stays is None:
        return None
    if light.least < DARK:
        return f"goes out and comes back: {light.least:.0%} of its usual light"
    if light.stays < STAYS:
        return f"moves: {light.stays:.0%} of its light keeps its place"
    if light.recolour is not None and light.recolour > RECOLOURED:
        return f"changes its colour by {light.recolour:.2f}"
    if light.flicker < LIGHT_FLICKER:
        return f"by night without flicker: {light.flicker:.1%}"
    if light.sway < max(SWAY, SWAY_BY_FLICKER * light.flicker):
        return f"flickers without a change of its shape: its middle moves by {light.sway:.1%} of its size"
    return None


def is_flame(light: LightSeen) -> bool:
    """Whether a warm light was watched for long enough and nothing speaks against a flame."""
    return light.warmth >= WARM and light.flicker is not None and no_flame(light) is None


def _has_grown(run: Run, since: Glimpse) -> bool:
    last = run.used[-1].area if run.used else None
    return last is not None and since.area is not None and last >= GREW * since.area
