"""Flame or lamp: what the measures of a new light at night say over the looks of a stare.

Measured on night days of the virtual tower whose numbers are 1001 to 1043, in stares of 20 looks a second apart: flames
at 0.5 to 3.6 km, also in haze, flicker by 0.036 to 0.15 and sway by 0.035 to 0.23, lamps by up to 0.015 and 0.006.
"""

from __future__ import annotations

from contract.observations import LightSeen
from detectors.straw_burning.memory import seconds
from detectors.straw_burning.runs import Run

WARM = 0.2  # (red - blue) / (red + blue): flames of straw 0.33 and more, white lamps and welders less than 0.1
FLICKER = 0.03
SWAY = 0.03  # of its own size: of a lamp that flickers, the middle stays where it is
DARK = 0.35  # of its usual light: a front of flames never goes out and comes back, beacons and broken lamps do
STAYS = 0.45  # of its light keeps its place: of what drives, hardly any
RECOLOURED = 0.15  # screens; a flame stays as warm as it is
ASKED_AGAIN_S = 300.0  # a lamp that was stared at is looked at closely again
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
    said = next(
        (one for one in reversed(run.track.glimpses) if one.light is not None and one.light.flicker is not None), None
    )
    if said is None or said.light is None or seconds(at_ns - said.at_ns) >= ASKED_AGAIN_S:
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
    if light.flicker < FLICKER:
        return f"by night without flicker: {light.flicker:.1%}"
    if light.sway < SWAY:
        return f"flickers without a change of its shape: its middle moves by {light.sway:.1%} of its size"
    return None


def is_flame(light: LightSeen) -> bool:
    """Whether a warm light was watched for long enough and nothing speaks against a flame."""
    return light.warmth >= WARM and light.flicker is not None and no_flame(light) is None
