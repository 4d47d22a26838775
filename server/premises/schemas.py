"""What the premises' routes give."""

from __future__ import annotations

from pydantic import ConfigDict

from contract.health import CameraState
from server.devices.schemas import MaintenanceNote
from server.shapes import INSTANT, Answer, GroundPosition, Instant


class Linkage(Answer):
    """Seconds of a local day in business hours: fan, purifier with it; `ratio` (联动比) is null without fan time."""

    day: str
    fan_s: float
    purifier_s: float
    ratio: float | None


class WarningLimit(Answer):
    """A limit that the zone is judged by."""

    factor: str
    limit: float
    unit: str
    source: str


class LatestValue(Answer):
    """The last value of one factor; null: it was sent without one. Only mark N may be evidence."""

    factor: str
    value: float | None
    unit: str
    mark: str
    at: Instant


class Premises(Answer):
    """One zone of one sensor of premises, as its gateway last told; what was never told is null."""

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={
            "examples": [
                {
                    "gateway": "gw-demo",
                    "zone": "flue-off",
                    "town": "demo",
                    "premises": "示范川菜馆",
                    "zone_name": "2号烟道",
                    "matter": "cooking_fumes",
                    "device": "kitchen-off",
                    "device_name": "油烟监测仪 2",
                    "state": "live",
                    "state_since": INSTANT,
                    "last_heard": INSTANT,
                    "gateway_online": True,
                    "gateway_at": INSTANT,
                    "conformity": 100.0,
                    "linkage": {"day": "2026-11-24", "fan_s": 5400.0, "purifier_s": 0.0, "ratio": 0.0},
                    "limits": [{"factor": "fume_mg_m3", "limit": 2.0, "unit": "mg/m3", "source": "GB 18483-2001"}],
                    "latest": [
                        {"factor": "fume_mg_m3", "value": 1.4, "unit": "mg/m3", "mark": "N", "at": INSTANT},
                    ],
                    "maintenance": [],
                    "bound_on": "2026-01-10",
                    "calibrated_on": "2026-01-09",
                    "position": None,
                    "demo": True,
                }
            ]
        },
    )

    gateway: str
    zone: str
    town: str
    premises: str | None
    zone_name: str
    matter: str
    device: str
    device_name: str
    state: CameraState | None
    state_since: Instant | None
    last_heard: Instant | None
    gateway_online: bool
    gateway_at: Instant | None
    conformity: float | None
    linkage: Linkage | None
    limits: list[WarningLimit]
    latest: list[LatestValue]
    maintenance: list[MaintenanceNote]
    bound_on: str | None
    calibrated_on: str | None
    position: GroundPosition | None
    demo: bool


class PremisesList(Answer):
    """Every premises of the person's towns that a sensor watches."""

    items: list[Premises]


class CurvePoint(Answer):
    """The samples of one bucket that begins at `at`: over those with mark N, or where there is none over the others.

    `valid` of `samples` had mark N; `marks` names the others. Without a value low, high and mean are null.
    """

    at: Instant
    low: float | None
    high: float | None
    mean: float | None
    samples: int
    valid: int
    marks: list[str]


class CurveSeries(Answer):
    """One factor; a bucket without a sample is not there: a gap stays a gap."""

    factor: str
    unit: str
    points: list[CurvePoint]


class Curve(Answer):
    """What a sensor measured from `begin` to before `end`; `cut`: there was more, the newest samples are left out.

    `kept_from`: older readings were let go but for those around an act, so a gap before it says nothing of the sensor.
    On-line values are clues, never a legal measurement.
    """

    begin: Instant
    end: Instant
    bucket_s: int
    series: list[CurveSeries]
    limits: list[WarningLimit]
    cut: bool
    kept_from: Instant
    legal_note: str
