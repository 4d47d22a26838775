"""The camera's clock against UTC, as last measured: offset = camera - UTC; what cannot be measured stays unknown."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

from contract.errors import CaptureError
from contract.events import Clock
from contract.times import NS
from edge.capture.clock_http import Measured, measure_http_date, measure_onvif
from edge.config import CameraClockConfig

MAX_DELIVERY_S = 0.5
"""From the lens to here, coding and network included, a punctual picture takes less: half of it is the uncertainty."""
SENDER_WINDOW_NS = 60 * NS
ASK_EVERY_NS = 600 * NS
MAX_AGE_NS = 2 * ASK_EVERY_NS
"""An older measurement is unknown again: one answer may be lost, no more (the offset is to be sampled every 10 min)."""
WALL_CLOCK_FROM_NS = 946_684_800 * NS
"""Before the year 2000: a sender that counts from its own start and has no wall clock."""
_UNKNOWN = Clock(source="none")
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Kept:
    clock: Clock
    at_ns: int


class SenderClock:
    """The offset from sender reports. The least delayed picture of a window tells it best; pure, not thread-safe."""

    def __init__(self) -> None:
        self._window_from_ns: int | None = None
        self._best_ns: int | None = None
        self._best_before_ns: int | None = None
        self.measured_ns: int | None = None

    def note(self, sender_ns: int, received_ns: int) -> None:
        """One picture: when the sender's clock says it was taken, and when it came."""
        if sender_ns < WALL_CLOCK_FROM_NS:
            return
        if self._window_from_ns is None or not 0 <= received_ns - self._window_from_ns < SENDER_WINDOW_NS:
            self._window_from_ns, self._best_before_ns, self._best_ns = received_ns, self._best_ns, None
        gap_ns = sender_ns - received_ns
        self._best_ns = gap_ns if self._best_ns is None else max(gap_ns, self._best_ns)
        self.measured_ns = received_ns

    def clock(self) -> Clock | None:
        """`camera - UTC`: the gap to receipt, corrected by half of the longest punctual delivery."""
        gaps_ns = [gap_ns for gap_ns in (self._best_ns, self._best_before_ns) if gap_ns is not None]
        if not gaps_ns:
            return None
        offset_s = max(gaps_ns) / NS + MAX_DELIVERY_S / 2
        return Clock(source="rtcp", offset_s=offset_s, uncertainty_s=MAX_DELIVERY_S / 2)


class ClockWatch:
    """The best offset known for one camera: sender reports, else ONVIF, else an HTTP date, else as given, else none.

    Questions over HTTP run in a thread of their own: a camera whose web server hangs still delivers its pictures.
    """

    def __init__(self, config: CameraClockConfig, now_ns: Callable[[], int]) -> None:
        self._config = config
        self._now_ns = now_ns
        self._sender = SenderClock()
        self._answered: _Kept | None = None
        self._asked_ns: int | None = None
        self._asking: threading.Thread | None = None

    def note_sender(self, sender_ns: int, received_ns: int) -> None:
        """See `SenderClock.note`."""
        self._sender.note(sender_ns, received_ns)

    def ask(self) -> None:
        """Asks over HTTP when that is configured, due and needed; returns at once."""
        if self._config.onvif_url is None and self._config.http_date_url is None:
            return
        now_ns = self._now_ns()
        is_due = self._asked_ns is None or abs(now_ns - self._asked_ns) >= ASK_EVERY_NS
        if not is_due or (self._asking is not None and self._asking.is_alive()):
            return
        self._asked_ns = now_ns
        self._asking = threading.Thread(target=self._measure, name="camera-clock", daemon=True)
        self._asking.start()

    def clock(self) -> Clock:
        """The offset now; a measurement older than MAX_AGE_NS counts no more."""
        now_ns = self._now_ns()
        sender = self._sender.clock()
        if sender is not None and self._is_fresh(self._sender.measured_ns, now_ns):
            return sender
        answered = self._answered
        if answered is not None and self._is_fresh(answered.at_ns, now_ns):
            return answered.clock
        if self._config.given_offset_s is not None:
            given = self._config
            return Clock(source="given", offset_s=given.given_offset_s, uncertainty_s=given.given_uncertainty_s)
        return _UNKNOWN

    @property
    def measured_ns(self) -> int | None:
        """When the newest measurement was made, UTC; None: never."""
        answered_ns = None if self._answered is None else self._answered.at_ns
        return max((at_ns for at_ns in (answered_ns, self._sender.measured_ns) if at_ns is not None), default=None)

    def _measure(self) -> None:
        ways: tuple[tuple[str | None, Callable[[str, Callable[[], int]], Measured]], ...] = (
            (self._config.onvif_url, measure_onvif),
            (self._config.http_date_url, measure_http_date),
        )
        for url, way in ways:
            if url is None:
                continue
            try:
                measured = way(url, self._now_ns)
            except CaptureError as error:
                _LOG.warning("camera clock not measured: %s", error)
                continue
            self._answered = _Kept(measured.clock, measured.at_ns)
            return

    @staticmethod
    def _is_fresh(at_ns: int | None, now_ns: int) -> bool:
        return at_ns is not None and now_ns - at_ns <= MAX_AGE_NS
