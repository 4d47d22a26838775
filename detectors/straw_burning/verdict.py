"""What the checks say together: whether a sequence shows smoke, and whether that smoke may still be vapour."""

from __future__ import annotations

from statistics import median

from contract.matters.straw_burning import CheckId
from detectors.straw_burning.checking import Checks
from detectors.straw_burning.flames import is_flame, light_of
from detectors.straw_burning.memory import Preset, seconds
from detectors.straw_burning.runs import Run, areas_of, growth_of

MOTION: tuple[CheckId, ...] = ("growth", "drift", "decorrelation")
LIKENESS: tuple[CheckId, ...] = ("background", "translucency", "colour")
NEVER_FAILED: tuple[CheckId, ...] = ("base", "ground", "background", "view", "wind")
NEVER_FAILED_OF_LIGHTS: tuple[CheckId, ...] = ("base", "ground", "view")
SPREAD = 0.5  # of the square of its height: of 38 drawn bouts of steam none spread so far, of 72 white fires 43
VAPOUR_S = 40.0  # so long it is seen at most until it dissolves: by then its plume is as long as it gets
LATE_S = 24.0  # of a stare: most vapour grows no more by then
LATE_GROWTH_SHARE = 0.12


def speaks_for_smoke(run: Run, checks: Checks) -> bool:
    """Persistence, nothing failed that never may, and enough that speaks for smoke.

    A stare must show motion of its own and two likenesses; looks a minute apart must differ from the background. A
    light of the night must be a flame.
    """
    light = light_of(run)
    if light is not None:
        stays = not any(checks.failed(one) for one in NEVER_FAILED_OF_LIGHTS)
        return stays and checks.passed("persistence") and is_flame(light)
    if not checks.passed("persistence") or any(checks.failed(one) for one in NEVER_FAILED):
        return False
    motion = sum(checks.passed(one) for one in MOTION)
    likeness = sum(checks.passed(one) for one in LIKENESS)
    if run.is_dense:
        return motion >= 1 and motion + likeness >= 3
    return checks.passed("background") and motion + likeness >= 2


def vapour_doubt(run: Run, checks: Checks, preset: Preset, *, can_stare: bool) -> str | None:
    """Why it may still be vapour, None: it is none. It is white, or no close look showed more, and has not grown.

    Flames, and the hot spots of a thermal camera, are none. Where the height is known white smoke must lie along the
    ground, or still grow when vapour that began as it did would be as long as it gets.
    """
    if sum(one.is_fire for one in run.used) * 2 > len(run.used):
        return None
    grew = checks.passed("growth")
    if is_white(run) and any(one.height_m is not None for one in run.used):
        if is_spread(run, preset):
            return None
        if not (run.is_dense and grew and goes_on_growing(run)):
            return f"white, upright, no growth seen after {LATE_S:.0f} s"
        return f"white, upright, grows for less than {VAPOUR_S:.0f} s" if is_young(run) else None
    if run.is_dense:
        return "white and does not grow" if is_white(run) and not grew else None
    return "no close look showed it grow" if (can_stare or run.track.was_watched) and not grew else None


def is_white(run: Run) -> bool:
    """Whether it is brighter than what lies behind, as vapour and drops always are and smoke often is."""
    shifts = [one.grey_shift for one in run.used if one.grey_shift is not None]
    return bool(shifts) and median(shifts) > 0


def is_spread(run: Run, preset: Preset) -> bool:
    """Whether the veil lies along the ground more than vapour does, where it stands higher than drops do.

    Vapour is gone in some ten seconds: it is narrow over the mouth of its stack, and drops stay low. A field's smoke
    is as wide as its front and drifts for a minute. Area by the square of the height knows no distance, so that a
    stack that is taken for the ground far behind it does not seem larger.
    """
    shapes = [
        one.area / preset.aspect / (one.foot[1] - one.veil[1]) ** 2
        for one in run.used
        if one.area is not None and one.height_m and one.veil is not None and one.foot[1] > one.veil[1]
    ]
    return bool(shapes) and median(shapes) >= SPREAD


def goes_on_growing(run: Run) -> bool:
    """Whether it still grows late in a stare."""
    areas = areas_of(run)
    if not areas:
        return False
    late = [one for one in areas if one[0] >= areas[-1][0] - LATE_S / 2]
    return areas[-1][0] - areas[0][0] >= LATE_S and growth_of(late) >= LATE_GROWTH_SHARE


def is_young(run: Run) -> bool:
    """Whether vapour that was first seen when it was may still be growing."""
    return seconds(run.track.glimpses[-1].at_ns - run.track.onset_ns) < VAPOUR_S
