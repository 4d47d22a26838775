"""Stream time -> UTC: one anchor a connection, exact PTS differences after it, mended stamps for clips.

Pure: everything it knows of clocks comes with the arrivals. One line carries the whole feed:
`at_ns = epoch_ns + pts * time_base` holds for each packet it stamps, so a clip's own time and the capture times in
the evidence agree. `raw + shift = mended`; only `shift` changes, and only at a keyframe or where the stream itself
breaks, so that durations inside a group of pictures are the camera's own. What remains unknown is the delivery: a stamp
is late by the least time a packet takes from the lens to here.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

from contract.times import NS
from edge.capture.types import Arrival, Packet

SETTLE_NS = NS // 2
"""The first packets often come late and in a burst (a cached group); the anchor waits this long for a punctual one."""
MAX_BURST_NS = 10 * NS
"""The oldest a first packet may be."""
REORDER_NS = NS // 2
"""A stamp further back than this is no reordering but a break."""
JUMP_NS = 2 * NS
"""A stamp that gains more than this on the wall clock in one step is a break; a drift beyond it is anchored anew."""
WINDOW_NS = 10 * NS
"""The least delay seen in this time tells the drift."""
SLEW_PPM = 100
"""Crystals are off by less; correcting by no more keeps an error of 300 s of dwell below 0.03 s."""


class Timeline:
    """Stamps the packets of one feed, across reconnects; dts rises strictly, keyframes never go back in time."""

    def __init__(self) -> None:
        self._time_base = Fraction(1, 90_000)
        self._epoch_ns: int | None = None
        self._shift = 0
        self._last_dts: int | None = None
        self._last_raw: int | None = None
        self._last_duration = 0
        self._is_reordered = False
        self._last_received_ns = 0
        self._latest_ns = 0
        self._least_lag_ns: int | None = None
        self._window_from_ns = 0
        self._anchors = self._reanchors = self._mended_dts = 0

    def begin(self, time_base: Fraction, first: Sequence[Arrival]) -> list[Packet]:
        """Stamps the first packets of a connection, anchored by the most punctual of them."""
        if self._last_dts is not None and time_base != self._time_base:
            self._last_dts = -int(-self._last_dts * self._time_base // time_base)
        self._time_base = time_base
        self._last_raw = None
        if not first:
            return []
        first = _with_first_stamps(first)
        raws = [_raw(one) or 0 for one in first]
        self._is_reordered = any(later < raw for raw, later in pairwise(raws))
        leads_ns = [one.received_ns - self._ns(raw - raws[0]) for one, raw in zip(first, raws, strict=True)]
        self._anchor(raws[0], max(min(leads_ns), first[0].received_ns - MAX_BURST_NS))
        self._last_received_ns = first[0].received_ns
        return [self.stamp(arrival) for arrival in first]

    def stamp(self, arrival: Arrival) -> Packet:
        """The packet with mended stamps and its capture time."""
        raw = _raw(arrival)
        if raw is None:
            raw = 0 if self._last_raw is None else self._last_raw + max(1, self._last_duration)
        if self._breaks(raw, arrival.received_ns):
            self._anchor(raw, arrival.received_ns)
        elif arrival.is_keyframe:
            self._follow_drift(raw)
        dts = self._shift + (self._dts_untold(raw) if arrival.dts is None else arrival.dts)
        if self._last_dts is not None and dts <= self._last_dts:
            dts = self._last_dts + 1
            self._mended_dts += 1
        pts = max(raw + self._shift, dts)
        at_ns = self._at(pts)
        self._remember(raw, dts, at_ns, arrival)
        return Packet(arrival.data, pts, dts, arrival.duration, self._time_base, arrival.is_keyframe, at_ns)

    @property
    def latest_ns(self) -> int:
        """The latest capture time given so far."""
        return self._latest_ns

    def counters(self) -> dict[str, int]:
        """How often time was anchored, anchored anew for drift, and how many dts were mended."""
        return {"anchors": self._anchors, "reanchors": self._reanchors, "mended_dts": self._mended_dts}

    def _ns(self, ticks: int) -> int:
        return ticks * NS * self._time_base.numerator // self._time_base.denominator

    def _ticks(self, duration_ns: int) -> int:
        """Rounded up."""
        return -(-duration_ns * self._time_base.denominator // (NS * self._time_base.numerator))

    def _at(self, pts: int) -> int:
        assert self._epoch_ns is not None  # noqa: S101 - `_breaks` is true until there is one
        return self._epoch_ns + self._ns(pts)

    def _breaks(self, raw: int, received_ns: int) -> bool:
        if self._epoch_ns is None:
            return True
        if self._last_raw is None:
            return False
        step_ns = self._ns(raw - self._last_raw)
        return step_ns < -REORDER_NS or step_ns - (received_ns - self._last_received_ns) > JUMP_NS

    def _dts_untold(self, raw: int) -> int:
        """Decoding order must rise below the pts: once pictures were seen reordered, it follows at a distance."""
        if self._last_raw is not None and raw < self._last_raw:
            self._is_reordered = True
        return raw - self._ticks(REORDER_NS) if self._is_reordered else raw

    def _anchor(self, raw: int, at_ns: int) -> None:
        if self._epoch_ns is None:
            self._epoch_ns = at_ns
        at_ns = max(at_ns, self._latest_ns + 1)
        self._shift = self._ticks(at_ns - self._epoch_ns) - raw
        self._least_lag_ns = None
        self._window_from_ns = at_ns
        self._anchors += 1

    def _follow_drift(self, raw: int) -> None:
        """Every window: by the least delay in it, slew a little, or anchor anew when the drift is a jump."""
        at_ns = self._at(raw + self._shift)
        elapsed_ns = at_ns - self._window_from_ns
        if elapsed_ns < WINDOW_NS or self._least_lag_ns is None:
            return
        lag_ns = self._least_lag_ns
        if abs(lag_ns) > JUMP_NS:
            self._anchor(raw, at_ns + lag_ns)
            self._reanchors += 1
            return
        most_ns = elapsed_ns * SLEW_PPM // 1_000_000
        slewed_ns = max(at_ns + max(-most_ns, min(most_ns, lag_ns)), self._latest_ns + 1)
        self._shift += self._ticks(slewed_ns - at_ns)
        self._least_lag_ns = None
        self._window_from_ns = slewed_ns

    def _remember(self, raw: int, dts: int, at_ns: int, arrival: Arrival) -> None:
        lag_ns = arrival.received_ns - at_ns
        if self._least_lag_ns is None or lag_ns < self._least_lag_ns:
            self._least_lag_ns = lag_ns
        self._last_raw = raw
        self._last_dts = dts
        self._last_duration = arrival.duration
        self._last_received_ns = arrival.received_ns
        self._latest_ns = max(self._latest_ns, at_ns)


def _raw(arrival: Arrival) -> int | None:
    return arrival.dts if arrival.pts is None else arrival.pts


def _with_first_stamps(first: Sequence[Arrival]) -> list[Arrival]:
    """FFmpeg tells no stamp for the first packet of an RTSP stream, a keyframe: it is shown just before all others."""
    known = [raw for one in first if (raw := _raw(one)) is not None]
    raw = min(known, default=0)
    stamped = list(first)
    untold = next((index for index, one in enumerate(first) if _raw(one) is not None), len(first))
    for index in reversed(range(untold)):
        raw -= max(1, stamped[index].duration)
        stamped[index] = stamped[index]._replace(pts=raw)
    return stamped
