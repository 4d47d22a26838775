"""The first line of a camera's tape, out of the configuration: what is judged, by which rules, with which model."""

from __future__ import annotations

from importlib import metadata
from typing import Any

from contract.errors import ContractError
from contract.events import Clock, Provenance
from contract.observations import TapeStart, ZoneOnTape
from detectors.fold import rule_for
from edge.config import CameraClockConfig, CameraConfig, EdgeConfig, ZoneConfig


def software() -> str:
    """Name and version of what judges; the version is unknown where the distribution is not installed."""
    try:
        return f"tantou {metadata.version('tantou')}"
    except metadata.PackageNotFoundError:
        return "tantou, version unknown"


def provenance(config: EdgeConfig, *, model: str, model_sha256: str) -> Provenance:
    """What judges, but for the rule, which each event names itself."""
    return Provenance(
        model=model,
        model_sha256=model_sha256,
        rule="",
        config_sha256=config.config_sha256,
        software=software(),
    )


def tape_start(config: EdgeConfig, camera_id: str, made_by: Provenance) -> TapeStart:
    """What a `CameraJudge` of that camera begins with; raises ContractError for a camera that is not configured."""
    camera = next((camera for camera in config.cameras if camera.id == camera_id), None)
    if camera is None:
        known = ", ".join(camera.id for camera in config.cameras)
        raise ContractError(f"camera {camera_id!r}: not in the configuration; known are {known}")
    at = camera.position
    zones = tuple(zone for zone in config.zones if zone.camera == camera_id)
    return TapeStart(
        town=config.gateway.town,
        gateway=config.gateway.id,
        device=camera_id,
        zones=tuple(
            ZoneOnTape(
                zone=zone.id,
                matter=zone.matter,
                polygon_px=zone.polygon_px,
                frame_px=zone.frame_px,
                rule=_with_station(zone, camera),
                approval=camera.approval,
            )
            for zone in zones
        ),
        provenance=made_by,
        position=None if at is None else (at.lat, at.lon, at.error_m),
        post_roll_s=config.evidence.post_roll_s,
        names={camera.id: camera.name, **{zone.id: zone.name for zone in zones}},
    )


def _with_station(zone: ZoneConfig, camera: CameraConfig) -> dict[str, Any]:
    """The zone's table, with the station that measures near the tower where the table names none."""
    station = None if camera.tower is None else camera.tower.weather_sensor
    if station is None or "weather_station" not in rule_for(zone.matter).Config.__struct_fields__:
        return zone.rule
    return {"weather_station": station, **zone.rule}


def given_clock(clock: CameraClockConfig) -> Clock:
    """The clock of a recording: what the configuration gives; otherwise unknown."""
    if clock.given_offset_s is None:
        return Clock(source="none")
    return Clock(source="given", offset_s=clock.given_offset_s, uncertainty_s=clock.given_uncertainty_s)
