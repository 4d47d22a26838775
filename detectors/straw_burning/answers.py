"""The named answers to what looks like smoke and is none: the first that fits holds the candidate, with its reason."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from contract.times import NS, ns_from_utc
from detectors.geometry import contains, iou
from detectors.straw_burning.checking import Checks
from detectors.straw_burning.checks import CHANGED_WORD
from detectors.straw_burning.config import Config, KnownPlace, Permit
from detectors.straw_burning.flames import lamp_reason, light_of
from detectors.straw_burning.looks import Look
from detectors.straw_burning.memory import Box, Preset, Track
from detectors.straw_burning.runs import Run

GLASS_IOU = 0.5
GLASS_PRESETS = 2
GLASS_WITHIN_S = 600.0
GLARE_SHARE = 0.4
SUN_NEAR = 0.12  # of the picture's width
SUN_GLARE_SHARE = 0.05
HAZE_RING = 0.5
HAZE_ALIKE = 0.8
DARKER_THAN_FOG = 5.0  # grey values: fog is the brightest there is in fog
DUST_SHIFT = 0.05
LOW_M = 27.0  # smoke of a field is higher within half a minute; drops and dust are not
LOW_LOOKS = 3
MIST_SATURATION = 0.12
DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Case:
    """A candidate before its judge: its looks, what the checks said, its preset, and what called in other presets."""

    run: Run
    checks: Checks
    preset: Preset
    elsewhere: Sequence[tuple[str, Box]]
    look: Look

    @property
    def track(self) -> Track:
        """The candidate."""
        return self.run.track

    def middle(self, measure: str) -> float | None:
        """The median of a measure over the looks that have it."""
        values = [value for one in self.run.used if (value := getattr(one, measure)) is not None]
        return median(values) if values else None


Answer = Callable[[Case], str | None]


def called_lately(presets: Iterable[Preset], at_ns: int) -> list[tuple[str, Box]]:
    """(preset, place) of what called within some minutes: a drop on the glass does at every turn."""
    since_ns = at_ns - round(GLASS_WITHIN_S * NS)
    return [(one.preset, place.box) for one in presets for place in one.usual if place.last_ns >= since_ns]


def answer(case: Case) -> tuple[str, str] | None:
    """(kind, reason) of the first answer that fits, None: nothing speaks against it."""
    of_lights = light_of(case.run) is not None
    for kind, judge in ANSWERS:
        if of_lights and kind not in OF_LIGHTS:
            continue
        reason = judge(case)
        if reason is not None:
            return kind, reason
    return None


def place_of(case: Case) -> KnownPlace | None:
    """The known place, valid now, in which the candidate's foot stands."""
    return next((place for place in case.look.config.known_places if _stands_in(place, case)), None)


def _stands_in(place: KnownPlace, case: Case) -> bool:
    if place.preset != case.preset.preset or not _is_valid(place, case.look.at_ns, case.look.config):
        return False
    feet = [one.foot for one in case.run.used]
    # Of a thin veil the base flutters: the detector's box says where it stands as well.
    lower = [((one.box[0] + one.box[2]) / 2, one.box[3]) for one in case.run.used]
    inside = max(sum(contains(place.polygon, point) for point in points) for points in (feet, lower))
    return bool(feet) and inside * 2 >= len(feet)


def _is_valid(place: KnownPlace, at_ns: int, config: Config) -> bool:
    if place.valid_from is not None and at_ns < ns_from_utc(place.valid_from):
        return False
    if place.valid_to is not None and at_ns >= ns_from_utc(place.valid_to):
        return False
    if place.hours is None:
        return True
    hour = (at_ns / NS + config.utc_offset_h * 3600) % DAY_S / 3600
    start, end = place.hours
    return start <= hour < end if start <= end else hour >= start or hour < end


def _known_place(case: Case) -> str | None:
    place = place_of(case)
    return None if place is None else f"{place.kind} {place.name!r}"


def _permitted(case: Case) -> str | None:
    permit = next((one for one in case.look.config.permits if _covers(one, case)), None)
    return None if permit is None else f"permit {permit.name!r} until {permit.end}"


def _covers(permit: Permit, case: Case) -> bool:
    if not ns_from_utc(permit.start) <= case.look.at_ns < ns_from_utc(permit.end):
        return False
    sight = case.track.sight
    if permit.polygon_lonlat is not None and sight is not None and sight.lat is not None and sight.lon is not None:
        return contains(permit.polygon_lonlat, (sight.lon, sight.lat))
    if permit.polygon is None or permit.preset != case.preset.preset or not case.run.used:
        return False
    return contains(permit.polygon, case.run.used[-1].foot)


def _glass(case: Case) -> str | None:
    """The same pixels in several presets: the head moved and it did not."""
    box = left, top, right, bottom = case.track.box
    meets = (  # in one line: most do not, and there are hundreds
        (preset, one)
        for preset, one in case.elsewhere
        if one[0] < right and left < one[2] and one[1] < bottom and top < one[3]
    )
    same = list(dict.fromkeys(preset for preset, one in meets if iou(one, box) >= GLASS_IOU))
    return f"same pixels in {', '.join(same[:4])}" if len(same) >= GLASS_PRESETS else None


def _low_visibility(case: Case) -> str | None:
    """What fog hides or may be itself. Smoke that is darker than the fog stands before it: a stare shows its motion."""
    contrast = case.preset.contrast
    if contrast is None or contrast >= case.look.config.low_contrast or _stands_before_fog(case):
        return None
    return f"contrast {contrast:.0%} of the reference's"


def _stands_before_fog(case: Case) -> bool:
    """Whether it is no fog: darker than the fogged ground, that ground as it should be, motion of its own in a stare.

    Before a stare it is only watched: what could be confirmed without one stays held.
    """
    shift, ring, change = (case.middle(name) for name in ("grey_shift", "ring_change", "change"))
    if shift is None or shift > -DARKER_THAN_FOG or ring is None or change is None or ring >= HAZE_ALIKE * change:
        return False
    if case.run.is_dense:
        return case.checks.passed("decorrelation")
    return not (case.checks.passed("persistence") and case.checks.passed("growth"))


def _fog_bank(case: Case) -> str | None:
    width = median(one.box[2] - one.box[0] for one in case.run.used) if case.run.used else 0.0
    return f"{width:.0%} of the picture wide" if width >= case.look.config.widest else None


def _cloud(case: Case) -> str | None:
    return f"base {case.checks['ground'].found}" if case.checks.failed("ground") else None


def _sun_glare(case: Case) -> str | None:
    """Saturated, or near the sun. Glare adds light: what is darker is smoke before a burnt-out sky."""
    glare = case.middle("glare")
    if glare is None or (case.middle("grey_shift") or 0.0) < 0:
        return None
    if glare >= GLARE_SHARE:
        return f"{glare:.0%} saturated"
    view = case.look.seen.view
    if view is None or view.sun_px is None or glare < SUN_GLARE_SHARE:
        return None
    width = case.preset.frame_px[0]
    box = case.track.box
    dx = view.sun_px[0] / width - (box[0] + box[2]) / 2
    dy = view.sun_px[1] / width - (box[1] + box[3]) / 2 * case.preset.aspect
    near = (dx * dx + dy * dy) ** 0.5
    return f"the sun is {near:.2f} widths away, {glare:.0%} saturated" if near <= SUN_NEAR else None


def _haze(case: Case) -> str | None:
    ring, change = case.middle("ring_change"), case.middle("change")
    if ring is None or change is None or ring < HAZE_RING or ring < HAZE_ALIKE * change:
        return None
    return f"the surroundings changed as well: {ring:.0%} of them, {change:.0%} of the box"


def _moves(case: Case, *, as_kind: str) -> str | None:
    """What travels along a line: coloured dust behind a machine, colourless mist of a sprayer, or something else."""
    if not case.checks.failed("base"):
        return None
    shift, own = case.middle("saturation_shift") or 0.0, case.middle("saturation")
    kind = "moving_base"
    if shift >= DUST_SHIFT:
        kind = "dust"
    elif own is not None and own <= MIST_SATURATION:
        kind = "water_mist"
    return f"its base {case.checks['base'].found}" if kind == as_kind else None


def _stays_low(case: Case, *, as_kind: str) -> str | None:
    """What does not rise: drops of a sprinkler, coloured dust; smoke is hot and stands tens of metres high."""
    heights = [one.height_m for one in case.run.used if one.height_m is not None]
    if len(heights) < LOW_LOOKS or median(heights[-LOW_LOOKS:]) >= LOW_M:
        return None
    kind = "dust" if (case.middle("saturation_shift") or 0.0) >= DUST_SHIFT else "water_mist"
    return f"stays low: {median(heights[-LOW_LOOKS:]):.0f} m over its base" if kind == as_kind else None


def _lamp(case: Case) -> str | None:
    """By night only what flickers, or what a thermal camera tells (it has no brightness), is fire.

    Light adds: what is darker at dusk than what lies behind it is no lamp, but smoke or a shadow, judged as by day.
    """
    light = light_of(case.run)
    if light is not None:
        return lamp_reason(case.run, light, case.look.at_ns)
    is_darker = (case.middle("grey_shift") or 0.0) <= -DARKER_THAN_FOG
    if not case.look.is_night or is_darker or case.middle("brightness") is None:
        return None
    check = case.checks["flicker"]
    return None if check.outcome == "passed" else f"by night without flicker: {check.found}"


def _background(case: Case, *, by_picture: bool) -> str | None:
    """It looks like the background (the picture says), or it calls no louder than what usually calls here."""
    check = case.checks["background"]
    said_by_picture = check.found.startswith(CHANGED_WORD)
    return check.found if check.outcome == "failed" and said_by_picture is by_picture else None


OF_LIGHTS = frozenset({"known_place", "permitted_burn", "drop_on_glass", "moving_base", "lamp"})
ANSWERS: tuple[tuple[str, Answer], ...] = (
    ("known_place", _known_place),
    ("permitted_burn", _permitted),
    ("drop_on_glass", _glass),
    ("low_visibility", _low_visibility),
    ("fog_bank", _fog_bank),
    ("cloud", _cloud),
    ("sun_glare", _sun_glare),
    ("haze", _haze),
    ("dust", lambda case: _moves(case, as_kind="dust")),
    ("water_mist", lambda case: _moves(case, as_kind="water_mist")),
    ("moving_base", lambda case: _moves(case, as_kind="moving_base")),
    ("dust", lambda case: _stays_low(case, as_kind="dust")),
    ("water_mist", lambda case: _stays_low(case, as_kind="water_mist")),
    ("lamp", _lamp),
    ("unchanged_background", lambda case: _background(case, by_picture=True)),
    ("not_above_usual", lambda case: _background(case, by_picture=False)),
)
