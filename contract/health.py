"""Birth, will and heartbeat of a gateway, and the state of each of its devices."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from contract.events import Clock, Name, Text
from contract.geometry import Position
from contract.times import Utc

CameraState = Literal[
    "starting",
    "live",
    "unauthorized",
    "not_found",
    "unreachable",
    "garbage",
    "no_keyframe",
    "stalled",
    "frozen",
    "dark",
    "codec_unsupported",
    "cloned",
    "stopped",
]


class MaintenanceItem(Struct, frozen=True, kw_only=True):
    """Something to repair or to look at on site, found by a rule; never a lead. `kind` is the rule's stable code."""

    kind: Text
    since: Utc
    detail: Text
    values: dict[str, Any] = {}


class Linkage(Struct, frozen=True, kw_only=True):
    """Seconds of a local day in business hours: the fan ran, and the purifier with it (联动比 is their quotient)."""

    day: Text
    fan_s: Annotated[float, Meta(ge=0)]
    purifier_s: Annotated[float, Meta(ge=0)]


class DayCounts(Struct, frozen=True, kw_only=True):
    """What the rules counted on a device since then, at most a day: looked at, held back by reason (`held_cloud`)."""

    since: Utc
    counts: dict[str, Annotated[int, Meta(ge=0)]]


class DeviceHealth(Struct, frozen=True, kw_only=True):
    """One device as its gateway sees it; counters count since the gateway's start.

    Of sensors only: `conformity` is how well its last frames keep to the standard, 0..100; `linkage` of today.
    `day`: of the last day, where the rules count what never became an event.
    """

    device: Name
    state: CameraState
    since: Utc
    detail: Text = ""
    last_frame: Utc | None = None
    codec: str | None = None
    frame_px: tuple[int, int] | None = None
    engine: str | None = None
    clock: Clock | None = None
    counters: dict[str, int] = {}
    maintenance: Annotated[tuple[MaintenanceItem, ...], Meta(max_length=100)] = ()
    conformity: Annotated[float, Meta(ge=0, le=100)] | None = None
    linkage: Linkage | None = None
    day: DayCounts | None = None


class Health(Struct, frozen=True, kw_only=True):
    """The heartbeat: queue lengths, disk and every device's state."""

    gateway: Name
    town: Name
    at: Utc
    uptime_s: Annotated[float, Meta(ge=0)]
    spool_events: int
    spool_uploads: int
    disk_free_bytes: int
    memory_bytes: int
    devices: Annotated[tuple[DeviceHealth, ...], Meta(max_length=1000)]
    counters: dict[str, int] = {}


class DrawnLimit(Struct, frozen=True, kw_only=True):
    """A warning limit of a zone, for people to see it in the curve of its factor."""

    factor: Text
    limit: float
    unit: Text
    source: Text = ""


class BornDevice(Struct, frozen=True, kw_only=True):
    """A device as its gateway announces it; of sensors also whose `premises` it is at, and its days as registered."""

    device: Name
    name: Text
    kind: Literal["camera", "tower", "sensor"]
    position: Position | None = None
    frame_px: tuple[int, int] | None = None
    premises: Text | None = None
    bound_on: Text | None = None
    calibrated_on: Text | None = None


class BornZone(Struct, frozen=True, kw_only=True):
    """A zone as its gateway judges it, for people to see it drawn; a sensor's zone may have no picture."""

    zone: Name
    device: Name
    name: Text
    matter: Name
    polygon_px: tuple[tuple[float, float], ...] = ()
    frame_px: tuple[int, int] | None = None
    demo: bool = False
    limits: Annotated[tuple[DrawnLimit, ...], Meta(max_length=20)] = ()


class Birth(Struct, frozen=True, kw_only=True):
    """Sent when a gateway comes up: what it is, what it runs, which devices and zones it has."""

    gateway: Name
    town: Name
    at: Utc
    software: Text
    config_sha256: str
    public_key: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}(?!\n)$")]
    devices: Annotated[tuple[BornDevice, ...], Meta(max_length=1000)]
    zones: Annotated[tuple[BornZone, ...], Meta(max_length=5000)]


class Will(Struct, frozen=True, kw_only=True):
    """Left with the broker: published for the gateway when its connection dies."""

    gateway: Name
    town: Name
    reason: Text
