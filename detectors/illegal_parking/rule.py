"""The fold: look by look, places fill, stand, become overdue and empty again (states of the parking reference, 2.1)."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from contract.geometry import BboxPx
from contract.identity import event_id
from contract.observations import Detection, Observation, PlateLooked, Seen, StreamLost
from contract.times import NS
from detectors.fold import Ask, DropEvidence, Finding, FullDecode, HoldEvidence, Step, Zone
from detectors.geometry import area_px2, contains, covered_share, ground_point, iou, scaled
from detectors.illegal_parking import reading
from detectors.illegal_parking.asking import ask_for_plates, take_answer
from detectors.illegal_parking.config import Config
from detectors.illegal_parking.place import (
    Place,
    SpanState,
    State,
    TimerSpan,
    blinded,
    keep_boxes,
    on_frame,
    place_key,
    with_span,
)
from detectors.illegal_parking.telling import tell

RULE_VERSION = "illegal_parking/1"
STILL_IOU = 0.7  # parking reference 2.1: a box that overlaps its place this much has not moved
SAME_PLACE_IOU = 0.5  # parking reference 2.2: measured on the public tracks
COVERED_SHARE = 0.3
LOOK_AT_LEAST_EVERY_S = 6.0  # half the gap, so that one look may fail
LOOK_GAP_NS = 12 * NS  # no look for longer: there was no picture, whatever the reason
ARRIVING_LOST_NS = 5 * NS
MAX_PLACES = 200
FROZEN_S = 5.0  # parking reference 2.5: a picture that repeats itself this long is no picture
MOVED_IOU = 0.3
APPROACH_WIDTHS = 6.0  # within one look of 2 s a car that is about to stop drives a few of its lengths
APPROACH_AREA_RATIO = 4.0


def initial_state() -> State:
    """Nothing seen yet."""
    return State()


def step(state: State, seen: Seen, zone: Zone, config: Config) -> Step[State]:
    """One look: match vehicles to places, run every timer, tell what became overdue or left.

    A look that is not later than the one before changes nothing.
    """
    if isinstance(seen, StreamLost):
        return Step(state=blinded(state, seen.at_ns))
    if isinstance(seen, PlateLooked):
        return Step(state=take_answer(state, seen))
    if not isinstance(seen, Observation):
        return Step(state=state)
    if state.last_at_ns is not None and seen.at_ns <= state.last_at_ns:
        return Step(state=state)
    if seen.picture is not None and seen.picture.repeated_s >= FROZEN_S:
        return _frozen(state, seen, seen.at_ns - round(seen.picture.repeated_s * NS), config)
    look = _Look(state, seen, zone, config)
    lost = [_leave(place, seen, config) for place in look.forgotten]
    places: list[Place] = []
    findings: list[Finding] = [finding for gone in lost for finding in gone.findings]
    asks: list[Ask] = [ask for gone in lost for ask in gone.asks]
    for place, found in look.matches():
        kept = look.moved_on(place, found) if found is not None else look.missed(place)
        if kept is None:
            gone = _leave(place, seen, config)
            findings += gone.findings
            asks += gone.asks
            continue
        kept, told, wanted = _advance(kept, seen, config) if found is not None else (kept, (), ())
        places.append(kept)
        findings += told
        asks += wanted
    places += look.newcomers()
    remembered, reads = ask_for_plates(places[:MAX_PLACES], seen, config)
    asks += reads
    after = State(
        places=remembered,
        crowded_out=state.crowded_out + max(0, len(places) - MAX_PLACES),
        exempt_seen=state.exempt_seen,
        frame_px=seen.frame_px,
        vehicles=tuple(vehicle.bbox_xyxy_px for vehicle in look.vehicles),
        looked_px=seen.looked_px,
        last_at_ns=seen.at_ns,
    )
    return Step(state=after, findings=tuple(findings), asks=tuple(asks))


def _frozen(state: State, seen: Observation, from_ns: int, config: Config) -> Step[State]:
    """The picture has not changed since `from_ns`: whoever came after that came on a picture that nobody took."""
    phantoms = [_leave(place, seen, config) for place in state.places if place.since_ns > from_ns]
    return Step(
        state=blinded(state, from_ns),
        findings=tuple(finding for gone in phantoms for finding in gone.findings),
        asks=tuple(ask for gone in phantoms for ask in gone.asks),
    )


class _Look:
    """One observation against what is remembered: who is where, and what the time since the last look was."""

    def __init__(self, state: State, seen: Observation, zone: Zone, config: Config) -> None:
        self.state, self.seen, self.zone, self.config = state, seen, zone, config
        self.places = state.places
        # A vehicle can only be missed where both looks went.
        self.before = state.vehicles if state.looked_px == seen.looked_px else ()
        if state.frame_px is not None and state.frame_px != seen.frame_px:
            self.before = ()
            self.places = tuple(on_frame(p, drawn_on=state.frame_px, onto=seen.frame_px) for p in state.places)
        before_ns = state.last_at_ns
        self.since_last_ns = 0 if before_ns is None else seen.at_ns - before_ns
        self.gap = before_ns is None or state.lost_at_ns is not None or self.since_last_ns > LOOK_GAP_NS
        # Unseen for longer than a vehicle may be covered: what stands there now may be another one.
        self.forgotten: tuple[Place, ...] = ()
        if self.gap and self.since_last_ns > round(config.cover_limit_s * NS):
            self.forgotten, self.places = self.places, ()
        self.vehicles = [d for d in seen.detections if d.label in config.classes and d.score >= config.min_score]
        self.taken: set[int] = set()

    def matches(self) -> list[tuple[Place, Detection | None]]:
        """Each place with the vehicle found there; best overlaps first, one vehicle for one place."""
        pairs = sorted(
            (
                (-iou(place.box, vehicle.bbox_xyxy_px), p, v)
                for p, place in enumerate(self.places)
                for v, vehicle in enumerate(self.vehicles)
            ),
        )
        found: dict[int, Detection] = {}
        for negative_iou, p, v in pairs:
            if -negative_iou >= SAME_PLACE_IOU and p not in found and v not in self.taken:
                found[p] = self.vehicles[v]
                self.taken.add(v)
        return [(place, found.get(p)) for p, place in enumerate(self.places)]

    def moved_on(self, place: Place, found: Detection) -> Place | None:
        """The place with this look added; None when what stood there has crept away; an arrival starts anew instead."""
        box = found.bbox_xyxy_px
        boxes = keep_boxes(place.boxes, box)
        if place.phase == "arriving" and iou(place.anchor, box) < STILL_IOU:
            has_moved = place.arrival_seen or iou(place.first_box, box) < MOVED_IOU
            return msgspec.structs.replace(self._arriving(found), first_box=place.first_box, arrival_seen=has_moved)
        moved = msgspec.structs.replace(
            place,
            boxes=boxes,
            labels=(*place.labels, found.label)[-15:],
            spans=with_span(place.spans, self._span("seen")),
            last_seen_ns=self.seen.at_ns,
            open_missing_ns=0,
            covered_missing_ns=0,
        )
        return None if iou(moved.box, place.anchor) < SAME_PLACE_IOU else moved

    def missed(self, place: Place) -> Place | None:
        """The place with a look at which its vehicle was not found; None when it has left."""
        covered = any(covered_share(place.box, vehicle.bbox_xyxy_px) >= COVERED_SHARE for vehicle in self.vehicles)
        passed_ns = 0 if self.gap else self.since_last_ns
        missed = msgspec.structs.replace(
            place,
            spans=with_span(place.spans, self._span("hidden")),
            open_missing_ns=place.open_missing_ns + (0 if covered else passed_ns),
            covered_missing_ns=place.covered_missing_ns + (passed_ns if covered else 0),
        )
        limit_ns = ARRIVING_LOST_NS if place.phase == "arriving" else round(self.config.left_after_s * NS)
        left = missed.open_missing_ns >= limit_ns
        left = left or missed.covered_missing_ns >= round(self.config.cover_limit_s * NS)
        return None if left else missed

    def newcomers(self) -> list[Place]:
        """Vehicles in the zone that stand at no known place."""
        polygon = scaled(
            self.zone.polygon_px, drawn_on=self.zone.frame_px or self.seen.frame_px, onto=self.seen.frame_px
        )
        fresh = (vehicle for v, vehicle in enumerate(self.vehicles) if v not in self.taken)
        return [self._arriving(vehicle) for vehicle in fresh if contains(polygon, ground_point(vehicle.bbox_xyxy_px))]

    def _arriving(self, vehicle: Detection) -> Place:
        box = vehicle.bbox_xyxy_px
        return Place(
            event_id=event_id(
                town=self.zone.town,
                device=self.zone.device,
                zone=self.zone.zone,
                matter=self.zone.matter,
                onset_ns=self.seen.at_ns,
                place_key=place_key(box, self.seen.frame_px),
            ),
            first_box=box,
            anchor=box,
            boxes=(box,),
            labels=(vehicle.label,),
            since_ns=self.seen.at_ns,
            before_ns=None if self.gap else self.state.last_at_ns,
            arrival_seen=not self.gap and self._came_from_near(box),
            last_seen_ns=self.seen.at_ns,
        )

    def _came_from_near(self, box: BboxPx) -> bool:
        """Whether a vehicle of this size stood near at the last look and is not there now: it is the one that came."""
        now = [vehicle.bbox_xyxy_px for vehicle in self.vehicles]
        gone = (was for was in self.before if all(iou(was, here) < SAME_PLACE_IOU for here in now))
        return any(_is_near(was, box) for was in gone)

    def _span(self, state: SpanState) -> TimerSpan:
        """The time since the last look, told by this one: a look that misses the vehicle hides its own interval."""
        start_ns = self.seen.at_ns - self.since_last_ns
        return TimerSpan(start_ns, self.seen.at_ns, "no_picture" if self.gap else state)


def _is_near(one: BboxPx, other: BboxPx) -> bool:
    reach_px = APPROACH_WIDTHS * max(other[2] - other[0], other[3] - other[1])
    (x1, y1), (x2, y2) = ground_point(one), ground_point(other)
    alike = 1 / APPROACH_AREA_RATIO <= area_px2(one) / max(area_px2(other), 1.0) <= APPROACH_AREA_RATIO
    return alike and abs(x1 - x2) <= reach_px and abs(y1 - y2) <= reach_px


def _advance(place: Place, seen: Observation, config: Config) -> tuple[Place, Sequence[Finding], Sequence[Ask]]:
    """A place whose vehicle was just seen: begin to stand, become overdue, or be told again."""
    if place.phase == "arriving" and place.dwell_ns >= round(config.still_s * NS):
        return msgspec.structs.replace(place, phase="standing"), (), _hold_beginning(place, seen)
    mostly_seen = place.total_ns("hidden") * 2 <= place.dwell_ns
    if place.phase == "standing" and place.dwell_ns >= round(config.grace_s * NS) and mostly_seen:
        if reading.is_exempt(place.plate):
            return place, (), ()
        plate = reading.told(place.plate)
        overdue = msgspec.structs.replace(place, phase="overdue", due_ns=seen.at_ns, told_ns=seen.at_ns, plate=plate)
        return overdue, (tell(overdue, seen, config, phase="opened"),), ()
    is_old = seen.at_ns - place.told_ns >= round(config.update_every_s * NS)
    if place.phase == "overdue" and (is_old or reading.is_news(place.plate)):
        told = msgspec.structs.replace(place, told_ns=seen.at_ns, plate=reading.told(place.plate))
        return told, (tell(told, seen, config, phase="updated"),), ()
    return place, (), ()


def _hold_beginning(place: Place, seen: Observation) -> Sequence[Ask]:
    box = place.box
    holds: list[Ask] = []
    if place.before_ns is not None:
        holds.append(HoldEvidence(event_id=place.event_id, role="arrival", at_ns=place.before_ns, bbox_xyxy_px=box))
    holds.append(HoldEvidence(event_id=place.event_id, role="first_still", at_ns=place.since_ns, bbox_xyxy_px=box))
    return (*holds, FullDecode(until_ns=seen.at_ns + 3 * NS))


def _leave(place: Place, seen: Observation, config: Config) -> Step[State]:
    """What follows from an emptied place: an overdue act closes, one that was held for evidence is dropped."""
    if place.phase == "overdue":
        return Step(state=State(), findings=(tell(place, seen, config, phase="closed"),))
    if place.phase == "standing":
        return Step(state=State(), asks=(DropEvidence(event_id=place.event_id),))
    return Step(state=State())
