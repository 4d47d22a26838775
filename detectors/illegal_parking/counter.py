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
from contract.geometry import BboxPx, PolygonPx
from contract.matters.illegal_parking import Answer
from contract.observations import Observation
from contract.times import NS, utc_from_ns
from detectors.geometry import contact_point, contains, covered_share, iou, overlap
from detectors.illegal_parking import reading
from detectors.illegal_parking.appearance import compare
from detectors.illegal_parking.config import Config
from detectors.illegal_parking.place import Bystander, Departed, Place, State
from detectors.plate_grammar import kinds_of, tidy

QUEUE_WITHIN_NS = 30 * NS  # parking reference 2.6: others that came to stand within the same 30 s
QUEUE_OTHERS = 2
JAM_OTHERS = 5
JAM_IN_PICTURE = 3
BYSTANDER_STILL_NS = 2 * NS
BYSTANDER_LOST_NS = 4 * NS
BYSTANDER_COVERED_NS = 60 * NS  # in a jam most are behind others, and stand all the same
COVERED = 0.3
BYSTANDER_IOU = 0.7
_SLACK = 1 / BYSTANDER_IOU - 1  # of width and height: edges further off leave less overlap than that
SAME_IOU = 0.5
MANY_WITHIN_NS = 60 * NS
TOGETHER_WITHIN_NS = 10 * NS
CAME_BACK_NS = 600 * NS
BACK_AT_IOU = 0.3
MAX_DEPARTED = 20
MAX_COUNTERS = 40
MAX_BYSTANDERS = 100
DARK = 40.0  # of 255, mean grey: below it a headlamp's pool looks like a vehicle
NEAR_PERSON = 0.25  # of the vehicle's width: people so near are at it
REASONS = {
    "queue": "{n} other vehicles came to stand in the flow lane within 30 s of it",
    "jam": "traffic stands: {n} other vehicles or more came to stand in the picture within 30 s of it",
    "red_light": "within the longest red of the signal, {n} s",
    "loading": "people at the vehicle for two looks or more",
    "exempt_vehicle": "its plate is of a vehicle on duty: counted, no lead",
    "perhaps_exempt": "a reader saw the plate of a vehicle on duty: more pictures are read first",
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


def bystanders_after(state: State, boxes: Sequence[BboxPx], lane: PolygonPx, at_ns: int) -> tuple[Bystander, ...]:
    """The vehicles in the picture, each with the time since which it keeps its place; `boxes` from left to right."""
    now: list[Bystander] = []
    left = list(boxes)
    for known in state.bystanders:
        n = _kept_place(known.box, left)
        if n is not None:
            del left[n]
            now.append(Bystander(known.box, known.since_ns, at_ns, known.in_lane))
        else:
            unseen_ns = at_ns - known.last_seen_ns
            is_once = known.last_seen_ns == known.since_ns  # on its way past: the next of them comes where it was
            is_kept = unseen_ns <= (BYSTANDER_STILL_NS if is_once else BYSTANDER_LOST_NS)
            if is_kept or (not is_once and unseen_ns <= BYSTANDER_COVERED_NS and _is_covered(known.box, boxes)):
                now.append(known)
    fresh = (Bystander(box, at_ns, at_ns, contains(lane, contact_point(box))) for box in left)
    return (*now, *fresh)[:MAX_BYSTANDERS]


def _kept_place(place: BboxPx, boxes: Sequence[BboxPx]) -> int | None:
    """Which box lies where one lay before; `boxes` from left to right, as further aside or apart none overlaps so."""
    left, top, right, bottom = place
    aside, apart = _SLACK * (right - left), _SLACK * (bottom - top)
    for n in range(bisect(boxes, (left - aside,)), len(boxes)):
        box = boxes[n]
        if box[0] > left + aside:
            return None
        if -apart <= box[1] - top <= apart and iou(box, place) >= BYSTANDER_IOU:
            return n
    return None


def _is_covered(place: BboxPx, boxes: Sequence[BboxPx]) -> bool:
    return any(overlap(box, place) and covered_share(place, box) >= COVERED for box in boxes)


class Standing:
    """Those of the bystanders that stand at this look, by when they came: in the flow lane, and in all the picture."""

    def __init__(self, bystanders: Sequence[Bystander]) -> None:
        standing = [one for one in bystanders if one.last_seen_ns - one.since_ns >= BYSTANDER_STILL_NS]
        standing.sort(key=_since_ns)
        self._in_lane = [one for one in standing if one.in_lane]
        self._in_picture = standing

    def queue(self, place: Place) -> tuple[str, int] | None:
        """The code of the queue or jam that this vehicle stands in, and how many others are told in its reason.

        A lane is drawn as far as its owner cares, and a queue goes on beyond: more that stand anywhere in the picture,
        and came with it, say the same.
        """
        in_lane = _came_with(place, self._in_lane, most=JAM_OTHERS)
        if in_lane >= QUEUE_OTHERS:
            return ("jam" if in_lane >= JAM_OTHERS else "queue"), in_lane
        in_picture = _came_with(place, self._in_picture, most=JAM_OTHERS)
        return ("jam", in_picture) if in_picture >= JAM_IN_PICTURE else None


def _came_with(place: Place, standing: Sequence[Bystander], *, most: int) -> int:
    """How many others came to stand with it; not counted beyond `most`."""
    first = bisect(standing, place.since_ns - QUEUE_WITHIN_NS - 1, key=_since_ns)
    with_it = standing[first : bisect(standing, place.since_ns + QUEUE_WITHIN_NS, key=_since_ns)]
    if len(with_it) > most:  # one of them may be itself
        return most
    return sum(not (overlap(one.box, place.box) and iou(one.box, place.box) >= SAME_IOU) for one in with_it)


def _since_ns(one: Bystander) -> int:
    return one.since_ns


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


def telling_hold(place: Place, came_ns: Sequence[int], seen: Observation, config: Config) -> tuple[str, int] | None:
    """The code of what keeps an act that is due from being told, and the number in its reason.

    `came_ns`: when each of those that stand came, sorted.
    """
    if reading.is_exempt(place.plate):
        return "exempt_vehicle", 0
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
    for kind in ("night_unsure", "exempt_vehicle", "perhaps_exempt", "many_at_once"):
        if is_held(place, kind):
            place = noted(place, kind, "released", "over: the act is told", at_ns)
            if kind == "many_at_once":
                place = noted(place, kind, "flagged", "it stood on for twice the grace; look at all of them", at_ns)
    return place


def is_held(place: Place, kind: str) -> bool:
    """Whether the last word on this code is that it holds."""
    effects = [one.effect for one in place.counters if one.kind == kind]
    return bool(effects) and effects[-1] == "held"


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

    def answer(kind: str, is_asked: bool, *codes: str) -> Answer:
        if said & {kind, *codes}:
            return Answer(kind=kind, answer="yes")
        return Answer(kind=kind, answer="no" if is_asked else "not_visible")

    return (
        answer("queue", bool(config.flow_lane_px), "jam", "left_together"),
        answer("red_light", config.signal_red_s is not None),
        answer("loading", config.loading_limit_s > 0),
        answer("exempt_vehicle", reading.number(place.plate) is not None or reading.is_exempt(place.plate)),
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
    """Whether one reader in one picture saw a white plate with the characters of a vehicle on duty."""
    texts = (raw.text for frame in place.plate.frames if frame.colour == "white" for raw in frame.raw)
    return any(kind.name in reading.EXEMPT_KINDS for text in texts for kind in kinds_of(tidy(text)))


def _people_at(place: Place, seen: Observation) -> bool:
    near = NEAR_PERSON * (place.box[2] - place.box[0])
    around = (place.box[0] - near, place.box[1], place.box[2] + near, place.box[3] + near)
    return any(one.label == "person" and overlap(one.bbox_xyxy_px, around) for one in seen.detections)
