"""A drawn street for the parking rule: vehicles as boxes on a time line, so that a test states only what matters."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from contract.approval import Approval
from contract.events import Clock
from contract.observations import Detection, Observation, Seen, StreamLost
from contract.times import NS
from detectors import illegal_parking as rule
from detectors.fold import Ask, Finding, Zone

START_NS = 1_790_000_000 * NS
FRAME_PX = (1280, 720)
SPOT = (500.0, 300.0, 700.0, 420.0)
APPROVAL = Approval(
    number="A-1",
    reviewed_on="2026-01-01",
    published_in="town notice 3",
    published_on="2026-01-02",
    calibrated_until="2026-12-31",
    sign_photo="signs/cam-1.jpg",
)
ZONE = Zone(
    town="demo",
    device="cam-1",
    zone="zone-1",
    matter="illegal_parking",
    polygon_px=((400.0, 300.0), (900.0, 300.0), (900.0, 600.0), (400.0, 600.0)),
    frame_px=FRAME_PX,
    approval=APPROVAL,
)
CONFIG = rule.Config(
    grace_s=20,
    authority="jiaojing",
    legal_ground="道路交通安全法 art. 56",
    marking="no_stopping_line",
    marking_px=((410.0, 500.0), (700.0, 500.0), (700.0, 520.0), (410.0, 520.0)),
    surface="carriageway",
    facing="north",
)
GOOD_CLOCK = Clock(source="rtcp", offset_s=0.1, uncertainty_s=0.05)


def car(box: tuple[float, float, float, float] = SPOT, *, label: str = "car", score: float = 0.9) -> Detection:
    """A vehicle found at a box."""
    return Detection(bbox_xyxy_px=box, score=score, label=label)


def look(at_s: float, *found: Detection, frame_px: tuple[int, int] = FRAME_PX) -> Observation:
    """What the camera saw `at_s` seconds into the scene."""
    at_ns = START_NS + round(at_s * NS)
    return Observation(device="cam-1", at_ns=at_ns, frame_px=frame_px, detections=found, clock=GOOD_CLOCK)


def lost(at_s: float) -> StreamLost:
    """The stream broke off."""
    return StreamLost(device="cam-1", at_ns=START_NS + round(at_s * NS), reason="stalled")


def looks(first_s: float, last_s: float, *found: Detection, every_s: float = 2.0) -> list[Observation]:
    """The same sight again and again."""
    count = int((last_s - first_s) / every_s) + 1
    return [look(first_s + index * every_s, *found) for index in range(count)]


def run(
    scene: Iterable[Seen], *, config: rule.Config = CONFIG, state: rule.State | None = None
) -> tuple[rule.State, list[Finding], list[Ask]]:
    """The whole fold over a scene."""
    now = state if state is not None else rule.initial_state()
    findings: list[Finding] = []
    asks: list[Ask] = []
    for seen in scene:
        step = rule.step(now, seen, ZONE, config)
        now = step.state
        findings += step.findings
        asks += step.asks
    return now, findings, asks


def phases(findings: Sequence[Finding]) -> list[str]:
    """The phases told, in order."""
    return [finding.phase for finding in findings]
