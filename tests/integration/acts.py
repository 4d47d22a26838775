"""Builders: a valid event, gateway, birth or heartbeat with defaults, so that a test states only what matters."""

from __future__ import annotations

from typing import Any

from contract import codec, identity
from contract.events import Clock, Event, EvidenceItem, EvidenceRef, Grade, Provenance
from contract.geometry import Where
from contract.health import Birth, BornDevice, BornZone, DeviceHealth, Health
from contract.manifest import sha256_hex
from contract.times import NS, utc_from_ns
from store.events import Arrival
from store.gateways import Gateway

START_NS = 1_770_000_000 * NS
PUBLIC_KEY = "ab" * 32


def at(second: float) -> str:
    """An instant that many seconds after the tests' beginning of time."""
    return utc_from_ns(START_NS + round(second * NS))


def event(number: int = 0, revision: int = 1, **changes: Any) -> Event:
    """Revision `revision` of the act number `number`."""
    seen = at(number + revision)
    facts = {
        "vehicle": "car",
        "since": at(number),
        "due": seen,
        "last_seen": seen,
        "dwell_s": float(revision),
        "grace_s": 1.0,
        "hidden_s": 0.0,
        "no_picture_s": 0.0,
        "arrival_seen": True,
    }
    town, device = changes.get("town", "demo"), changes.get("device", "cam-1")
    values: dict[str, Any] = {
        "event_id": identity.event_id(
            town=town,
            device=device,
            zone="zone-1",
            matter="illegal_parking",
            onset_ns=START_NS + number * NS,
            place_key=str(number),
        ),
        "revision": revision,
        "matter": "illegal_parking",
        "phase": "opened" if revision == 1 else "updated",
        "town": "demo",
        "gateway": "gw-1",
        "device": "cam-1",
        "zone": "zone-1",
        "onset": at(number),
        "last_seen": seen,
        "clock": Clock(source="none"),
        "where": Where(polygon_px=((0, 0), (10, 0), (10, 10)), frame_px=(640, 360)),
        "facts": facts,
        "grade": Grade(level="partial"),
        "provenance": Provenance(
            model="vehicle-n", model_sha256="0" * 64, rule="parking/1", config_sha256="0" * 64, software="tantou 0"
        ),
    }
    return Event(**(values | changes))


def evidence(*contents: bytes, manifest: bytes = b"manifest", signature: bytes = b"signature") -> EvidenceRef:
    """A reference to these files."""
    items = tuple(
        EvidenceItem(
            sha256=sha256_hex(content),
            path=f"stills/{number}.jpg",
            role="due",
            media_type="image/jpeg",
            size_bytes=len(content),
        )
        for number, content in enumerate(contents)
    )
    return EvidenceRef(manifest_sha256=sha256_hex(manifest), signature_sha256=sha256_hex(signature), items=items)


def message(of: Event) -> bytes:
    """The bytes of an event as they go over the broker."""
    return codec.encode(codec.event_message(of))


def arrival(of: Event) -> Arrival:
    """An event as `store.events.take_in` takes it."""
    return Arrival(of, message(of))


def gateway(**changes: Any) -> Gateway:
    """A gateway to register."""
    values = {"id": "gw-1", "town": "demo", "public_key_hex": PUBLIC_KEY} | changes
    return Gateway(**values)


def birth(**changes: Any) -> Birth:
    """The birth of gw-1 with one camera and one zone that is no demo."""
    values: dict[str, Any] = {
        "gateway": "gw-1",
        "town": "demo",
        "at": at(0),
        "software": "tantou 0",
        "config_sha256": "0" * 64,
        "public_key": PUBLIC_KEY,
        "devices": (BornDevice(device="cam-1", name="North gate", kind="camera"),),
        "zones": (born_zone(),),
    }
    return Birth(**(values | changes))


def born_zone(**changes: Any) -> BornZone:
    """A zone as a birth names it."""
    values: dict[str, Any] = {
        "zone": "zone-1",
        "device": "cam-1",
        "name": "Bus stop",
        "matter": "illegal_parking",
        "polygon_px": ((0.0, 0.0), (10.0, 0.0), (10.0, 10.0)),
        "frame_px": (640, 360),
    }
    return BornZone(**(values | changes))


def health(*devices: DeviceHealth, **changes: Any) -> Health:
    """A heartbeat of gw-1."""
    values: dict[str, Any] = {
        "gateway": "gw-1",
        "town": "demo",
        "at": at(1),
        "uptime_s": 1.0,
        "spool_events": 0,
        "spool_uploads": 0,
        "disk_free_bytes": 1,
        "memory_bytes": 1,
        "devices": devices,
    }
    return Health(**(values | changes))


def device_health(state: Any = "live", **changes: Any) -> DeviceHealth:
    """How cam-1 stands."""
    return DeviceHealth(**({"device": "cam-1", "state": state, "since": at(0)} | changes))
