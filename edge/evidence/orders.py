"""What a judge asks of whoever makes evidence: the Protocol, and the order for one revision's package."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from contract.events import Clock, EvidenceRef, Phase, Provenance
from contract.geometry import BboxPx
from contract.observations import PlateLooked, Seen, ZoneOnTape
from detectors.fold import HoldEvidence
from edge.capture.types import Frame


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Evidence for one revision of one act; boxes in pixels of `frame_px`, times UTC nanoseconds of stream time.

    `settle_clips`: this revision carries the clips, whole or as far as they go; otherwise the stills of the moment,
    which `frame` shows (None: no picture). `facts` are the event's.
    """

    event_id: str
    revision: int
    phase: Phase
    previous: EvidenceRef | None
    previous_revision: int | None
    zone: ZoneOnTape
    onset_ns: int
    last_seen_ns: int
    at_ns: int
    bbox_xyxy_px: BboxPx | None
    frame_px: tuple[int, int] | None
    clock: Clock
    provenance: Provenance
    facts: dict[str, Any] = field(default_factory=dict)
    settle_clips: bool = False
    frame: Frame | None = None


@dataclass(frozen=True, slots=True)
class CloseUp:
    """A cut of the frame that was read, as JPEG: the plate made straight, or the vehicle."""

    what: Literal["plate", "vehicle"]
    jpeg: bytes
    sha256: str


@dataclass(frozen=True, slots=True)
class Cuts:
    """What shows that a plate was looked at; `frame_jpeg`: the whole picture, where two readers agreed in it."""

    close_ups: tuple[CloseUp, ...] = ()
    frame_jpeg: bytes | None = None


NO_CUTS = Cuts()


class EvidenceMaker(Protocol):
    """Two real ones: `FileEvidence` makes files of pictures, `TapeEvidence` reads what a tape says was made."""

    def note(self, record: Seen, *, state_before: bytes, frame: Frame | None = None) -> None:
        """First thing of every step: the tape grows by this record; pieces of clips that became whole are kept.

        `frame`: the picture of the record, where it has one.
        """
        ...

    def hold(self, ask: HoldEvidence, frame: Frame | None) -> None:
        """Keep what shows the moment `ask.at_ns`, until the act is due or over; what cannot be kept is said later."""
        ...

    def show(self, looked: PlateLooked, cuts: Cuts) -> None:
        """Keep the close-ups of a look at a plate, until the act is due or over; what cannot be kept is said later."""
        ...

    def owes_close_view(self, event_id: str, revision: int) -> bool:
        """Whether a tower's close view of an act is kept that no revision shows; then this one should."""
        ...

    def drop(self, event_id: str) -> None:
        """The act ended early: nothing of it stays."""
        ...

    def keep_only(self, event_ids: Collection[str]) -> None:
        """After a restart: whatever waits for acts of this camera that nobody remembers is dropped."""
        ...

    def make(self, order: Order) -> EvidenceRef | None:
        """The signed package of this revision, whole on disk; None when it cannot be made."""
        ...
