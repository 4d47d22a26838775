"""One observation against what is remembered: which vehicle stands at which place, and who is new."""

from __future__ import annotations

from collections import Counter
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
from detectors.geometry import (
    area_px2,
    contact_point,
    contact_share,
    contains,
    covered_share,
    ground_point,
    iou,
    overlap,
    scaled,
)
from detectors.illegal_parking import sight
from detectors.illegal_parking.appearance import compare
from detectors.illegal_parking.boxes import (
    EDGE_SHARE,
    PART_AREA,
    PART_INSIDE,
    SAME_GROUND_IOU,
    STILL_IOU,
    around,
    covers,
    holds_both,
    is_near,
    is_same_ground,
    is_still,
    meeting,
)
from detectors.illegal_parking.config import Config
from detectors.illegal_parking.identity import is_settled, recognised
from detectors.illegal_parking.place import (
    Place,
    State,
    TimerSpan,
    found_again,
    on_frame,
    place_key,
    seen_in_shared_box,
    with_span,
)

SAME_PLACE_IOU = 0.5  # parking reference 2.2: measured on the public tracks
ONE_VEHICLE_IOU = 0.7  # two boxes that overlap so much are two names of one vehicle
SHARED_INSIDE, SHARED_IOU = 0.7, 0.6  # one box over two places, that is as large as both
IN_FRONT_SHARE = 0.15  # of the height: by so much lower on the picture stands the vehicle in front
LOOK_GAP_NS = 12 * NS  # no look for longer: there was no picture, whatever the reason
ARRIVING_LOST_NS = 5 * NS
MOVED_IOU, MOVED_M = 0.3, 2.0
CONTACT_SHARE, LIKES_BONUS = 0.5, 0.25


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
        self.others = [one.bbox_xyxy_px for one in all_seen if one.score >= config.min_score and one.label != "person"]
        self.vehicles = [d for d in all_seen if d.label in config.classes and d.score >= config.min_score]
        lane_px = self.scaled(config.flow_lane_px)
        self.in_lane = {p for p, one in enumerate(self.places) if lane_px and contains(lane_px, contact_point(one.box))}
        self.taken: set[int] = set()
        self.parts: set[int] = set()
        self.shared: set[int] = set()

    def scaled(self, polygon: PolygonPx) -> PolygonPx:
        """A polygon of the zone in pixels of this picture."""
        return scaled(polygon, drawn_on=self.zone.frame_px or self.seen.frame_px, onto=self.seen.frame_px)

    def matches(self) -> list[tuple[Place, Detection | None]]:
        """Each place with the vehicle found there; best overlaps first, the same looks before others."""
        boxes = [vehicle.bbox_xyxy_px for vehicle in self.vehicles]
        near_by = [meeting(place.box, boxes) for place in self.places]
        wanted_by = Counter(v for near in near_by for v in near)
        for v in sorted(v for v, count in wanted_by.items() if count > 1):
            self._find_shared(v, near_by)
        pairs = []
        for p, near in enumerate(near_by):
            for v in near:
                if v in self.taken:
                    continue
                is_contested = len(near) > 1 or wanted_by[v] > 1
                likeness = self._likeness(self.places[p], self.vehicles[v], is_contested=is_contested)
                if likeness is not None and (
                    p not in self.in_lane or self._is_proved(self.places[p], self.vehicles[v])
                ):
                    pairs.append((-likeness, p, v))
        found: dict[int, Detection] = {}
        for _, p, v in sorted(pairs):
            if p not in found and v not in self.taken:
                found[p] = self.vehicles[v]
                self.taken.add(v)
        if len(self.taken) < len(boxes):
            self._find_parts([p for p in range(len(self.places)) if p not in found])
        return [(place, found.get(p)) for p, place in enumerate(self.places)]

    @staticmethod
    def _likeness(place: Place, vehicle: Detection, *, is_contested: bool) -> float | None:
        """How well a vehicle fits a place; None: it does not stand there. The looks are asked where it is in doubt."""
        box = vehicle.bbox_xyxy_px
        fit = iou(place.box, box)
        if fit < SAME_PLACE_IOU:
            is_there = place.phase != "arriving" and is_same_ground(place.box, box)
            return fit if is_there and compare(place.patches, vehicle.patch) != "different" else None
        if fit >= SAME_GROUND_IOU and not is_contested:
            return fit
        verdict = compare(place.patches, vehicle.patch)
        if verdict == "different" and box[3] - place.box[3] > IN_FRONT_SHARE * (place.box[3] - place.box[1]):
            return None
        return fit + {"same": LIKES_BONUS, "unsure": 0.0, "different": -LIKES_BONUS}[verdict]

    def _is_proved(self, place: Place, vehicle: Detection) -> bool:
        """In a lane one vehicle follows the other onto the same ground: who moved or was away must look the same, and
        must not have been seen to drive there."""
        if place.phase == "arriving" or vehicle.patch is None or not place.patches:
            return True
        box = vehicle.bbox_xyxy_px
        if not place.away_ns and is_settled(box, place.box):
            return True
        return compare(place.patches, vehicle.patch) == "same" and not self._came_from_near(box)

    def _find_parts(self, unfound: Sequence[int]) -> None:
        """Vehicles that are the visible part of a covered one: they are no newcomers, and nobody has left."""
        standing = [p for p in unfound if self.places[p].phase != "arriving"]
        for v, vehicle in enumerate(self.vehicles):
            if v in self.taken:
                continue
            box = vehicle.bbox_xyxy_px
            whole = [p for p in standing if self._is_part(box, self.places[p])]
            if whole:
                self.parts.update(whole[:1])
                self.taken.add(v)

    def _find_shared(self, v: int, near_by: Sequence[Sequence[int]]) -> None:
        """One box as large as two places together, and not in front of them: it is none of its own."""
        box = self.vehicles[v].bbox_xyxy_px
        under = [
            p
            for p, near in enumerate(near_by)
            if v in near
            and self.places[p].phase != "arriving"
            and covered_share(self.places[p].box, box) >= SHARED_INSIDE
            and iou(self.places[p].box, box) < SAME_GROUND_IOU
        ]
        if len(under) < 2:
            return
        both = around([self.places[p].box for p in under])
        is_in_front = box[3] - both[3] > EDGE_SHARE * (both[3] - both[1])
        if iou(box, both) >= SHARED_IOU and not is_in_front:
            self.shared.update(under)
            self.taken.add(v)

    def _is_part(self, box: BboxPx, place: Place) -> bool:
        is_inside = overlap(box, place.box) and covered_share(box, place.box) >= PART_INSIDE
        is_covered = any(covers(other, place.box) for other in self.others if other != box)
        return is_inside and is_covered and area_px2(box) >= PART_AREA * area_px2(place.box)

    def moved_on(self, place: Place, found: Detection) -> Place | None:
        """The place with this look added; None when what stood there has crept away; an arrival starts anew instead."""
        box = found.bbox_xyxy_px
        if place.phase == "arriving" and not is_still(place.anchor, box):
            has_moved = place.arrival_seen or iou(place.first_box, box) < MOVED_IOU
            return msgspec.structs.replace(self._arriving(found), first_box=place.first_box, arrival_seen=has_moved)
        away_ns = place.away_ns + (self.since_last_ns if self.gap else 0)
        known_again = None if self.gap else place.known_again
        state = known_again or ("held" if place.hold is not None else "seen")
        moved = found_again(place, found, self._span(state), away_ns=away_ns)
        if known_again is not None:
            moved = msgspec.structs.replace(moved, known_again=None)
        if away_ns or found.patch is not None:
            drove_in = bool(away_ns) and not self.gap and self._came_from_near(box)
            moved = recognised(moved, box, found.patch, self.config, drove_in=drove_in)
        return None if self._has_moved(moved) else moved

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
        if p in self.shared or (place.phase != "arriving" and self._is_in_shared_box(place)):
            return seen_in_shared_box(place, self._span("seen"))
        if self._drove_off(place):
            return None
        if p in self.parts:
            covered_ns = open_ns = 0
        else:
            covered = any(covers(other, place.box) for other in self.others)
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
        free = (one for v, one in enumerate(self.vehicles) if v not in self.taken)
        return any(is_near(last, one.bbox_xyxy_px) and compare(place.patches, one.patch) == "same" for one in free)

    def _is_in_shared_box(self, place: Place) -> bool:
        """Whether a box that stood so at the last look, too, is this vehicle and its neighbour in one."""
        both = (box for box in self.others if holds_both(box, place.box))
        return any(iou(box, was) >= STILL_IOU for box in both for was in self.before)

    def newcomers(self) -> list[Place]:
        """Vehicles in the zone that stand at no known place; a second box on one vehicle is none."""
        polygon = self.scaled(self.zone.polygon_px)
        bays = [self.scaled(bay) for bay in self.config.permitted_px]
        known = [self.vehicles[v].bbox_xyxy_px for v in sorted(self.taken)]
        fresh: list[Place] = []
        for v, vehicle in enumerate(self.vehicles):
            box = vehicle.bbox_xyxy_px
            if v in self.taken or contact_share(polygon, box) < CONTACT_SHARE:
                continue
            if any(contains(bay, ground_point(box)) for bay in bays):
                continue
            if any(overlap(box, other) and iou(box, other) >= ONE_VEHICLE_IOU for other in known):
                continue
            known.append(box)
            fresh.append(self._arriving(vehicle))
        return fresh

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
            arrival_seen=not self.gap and self._came_from_near(box),
            last_seen_ns=self.seen.at_ns,
            patches=() if vehicle.patch is None else (vehicle.patch,),
        )

    def _came_from_near(self, box: BboxPx) -> bool:
        """Whether a vehicle of this size stood near at the last look and is not there now: it is the one that came."""
        return any(is_near(was, box) for was in self.gone)

    @cached_property
    def gone(self) -> list[BboxPx]:
        """The vehicles of the last look that are not there now; asked for often, so found once."""
        now = [vehicle.bbox_xyxy_px for vehicle in self.vehicles]
        return [was for was in self.before if all(iou(was, now[n]) < SAME_PLACE_IOU for n in meeting(was, now))]

    def _span(self, state: SpanState) -> TimerSpan:
        """The time since the last look, told by this one: a look that misses the vehicle hides its own interval."""
        start_ns = self.seen.at_ns - self.since_last_ns
        lost_as = self.state.lost_as if self.state.lost_at_ns is not None else "no_picture"
        return TimerSpan(start_ns, self.seen.at_ns, lost_as if self.gap else state)
