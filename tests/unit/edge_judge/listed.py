"""What judge tests share: a tape's first line over the drawn street, and a maker that lists what it is asked."""

from __future__ import annotations

import hashlib
from collections.abc import Collection

from contract.events import EvidenceItem, EvidenceRef, Provenance
from contract.observations import PlateLooked, Seen, TapeStart, ZoneOnTape
from detectors.fold import HoldEvidence
from edge.capture.types import Frame
from edge.evidence.orders import Cuts, Order
from tests.unit.detectors.scene import ZONE

START = TapeStart(
    town="demo",
    gateway="gw-demo",
    device="cam-1",
    zones=(
        ZoneOnTape(
            zone="zone-1",
            matter="illegal_parking",
            polygon_px=ZONE.polygon_px,
            frame_px=ZONE.frame_px or (0, 0),
            rule={"grace_s": 20},
        ),
    ),
    provenance=Provenance(
        model="drawn", model_sha256="0" * 64, rule="", config_sha256="1" * 64, software="tantou, a test"
    ),
    position=(30.5, 120.25, 12.0),
    post_roll_s=5.0,
)


class ListedEvidence:
    """Makes evidence that is a hash of its order; refuses the revisions it is told to."""

    def __init__(self, *, refuses: Collection[int] = ()) -> None:
        self.orders: list[Order] = []
        self.holds: list[HoldEvidence] = []
        self.shown: list[tuple[PlateLooked, Cuts]] = []
        self.dropped: list[str] = []
        self.kept_only: list[set[str]] = []
        self.noted: list[tuple[int, bytes]] = []
        self.frames: list[Frame | None] = []
        self._refuses = refuses

    def note(self, record: Seen, *, state_before: bytes, frame: Frame | None = None) -> None:  # noqa: ARG002 -- EvidenceMaker
        self.noted.append((record.at_ns, state_before))

    def hold(self, ask: HoldEvidence, frame: Frame | None) -> None:
        self.holds.append(ask)
        self.frames.append(frame)

    def show(self, looked: PlateLooked, cuts: Cuts) -> None:
        self.shown.append((looked, cuts))

    def owes_close_view(self, event_id: str, revision: int) -> bool:  # noqa: ARG002 -- EvidenceMaker
        return any(one.role == "close_up" for one in self.holds if one.event_id == event_id)

    def drop(self, event_id: str) -> None:
        self.dropped.append(event_id)

    def keep_only(self, event_ids: Collection[str]) -> None:
        self.kept_only.append(set(event_ids))

    def make(self, order: Order) -> EvidenceRef | None:
        self.orders.append(order)
        if order.revision in self._refuses:
            return None
        sha256 = hashlib.sha256(f"{order.event_id}:{order.revision}".encode()).hexdigest()
        item = EvidenceItem(
            sha256=sha256, path=f"stills/{order.revision}.jpg", role="due", media_type="image/jpeg", size_bytes=1
        )
        earlier = order.previous.items if order.previous else ()
        return EvidenceRef(manifest_sha256=sha256, signature_sha256=sha256, items=(*earlier, item))
