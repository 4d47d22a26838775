"""Where the sun stands at a place and a time; the astronomy is astral's (NOAA's formulas)."""

from __future__ import annotations

from datetime import UTC, datetime

from astral import Observer
from astral.sun import azimuth, elevation

from contract.times import NS
from ground.local import Spot


def sun_bearing_deg(spot: Spot, at_ns: int) -> tuple[float, float]:
    """Azimuth from true north and elevation above the horizontal, refraction included; good to 0.1 degree."""
    place = Observer(latitude=spot.lat, longitude=spot.lon)
    at = datetime.fromtimestamp(at_ns / NS, UTC)
    return azimuth(place, at), elevation(place, at)
