"""Private lists of a zone's owner, plates of those who may stand there: kept out of packages and logs, and counted."""

from __future__ import annotations

from typing import Any

import msgspec

from contract.observations import TapeStart
from detectors.fold import rule_for
from edge.config import EdgeConfig


def shareable(start: TapeStart) -> TapeStart:
    """A tape's first line without the keys that its zones' rules call private; `withheld` says how many entries."""
    withheld = {zone.zone: _entries(zone.matter, zone.rule) for zone in start.zones}
    zones = tuple(msgspec.structs.replace(zone, rule=_public(zone.matter, zone.rule)) for zone in start.zones)
    return msgspec.structs.replace(start, zones=zones, withheld={zone: n for zone, n in withheld.items() if n})


def loggable(config: EdgeConfig) -> EdgeConfig:
    """The configuration as a log may show it: without those lists, as it is without secrets."""
    zones = tuple(msgspec.structs.replace(zone, rule=_public(zone.matter, zone.rule)) for zone in config.zones)
    return msgspec.structs.replace(config, zones=zones)


def _private(matter: str) -> tuple[str, ...]:
    keys: tuple[str, ...] = getattr(rule_for(matter), "PRIVATE", ())
    return keys


def _entries(matter: str, rule: dict[str, Any]) -> int:
    return sum(len(rule.get(key, ())) for key in _private(matter))


def _public(matter: str, rule: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in rule.items() if key not in _private(matter)}
