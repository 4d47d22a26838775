"""The first line of a sensor's tape, out of the configuration: what is judged, by which rules and which profile."""

from __future__ import annotations

from contract.observations import TapeStart, ZoneOnTape
from contract.readings import READINGS_AROUND_S
from detectors.fold import rule_for
from edge.config import EdgeConfig, SensorConfig
from edge.judge import provenance
from edge.sensors.binding import bound_rule
from edge.sensors.profiles.profile import Known


def sensor_tape_start(config: EdgeConfig, sensor: SensorConfig, known: Known) -> TapeStart:
    """What the judge of a sensor begins with; raises ContractError for a zone whose matter has no rule."""
    at = sensor.position
    profile = known.profile
    return TapeStart(
        town=config.gateway.town,
        gateway=config.gateway.id,
        device=sensor.id,
        zones=tuple(
            ZoneOnTape(
                zone=zone.id,
                matter=zone.matter,
                rule=bound_rule(zone.rule, rule_for(zone.matter).Config, sensor, profile),
            )
            for zone in config.zones
            if zone.sensor == sensor.id
        ),
        provenance=provenance(config, model=f"profile {profile.name} {profile.version}", model_sha256=known.sha256),
        position=None if at is None else (at.lat, at.lon, at.error_m),
        post_roll_s=READINGS_AROUND_S,
    )
