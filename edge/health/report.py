"""The contract's birth and heartbeat out of plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from contract.health import Birth, BornDevice, BornZone, DeviceHealth, Health
from contract.times import NS, utc_from_ns
from edge.config import EdgeConfig


class Machine(NamedTuple):
    """Queue lengths and what the machine has left."""

    spool_events: int
    spool_uploads: int
    disk_free_bytes: int
    memory_bytes: int


def birth(config: EdgeConfig, *, at_ns: int, software: str, public_key: str) -> Birth:
    """What this gateway is: its cameras and zones, its key, what it runs."""
    return Birth(
        gateway=config.gateway.id,
        town=config.gateway.town,
        at=utc_from_ns(at_ns),
        software=software,
        config_sha256=config.config_sha256,
        public_key=public_key,
        devices=tuple(
            BornDevice(
                device=camera.id, name=camera.name, kind="camera", position=camera.position, frame_px=camera.frame_px
            )
            for camera in config.cameras
        ),
        zones=tuple(
            BornZone(
                zone=zone.id,
                device=zone.camera,
                name=zone.name,
                matter=zone.matter,
                polygon_px=zone.polygon_px,
                frame_px=zone.frame_px,
                demo=zone.demo,
            )
            for zone in config.zones
        ),
    )


def health(
    config: EdgeConfig,
    devices: Sequence[DeviceHealth],
    *,
    at_ns: int,
    started_ns: int,
    machine: Machine,
    counters: Mapping[str, int],
) -> Health:
    """The heartbeat of this moment."""
    return Health(
        gateway=config.gateway.id,
        town=config.gateway.town,
        at=utc_from_ns(at_ns),
        uptime_s=max(0.0, round((at_ns - started_ns) / NS, 3)),
        spool_events=machine.spool_events,
        spool_uploads=machine.spool_uploads,
        disk_free_bytes=machine.disk_free_bytes,
        memory_bytes=machine.memory_bytes,
        devices=tuple(devices),
        counters=dict(counters),
    )
