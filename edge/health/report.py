"""The contract's birth and heartbeat out of plain values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec

from contract.health import Birth, BornDevice, BornZone, DeviceHealth, DrawnLimit, Health
from contract.times import NS, utc_from_ns
from detectors.fold import rule_for
from edge.config import LISTENER_ID, CameraConfig, EdgeConfig, ZoneConfig


class Machine(NamedTuple):
    """Queue lengths and what the machine has left."""

    spool_events: int
    spool_uploads: int
    disk_free_bytes: int
    memory_bytes: int


def birth(config: EdgeConfig, *, at_ns: int, software: str, public_key: str) -> Birth:
    """What this gateway is: its devices and zones, its key, what it runs."""
    return Birth(
        gateway=config.gateway.id,
        town=config.gateway.town,
        at=utc_from_ns(at_ns),
        software=software,
        config_sha256=config.config_sha256,
        public_key=public_key,
        devices=(*(_camera(camera) for camera in config.cameras), *_sensors(config)),
        zones=tuple(
            BornZone(
                zone=zone.id,
                device=zone.camera or zone.sensor or "",
                name=zone.name,
                matter=zone.matter,
                polygon_px=zone.polygon_px,
                frame_px=zone.frame_px,
                demo=zone.demo,
                limits=_limits(zone),
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


def _camera(camera: CameraConfig) -> BornDevice:
    return BornDevice(
        device=camera.id,
        name=camera.name,
        kind="camera" if camera.patrol is None and camera.tower is None else "tower",
        position=camera.position,
        frame_px=camera.frame_px,
    )


def _sensors(config: EdgeConfig) -> Iterator[BornDevice]:
    """The sensors, and the port that HJ 212 devices come to: what comes there and is nobody's is seen at it."""
    if config.hj212 is not None:
        yield BornDevice(device=LISTENER_ID, name="HJ 212", kind="sensor")
    for sensor in config.sensors:
        yield BornDevice(
            device=sensor.id,
            name=sensor.name,
            kind="sensor",
            position=sensor.position,
            premises=sensor.premises,
            bound_on=sensor.bound_on,
            calibrated_on=sensor.calibrated_on,
        )


def _limits(zone: ZoneConfig) -> tuple[DrawnLimit, ...]:
    """The limits that a sensor's zone is judged by, defaults included."""
    if zone.sensor is None:
        return ()
    fields = msgspec.structs.fields(rule_for(zone.matter).Config)
    field = next((one for one in fields if one.name == "limits"), None)
    if field is None:
        return ()
    limits = msgspec.convert(zone.rule["limits"], field.type) if "limits" in zone.rule else field.default
    return tuple(DrawnLimit(factor=one.factor, limit=one.limit, unit=one.unit, source=one.source) for one in limits)
