"""Counter-evidence: what speaks against an act, looked for before any person sees it (parking reference, 2.6 and 5).

A *clock hold* stops the timer while it lasts: queue, jam, red light, people loading. A *telling hold* lets the timer
run and only keeps the act from being told: on duty, nothing sure in the dark, many at once. Each hold and each release
is recorded with its code, reason and time; what cannot be held is flagged.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Sequence
from typing import Literal

import msgspec

from contract.events import CounterEvidence
from contract.matters.illegal_parking import Answer
from contract.observations import Observation
from contract.times import NS, utc_from_ns
from detectors.geometry import iou, overlap
from detectors.illegal_parking import reading
from detectors.illegal_parking.appearance import compare
from detectors.illegal_parking.config import Config
from detectors.illegal_parking.place import Departed, Place
from detectors.illegal_parking.queueing import QUEUE_OTHERS, Standing
from detectors.plate_grammar import kinds_of, tidy

MANY_WITHIN_NS = 60 * NS
TOGETHER_WITHIN_NS = 10 * NS
CAME_BACK_NS = 600 * NS
BACK_AT_IOU = 0.3
MAX_DEPARTED = 20
MAX_COUNTERS = 40
DARK = 40.0  # of 255, mean grey: below it a headlamp's pool looks like a vehicle
NEAR_PERSON = 0.25  # of the vehicle's width: people so near are at it
REASONS = {
    "queue": "{n} other vehicles came to stand in the flow lane within 30 s of it",
    "jam": "traffic stands: {n} other vehicles or more came to stand in the picture within 30 s of it",
    "red_light": "within the longest red of the signal, {n} s",
    "loading": "people at the vehicle for two looks or more",
    "exempt_vehicle": "its plate is of a vehicle on duty: counted, no lead",
    "permit_holder": "its plate is on the zone's list of those who may stand: counted, no lead",
    "perhaps_exempt": "a reader saw the plate of a vehicle on duty or on the zone's list: more pictures are read first",
    "night_unsure": "in the dark no box is sure to be a vehicle",
    "many_at_once": "{n} vehicles came to stand within a minute: a jam or an event?",
}
_NOT_VISIBLE = (
    "driver_absent",
    "hinders_others",
    "officer_or_works",
    "worn_sign",
    "breakdown_or_accident",
    "cloned_plate",
)


def clock_hold(place: Place, standing: Standing, seen: Observation, config: Config) -> tuple[str, int] | None:
    """The code of what stops this vehicle's clock now, and the number in its reason."""
    if place.in_lane:
        if config.signal_red_s is not None and seen.at_ns - place.since_ns <= round(config.signal_red_s * NS):
            return "red_light", round(config.signal_red_s)
        queue = standing.queue(place) if _held_less(place, config.queue_limit_s) else None
        if queue is not None:
            return queue
    if config.loading_limit_s and _people_at(place, seen) and _held_less(place, config.loading_limit_s):
        return "loading", 0
    return None


def with_clock_hold(place: Place, found: tuple[str, int] | None, at_ns: int) -> Place:
    """The place with the hold of now; its begin and its end are recorded."""
    kind = None if found is None else found[0]
    if kind == place.hold:
        return place
    if place.hold is not None and not (kind in ("queue", "jam") and place.hold in ("queue", "jam")):
        place = noted(place, place.hold, "released", "over: the clock goes on", at_ns)
    elif place.hold is not None:
        return msgspec.structs.replace(place, hold=kind)
    if found is not None:
        place = noted(place, found[0], "held", REASONS[found[0]].format(n=found[1]) + "; the clock stands", at_ns)
    return msgspec.structs.replace(place, hold=kind)


def came_ns(places: Sequence[Place]) -> list[int]:
    """When each of those that stand here came, sorted; with those not found just now, as in a jam most are not.

    Who has been missing for longer than it was seen is not known to stand: perhaps two that drove by.
    """
    known = (one for one in places if one.phase != "arriving" and one.away_ns <= one.last_seen_ns - one.since_ns)
    return sorted(one.since_ns for one in known)


def telling_hold(place: Place, came_ns: Sequence[int], seen: Observation, config: Config) -> tuple[str, int] | None:
    """The code of what keeps an act that is due from being told, and the number in its reason.

    `came_ns`: when each of those that stand came, sorted.
    """
    excuse = reading.excuse(place.plate)
    if excuse is not None:
        return excuse, 0
    is_early = place.dwell_ns < 2 * round(config.grace_s * NS)
    if is_early and _may_be_exempt(place):
        return "perhaps_exempt", 0
    if is_dark(seen) and reading.number(place.plate) is None and _median_score(place) < config.night_min_score:
        return "night_unsure", 0
    many = bisect(came_ns, place.since_ns + MANY_WITHIN_NS) - bisect(came_ns, place.since_ns - MANY_WITHIN_NS - 1)
    if many >= config.many_at_once and is_early:
        return "many_at_once", many
    return None


def with_telling_hold(place: Place, found: tuple[str, int], at_ns: int) -> Place:
    """The place with the hold recorded, once."""
    if is_held(place, found[0]):
        return place
    return noted(place, found[0], "held", REASONS[found[0]].format(n=found[1]), at_ns)


def with_telling_released(place: Place, at_ns: int) -> Place:
    """The place as it is told: what kept it is over, many at once is said for the person who looks at it."""
    for kind in ("night_unsure", *reading.EXCUSES.values(), "perhaps_exempt", "many_at_once"):
        if is_held(place, kind):
            place = noted(place, kind, "released", "over: the act is told", at_ns)
            if kind == "many_at_once":
                place = noted(place, kind, "flagged", "it stood on for twice the grace; look at all of them", at_ns)
    return place


def is_held(place: Place, kind: str) -> bool:
    """Whether the last word on this code is that it holds."""
    last = next((one for one in reversed(place.counters) if one.kind == kind), None)
    return last is not None and last.effect == "held"


def noted(place: Place, kind: str, effect: Literal["held", "released", "flagged"], reason: str, at_ns: int) -> Place:
    """The place with one more record; of a flag one is enough, and the newest give way to what was said first."""
    if effect == "flagged" and any(one.kind == kind and one.effect == effect for one in place.counters):
        return place
    record = CounterEvidence(kind=kind, effect=effect, reason=reason, at=utc_from_ns(at_ns))
    counters = place.counters[: MAX_COUNTERS - 1]
    return msgspec.structs.replace(place, counters=(*counters, record))


def came_back(place: Place, departed: Sequence[Departed], at_ns: int) -> Place:
    """Flags a vehicle that stood here before and left: a stay of its own, and worth knowing."""
    number = reading.number(place.plate)
    for gone in reversed(departed):
        if at_ns - gone.left_ns > CAME_BACK_NS:
            continue
        same_plate = number is not None and number == gone.plate
        same_looks = gone.patch is not None and compare((gone.patch,), place.patches[-1] if place.patches else None)
        if same_plate or (same_looks == "same" and iou(gone.box, place.box) >= BACK_AT_IOU):
            by = "number" if same_plate else "looks"
            reason = f"by its {by} it stood here until {utc_from_ns(gone.left_ns)} and left (event {gone.event_id})"
            return noted(place, "came_back", "flagged", reason, at_ns)
    return place


def left_together(place: Place, departed: Sequence[Departed], places: Sequence[Place], at_ns: int) -> Place:
    """Flags a stop that ended together with those of others: perhaps a queue after all.

    `places` as of the look before: the first to drive off is given up before those who followed it, whom nobody has
    seen since either.
    """
    left_ns = [one.left_ns for one in departed]
    left_ns += [
        one.last_seen_ns
        for one in places
        if one.phase != "arriving" and one.event_id != place.event_id and one.open_missing_ns
    ]
    others = sum(abs(one_ns - place.last_seen_ns) <= TOGETHER_WITHIN_NS for one_ns in left_ns)
    if others < QUEUE_OTHERS:
        return place
    return noted(place, "left_together", "flagged", f"{others} others left within 10 s of it", at_ns)


def with_departed(departed: Sequence[Departed], place: Place) -> tuple[Departed, ...]:
    """Who left lately, with this one; the oldest go."""
    gone = Departed(
        event_id=place.event_id,
        box=place.box,
        left_ns=place.last_seen_ns,
        patch=place.patches[-1] if place.patches else None,
        plate=reading.number(place.plate),
    )
    return (*departed, gone)[-MAX_DEPARTED:]


def answers(place: Place, config: Config) -> tuple[Answer, ...]:
    """E10: each question of section 5 with yes, no, or not visible; never a guess."""
    said = {one.kind for one in place.counters}
    is_read = reading.number(place.plate) is not None or reading.excuse(place.plate) is not None

    def answer(kind: str, is_asked: bool, *codes: str) -> Answer:
        if said & {kind, *codes}:
            return Answer(kind=kind, answer="yes")
        return Answer(kind=kind, answer="no" if is_asked else "not_visible")

    return (
        answer("queue", bool(config.flow_lane_px), "jam", "left_together"),
        answer("red_light", config.signal_red_s is not None),
        answer("loading", config.loading_limit_s > 0),
        answer("exempt_vehicle", is_read),
        answer("permit_holder", bool(config.exempt) and is_read),
        answer("many_at_once", True),
        answer("came_back", bool(place.patches) or reading.number(place.plate) is not None),
        answer("marked_bay", bool(config.permitted_px)),
        *(Answer(kind=kind, answer="not_visible") for kind in _NOT_VISIBLE),
    )


def is_dark(seen: Observation) -> bool:
    """Whether the picture is a night one; unknown is not dark."""
    return seen.picture is not None and seen.picture.brightness < DARK


def _median_score(place: Place) -> float:
    return sorted(place.scores)[len(place.scores) // 2]


def _held_less(place: Place, limit_s: float) -> bool:
    """Whether the clock stood for less than this; all that does not count is quickly known and mostly less already."""
    limit_ns = round(limit_s * NS)
    return place.uncounted_ns < limit_ns or place.total_ns("held") < limit_ns


def _may_be_exempt(place: Place) -> bool:
    """Whether one picture shows a number of the zone's list, or one reader a white plate of a vehicle on duty in it."""
    if reading.may_be_listed(place.plate):
        return True
    texts = (raw.text for frame in place.plate.frames if frame.colour == "white" for raw in frame.raw)
    return any(kind.name in reading.EXEMPT_KINDS for text in texts for kind in kinds_of(tidy(text)))


def _people_at(place: Place, seen: Observation) -> bool:
    near = NEAR_PERSON * (place.box[2] - place.box[0])
    around = (place.box[0] - near, place.box[1], place.box[2] + near, place.box[3] + near)
    return any(one.label == "person" and overlap(one.bbox_xyxy_px, around) for one in seen.detections)
