"""What waits for a camera's judge: the newest looks, every loss of the stream between them, and answers on plates."""

from __future__ import annotations

import threading
from collections import deque

from contract.observations import Observation, PlateLooked, StreamLost
from contract.times import NS
from edge.capture.types import Frame
from edge.evidence.orders import Cuts

Shown = Frame | Cuts | None
Waits = tuple[Observation | StreamLost | PlateLooked, Shown]
_Waits = tuple[Observation | StreamLost, Frame | None]
ANSWERS_MAX = 16  # each holds its close-ups and perhaps a picture: some 1 MB
LATE_LOOK_NS = 5 * NS
"""A look that is older than the loss by no more was under way when the stream was lost."""


class Waiting:
    """A queue for one reader; at most `most` looks wait, the oldest gives way and is counted in `skipped`.

    Answers on plates are about looks that were judged already, so they come before all that waits; at most
    `ANSWERS_MAX` wait, the oldest gives way and is counted in `answers_skipped`.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._records: deque[_Waits] = deque()
        self._arrived = threading.Condition()
        self._lost: StreamLost | None = None
        self._answers: deque[tuple[PlateLooked, Cuts]] = deque()
        self.skipped = 0
        self.answers_skipped = 0

    def put(self, record: Observation | StreamLost, frame: Frame | None = None) -> None:
        """Takes a record in, returns at once."""
        with self._arrived:
            if isinstance(record, StreamLost):
                self._lost = record
                self._put_lost(record)
            else:
                self._put_look(record, frame)
            self._arrived.notify()

    def put_answer(self, looked: PlateLooked, cuts: Cuts) -> None:
        """Takes an answer in, returns at once."""
        with self._arrived:
            self._answers.append((looked, cuts))
            if len(self._answers) > ANSWERS_MAX:
                self._answers.popleft()
                self.answers_skipped += 1
            self._arrived.notify()

    def put_back(self, record: Observation | StreamLost, frame: Frame | None = None) -> None:
        """Before all that waits."""
        with self._arrived:
            self._records.appendleft((record, frame))
            self._arrived.notify()

    def take(self, within_s: float) -> Waits | None:
        """The oldest record; None when none came in that time."""
        with self._arrived:
            self._arrived.wait_for(lambda: self._answers or self._records, within_s)
            if self._answers:
                return self._answers.popleft()
            return self._records.popleft() if self._records else None

    def _put_look(self, look: Observation, frame: Frame | None) -> None:
        lost = self._lost
        is_late = lost is not None and 0 <= lost.at_ns - look.at_ns <= LATE_LOOK_NS
        if lost is not None and is_late and self._records and self._records[-1][0] is lost:
            self._records.pop()
        self._records.append((look, frame))
        if lost is not None and is_late:
            # Its frame is from before the loss: the stream is no less lost for it.
            self._put_lost(lost)
        else:
            self._lost = None
        while sum(isinstance(record, Observation) for record, _ in self._records) > self._most:
            self._skip_oldest_look()

    def _put_lost(self, lost: StreamLost) -> None:
        """Of losses with no look between them the first counts."""
        if not (self._records and isinstance(self._records[-1][0], StreamLost)):
            self._records.append((lost, None))

    def _skip_oldest_look(self) -> None:
        kept: deque[_Waits] = deque()
        is_skipped = False
        for record, frame in self._records:
            if not is_skipped and isinstance(record, Observation):
                is_skipped = True
            elif not (isinstance(record, StreamLost) and kept and isinstance(kept[-1][0], StreamLost)):
                kept.append((record, frame))
        self._records = kept
        self.skipped += 1
