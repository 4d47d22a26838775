"""Which of the standing vehicles have their plate read at this look, and where the answers go."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from contract.geometry import BboxPx
from contract.observations import Observation, PlateLooked
from contract.times import NS
from detectors.fold import ReadPlate
from detectors.illegal_parking import reading
from detectors.illegal_parking.config import Config
from detectors.illegal_parking.permits import listed
from detectors.illegal_parking.place import Place, State

MOST_ASKS_A_LOOK = 2


def ask_for_plates(
    places: Sequence[Place], seen: Observation, config: Config
) -> tuple[tuple[Place, ...], tuple[ReadPlate, ...]]:
    """The places with what is asked noted, and the asks: of vehicles seen at this look, the least asked first."""
    noted, wanted = list(places), list[tuple[int, int, reading.Sight]]()
    for index, place in enumerate(places):
        is_asked_enough = place.plate.asks >= reading.MOST_ASKS
        if place.phase == "arriving" or place.last_seen_ns != seen.at_ns or is_asked_enough:
            continue
        due_ns = place.due_ns if place.due_ns is not None else _due_ns(place, seen, config)
        if seen.at_ns < due_ns - reading.AHEAD_NS:
            continue
        sight = reading.Sight(at_ns=seen.at_ns, vehicle_px=place.box)
        if reading.wants_look(place.plate, sight, due_ns=due_ns, covered_ns=_covered_ns(place)):
            wanted.append((place.plate.asks, index, sight))
        elif reading.is_too_small(place.plate, sight, due_ns=due_ns):
            plate = msgspec.structs.replace(place.plate, problem=reading.TOO_SMALL)
            noted[index] = msgspec.structs.replace(place, plate=plate)
    asks = []
    for _, index, alone in sorted(wanted, key=lambda one: one[:2])[:MOST_ASKS_A_LOOK]:
        place = places[index]
        sight = _sight(alone.vehicle_px, seen)
        noted[index] = msgspec.structs.replace(place, plate=reading.asked(place.plate, sight))
        asks.append(ReadPlate(event_id=place.event_id, at_ns=sight.at_ns, vehicle_px=sight.vehicle_px))
    return tuple(noted), tuple(asks)


def take_answer(state: State, looked: PlateLooked, config: Config) -> State:
    """The state after a plate was looked at; an answer about a place that is empty now changes nothing."""
    of_it = next((index for index, place in enumerate(state.places) if place.event_id == looked.event_id), None)
    if of_it is None:
        return state
    place = state.places[of_it]
    read = msgspec.structs.replace(place, plate=reading.answered(place.plate, looked, listed(config, looked.at_ns)))
    return msgspec.structs.replace(state, places=(*state.places[:of_it], read, *state.places[of_it + 1 :]))


def _due_ns(place: Place, seen: Observation, config: Config) -> int:
    """When it will be due if it goes on standing in sight."""
    return seen.at_ns + round(config.grace_s * NS) - place.dwell_ns


def _covered_ns(place: Place) -> int:
    """When the vehicle came back into sight last; 0: it never was out of it."""
    for span in reversed(place.spans):
        if span.state != "seen":
            return span.end_ns
    return 0


def _sight(vehicle_px: BboxPx, seen: Observation) -> reading.Sight:
    boxes = (detection.bbox_xyxy_px for detection in seen.detections)
    others = tuple(box for box in boxes if box != vehicle_px and _meet(box, vehicle_px))
    return reading.Sight(at_ns=seen.at_ns, vehicle_px=vehicle_px, others_px=others[:8])


def _meet(one: BboxPx, other: BboxPx) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
