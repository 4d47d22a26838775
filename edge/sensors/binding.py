"""What the binding of a sensor says to its zone's rule: whose kitchen, which profile, when its machines run. Pure."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct

from edge.config.types import SensorConfig
from edge.sensors.profiles.profile import Profile


def bound_rule(rule: dict[str, Any], kind: type[Struct], sensor: SensorConfig, profile: Profile) -> dict[str, Any]:
    """The zone's table with what it leaves to the binding filled in; what the table says itself is never changed.

    Only keys that the rule's `kind` of table knows are filled: `premises`, `sensor`, `signals`.
    """
    known = set(kind.__struct_fields__)
    signals = {key: value for key, value in msgspec.structs.asdict(profile.signals).items() if value is not None}
    registered = {
        "bound": sensor.bound_on is not None,
        "profile": profile.name,
        "profile_version": profile.version,
        "calibrated_on": sensor.calibrated_on,
    }
    filled: dict[str, Any] = {"premises": sensor.premises, "sensor": registered, "signals": signals}
    merged = dict(rule)
    for key, value in filled.items():
        if key not in known:
            continue
        given = rule.get(key)
        if given is None:
            merged[key] = value
        elif isinstance(given, dict) and isinstance(value, dict):
            merged[key] = {**value, **given}
    return merged
