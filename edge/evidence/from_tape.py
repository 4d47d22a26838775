"""Evidence read from a tape: the hashes that were made when it was recorded; needs no picture."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from contract.events import EvidenceRef
from contract.observations import EvidenceMade, PlateLooked, Seen
from detectors.fold import HoldEvidence
from edge.capture.types import Frame
from edge.evidence.orders import Cuts, Order


class TapeEvidence:
    """The `EvidenceMaker` of a tape judged again: `expect` what the tape says of a record, then judge the record."""

    def __init__(self) -> None:
        self._made: dict[tuple[str, int], EvidenceRef] = {}

    def expect(self, made: Iterable[EvidenceMade]) -> None:
        """What was made at the record that is judged next; what is not among it counts as failed then, so now."""
        self._made = {(one.event_id, one.revision): one.evidence for one in made}

    def note(self, record: Seen, *, state_before: bytes, frame: Frame | None = None) -> None:
        """Nothing: the tape is there already."""

    def hold(self, ask: HoldEvidence, frame: Frame | None) -> None:
        """Nothing to keep."""

    def show(self, looked: PlateLooked, cuts: Cuts) -> None:
        """Nothing to keep."""

    def owes_close_view(self, event_id: str, revision: int) -> bool:
        """Whether one was made then."""
        return (event_id, revision) in self._made

    def drop(self, event_id: str) -> None:
        """Nothing to drop."""

    def keep_only(self, event_ids: Collection[str]) -> None:
        """Nothing waits."""

    def make(self, order: Order) -> EvidenceRef | None:
        """What the tape names for this revision."""
        return self._made.get((order.event_id, order.revision))
