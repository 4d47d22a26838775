"""One observation against what is remembered: which vehicle stands at which place, and who is new."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import msgspec

from contract.geometry import BboxPx, PolygonPx
from contract.identity import event_id
from contract.matters.illegal_parking import SpanState
from contract.observations import Detection, Observation
from contract.times import NS
from detectors import ground
from detectors.fold import Zone
from detectors.geometry import contact_share, contains, ground_point, iou, median_box, overlap, scaled
from detectors.illegal_parking import sight
from detectors.illegal_parking.appearance import compare
from detectors.illegal_parking.boxes import (
    STILL_IOU,
    covers,
    cuts_off,
    holds_both,
    is_near,
    is_same_ground,
    is_still,
    meeting,
)
from detectors.illegal_parking.config import Config
from detectors.illegal_parking.identity import SAME_EDGES, is_settled, recognised, settled_edges
from detectors.illegal_parking.matching import SAME_PLACE_IOU, UNPROVED_NS, Matching
from detectors.illegal_parking.place import (
    Place,
    State,
    TimerSpan,
    found_again,
    later_than,
    on_frame,
    place_key,
    seen_in_shared_box,
    with_span,
)

ONE_VEHICLE_IOU = 0.7  # two boxes that overlap so much are two names of one vehicle
LOOK_GAP_NS = 12 * NS  # no look for longer: there was no picture, whatever the reason
ARRIVING_LOST_NS = 5 * NS
MOVED_IOU, MOVED_M = 0.3, 2.0
CONTACT_SHARE = 0.5


def _bbox(one: Detection) -> BboxPx:
    return one.bbox_xyxy_px


class Look:
    """Matches first, then what each place became, then the newcomers; in this order, once each."""

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
        shift_px = sight.sway(state, seen)
        all_seen = (
            seen.detections if shift_px is None else [sight.swayed_back(one, shift_px) for one in seen.detections]
        )
        all_seen = sorted(all_seen, key=_bbox)
        self.others = [one.bbox_xyxy_px for one in all_seen if one.score >= config.min_score and one.label != "person"]
        self.vehicles = [d for d in all_seen if d.label in config.classes and d.score >= config.min_score]
        self.lane_px = self.scaled(config.flow_lane_px)
        self.matching = Matching(self.places, self.vehicles)
        self._spans: dict[SpanState, TimerSpan] = {}

    def matches(self) -> list[tuple[Place, Detection | None]]:
        """Each place with the vehicle found there."""
        self.matching.match(self._came_from_near)
        self.matching.find_parts(self.others)
        return [(place, self.matching.found.get(p)) for p, place in enumerate(self.places)]

    def scaled(self, polygon: PolygonPx) -> PolygonPx:
        """A polygon of the zone in pixels of this picture."""
        return scaled(polygon, drawn_on=self.zone.frame_px or self.seen.frame_px, onto=self.seen.frame_px)

    def moved_on(self, place: Place, found: Detection) -> Place | None:
        """The place with this look added; None when what stood there has crept away; an arrival starts anew instead."""
        box = found.bbox_xyxy_px
        if place.phase == "arriving" and not is_still(place.anchor, box):
            if not self.is_in_zone(box):
                return None
            has_moved = place.arrival_seen or iou(place.first_box, box) < MOVED_IOU
            anew = msgspec.structs.replace(self._arriving(found), first_box=place.first_box, arrival_seen=has_moved)
            return anew if self.gap or place.away_ns else self._with_looks_before(anew, place)
        away_ns = place.away_ns + (self.since_last_ns if self.gap else 0)
        known_again = None if self.gap else place.known_again
        state = known_again or ("held" if place.hold is not None else "seen")
        moved = found_again(place, found, self._span(state), away_ns=away_ns)
        if known_again is not None:
            moved = msgspec.structs.replace(moved, known_again=None)
        if away_ns or found.patch is not None:
            is_asked = away_ns and not self.gap and not place.in_lane  # in a lane it was asked before
            is_cut = bool(is_asked) and away_ns <= UNPROVED_NS and self._is_cut_off(place, box)
            drove_in = bool(is_asked) and not is_cut and self._came_from_near(found)
            moved = recognised(moved, box, found.patch, self.config, drove_in=drove_in, is_cut=is_cut)
        return None if self._has_moved(moved) else moved

    def _is_cut_off(self, place: Place, box: BboxPx) -> bool:
        """Whether a neighbour has come in front of one side of it, and the other three lie where they lay."""
        if is_settled(box, place.box) or settled_edges(box, place.box) < SAME_EDGES:
            return False
        return any(cuts_off(other, box, place.box) for other in self.others if other != box)

    def _with_looks_before(self, anew: Place, place: Place) -> Place:
        """An arrival begins with the first of its last boxes that lie where it has come to."""
        first = len(place.boxes)
        while first > 0 and is_still(anew.box, place.boxes[first - 1]):
            first -= 1
        if first == len(place.boxes):
            return anew
        boxes, since_ns = (*place.boxes[first:], *anew.boxes), place.times_ns[first]
        return msgspec.structs.replace(
            anew,
            event_id=self.event_id(since_ns, boxes[0]),
            boxes=boxes,
            box=median_box(boxes),
            times_ns=(*place.times_ns[first:], *anew.times_ns),
            scores=(*place.scores[first:], *anew.scores),
            labels=(*place.labels[first:], *anew.labels),
            since_ns=since_ns,
            before_ns=place.times_ns[first - 1] if first else place.before_ns,
            spans=with_span(later_than(place.spans, since_ns), self._span("seen")),
        )

    def _has_moved(self, place: Place) -> bool:
        """By the boxes, and where the ground is known by metres: a box that grows or shrinks on its ground stays."""
        if is_settled(place.box, place.anchor) or iou(place.box, place.anchor) >= SAME_PLACE_IOU:
            return False
        known = self.config.ground
        if known is not None:
            wheels, drawn_on = (ground_point(place.box), ground_point(place.anchor)), self.zone.frame_px
            one, other = scaled(wheels, drawn_on=self.seen.frame_px, onto=drawn_on or self.seen.frame_px)
            moved_m = ground.metres_moved(known.image_px, known.metres, one, other)
            return moved_m is None or moved_m > MOVED_M
        return not is_same_ground(place.anchor, place.box)

    def missed(self, p: int, place: Place) -> Place | None:
        """The place with a look at which its vehicle was not found; None when it has left."""
        passed_ns = 0 if self.gap else self.since_last_ns
        near = [self.others[n] for n in meeting(place.box, self.others)]
        is_known = not (place.in_lane and place.away_ns)  # in a lane it may be the next one's box, around its place
        if is_known and (p in self.matching.shared or self._is_in_shared_box(place, near)):
            return seen_in_shared_box(place, self._span("seen"))
        if self._drove_off(place):
            return None
        if p in self.matching.parts:
            covered_ns = open_ns = 0
        else:
            covered = any(covers(other, place.box) for other in near)
            covered_ns, open_ns = (passed_ns, 0) if covered else (0, passed_ns)
        missed = msgspec.structs.replace(
            place,
            spans=with_span(place.spans, self._span("hidden")),
            open_missing_ns=place.open_missing_ns + open_ns,
            covered_missing_ns=place.covered_missing_ns + covered_ns,
            away_ns=place.away_ns + self.since_last_ns,
            uncounted_away_ns=place.uncounted_away_ns + (self.since_last_ns if self.gap else 0),
        )
        if place.phase == "arriving":  # who drives on is soon behind others, and is not waited for
            return None if missed.open_missing_ns + missed.covered_missing_ns >= ARRIVING_LOST_NS else missed
        left = missed.open_missing_ns >= round(self.config.left_after_s * NS)
        left = left or missed.covered_missing_ns >= round(self.config.cover_limit_s * NS)
        return None if left else missed

    def _drove_off(self, place: Place) -> bool:
        """Whether it began to move at the last look and goes on near by now: it has left, whoever comes there next."""
        last = place.boxes[-1]
        if place.phase == "arriving" or place.away_ns or self.gap or is_settled(last, place.box):
            return False
        free = (
            one
            for v, one in enumerate(self.vehicles)
            if v not in self.matching.taken and not holds_both(self.matching.boxes[v], place.box)
        )
        return any(is_near(last, one.bbox_xyxy_px) and compare(place.patches, one.patch) == "same" for one in free)

    def _is_in_shared_box(self, place: Place, near: Sequence[BboxPx]) -> bool:
        """Whether a box that stood so at the last look, too, is this vehicle and its neighbour in one."""
        if place.phase == "arriving":
            return False
        both = (box for box in near if holds_both(box, place.box))
        return any(iou(box, was) >= STILL_IOU for box in both for was in self.before)

    def newcomers(self) -> list[Place]:
        """Vehicles in the zone that stand at no known place; a second box on one vehicle is none, nor is one around a
        standing vehicle and its neighbour."""
        boxes, taken = self.matching.boxes, self.matching.taken
        if len(taken) == len(boxes):
            return []
        known = [boxes[v] for v in sorted(taken)]
        fresh: list[Place] = []
        for v, vehicle in enumerate(self.vehicles):
            box = boxes[v]
            if v in taken or v in self.matching.both or not self.is_in_zone(box):
                continue
            if any(overlap(box, other) and iou(box, other) >= ONE_VEHICLE_IOU for other in known):
                continue
            known.append(box)
            fresh.append(self._arriving(vehicle))
        return fresh

    def is_in_zone(self, box: BboxPx) -> bool:
        """Whether what is in this box stands in the zone and in none of its marked bays."""
        polygon, bays = self._zone_px
        return contact_share(polygon, box) >= CONTACT_SHARE and not any(contains(b, ground_point(box)) for b in bays)

    @cached_property
    def _zone_px(self) -> tuple[PolygonPx, list[PolygonPx]]:
        return self.scaled(self.zone.polygon_px), [self.scaled(bay) for bay in self.config.permitted_px]

    def after_another(self, place: Place, found: Detection) -> Place:
        """The newcomer that took the place of another vehicle between two looks."""
        newcomer = self._arriving(found)
        since_ns = place.strange_since_ns
        seen = tuple(at for at in place.times_ns if at >= since_ns) or (self.seen.at_ns,)
        return msgspec.structs.replace(
            newcomer,
            event_id=self.event_id(since_ns, newcomer.box),
            since_ns=since_ns,
            before_ns=None,
            arrival_seen=False,
            boxes=place.boxes[-len(seen) :],
            times_ns=seen,
            scores=place.scores[-len(seen) :],
            labels=place.labels[-len(seen) :],
            spans=with_span((), TimerSpan(since_ns, self.seen.at_ns, "seen")),
            patches=place.strange[-1:],
        )

    def event_id(self, onset_ns: int, box: BboxPx) -> str:
        """The act's name by its fixed facts."""
        zone = self.zone
        return event_id(
            town=zone.town,
            device=zone.device,
            zone=zone.zone,
            matter=zone.matter,
            onset_ns=onset_ns,
            place_key=place_key(box, self.seen.frame_px),
        )

    def _arriving(self, vehicle: Detection) -> Place:
        box = vehicle.bbox_xyxy_px
        return Place(
            event_id=self.event_id(self.seen.at_ns, box),
            first_box=box,
            anchor=box,
            box=box,
            boxes=(box,),
            times_ns=(self.seen.at_ns,),
            scores=(vehicle.score,),
            labels=(vehicle.label,),
            since_ns=self.seen.at_ns,
            before_ns=None if self.gap else self.state.last_at_ns,
            arrival_seen=not self.gap and self._came_from_near(vehicle),
            last_seen_ns=self.seen.at_ns,
            patches=() if vehicle.patch is None else (vehicle.patch,),
        )

    def _came_from_near(self, vehicle: Detection) -> bool:
        """Whether a vehicle of this size stood near at the last look and is not there now: it is the one that came."""
        box, patch = vehicle.bbox_xyxy_px, vehicle.patch
        return any(is_near(was, box) and compare(looks, patch) != "different" for was, looks in self._gone)

    @cached_property
    def _gone(self) -> list[tuple[BboxPx, tuple[str, ...]]]:
        """The vehicles of the last look that are not there now, with the looks of those that stood at a place."""
        stood = {place.boxes[-1]: place.patches for place in self.places if not place.away_ns}
        found = {self.places[p].boxes[-1] for p in self.matching.found if not self.places[p].away_ns}
        now = self.matching.boxes
        return [
            (was, stood.get(was, ()))
            for was in self.before
            if was not in found and all(iou(was, now[n]) < SAME_PLACE_IOU for n in meeting(was, now))
        ]

    def is_in_lane(self, place: Place) -> bool:
        """Whether it came to stand where queues form, by the same ground as the zone's: in doubt it did."""
        lane_px = self.lane_px
        return bool(lane_px) and any(contact_share(lane_px, box) >= CONTACT_SHARE for box in place.boxes)

    def _span(self, state: SpanState) -> TimerSpan:
        """The time since the last look, told by this one: a look that misses the vehicle hides its own interval."""
        if state in self._spans:
            return self._spans[state]
        start_ns = self.seen.at_ns - self.since_last_ns
        lost_as = self.state.lost_as if self.state.lost_at_ns is not None else "no_picture"
        self._spans[state] = TimerSpan(start_ns, self.seen.at_ns, lost_as if self.gap else state)
        return self._spans[state]
