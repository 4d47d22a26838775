"""What one frame shows, and the tape of everything a judge was told: replayed, it gives the same findings."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from contract.events import Clock, EvidenceRef, Provenance
from contract.geometry import BboxPx


class Detection(Struct, frozen=True, kw_only=True):
    """One object found in a frame; box in pixels of the full frame, score 0..1."""

    bbox_xyxy_px: BboxPx
    score: float
    label: str


class Picture(Struct, frozen=True, kw_only=True):
    """Measurements of the frame itself; `repeated_s`: for how long the picture has been bit-identical."""

    brightness: float
    sharpness: float
    repeated_s: float = 0.0


class Observation(Struct, frozen=True, kw_only=True, tag="observation", tag_field="kind"):
    """What one analysed frame shows; `at_ns` is capture time, UTC nanoseconds, mapped from the stream's PTS.

    `looked_px`: the parts of the frame that were looked at (left, top, right, bottom), empty: all of it. What is in no
    part was not seen, which does not say that nothing was there.
    """

    device: str
    at_ns: int
    frame_px: tuple[int, int]
    detections: tuple[Detection, ...]
    picture: Picture | None = None
    clock: Clock | None = None
    looked_px: tuple[tuple[int, int, int, int], ...] = ()


class StreamLost(Struct, frozen=True, kw_only=True, tag="stream_lost", tag_field="kind"):
    """The camera gave no picture from `at_ns` on (its last stream time); the judge must not count what follows."""

    device: str
    at_ns: int
    reason: str


class ZoneOnTape(Struct, frozen=True, kw_only=True):
    """One zone as it was judged: geometry and the rule's own table, unchanged from the configuration."""

    zone: str
    matter: str
    polygon_px: tuple[tuple[float, float], ...]
    frame_px: tuple[int, int]
    rule: dict[str, Any]


class TapeStart(Struct, frozen=True, kw_only=True, tag="tape_start", tag_field="kind"):
    """The first line of a tape: whose camera, which zones and rules, made by what.

    `post_roll_s`: an act's clips are settled this long after it opened; `state`: what the judge already knew when this
    tape began (None: nothing), so that each file of a long tape can be judged again by itself.
    """

    town: str
    gateway: str
    device: str
    zones: tuple[ZoneOnTape, ...]
    provenance: Provenance
    position: tuple[float, float, float] | None = None
    post_roll_s: float = 5.0
    state: dict[str, Any] | None = None
    schema: str = "tantou.observations/1"


class EvidenceMade(Struct, frozen=True, kw_only=True, tag="evidence_made", tag_field="kind"):
    """The evidence that a revision carried; on the tape so that a replay names the same hashes without a picture."""

    event_id: str
    revision: int
    evidence: EvidenceRef


TapeRecord = TapeStart | Observation | StreamLost | EvidenceMade
