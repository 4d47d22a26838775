"""What `edge.toml` may say: one typed key for each line of it.

File paths in a loaded configuration are absolute; secrets are only ever named by their file.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct, field

from contract.approval import Approval
from contract.events import Name, Sha256
from contract.geometry import PolygonPx, Position

TopicName = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$", description="a name that may stand in a topic")]
Label = Annotated[str, Meta(min_length=1, max_length=200, description="words for people")]
FilePath = Annotated[
    str, Meta(min_length=1, max_length=1000, description="a file, relative to the configuration's folder")
]
Url = Annotated[str, Meta(min_length=1, max_length=2000)]
LocalDate = Annotated[str, Meta(pattern=r"^[0-9]{4}-[01][0-9]-[0-3][0-9]$", description="date as 2026-01-31")]
Pixels = Annotated[int, Meta(ge=16, le=16384)]
FramePx = tuple[Pixels, Pixels]
LISTENER_ID = "hj212"  # the port is a device of its own in health: what comes to it is seen there
CardName = Annotated[str, Meta(min_length=1, max_length=1000)]


class GatewayConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who this gateway is; it signs evidence with the Ed25519 key in `key_file` (PKCS8 PEM, mode 0600)."""

    id: TopicName
    town: TopicName
    key_file: FilePath
    data_dir: FilePath = "data/edge"


class BrokerConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where events go; `mqtt://` on loopback, `mqtts://` anywhere."""

    url: Url
    username: Annotated[str, Meta(min_length=1, max_length=200)]
    password_file: FilePath
    ca_file: FilePath | None = None
    heartbeat_s: Annotated[float, Meta(ge=0.1, le=300)] = 10.0
    ack_timeout_s: Annotated[float, Meta(ge=0.1, le=3600, description="wait for the centre's ack, then resend")] = 30.0
    inflight_max: Annotated[int, Meta(ge=1, le=1000, description="events sent and not yet acked by the centre")] = 500


class EvidenceConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where evidence files go and how much of them this gateway keeps; `url` and `token_file` are needed to run."""

    url: Url | None = None
    token_file: FilePath | None = None
    ca_file: FilePath | None = None
    stills_quality: Annotated[int, Meta(ge=50, le=100, description="JPEG quality")] = 90
    pre_roll_s: Annotated[float, Meta(ge=0, le=60)] = 5.0
    post_roll_s: Annotated[float, Meta(ge=0, le=60)] = 5.0
    max_store_mb: Annotated[int, Meta(ge=10, description="evidence on disk, MB = 1e6 bytes")] = 2000
    candidate_store_mb: Annotated[int, Meta(ge=10, description="what waits until an act is due")] = 500


class InferenceConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which model looks, `smoke_model` for towers; a card's name, or the path of a card file that ends with .toml."""

    model: Annotated[str, Meta(min_length=1, max_length=1000)] = "vehicle-n"
    smoke_model: CardName = "smoke-n"
    runtime: Literal["onnxruntime", "openvino"] = "onnxruntime"
    threads: Annotated[int, Meta(ge=1, le=256)] = 1
    input_px: Annotated[int, Meta(ge=64, le=4096, multiple_of=32)] = 640
    min_score: Annotated[float, Meta(ge=0, le=1)] = 0.3
    batch_max: Annotated[int, Meta(ge=1, le=64)] = 4
    tiles_max: Annotated[
        int, Meta(ge=1, le=16, description="looks a picture; each costs as much as one at the whole picture")
    ] = 1


class PlatesConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How number plates are read; cards by name or path. Without this table plates are read where the weights are here
    (`tantou models pull`); with it a weight that is not here is a mistake."""

    enabled: bool = True
    corners: CardName = "plate-corners-clp"
    readers: Annotated[
        tuple[CardName, ...], Meta(min_length=2, max_length=4, description="no reader is believed alone")
    ] = ("plate-text-clp", "plate-text-ppocr4", "plate-text-ppocr6")
    threads: Annotated[int, Meta(ge=1, le=64)] = 1
    waiting_max: Annotated[int, Meta(ge=1, le=64, description="asks that may wait, each with its frame")] = 6


class SpoolConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The bounds of what waits to be sent."""

    max_events: Annotated[int, Meta(ge=1000)] = 1_000_000
    max_uploads: Annotated[int, Meta(ge=100)] = 100_000
    min_free_mb: Annotated[
        int, Meta(ge=0, description="below this much free disk, evidence of the lowest rank goes")
    ] = 200


class CameraClockConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the camera's clock is compared with UTC, best way first; nothing given: the offset stays unknown."""

    onvif_url: Url | None = None
    http_date_url: Url | None = None
    given_offset_s: Annotated[float, Meta(ge=-86400, le=86400, description="camera - UTC")] | None = None
    given_uncertainty_s: Annotated[float, Meta(ge=0, le=86400)] | None = None


class PresetStop(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One stop of a patrol: the preset's name in the camera (and in zones), and how long it is watched."""

    name: Annotated[str, Meta(min_length=1, max_length=64)]
    dwell_s: Annotated[float, Meta(ge=0.5, le=3600)] = 2.0


class PatrolConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A head that this gateway drives over ONVIF, from preset to preset.

    `pan_unit_deg`, `tilt_unit_deg`: degrees for 1.0 of the head's own scale (tilt counted downwards, so that one that
    counts upwards has a negative number); `zoom_most`: how many times zoom 1.0 enlarges, 1: no close views.
    """

    onvif_url: Url
    username: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    password_file: FilePath | None = None
    presets: Annotated[tuple[PresetStop, ...], Meta(max_length=64, description="in this order")]
    settle_s: Annotated[float, Meta(ge=0, le=30)] = 1.5
    idle_s: Annotated[float, Meta(ge=1, le=3600, description="after a person moved the head")] = 120.0
    poll_s: Annotated[float, Meta(ge=0.05, le=5)] = 0.5
    pan_unit_deg: Annotated[float, Meta(ge=-360, le=360)] = 180.0
    tilt_unit_deg: Annotated[float, Meta(ge=-360, le=360)] = -90.0
    zoom_most: Annotated[float, Meta(ge=1, le=100)] = 1.0


class ThermalConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A thermal camera that looks where this one looks and tells of hot spots as ONVIF events.

    `topics`: an event counts when its topic has one of these words. `field`: where its picture lies in this camera's,
    as shares left, top, right, bottom; a lens with a wider view reaches beyond 0..1. `surety`: how far a spot is
    believed, in ln odds over the smoke model's own score; 2 is sure.
    """

    onvif_url: Url
    username: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    password_file: FilePath | None = None
    topics: Annotated[
        tuple[Annotated[str, Meta(min_length=2, max_length=100)], ...], Meta(min_length=1, max_length=20)
    ] = ("FireAlarm", "FireDetection", "TemperatureAlarm")
    field: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0)
    surety: Annotated[float, Meta(ge=0, le=5)] = 2.0


class TowerConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What turns a pixel into a place: the lines that `tantou towers calibrate` prints, and what stands below.

    `mast_m`: the camera above the fields. `dem_file`: a GeoTIFF in WGS 84 degrees, then `camera_height_m` in its datum.
    `areas_file`: GeoJSON of grid cells, parcels or villages, named by `areas_name`; `roads_file`: GeoJSON of lines. A
    camera that never moves says its own `pan_deg` and `tilt_deg`, 0 where it was calibrated so. `zoom` is the one that
    was calibrated. `weather_sensor`: the id of a `[[sensor]]` that measures the wind near it.
    """

    focal_px: Annotated[float, Meta(gt=0)]
    mast_m: Annotated[float, Meta(gt=0, le=1000)]
    pan_zero_deg: Annotated[float, Meta(ge=-360, le=360)] = 0.0
    tilt_zero_deg: Annotated[float, Meta(ge=-90, le=90)] = 0.0
    lean_east_deg: Annotated[float, Meta(ge=-20, le=20)] = 0.0
    lean_north_deg: Annotated[float, Meta(ge=-20, le=20)] = 0.0
    k1: Annotated[float, Meta(ge=-1, le=1)] = 0.0
    centre_px: tuple[float, float] | None = None
    azimuth_sd_deg: Annotated[float, Meta(gt=0, le=10)] = 0.1
    elevation_sd_deg: Annotated[float, Meta(gt=0, le=10)] = 0.05
    zoom: float = 0.0
    pan_deg: float = 0.0
    tilt_deg: float = 0.0
    camera_height_m: float | None = None
    dem_file: FilePath | None = None
    areas_file: FilePath | None = None
    areas_name: Annotated[str, Meta(min_length=1, max_length=100)] = "name"
    areas_kind: Annotated[str, Meta(min_length=1, max_length=100)] = "cell"
    roads_file: FilePath | None = None
    weather_sensor: Name | None = None


class CameraConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One camera: where its stream is, how much of it is kept, how often it is looked at."""

    id: Name
    name: Label
    url: Url
    username: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    password_file: FilePath | None = None
    engine: Literal["pyav", "gstreamer"] = "pyav"
    ring_s: Annotated[float, Meta(ge=5, le=3600, description="encoded packets kept")] = 60.0
    ring_mb: Annotated[int, Meta(ge=1, le=4000, description="encoded packets kept, MB = 1e6 bytes")] = 30
    frame_px: FramePx | None = None
    analyse_every_s: Annotated[float, Meta(ge=0.04, le=60)] = 2.0
    full_decode_fps: Annotated[float, Meta(ge=0.1, le=60)] = 5.0
    look: Annotated[
        Literal["zones", "whole"], Meta(description="at windows around its zones, or always at the whole picture")
    ] = "zones"
    no_keyframe_s: Annotated[float, Meta(ge=1, le=600)] = 30.0
    read_timeout_s: Annotated[float, Meta(ge=0.5, le=60)] = 5.0
    position: Position | None = None
    masks: Annotated[tuple[PolygonPx, ...], Meta(max_length=64, description="in pixels of frame_px")] = ()
    clock: CameraClockConfig = CameraClockConfig()
    approval: Approval | None = None
    patrol: PatrolConfig | None = None
    tower: TowerConfig | None = None
    thermal: ThermalConfig | None = None


class ListenerConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where HJ 212 devices connect to, with what bounds; raw rows go after `keep_days` or above `keep_mb`.

    `host`: an address of this machine; devices come over networks that others share, so give a certificate where they
    can use one. `key_file`: the SM4 key of devices that seal their data (2025), 32 hex digits.
    """

    host: Annotated[str, Meta(min_length=1, max_length=255)] = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535, description="0: any free one, said in the log")] = 9212
    tls_cert: FilePath | None = None
    tls_key: FilePath | None = None
    key_file: FilePath | None = None
    max_links: Annotated[int, Meta(ge=1, le=100_000)] = 8192
    max_links_per_peer: Annotated[int, Meta(ge=1, le=100_000)] = 512
    accepts_per_s: Annotated[float, Meta(ge=0.1, le=10_000, description="per address, after a burst")] = 20.0
    keep_days: Annotated[int, Meta(ge=1, le=3660)] = 400
    keep_mb: Annotated[int, Meta(ge=10, description="raw rows on disk, MB = 1e6 bytes")] = 2000


class SensorConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One sensor of one premises, and how it speaks; `profile` is one of the gateway's, or the path of a .toml file.

    hj212: `mn`, and with a `password_file` what its PW must be. modbus: `url` tcp://HOST:PORT or serial:///dev/ttyS0
    (`baud`, `parity`) and `unit`, asked each `every_s`. mqtt: `url`, `topic`, `username`, `password_file`. `bound_on`:
    the day on which somebody on site saw that this device is the one of these premises.
    """

    id: Name
    name: Label
    premises: Label
    kind: Literal["hj212", "modbus", "mqtt"]
    profile: Annotated[str, Meta(min_length=1, max_length=1000)]
    mn: Annotated[str, Meta(pattern=r"^[^;,=&\s]{1,64}$", description="the number a device gives itself")] | None = None
    password_file: FilePath | None = None
    bound_on: LocalDate | None = None
    calibrated_on: LocalDate | None = None
    position: Position | None = None
    url: Url | None = None
    unit: Annotated[int, Meta(ge=0, le=247)] = 1
    every_s: Annotated[float, Meta(ge=1, le=3600)] = 30.0
    real_time_s: Annotated[float, Meta(ge=1, le=3600, description="unlike its model it reports so often")] | None = None
    baud: Annotated[int, Meta(ge=300, le=921_600)] = 9600
    parity: Literal["none", "even", "odd"] = "none"
    topic: Annotated[str, Meta(min_length=1, max_length=500)] | None = None
    username: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    ca_file: FilePath | None = None


class ZoneConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One zone of a camera, or of a sensor, which has no picture; `rule`: the table of `detectors.<matter>.Config`."""

    id: Name
    camera: Name | None = None
    sensor: Name | None = None
    name: Label
    matter: Name
    polygon_px: Annotated[PolygonPx, Meta(max_length=100, description="in pixels of frame_px")] = ()
    frame_px: FramePx | None = None
    demo: bool = False
    rule: dict[str, Any] = {}


class EdgeFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The file as written; `broker` may be left out where nothing is sent (a replay)."""

    gateway: GatewayConfig
    broker: BrokerConfig | None = None
    evidence: EvidenceConfig = EvidenceConfig()
    inference: InferenceConfig = InferenceConfig()
    plates: PlatesConfig | None = None
    spool: SpoolConfig = SpoolConfig()
    hj212: ListenerConfig | None = None
    cameras: Annotated[tuple[CameraConfig, ...], Meta(max_length=1000)] = field(name="camera", default=())
    sensors: Annotated[tuple[SensorConfig, ...], Meta(max_length=10_000)] = field(name="sensor", default=())
    zones: Annotated[tuple[ZoneConfig, ...], Meta(max_length=5000)] = field(name="zone", default=())


class EdgeConfig(EdgeFile, frozen=True, kw_only=True):
    """A checked file; `config_sha256` names what was written in it, wherever the file lies."""

    config_sha256: Sha256
