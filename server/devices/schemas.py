"""What the devices' routes give."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import ConfigDict

from contract.events import ClockSource
from contract.health import CameraState
from server.shapes import INSTANT, Answer, GroundPosition, Instant


class DeviceClock(Answer):
    """The device's clock against UTC: offset = device - UTC; null is unknown."""

    source: ClockSource
    offset_s: float | None
    uncertainty_s: float | None


class DeviceZone(Answer):
    """A zone as its gateway judges it, in pixels of `frame_px`."""

    zone: str
    name: str
    matter: str
    polygon_px: list[tuple[float, float]]
    frame_px: tuple[int, int]
    demo: bool


class MaintenanceNote(Answer):
    """Something to repair or to look at on site, found by a rule; never a lead. `kind` is the rule's stable code."""

    kind: str
    since: Instant
    detail: str
    values: dict[str, Any]


class DayCounts(Answer):
    """What the rules counted on a device since then, at most a day: looked at, held back by reason (`held_cloud`)."""

    since: Instant
    counts: dict[str, int]


class Device(Answer):
    """A device as its gateway last told; with the gateway offline the state is the last one known."""

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={
            "examples": [
                {
                    "device": "cam-1",
                    "gateway": "gw-demo",
                    "town": "demo",
                    "name": "人民路口东",
                    "kind": "camera",
                    "state": "live",
                    "state_since": INSTANT,
                    "detail": "",
                    "last_frame": INSTANT,
                    "codec": "h264",
                    "frame_px": [1280, 720],
                    "clock": {"source": "none", "offset_s": None, "uncertainty_s": None},
                    "position": None,
                    "zones": [],
                    "gateway_online": True,
                    "gateway_at": INSTANT,
                    "software": "tantou 0.1.0",
                    "counters": {"frames": 1200},
                    "maintenance": [],
                    "day": None,
                }
            ]
        },
    )

    device: str
    gateway: str
    town: str
    name: str
    kind: Literal["camera", "tower", "sensor"]
    state: CameraState | None
    state_since: Instant | None
    detail: str
    last_frame: Instant | None
    codec: str | None
    frame_px: tuple[int, int] | None
    clock: DeviceClock | None
    position: GroundPosition | None
    zones: list[DeviceZone]
    gateway_online: bool
    gateway_at: Instant | None
    software: str | None
    counters: dict[str, int]
    maintenance: list[MaintenanceNote]
    day: DayCounts | None


class DeviceList(Answer):
    """Every device of the person's towns."""

    items: list[Device]


class Retention(Answer):
    """How long readings are kept, and how many rows were let go so far."""

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={
            "examples": [{"readings_kept_days": 400.0, "readings_let_go": 86400, "rejects_let_go": 0}],
        },
    )

    readings_kept_days: float
    readings_let_go: int
    rejects_let_go: int
