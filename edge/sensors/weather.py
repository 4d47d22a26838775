"""What a weather station near a tower says: the newest reading of each, out of the gateway's own sensors.

In: reports of sensors whose profile names weather factors. Out: wind across a view, and the note in a fire's package.
"""

from __future__ import annotations

import threading
from math import radians, sin

from msgspec import Struct

from contract.observations import Reported
from contract.times import NS, Utc, ns_from_utc, utc_from_ns
from edge.sensors.reading import CLOCK_OFF, GOOD_MARK

WIND_SPEED, WIND_FROM = "wind_speed_m_s", "wind_from_deg"
FACTORS = (WIND_SPEED, WIND_FROM, "humidity_percent", "temperature_c")
OLD_NS = 900 * NS
AHEAD_NS = 60 * NS


class Weather(Struct, frozen=True, kw_only=True):
    """One reading of a station; `wind_from_deg` clockwise from true north, None: not measured.

    `raw_sha256` is the row as it came, which the gateway keeps.
    """

    station: str
    at: Utc
    wind_speed_m_s: float | None = None
    wind_from_deg: float | None = None
    humidity_percent: float | None = None
    temperature_c: float | None = None
    raw_sha256: str | None = None

    @property
    def at_ns(self) -> int:
        """When, in UTC nanoseconds."""
        return ns_from_utc(self.at)

    def wind_right_m_s(self, azimuth_deg: float) -> float | None:
        """Wind across a view in that direction, to the right positive; None without speed and direction."""
        if self.wind_speed_m_s is None or self.wind_from_deg is None:
            return None
        return self.wind_speed_m_s * sin(radians(azimuth_deg - self.wind_from_deg))


class Stations:
    """The newest reading of each sensor that measures weather; from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._newest: dict[str, Weather] = {}

    def note(self, reported: Reported) -> None:
        """A report of any sensor. Values that are not marked good, and what a sensor stored long ago, say nothing."""
        good = {
            one.factor: one.value
            for one in reported.factors
            if one.factor in FACTORS and one.mark == GOOD_MARK and one.statistic in ("Rtd", "Avg")
        }
        if not good or reported.back_filled:
            return
        at_ns = reported.received_ns if CLOCK_OFF in reported.doubts else reported.at_ns
        read = Weather(station=reported.device, at=utc_from_ns(at_ns), raw_sha256=reported.raw_sha256, **good)
        with self._lock:
            before = self._newest.get(reported.device)
            if before is None or before.at_ns <= at_ns:
                self._newest[reported.device] = read

    def of(self, station: str, at_ns: int) -> Weather | None:
        """What holds at that time; None: nothing of the last quarter of an hour."""
        with self._lock:
            read = self._newest.get(station)
        return read if read is not None and -AHEAD_NS <= at_ns - read.at_ns <= OLD_NS else None
