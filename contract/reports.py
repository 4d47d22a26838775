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


class PartAp(Struct, frozen=True, kw_only=True):
    """One camera, scene or size of boxes: AP50 with its 90 % interval, truth boxes, and p and r at the threshold."""

    ap50: float | None
    boxes: int
    images: int = 0
    ap50_90: tuple[float, float] | None = None
    p: float | None = None
    r: float | None = None


class SmokeEval(Struct, frozen=True, kw_only=True):
    """Smoke on tower pictures: threshold at 80 % recall, alarms on the negatives there, recall by size."""

    t_at_r80: float | None
    negatives: int
    alarmed: int | None
    recall_by_size: tuple[float | None, ...]


class EvalReport(Struct, frozen=True, kw_only=True):
    """The figures of `tantou models eval` (acceptance formats); unknown is None.

    `boxes`, the parts and `ap50_90` (a bootstrap interval over cameras and their pictures) are of the card's first
    merged class, or of its first class. `unread`: pictures of the folder that could not be judged.
    """

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
    ap50_90: tuple[float, float] | None = None
    by_camera: dict[str, PartAp] = field(default_factory=dict)
    by_scene: dict[str, PartAp] = field(default_factory=dict)
    by_size: dict[str, PartAp] = field(default_factory=dict)
    at_threshold: AtThreshold | None = None
    smoke: SmokeEval | None = None
    unread: tuple[str, ...] = ()


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


Shares = tuple[float, float, float, float]


class StrawAlarm(Struct, frozen=True, kw_only=True):
    """A fire that the sequence confirmed: the frame of the alarm, the first frame that showed it, box in shares."""

    frame: str
    onset_frame: str
    box: Shares
    score: float
    what: Literal["smoke", "fire"] = "smoke"


class StrawCandidate(Struct, frozen=True, kw_only=True):
    """What the detector proposed in one frame; `held` names the reason why it was not alarmed, None: it was counted."""

    frame: str
    box: Shares
    score: float
    held: str | None = None


class ReplayedSequence(Struct, frozen=True, kw_only=True):
    """The alarms of one sequence; `checks_not_applicable` are those that its interval does not allow, `unread` the
    frames that are no picture. `interval_s` None: one frame alone has none."""

    interval_s: float | None
    alarms: tuple[StrawAlarm, ...] = ()
    candidates: tuple[StrawCandidate, ...] = ()
    checks_not_applicable: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()


class StrawReplayReport(Struct, frozen=True, kw_only=True):
    """What `tantou straw replay` found, by sequence."""

    schema: Literal["tantou.straw.replay/1"] = "tantou.straw.replay/1"
    sequences: dict[str, ReplayedSequence]
    card: str | None = None
    model_sha256: str | None = None


class DecodedValue(Struct, frozen=True, kw_only=True):
    """One value of an HJ 212 frame; `value` None: no number; `text` as sent (None: a secret); `flag`: its mark."""

    code: str
    field: str | None
    value: float | None
    text: str | None
    flag: str | None


class DecodedFrame(Struct, frozen=True, kw_only=True):
    """One judged HJ 212 frame: its verdict, its header; `mark`: what stored data must carry, comma-separated."""

    verdict: str
    mn: str | None
    st: str | None
    cn: str | None
    qn: str | None
    data_time: str | None
    mark: str | None
    tolerances: tuple[str, ...]
    values: tuple[DecodedValue, ...]


class DecodedLine(Struct, frozen=True, kw_only=True):
    """One line of `tantou hj212 decode --json`: what a data line was judged, and the answers owed, `|` between."""

    line: int | None
    id: str | None
    verdict: str
    answer: str
    frames: tuple[DecodedFrame, ...]
