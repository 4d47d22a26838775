"""What of a tape's first line leaves the gateway: never the private lists of a zone's owner, only how long they are."""

from __future__ import annotations

import msgspec

from contract.observations import TapeStart, ZoneOnTape
from detectors.fold import rule_for


def shareable(start: TapeStart) -> TapeStart:
    """The line without the keys that its zones' rules call private; `withheld` says how many entries that were."""
    zones, withheld = [], dict[str, int]()
    for zone in start.zones:
        found = [key for key in getattr(rule_for(zone.matter), "PRIVATE", ()) if zone.rule.get(key)]
        if found:
            withheld[zone.zone] = sum(len(zone.rule[key]) for key in found)
        zones.append(_without(zone, found))
    return msgspec.structs.replace(start, zones=tuple(zones), withheld=withheld)


def _without(zone: ZoneOnTape, keys: list[str]) -> ZoneOnTape:
    kept = {key: value for key, value in zone.rule.items() if key not in keys}
    return msgspec.structs.replace(zone, rule=kept) if keys else zone
