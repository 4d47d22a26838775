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
Pixels = Annotated[int, Meta(ge=16, le=16384)]
FramePx = tuple[Pixels, Pixels]


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
    """Which model looks; `model` is a card's name, or the path of a card file that ends with .toml."""

    model: Annotated[str, Meta(min_length=1, max_length=1000)] = "vehicle-n"
    runtime: Literal["onnxruntime", "openvino"] = "onnxruntime"
    threads: Annotated[int, Meta(ge=1, le=256)] = 1
    input_px: Annotated[int, Meta(ge=64, le=4096, multiple_of=32)] = 640
    min_score: Annotated[float, Meta(ge=0, le=1)] = 0.3
    batch_max: Annotated[int, Meta(ge=1, le=64)] = 4
    tiles_max: Annotated[
        int, Meta(ge=1, le=16, description="looks a picture; each costs as much as one at the whole picture")
    ] = 1


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


class ZoneConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One zone of one camera; `rule` is the table of `detectors.<matter>.Config`."""

    id: Name
    camera: Name
    name: Label
    matter: Name
    polygon_px: Annotated[PolygonPx, Meta(max_length=100, description="in pixels of frame_px")]
    frame_px: FramePx
    demo: bool = False
    rule: dict[str, Any] = {}


class EdgeFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The file as written; `broker` may be left out where nothing is sent (a replay)."""

    gateway: GatewayConfig
    broker: BrokerConfig | None = None
    evidence: EvidenceConfig = EvidenceConfig()
    inference: InferenceConfig = InferenceConfig()
    spool: SpoolConfig = SpoolConfig()
    cameras: Annotated[tuple[CameraConfig, ...], Meta(min_length=1, max_length=1000)] = field(name="camera")
    zones: Annotated[tuple[ZoneConfig, ...], Meta(max_length=5000)] = field(name="zone", default=())


class EdgeConfig(EdgeFile, frozen=True, kw_only=True):
    """A checked file; `config_sha256` names what was written in it, wherever the file lies."""

    config_sha256: Sha256
