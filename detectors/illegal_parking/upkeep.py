"""What the rule finds that is no lead: a camera that looks elsewhere, a thing that has stood for a day."""

from __future__ import annotations

import msgspec

from contract.health import MaintenanceItem
from contract.observations import Observation
from contract.times import NS, utc_from_ns
from detectors.illegal_parking.config import Config
from detectors.illegal_parking.place import Place, State

TURNED_NS = 60 * NS
MAX_ITEMS = 20


def kept(state: State, seen: Observation, config: Config) -> tuple[State, tuple[MaintenanceItem, ...] | None]:
    """The state with what is open now, and all of it when that has changed (None: as before)."""
    found = _items(state, seen, config)
    keys = tuple(sorted(found))
    if keys == state.upkeep:
        return state, None
    return msgspec.structs.replace(state, upkeep=keys), tuple(found[key] for key in keys)


def _items(state: State, seen: Observation, config: Config) -> dict[str, MaintenanceItem]:
    found: dict[str, MaintenanceItem] = {}
    lost_ns = state.lost_at_ns
    if state.lost_as == "suspended" and lost_ns is not None and seen.at_ns - lost_ns >= TURNED_NS:
        found["view_changed"] = MaintenanceItem(
            kind="view_changed",
            since=utc_from_ns(lost_ns),
            detail="the camera does not show the zone's view: its preset, its mount, or the zone must be looked at",
            values={"preset": seen.preset, "expected": config.preset},
        )
    stays = [place for place in state.places if _is_stationary(place, config)]
    for place in stays[:MAX_ITEMS]:
        found[f"stationary {place.event_id}"] = MaintenanceItem(
            kind="stationary_object",
            since=utc_from_ns(place.since_ns),
            detail="stands unchanged: a wreck, a kiosk or a sign taken for a vehicle; a person must look at it",
            values={"event_id": place.event_id, "box": list(place.box)},
        )
    return found


def _is_stationary(place: Place, config: Config) -> bool:
    return place.phase == "overdue" and place.dwell_ns >= round(config.stationary_after_s * NS)
