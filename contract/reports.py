"""What the commands print with `--json`; acceptance reads these, so their field names are fixed."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct, field


class VerifyReport(Struct, frozen=True, kw_only=True):
    """The verdict of `tantou verify`: what is wrong with a package, by name."""

    schema: Literal["tantou.verify/1"] = "tantou.verify/1"
    whole: bool
    signer: Literal["proved", "unknown", "wrong"]
    missing: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()
    countersigned: bool = False
    timestamp: str | None = None
    reasons: tuple[str, ...] = ()


class AtThreshold(Struct, frozen=True, kw_only=True):
    """Precision and recall of the merged vehicle class at the card's threshold."""

    t: float
    p: float | None
    r: float | None


class CameraAp(Struct, frozen=True, kw_only=True):
    """AP50 of one camera, and on how many truth boxes."""

    ap50: float | None
    boxes: int


class SmokeEval(Struct, frozen=True, kw_only=True):
    """Smoke on tower pictures: threshold at 80 % recall, alarms on the negatives there, recall by size."""

    t_at_r80: float | None
    negatives: int
    alarmed: int | None
    recall_by_size: tuple[float | None, ...]


class EvalReport(Struct, frozen=True, kw_only=True):
    """The figures of `tantou models eval` (acceptance formats); unknown is None."""

    schema: Literal["tantou.eval/1"] = "tantou.eval/1"
    card: str
    sha256: str
    size: int
    runtime: str
    precision: str
    images: int
    boxes: int
    ap50: dict[str, float | None]
    ap50_95: dict[str, float | None]
    ap50_small: dict[str, float | None]
    by_camera: dict[str, CameraAp] = field(default_factory=dict)
    at_threshold: AtThreshold | None = None
    smoke: SmokeEval | None = None


class ReplayedEvent(Struct, frozen=True, kw_only=True):
    """One act found in recorded detections, in frame numbers of the recording."""

    first_frame: int
    due_frame: int
    last_frame: int
    dwell_s: float
    box: tuple[float, float, float, float]
    hidden: tuple[tuple[int, int], ...] = ()
    grade: str


class ReplayedVideo(Struct, frozen=True, kw_only=True):
    """The acts of one video, or why it was skipped."""

    skipped: str | None
    events: tuple[ReplayedEvent, ...] = ()


class ParkingReplayReport(Struct, frozen=True, kw_only=True):
    """What `tantou parking replay` found, by video."""

    schema: Literal["tantou.parking.replay/1"] = "tantou.parking.replay/1"
    min_dwell_s: float
    videos: dict[str, ReplayedVideo]
