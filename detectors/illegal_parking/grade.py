"""How far the record carries: one function a condition, each with the text that asks for it; ids are stable codes.

`not_met` of a hard condition, or one of those that must be known (dwell, interval, size, clock), makes a lead only; a
soft one that is not met or not seen makes the record partial. Nothing is guessed: unknown is `not_seen`.
"""

from __future__ import annotations

from typing import Any

from contract.approval import Approval
from contract.events import Clock, Grade, Met, Phase, Predicate
from contract.observations import Observation
from contract.times import NS, utc_from_ns
from detectors.fold import Zone
from detectors.geometry import contact_share, covered_share, scaled
from detectors.illegal_parking import reading
from detectors.illegal_parking.config import Config
from detectors.illegal_parking.counter import is_dark
from detectors.illegal_parking.hours import day_of
from detectors.illegal_parking.place import Place

MAX_CLOCK_OFFSET_S = 1.0
MIN_FRAME_PX = (1280, 720)
MIN_INTERVAL_S = 10.0
MIN_PICTURES = 2
MIN_SET_PICTURES = 3
MIN_HEIGHT_PX = 24.0
GREY_COLOUR = 4.0  # of 255: what compression leaves of colour in an infrared picture
BLURRED = 15.0  # variance of the Laplacian at 320 px width: rain on the glass, out of focus
EDGE_PX = 2.0
HIDDEN_MARKING = 0.8
KNOWN = ("dwell", "interval", "picture_size", "clock")
SOFT = ("arrival", "watched", "plate", "pictures", "three_pictures", "whole_vehicle", "landmark", "zone_basis")


def grade(place: Place, seen: Observation, zone: Zone, config: Config, *, phase: Phase) -> Grade:
    """All conditions with the level that follows from them."""
    predicates = (
        dwell(place, config),
        interval(place),
        picture_size(seen.frame_px),
        clock(seen.clock),
        pictures(place),
        three_pictures(place, phase=phase),
        picture_colour(seen),
        picture_light(seen),
        picture_sharpness(seen),
        vehicle_size(place),
        whole_vehicle(place, seen.frame_px),
        landmark(place, seen, zone, config),
        arrival(place),
        watched(place),
        identity(place, config),
        zone_basis(config),
        camera_approval(zone.approval, seen.at_ns),
        many_at_once(place),
        reading.predicate(place.plate),
    )
    return Grade(level=level(predicates), predicates=predicates)


def level(predicates: tuple[Predicate, ...]) -> Any:
    """`lead_only`, `partial` or `full`."""
    if any(one.met == "not_met" and one.id not in SOFT for one in predicates):
        return "lead_only"
    if any(one.met != "met" and one.id in KNOWN for one in predicates):
        return "lead_only"
    return "full" if all(one.met == "met" for one in predicates) else "partial"


def dwell(place: Place, config: Config) -> Predicate:
    """The vehicle stood longer than is tolerated."""
    found_s = seconds(place.dwell_ns)
    return _predicate(
        "dwell",
        f"> {config.grace_s:g} s",
        f"{found_s:g} s",
        _met(found_s >= config.grace_s),
        "实施条例 art. 63; zone configuration",
        grace_s=config.grace_s,
        dwell_s=found_s,
    )


def interval(place: Place) -> Predicate:
    """Pictures of a standing vehicle lie far enough apart."""
    found_s = seconds((place.due_ns or place.last_seen_ns) - place.since_ns)
    return _predicate(
        "interval",
        f">= {MIN_INTERVAL_S:g} s between pictures",
        f"{found_s:g} s",
        _met(found_s >= MIN_INTERVAL_S),
        "GA/T 832-2014 3.5",
        least_s=MIN_INTERVAL_S,
        found_s=found_s,
    )


def picture_size(frame_px: tuple[int, int]) -> Predicate:
    """The pictures are large enough."""
    large = frame_px[0] >= MIN_FRAME_PX[0] and frame_px[1] >= MIN_FRAME_PX[1]
    return _predicate(
        "picture_size",
        f">= {MIN_FRAME_PX[0]}x{MIN_FRAME_PX[1]}",
        f"{frame_px[0]}x{frame_px[1]}",
        _met(large),
        "GA/T 832-2014 3.4",
        least_px=list(MIN_FRAME_PX),
        found_px=list(frame_px),
    )


def clock(of: Clock | None) -> Predicate:
    """The camera's clock keeps Beijing time to a second, its own doubt included."""
    required = f"offset <= {MAX_CLOCK_OFFSET_S} s"
    if of is None or of.offset_s is None:
        return _predicate("clock", required, "unknown", "not_seen", "GA/T 832-2014 3.2", most_s=MAX_CLOCK_OFFSET_S)
    doubt_s = of.uncertainty_s or 0.0
    return _predicate(
        "clock",
        required,
        f"{of.offset_s:+.2f} ± {doubt_s:.2f} s ({of.source})",
        _met(abs(of.offset_s) + doubt_s <= MAX_CLOCK_OFFSET_S),
        "GA/T 832-2014 3.2",
        most_s=MAX_CLOCK_OFFSET_S,
        offset_s=of.offset_s,
        uncertainty_s=doubt_s,
        clock_source=of.source,
    )


def pictures(place: Place) -> Predicate:
    """At least two full views at different times, 10 s apart: the first still and the one past the grace."""
    count = len(_apart(_still_times(place)))
    return _predicate(
        "pictures",
        f">= {MIN_PICTURES} pictures, {MIN_INTERVAL_S:g} s apart",
        f"{count}",
        _met(count >= MIN_PICTURES),
        "GA/T 832-2014 3.3, 3.5",
        least=MIN_PICTURES,
        count=count,
    )


def three_pictures(place: Place, *, phase: Phase) -> Predicate:
    """First still, past the grace, last: the third comes with a later revision."""
    times = _still_times(place) if phase == "opened" else [*_still_times(place), place.last_seen_ns]
    apart = _apart(times)
    met: Met = "met" if len(apart) >= MIN_SET_PICTURES else "not_seen"
    span_s = seconds(apart[-1] - apart[0])
    return _predicate(
        "three_pictures",
        f">= {MIN_SET_PICTURES} pictures: first still, past the grace, last",
        f"{len(apart)} over {span_s:g} s",
        met,
        "evidence set E2, E3, E4",
        least=MIN_SET_PICTURES,
        count=len(apart),
        span_s=span_s,
    )


def picture_colour(seen: Observation) -> Predicate:
    """The pictures have colour; of a grey one no colour is told and nothing but a lead is made."""
    found = None if seen.picture is None else seen.picture.colour
    if found is None:
        return _predicate("picture_colour", "colour picture", "unknown", "not_seen", "GA/T 832-2014 3.4")
    is_grey = found < GREY_COLOUR
    words = "grey picture: lead only" if is_grey else "colour"
    return _predicate("picture_colour", "colour picture", words, _met(not is_grey), "GA/T 832-2014 3.4", colour=found)


def picture_light(seen: Observation) -> Predicate:
    """The pictures are light enough to show the vehicle."""
    if seen.picture is None:
        return _predicate("picture_light", "light enough", "unknown", "not_seen", "行政处罚法 art. 41 (clear)")
    words = "dark picture: lead only" if is_dark(seen) else "light"
    met = _met(not is_dark(seen))
    brightness = seen.picture.brightness
    return _predicate("picture_light", "light enough", words, met, "行政处罚法 art. 41 (clear)", brightness=brightness)


def picture_sharpness(seen: Observation) -> Predicate:
    """The pictures are sharp enough: rain on the glass or a lost focus makes a lead only."""
    if seen.picture is None:
        return _predicate("picture_sharpness", "sharp enough", "unknown", "not_seen", "行政处罚法 art. 41 (clear)")
    is_blurred = seen.picture.sharpness < BLURRED
    words = "blurred picture: lead only" if is_blurred else "sharp"
    sharpness = seen.picture.sharpness
    return _predicate(
        "picture_sharpness",
        "sharp enough",
        words,
        _met(not is_blurred),
        "行政处罚法 art. 41 (clear)",
        sharpness=sharpness,
    )


def vehicle_size(place: Place) -> Predicate:
    """A vehicle too far away proves nothing."""
    height_px = round(place.box[3] - place.box[1], 1)
    return _predicate(
        "vehicle_size",
        f">= {MIN_HEIGHT_PX:g} px high",
        f"{height_px:g} px",
        _met(height_px >= MIN_HEIGHT_PX),
        "failure table: far, small",
        least_px=MIN_HEIGHT_PX,
        found_px=height_px,
    )


def whole_vehicle(place: Place, frame_px: tuple[int, int]) -> Predicate:
    """The whole vehicle is in the picture."""
    left, top, right, bottom = place.box
    is_cut = left <= EDGE_PX or top <= EDGE_PX or right >= frame_px[0] - EDGE_PX or bottom >= frame_px[1] - EDGE_PX
    words = "cut by the picture's edge" if is_cut else "whole"
    return _predicate("whole_vehicle", "whole vehicle in the picture", words, _met(not is_cut), "GA/T 832-2014 2.4")


def landmark(place: Place, seen: Observation, zone: Zone, config: Config) -> Predicate:
    """Sign, line or another landmark of the zone is in the picture and not behind the vehicle."""
    required, source = "sign or marking in the picture", "GA/T 832-2014 2.4; evidence set E6"
    if not config.marking_px:
        return _predicate("landmark", required, "not drawn in the zone", "not_seen", source)
    polygon = scaled(config.marking_px, drawn_on=zone.frame_px or seen.frame_px, onto=seen.frame_px)
    xs, ys = zip(*polygon, strict=True)
    hidden = covered_share((min(xs), min(ys), max(xs), max(ys)), place.box)
    is_hidden = hidden >= HIDDEN_MARKING
    words = "hidden by the vehicle" if is_hidden else "in the picture"
    return _predicate("landmark", required, words, "not_seen" if is_hidden else "met", source, hidden=round(hidden, 2))


def arrival(place: Place) -> Predicate:
    """The vehicle was seen to come."""
    return _predicate(
        "arrival",
        "arrival seen",
        "seen" if place.arrival_seen else f"start not seen; there by {utc_from_ns(place.since_ns)}",
        "met" if place.arrival_seen else "not_seen",
        "evidence set E1",
        since=utc_from_ns(place.since_ns),
    )


def watched(place: Place) -> Predicate:
    """Nothing of the stay went unseen."""
    hidden_s = seconds(place.total_ns("hidden", "no_picture", "suspended"))
    return _predicate(
        "watched",
        "watched without a gap",
        f"{hidden_s:g} s not observed",
        "met" if hidden_s == 0 else "not_seen",
        "行政处罚法 art. 41 (complete)",
        unseen_s=hidden_s,
    )


def identity(place: Place, config: Config) -> Predicate:
    """It is one vehicle all the time; past the gap budget without its number or looks it is a lead only."""
    unproved_s = seconds(place.unproved_ns)
    words = {
        "kept": "never out of sight",
        "reidentified": "known again by its number or looks",
        "assumed": f"by its place only, {unproved_s:g} s unseen",
        "broken": f"identity broken: {unproved_s:g} s unseen, budget {config.gap_budget_s:g} s; lead only",
    }[place.identity]
    met: Met = {"kept": "met", "reidentified": "met", "assumed": "not_seen", "broken": "not_met"}[place.identity]  # type: ignore[assignment]
    return _predicate(
        "identity",
        f"one vehicle; unproved gaps <= {config.gap_budget_s:g} s",
        words,
        met,
        "行政处罚法 art. 41 (true, complete)",
        state=place.identity,
        unproved_s=unproved_s,
        budget_s=config.gap_budget_s,
    )


def zone_basis(config: Config) -> Predicate:
    """The zone names its authority, legal ground, sign or line and the part of the road."""
    needed = {
        "authority": config.authority,
        "legal_ground": config.legal_ground,
        "marking": config.marking,
        "surface": config.surface,
    }
    missing = sorted(name for name, value in needed.items() if value is None)
    words = f"missing: {', '.join(missing)}" if missing else f"{config.authority}, {config.marking}, {config.surface}"
    return _predicate(
        "zone_basis",
        "authority, legal ground, sign or line, surface",
        words,
        "not_seen" if missing else "met",
        "实施条例 art. 63; 行政处罚法 art. 18 (authority)",
        missing=missing,
        authority=config.authority,
    )


def camera_approval(approval: Approval | None, at_ns: int) -> Predicate:
    """The device was reviewed, its place published, its calibration holds on this day."""
    required, source = "reviewed, published, calibrated", "行政处罚法 art. 41"
    if approval is None:
        return _predicate("camera_approval", required, "no record given", "not_seen", source)
    today = day_of(at_ns)
    faults = []
    if approval.calibrated_until < today:
        faults.append("calibration_expired")
    if approval.reviewed_on > today:
        faults.append("not_yet_reviewed")
    if approval.published_on > today:
        faults.append("not_yet_published")
    words = ", ".join(faults) if faults else f"no. {approval.number}, calibrated until {approval.calibrated_until}"
    return _predicate(
        "camera_approval",
        required,
        words,
        _met(not faults),
        source,
        number=approval.number,
        calibrated_until=approval.calibrated_until,
        faults=faults,
    )


def many_at_once(place: Place) -> Predicate:
    """One of many that came together may stand in a jam or at an event: a person must look at all of them."""
    is_one = any(one.kind == "many_at_once" and one.effect == "flagged" for one in place.counters)
    words = "one of many that came at once: lead only" if is_one else "no"
    return _predicate("many_at_once", "not one of many at once", words, _met(not is_one), "failure table: many at once")


def seconds(duration_ns: int) -> float:
    """Nanoseconds as seconds to the millisecond."""
    return round(duration_ns / NS, 3)


def in_zone_share(place: Place, zone: Zone, frame_px: tuple[int, int]) -> float:
    """How much of the vehicle's ground contact lies in the zone, 0..1."""
    return contact_share(scaled(zone.polygon_px, drawn_on=zone.frame_px or frame_px, onto=frame_px), place.box)


def _still_times(place: Place) -> list[int]:
    return [place.since_ns] if place.due_ns is None else [place.since_ns, place.due_ns]


def _apart(times_ns: list[int]) -> list[int]:
    """Those of the times that lie far enough from the one before."""
    apart = times_ns[:1]
    for at_ns in times_ns[1:]:
        if at_ns - apart[-1] >= round(MIN_INTERVAL_S * NS):
            apart.append(at_ns)
    return apart


def _met(is_met: bool) -> Met:
    return "met" if is_met else "not_met"


def _predicate(name: str, required: str, found: str, met: Met, source: str, **values: Any) -> Predicate:
    return Predicate(id=name, required=required, found=found, met=met, source=source, values=values)
