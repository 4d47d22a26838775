"""How far the record carries: one function a condition, each with the text that asks for it; ids are stable codes.

`not_met` of a hard condition, or one of those that must be known (dwell, interval, size, clock), makes a lead only; a
soft one that is not met, or anything that is not seen, makes the record partial. Nothing is guessed: unknown is
`not_seen`. Without the zone's basis or the camera's record (P3, P4, P11) it counts in statistics and may send someone.
"""

from __future__ import annotations

from contract.approval import Approval
from contract.events import Grade, GradeLevel, Met, Phase, Predicate
from contract.matters.illegal_parking import Identity
from contract.observations import Observation
from contract.times import utc_from_ns
from detectors.fold import Zone
from detectors.illegal_parking import reading
from detectors.illegal_parking.config import Config
from detectors.illegal_parking.hours import day_of
from detectors.illegal_parking.pictures import (
    MIN_INTERVAL_S,
    clock,
    direction,
    landmark,
    picture_colour,
    picture_light,
    picture_sharpness,
    picture_size,
    pictures,
    three_pictures,
    vehicle_size,
    whole_vehicle,
)
from detectors.illegal_parking.place import Place
from detectors.illegal_parking.saying import judged, said, seconds

KNOWN = ("dwell", "interval", "picture_size", "clock")
SOFT = ("arrival", "watched", "plate", "whole_vehicle", "landmark", "direction")
IDENTITY_MET: dict[Identity, Met] = {
    "kept": "met",
    "reidentified": "met",
    "assumed": "not_seen",
    "broken": "not_met",
}


def grade(place: Place, seen: Observation, zone: Zone, config: Config, *, phase: Phase) -> Grade:
    """All conditions with the level that follows from them."""
    predicates = (
        dwell(place, config),
        interval(place),
        picture_size(seen.frame_px),
        clock(seen.clock),
        pictures(place),
        three_pictures(place, config, phase=phase),
        picture_colour(seen),
        picture_light(seen),
        picture_sharpness(seen),
        vehicle_size(place),
        whole_vehicle(place, seen.frame_px),
        landmark(place, seen, zone, config),
        direction(config),
        arrival(place),
        watched(place),
        identity(place, config),
        zone_basis(config),
        camera_approval(zone.approval, seen.at_ns),
        many_at_once(place),
        reading.predicate(place.plate),
    )
    return Grade(level=level(predicates), predicates=predicates)


def level(predicates: tuple[Predicate, ...]) -> GradeLevel:
    """`lead_only`, `partial` or `full`."""
    if any(one.met == "not_met" and one.id not in SOFT for one in predicates):
        return "lead_only"
    if any(one.met != "met" and one.id in KNOWN for one in predicates):
        return "lead_only"
    return "full" if all(one.met == "met" for one in predicates) else "partial"


def dwell(place: Place, config: Config) -> Predicate:
    """The vehicle stood longer than is tolerated."""
    found_s = seconds(place.dwell_ns)
    return said(
        "dwell",
        f"> {config.grace_s:g} s",
        f"{found_s:g} s",
        judged(found_s >= config.grace_s),
        "实施条例 art. 63; zone configuration",
        grace_s=config.grace_s,
        dwell_s=found_s,
    )


def interval(place: Place) -> Predicate:
    """Pictures of a standing vehicle lie far enough apart."""
    found_s = seconds((place.due_ns or place.last_seen_ns) - place.since_ns)
    return said(
        "interval",
        f">= {MIN_INTERVAL_S:g} s between pictures",
        f"{found_s:g} s",
        judged(found_s >= MIN_INTERVAL_S),
        "GA/T 832-2014 3.5",
        least_s=MIN_INTERVAL_S,
        found_s=found_s,
    )


def arrival(place: Place) -> Predicate:
    """The vehicle was seen to come."""
    return said(
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
    return said(
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
    return said(
        "identity",
        f"one vehicle; unproved gaps <= {config.gap_budget_s:g} s",
        words,
        IDENTITY_MET[place.identity],
        "行政处罚法 art. 41 (true, complete)",
        state=place.identity,
        unproved_s=unproved_s,
        budget_s=config.gap_budget_s,
    )


def zone_basis(config: Config) -> Predicate:
    """The zone names its authority, legal ground and sign or line, without which it makes no lead, and its surface."""
    needed = {"authority": config.authority, "legal_ground": config.legal_ground, "marking": config.marking}
    missing = sorted(name for name, value in needed.items() if value is None)
    words, met = f"{config.authority}, {config.marking}, {config.surface}", judged(not missing)
    if missing:
        words = f"missing: {', '.join(missing)}; statistics only"
    elif config.surface is None:
        missing, words, met = ["surface"], "missing: surface", "not_seen"
    return said(
        "zone_basis",
        "authority, legal ground, sign or line, surface",
        words,
        met,
        "实施条例 art. 63; 行政处罚法 art. 18 (authority)",
        missing=missing,
        authority=config.authority,
    )


def camera_approval(approval: Approval | None, at_ns: int) -> Predicate:
    """The device was reviewed, its place published, a sign stands there, its calibration holds on this day."""
    required, source = "reviewed, published, marked by a sign, calibrated", "行政处罚法 art. 41"
    if approval is None:
        return said("camera_approval", required, "no record given; statistics only", "not_met", source)
    today = day_of(at_ns)
    found = {
        "calibration_expired": approval.calibrated_until < today,
        "not_yet_reviewed": approval.reviewed_on > today,
        "not_yet_published": approval.published_on > today,
        "no_sign_photo": approval.sign_photo is None,
    }
    faults = [fault for fault, is_there in found.items() if is_there]
    words = f"no. {approval.number}, calibrated until {approval.calibrated_until}"
    return said(
        "camera_approval",
        required,
        f"{', '.join(faults)}; statistics only" if faults else words,
        judged(not faults),
        source,
        number=approval.number,
        calibrated_until=approval.calibrated_until,
        faults=faults,
    )


def many_at_once(place: Place) -> Predicate:
    """One of many that came together may stand in a jam or at an event: a person must look at all of them."""
    is_one = any(one.kind == "many_at_once" and one.effect == "flagged" for one in place.counters)
    words = "one of many that came at once: lead only" if is_one else "no"
    return said("many_at_once", "not one of many at once", words, judged(not is_one), "failure table: many at once")
