"""The checks over a candidate's looks: each passed, failed or not applicable, with what was found.

Thresholds are proposals of the towers' reference (section 3), tuned on the development half of the public sequences
named in `tests/bench/straw_sequences.py`. A check that looks a minute apart cannot make says so.
"""

from __future__ import annotations

from collections.abc import Callable
from statistics import median

from contract.matters.straw_burning import CheckId, Outcome, SequenceCheck
from detectors.straw_burning.flames import LIGHT_FLICKER, light_of
from detectors.straw_burning.looks import Look
from detectors.straw_burning.memory import Preset, seconds
from detectors.straw_burning.runs import (
    DENSE_GAP_S,
    SPACED_LOOKS,
    SURE_CAP,
    Run,
    allowed_travel,
    areas_of,
    growth_of,
    has_stayed,
    strength_of,
    travel,
    turnover_least,
    turnovers,
    usual_level,
    visits_known,
    weight,
)
from detectors.straw_burning.shapes import height_at

DENSE_DETECTED = 0.4
DENSE_SEEN = 0.7
SPACED_HITS = 3
GROWTH_SHARE = 0.25
GROWTH_AREA = 0.00015  # of the picture: less is a few pixels that come and go
MOVING_SHARE = 0.03
MACHINE_PER_S = 0.0002  # widths a second: 1 m/s ten kilometres away; a spreading fire's foot is far slower
STRAIGHT = 0.35
BELOW_DEG = -0.1  # of the horizontal: what a calibrated tower sees there stands on the ground, haze or not
GROUND_SLACK = 0.03  # of the height: a found horizon is no better
CHANGED = 0.08  # of the box
CHANGED_AREA = 0.0004  # of the picture: a detector's box may be many times the plume
ABOVE_USUAL = 1.1  # ln odds: three times
VISITS_KNOWN = 3
TRANSLUCENT = 0.85
EDGES_KEPT = 0.1
DECORRELATED = 0.08
DRIFT = 0.0015  # widths a second: 3 px of 1920
WIND_LEAST_M_S = 1.0
GREY_MOST = 0.35  # saturation
COLOURED = 0.15  # more saturation than the background: dust is coloured, smoke takes colour away
FLICKER = 0.03
CHANGED_WORD = "changed"


def persistence(run: Run, look: Look) -> SequenceCheck:
    """Seen in enough looks, surely enough: consecutive frames of one stare count as what they are, one moment."""
    if run.is_dense:
        seen = sum(one.seen != "missed" for one in run.dense) / len(run.dense)
        detected = [min(one.surety, SURE_CAP) for one in run.dense if one.is_detected]
        share = len(detected) / len(run.dense)
        sure = sum(detected) / len(detected) if detected else -9.0
        ok = seen >= DENSE_SEEN and share >= DENSE_DETECTED and sure >= 0
        found = f"{len(run.dense)} looks: seen in {seen:.0%}, detected in {share:.0%}, mean surety {sure:.1f}"
        if ok or not _enough(run, look):
            required = f"seen in {DENSE_SEEN:.0%}, detected in {DENSE_DETECTED:.0%}, mean surety 0"
            values = {"looks": len(run.dense), "seen": seen, "detected": share, "surety": sure}
            values |= {"seen_least": DENSE_SEEN, "detected_least": DENSE_DETECTED}
            return _check("persistence", ok, required, found, said="stare", **values)
    last, hits, total = weight(run)
    return _check(
        "persistence",
        _enough(run, look),
        f"{SPACED_HITS} of {SPACED_LOOKS} spaced looks, sum of sureties {look.config.sure_looks:g}",
        f"{hits} of {len(last)}, sum {total:.1f}",
        said="spaced",
        hits=hits,
        looks=len(last),
        sum=total,
        hits_least=SPACED_HITS,
        looks_of=SPACED_LOOKS,
        sum_least=look.config.sure_looks,
    )


def _enough(run: Run, look: Look) -> bool:
    _, hits, total = weight(run)
    return hits >= SPACED_HITS and total >= look.config.sure_looks


def background(run: Run, preset: Preset, *, is_alive: Callable[[], bool]) -> SequenceCheck:
    """Not what this place always looks like: the picture differs there, and the detector calls louder than usual."""
    required = f"changed >= {CHANGED:.0%} of the box or {CHANGED_AREA:.2%} of the picture; louder than usual here"
    needs = {"change_least": CHANGED, "area_least": CHANGED_AREA}
    used = run.used
    changes = [one.change for one in used if one.change is not None]
    areas = [one.area for one in used if one.area is not None]
    change = median(changes) if changes else None
    if change is not None and change < CHANGED and median(areas or [0.0]) < CHANGED_AREA:
        found = f"{CHANGED_WORD} {change:.1%}"
        return _check("background", False, required, found, said="changed", change=change, **needs)
    level, strength = usual_level(run.track, preset), strength_of(run)
    if level is not None and strength < level + ABOVE_USUAL:
        found = f"surety {strength:.1f} where {level:.1f} is usual"
        told = {"surety": strength, "usual": level, **needs}
        return _check("background", is_alive(), required, found, said="usual", **told)
    visits = visits_known(run.track, preset)
    is_known = visits >= VISITS_KNOWN or (has_stayed(run, preset) and growth(run).outcome == "passed")
    if level is None and not is_known:
        # Nobody knows yet what this place looks like: only a stare can tell, by motion.
        return _not_applicable("background", required, f"{visits} visits before", said="visits", visits=visits, **needs)
    if change is not None:
        found = f"{CHANGED_WORD} {change:.1%}"
        return _check("background", True, required, found, said="changed", change=change, **needs)
    return _check(
        "background", True, required, f"clear in {visits} visits before", said="clear", visits=visits, **needs
    )


def growth(run: Run) -> SequenceCheck:
    """The veil grows: robust slope of its area over the looks."""
    required = f"area +{GROWTH_SHARE:.0%} over the looks"
    areas = areas_of(run)
    if len(areas) < 3:
        found = f"{len(areas)} measured looks"
        return _not_applicable("growth", required, found, said="few_looks", looks=len(areas), growth_least=GROWTH_SHARE)
    grown = growth_of(areas)
    values = {"growth": grown, "looks": len(areas), "growth_least": GROWTH_SHARE}
    passed = grown >= GROWTH_SHARE and median(area for _, area in areas) >= GROWTH_AREA
    return _check("growth", passed, required, f"{grown:+.0%} in {len(areas)} looks", said="grown", **values)


def base(run: Run, preset: Preset) -> SequenceCheck:
    """The foot stays where it is; failed only for one that travels along a line, as what raises dust does."""
    used = [one for one in run.used if one.base is not None or one.area is None]
    allowed = allowed_travel(run)
    required = f"within {allowed:.3f} of the width"
    if len(used) < 3:
        found = f"{len(used)} looks with a base"
        return _not_applicable("base", required, found, said="few_bases", looks=len(used), travel_most=allowed)
    travelled, off_line = travel(run, preset)
    is_fast = travelled >= MACHINE_PER_S * seconds(used[-1].at_ns - used[0].at_ns)
    is_moving = travelled > max(MOVING_SHARE, allowed) and off_line <= STRAIGHT * travelled and is_fast
    found = f"travelled {travelled:.3f}, {off_line:.3f} off the line"
    values = {"travelled": travelled, "off_line": off_line, "travel_most": allowed}
    return _check("base", not is_moving, required, found, said="travelled", **values)


def ground(run: Run, look: Look) -> SequenceCheck:
    """The foot touches ground: at or below the horizon, or below the horizontal where the tower is calibrated."""
    required = f"base not more than {GROUND_SLACK:g} above the horizon"
    heights = [(one.foot[1], height_at(look.horizon, one.foot[0])) for one in run.used]
    above = [line - foot for foot, line in heights if line is not None]
    if not above:
        return _not_applicable("ground", required, "no horizon known", said="no_horizon", above_most=GROUND_SLACK)
    high = median(above)
    values = {"above": high, "above_most": GROUND_SLACK}
    sight = run.track.sight
    if high > GROUND_SLACK and sight is not None and sight.elevation_deg <= BELOW_DEG:
        found = f"{sight.elevation_deg:+.2f} degrees from the horizontal"
        return _check("ground", True, required, found, said="above", above=0.0, above_most=GROUND_SLACK)
    return _check("ground", high <= GROUND_SLACK, required, f"{high:+.3f} above it", said="above", **values)


def drift(run: Run, preset: Preset) -> SequenceCheck:
    """The upper half moves, steadily, and not downward faster than sideways."""
    flows = [one.flow for one in run.used if one.flow is not None]
    required = f"{DRIFT:g} widths a second"
    if not run.is_dense or len(flows) < 3:
        return _not_applicable("drift", required, "looks too far apart", said="far_apart", drift_least=DRIFT)
    dx, dy = median(flow[0] for flow in flows), median(flow[1] for flow in flows) * preset.aspect
    speed = (dx * dx + dy * dy) ** 0.5
    passed = speed >= DRIFT and dy <= max(abs(dx), DRIFT)
    values = {"right": dx, "down": dy, "drift_least": DRIFT}
    return _check("drift", passed, required, f"right {dx:+.4f}, down {dy:+.4f}", said="drift", **values)


def wind(run: Run, look: Look) -> SequenceCheck:
    """Drift and wind go to the same side; skipped in calm air."""
    flows = [one.flow for one in run.used if one.flow is not None]
    across = None if look.seen.view is None else look.seen.view.wind_right_m_s
    required = f"same side as a wind of {WIND_LEAST_M_S:g} m/s or more"
    if across is None or abs(across) < WIND_LEAST_M_S or not run.is_dense or len(flows) < 3:
        why = "no wind known, calm, or looks too far apart"
        return _not_applicable("wind", required, why, said="no_wind", wind_least=WIND_LEAST_M_S)
    dx = median(flow[0] for flow in flows)
    passed = abs(dx) < DRIFT or (dx > 0) == (across > 0)
    values = {"drift": dx, "wind": across, "wind_least": WIND_LEAST_M_S}
    return _check("wind", passed, required, f"drift {dx:+.4f}, wind {across:+.1f} m/s", said="wind", **values)


def translucency(run: Run) -> SequenceCheck:
    """Edges of the background are weaker and still there."""
    both = [(one.texture, one.edges) for one in run.used if one.texture is not None and one.edges is not None]
    required = f"edges at most {TRANSLUCENT:.0%} as strong, correlation >= {EDGES_KEPT:g}"
    needs = {"strength_most": TRANSLUCENT, "correlation_least": EDGES_KEPT}
    if not both:
        return _not_applicable("translucency", required, "no texture behind it", said="no_texture", **needs)
    texture, edges = median(one for one, _ in both), median(one for _, one in both)
    passed = texture <= TRANSLUCENT and edges >= EDGES_KEPT
    values = {"strength": texture, "correlation": edges, **needs}
    return _check("translucency", passed, required, f"{texture:.0%}, r {edges:.2f}", said="edges", **values)


def decorrelation(run: Run, preset: Preset) -> SequenceCheck:
    """It changes by itself: its texture more than that around it, or within seconds the veil as a whole."""
    values = [one.decorrelation for one in run.used if one.decorrelation is not None]
    least, turned = turnover_least(run, preset), turnovers(run)
    required = f"{DECORRELATED:g} more than the ring, or {least:.0%} of the veil"
    needs = {"more_least": DECORRELATED}
    if not run.is_dense or len(values) < 3:
        return _not_applicable("decorrelation", required, "looks too far apart", said="far_apart", **needs)
    more = median(values)
    if more < DECORRELATED and len(turned) >= 3 and median(turned) >= least:
        share, needs = median(turned), {"more_least": least}
        return _check("decorrelation", True, required, f"{share:.0%} of the veil", said="texture", more=share, **needs)
    return _check("decorrelation", more >= DECORRELATED, required, f"{more:.2f}", said="texture", more=more, **needs)


def colour(run: Run) -> SequenceCheck:
    """Grey, blue-grey or white, and not more coloured than what lies behind."""
    own = [one.saturation for one in run.used if one.saturation is not None]
    shifts = [one.saturation_shift for one in run.used if one.saturation_shift is not None]
    required = f"saturation <= {GREY_MOST:g}, not {COLOURED:g} more than behind"
    needs = {"saturation_most": GREY_MOST, "more_most": COLOURED}
    if not own:
        return _not_applicable("colour", required, "not measured", said="unmeasured", **needs)
    shift = median(shifts) if shifts else 0.0
    passed = median(own) <= GREY_MOST and shift < COLOURED
    values = {"saturation": median(own), "more": shift, **needs}
    return _check("colour", passed, required, f"{median(own):.2f}, {shift:+.2f}", said="colour", **values)


def flicker(run: Run, look: Look) -> SequenceCheck:
    """At night a flame flickers and a lamp does not."""
    light = light_of(run)
    least = FLICKER if light is None else LIGHT_FLICKER
    required = f"brightness varies by {least:.1%}"
    if not look.is_night and light is None:
        return _not_applicable("flicker", required, "day", said="day", varies_least=least)
    values = [one.flicker for one in run.used if one.flicker is not None]
    if light is not None:  # measured over the whole stare
        values = [] if light.flicker is None else [light.flicker]
    if not values:
        return _not_applicable("flicker", required, "needs video", said="needs_video", varies_least=least)
    varies = median(values)
    return _check(
        "flicker", varies >= least, required, f"{varies:.1%}", said="flicker", varies=varies, varies_least=least
    )


def view(look: Look) -> SequenceCheck:
    """The picture is the preset's view."""
    told = look.seen.view
    required = "registered on the preset's reference"
    if told is None or told.reference_looks == 0:
        return _not_applicable("view", required, "no reference yet", said="no_reference")
    found = f"quality {told.quality:.2f}"
    return _check("view", told.verified, required, found, said="view", quality=told.quality)


def never_at(interval_s: float) -> tuple[CheckId, ...]:
    """The checks that looks so far apart cannot make."""
    return ("decorrelation", "drift", "flicker", "wind") if interval_s > DENSE_GAP_S else ()


def _check(check: CheckId, passed: bool, required: str, found: str, *, said: str, **values: float) -> SequenceCheck:
    outcome: Outcome = "passed" if passed else "failed"
    return SequenceCheck(id=check, outcome=outcome, required=required, found=found, said=said, values=values)


def _not_applicable(check: CheckId, required: str, why: str, *, said: str, **values: float) -> SequenceCheck:
    return SequenceCheck(id=check, outcome="not_applicable", required=required, found=why, said=said, values=values)
