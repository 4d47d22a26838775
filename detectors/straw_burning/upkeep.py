"""What a tower's looks say about the tower: low visibility, a wrong view, something on the glass. Never a lead."""

from __future__ import annotations

from typing import Any

from contract.health import MaintenanceItem
from contract.times import utc_from_ns
from detectors.straw_burning.looks import Look
from detectors.straw_burning.memory import Preset, State

WRONG_VIEWS = 3
FOG_SHARE = 0.5
FOG_PRESETS = 2


def upkeep(state: State, look: Look) -> tuple[MaintenanceItem, ...]:
    """The items that are open after this look; their detail changes only when what they say does."""
    items: list[MaintenanceItem] = []
    low = look.config.low_contrast
    foggy = [one.preset for one in state.presets if one.contrast is not None and one.contrast < low]
    if len(foggy) >= min(FOG_PRESETS, len(state.presets)) and len(foggy) >= FOG_SHARE * len(state.presets):
        items.append(_item("visibility_low", look, f"{len(foggy)} of {len(state.presets)} presets", presets=foggy))
    items += [
        _item("wrong_view", look, f"preset {one.preset} does not show its view")
        for one in state.presets
        if one.unverified >= WRONG_VIEWS
    ]
    glass = sorted(_on_glass(state.presets))
    if glass:
        items.append(_item("drop_on_glass", look, f"the same pixels call in {', '.join(glass[:6])}", presets=glass))
    return tuple(items)


def _on_glass(presets: tuple[Preset, ...]) -> set[str]:
    return {one.preset for one in presets if any(track.hold == "drop_on_glass" for track in one.tracks)}


def _item(kind: str, look: Look, detail: str, **values: Any) -> MaintenanceItem:
    return MaintenanceItem(kind=kind, since=utc_from_ns(look.at_ns), detail=detail, values=values)
