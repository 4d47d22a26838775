"""Which vehicle of a look stands at which place; which are parts of a covered one, or two in one box."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from contract.geometry import BboxPx
from contract.observations import Detection
from contract.times import NS
from detectors.geometry import area_px2, covered_share, iou, overlap
from detectors.illegal_parking.appearance import compare
from detectors.illegal_parking.boxes import (
    BOTH_INSIDE,
    EDGE_SHARE,
    PART_AREA,
    PART_INSIDE,
    SAME_GROUND_IOU,
    around,
    covers,
    holds_both,
    is_same_ground,
    meeting,
)
from detectors.illegal_parking.identity import is_settled
from detectors.illegal_parking.place import Place

SAME_PLACE_IOU = 0.5  # parking reference 2.2: measured on the public tracks
SHARED_INSIDE, SHARED_IOU = 0.7, 0.6  # one box over two places, that is as large as both
IN_FRONT_SHARE = 0.15  # of the height: by so much lower on the picture stands the vehicle in front
LIKES_BONUS = 0.25
Pair = tuple[float, int, int]  # how unlike, place, vehicle
UNPROVED_NS = 3 * NS  # in a lane a look or two may miss a vehicle that has no looks to be known by; no more


class Matching:
    """The vehicles of one look given to places; each vehicle once, `taken` are their indices.

    `parts`: places of which a part is seen beside what covers them; `shared`: places seen in one box with another;
    `both`: boxes around a standing vehicle and its neighbour, which is nobody's arrival; `crowded`: places where two
    boxes lie beside the vehicle's own.
    """

    def __init__(self, places: Sequence[Place], vehicles: Sequence[Detection]) -> None:
        self.places, self.vehicles = places, vehicles
        self.boxes = [vehicle.bbox_xyxy_px for vehicle in vehicles]
        self.found: dict[int, Detection] = {}
        self.taken: set[int] = set()
        self.parts: set[int] = set()
        self.shared: set[int] = set()
        self.both: set[int] = set()
        self.crowded: set[int] = set()

    def match(self, came_from_near: Callable[[Detection], bool]) -> None:
        """Best overlaps first, the same looks before others; `came_from_near`: was it seen to drive here just now?"""
        near_by = [meeting(place.box, self.boxes) for place in self.places]
        self.crowded = {p for p, near in enumerate(near_by) if len(near) > 2}
        wanted_by = [0] * len(self.boxes)
        for near in near_by:
            for v in near:
                wanted_by[v] += 1
        for v, count in enumerate(wanted_by):
            if count > 1:
                self._find_shared(v, near_by)
                self._find_both(v, near_by)
        sure, doubtful = self._candidates(near_by, wanted_by)
        for _, p, v in sorted(sure):
            self._give(p, v)
        for _, p, v in sorted(doubtful):
            if _is_proved(self.places[p], self.vehicles[v], came_from_near):
                self._give(p, v)
        for v, count in enumerate(wanted_by):
            if count == 1 and v not in self.taken:
                self._find_both(v, near_by)

    def _candidates(self, near_by: Sequence[Sequence[int]], wanted_by: Sequence[int]) -> tuple[list[Pair], list[Pair]]:
        """Which vehicle may stand at which place, and those of them that have to be proved."""
        sure, doubtful = list[Pair](), list[Pair]()
        for p, near in enumerate(near_by):
            place = self.places[p]
            for v in near:
                if v in self.taken or (v in self.both and place.phase == "arriving"):
                    continue
                vehicle = self.vehicles[v]
                likeness = _likeness(place, vehicle, is_contested=len(near) > 1 or wanted_by[v] > 1)
                if likeness is not None:
                    (doubtful if _must_prove(place, vehicle) else sure).append((-likeness, p, v))
        return sure, doubtful

    def _give(self, p: int, v: int) -> None:
        if p not in self.found and v not in self.taken:
            self.found[p] = self.vehicles[v]
            self.taken.add(v)

    def find_parts(self, others: Sequence[BboxPx]) -> None:
        """Vehicles that are the visible part of a covered one: they are no newcomers, and nobody has left."""
        if len(self.taken) == len(self.boxes):
            return
        standing = [p for p, place in enumerate(self.places) if p not in self.found and place.phase != "arriving"]
        for v, box in enumerate(self.boxes):
            if v in self.taken:
                continue
            whole = next((p for p in standing if _is_part(box, self.places[p], others)), None)
            if whole is not None:
                self.parts.add(whole)
                self.taken.add(v)

    def _find_shared(self, v: int, near_by: Sequence[Sequence[int]]) -> None:
        """One box as large as two places together, and not in front of them: it is none of its own."""
        box = self.boxes[v]
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

    def _find_both(self, v: int, near_by: Sequence[Sequence[int]]) -> None:
        """A box around a standing vehicle and one that has just come: who arrives in it is seen, but not alone."""
        box, label = self.boxes[v], self.vehicles[v].label
        near = [p for p, boxes in enumerate(near_by) if v in boxes]
        standing = (p for p in near if self.places[p].phase != "arriving" and label in self.places[p].labels)
        if any(holds_both(box, self.places[p].box) for p in standing):
            self.both.add(v)
            arriving = (p for p in near if self.places[p].phase == "arriving")
            self.shared.update(p for p in arriving if covered_share(self.places[p].box, box) >= BOTH_INSIDE)


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


def _must_prove(place: Place, vehicle: Detection) -> bool:
    """In a lane one vehicle follows the other onto the same ground: who moved or was away may be another."""
    return place.in_lane and (place.away_ns > 0 or not is_settled(vehicle.bbox_xyxy_px, place.box))


def _is_proved(place: Place, vehicle: Detection, came_from_near: Callable[[Detection], bool]) -> bool:
    """Whether it looks the same and was not seen to drive there; without looks only a short absence is bridged."""
    if vehicle.patch is None or not place.patches:
        return place.away_ns <= UNPROVED_NS and is_settled(vehicle.bbox_xyxy_px, place.box)
    return compare(place.patches, vehicle.patch) == "same" and not came_from_near(vehicle)


def _is_part(box: BboxPx, place: Place, others: Sequence[BboxPx]) -> bool:
    is_inside = overlap(box, place.box) and covered_share(box, place.box) >= PART_INSIDE
    if not is_inside or area_px2(box) < PART_AREA * area_px2(place.box):
        return False
    return any(covers(other, place.box) for other in others if other != box)
