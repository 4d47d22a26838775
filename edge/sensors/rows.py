"""The kept rows of one device turned into records again, in the order in which they were kept, each exactly once.

Split messages are put together as the server did it: by a decoder that lives through the rows. After a restart it is
warmed with the parts that were judged already, so that a set cut by the restart is still whole.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from contract.times import NS
from edge.sensors.hj212.decoder import Decoder, Fate, Outcome
from edge.sensors.hj212.framing import IDLE_S
from edge.sensors.hj212.server.rows import STRANGER_MARK
from edge.sensors.hj212.server.store import StoredFrame
from edge.sensors.hj212.splits import OPEN_S
from edge.sensors.hj212.tolerances import SCORED_FRAMES
from edge.sensors.profiles.profile import Profile
from edge.sensors.reading import Kept, Read, read_message, score_of

WARM_NS: Final = int(OPEN_S * NS)
_TELLS: Final = frozenset({Fate.ACCEPTED, Fate.MERGED, Fate.STORED_RAW})


class FrameReader:
    """One HJ 212 device's; `penalties` are those of its last frames, oldest first."""

    def __init__(
        self,
        device: str,
        profile: Profile,
        *,
        keys: Mapping[str, bytes],
        password: str | None,
        penalties: Iterable[int],
    ) -> None:
        self._device = device
        self._profile = profile
        self._password = password
        self._penalties = deque(penalties, maxlen=SCORED_FRAMES)
        self._decoder = Decoder(keys=keys)
        self._at_s = 0.0
        self.counts: Counter[str] = Counter()

    @property
    def score(self) -> float:
        """The device's conformity, 0..100."""
        return score_of(self._penalties)

    def warm(self, rows: Sequence[StoredFrame]) -> None:
        """Rows that were judged before: their parts may belong to a set that is still open."""
        for row in rows:
            if row.part is not None:
                self._decode(row)

    def read(self, row: StoredFrame) -> Read:
        """What one row tells."""
        marks = tuple(row.marks.split(",")) if row.marks else ()
        self._penalties.append(row.penalty)
        if STRANGER_MARK in marks:  # kept when nobody had bound this number: no premises' readings
            self.counts["rows_before_binding"] += 1
            return Read(None)
        outcomes = [one for one in self._decode(row) if one.message is not None and one.fate in _TELLS]
        if not outcomes:
            self.counts["frames_without_reading"] += 1
            return Read(None)
        message = outcomes[-1].message
        assert message is not None  # noqa: S101 -- kept above
        if self._password is not None and message.header.pw != self._password:
            self.counts["wrong_passwords"] += 1
            marks = (*marks, "wrong-password")
        kept = Kept(row.received_ns, marks, tuple(filter(None, row.tolerances.split(","))), row.raw_sha256.hex())
        read = read_message(message, kept, device=self._device, profile=self._profile, score=self.score)
        self.counts["frames_without_reading" if read.reported is None else "readings"] += 1
        return read

    def _decode(self, row: StoredFrame) -> list[Outcome]:
        self._at_s = max(self._at_s + 2 * IDLE_S, row.received_ns / NS)
        decoder = self._decoder
        return [*decoder.feed(row.raw, at_s=self._at_s), *decoder.silence(at_s=self._at_s + IDLE_S)]
