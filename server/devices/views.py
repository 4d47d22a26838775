"""Devices as their gateways last told; what was never told is null."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import msgspec

from contract.health import DeviceHealth
from server.centre import Centre
from server.devices.schemas import Device, MaintenanceNote
from server.problems import Problem
from store import gateways
from store.gateways import DeviceView


def devices(centre: Centre, towns: Collection[str]) -> list[Device]:
    """Every device of these towns, by gateway and name."""
    with centre.store.read() as connection:
        found = gateways.list_devices(connection, towns)
    return [device_of(view) for view in found]


def device(centre: Centre, towns: Collection[str], gateway: str, name: str) -> Device:
    """One device; raises Problem not_found alike for none and for one of another town."""
    with centre.store.read() as connection:
        found = gateways.list_devices(connection, towns, gateway=gateway, device=name)
    if not found:
        raise Problem("not_found", f"device {gateway}/{name}")
    return device_of(found[0])


def device_of(view: DeviceView) -> Device:
    """A store's view as the API shows it."""
    born: dict[str, Any] = {} if view.born is None else msgspec.to_builtins(view.born)
    health: dict[str, Any] = {} if view.health is None else msgspec.to_builtins(view.health)
    return Device.model_validate(
        {
            "device": view.device,
            "gateway": view.gateway,
            "town": view.town,
            "name": born.get("name") or view.device,
            "kind": born.get("kind", "camera"),
            "state": health.get("state"),
            "state_since": health.get("since"),
            "detail": health.get("detail", ""),
            "last_frame": health.get("last_frame"),
            "codec": health.get("codec"),
            "frame_px": health.get("frame_px") or born.get("frame_px"),
            "clock": health.get("clock"),
            "position": born.get("position"),
            "zones": [_zone(zone) for zone in msgspec.to_builtins(view.zones) if zone["frame_px"]],
            "gateway_online": view.gateway_online,
            "gateway_at": view.gateway_at,
            "software": view.software,
            "counters": health.get("counters", {}),
            "day": health.get("day"),
            "maintenance": [] if view.health is None else maintenance_of(view.health),
        }
    )


def maintenance_of(health: DeviceHealth) -> list[MaintenanceNote]:
    """What rules found to repair on a device, the longest standing first."""
    notes = [
        MaintenanceNote(kind=one.kind, since=one.since, detail=one.detail, values=one.values)
        for one in health.maintenance
    ]
    return sorted(notes, key=lambda one: (one.since, one.kind))


def _zone(zone: dict[str, Any]) -> dict[str, Any]:
    return {name: zone[name] for name in ("zone", "name", "matter", "polygon_px", "frame_px", "demo")}
