"""WGS 84 <-> metres around a place; the geodesy is pymap3d's."""

from __future__ import annotations

import numpy as np
import pymap3d
from msgspec import Struct
from numpy.typing import NDArray

Vector = NDArray[np.float64]
EARTH_RADIUS_M = 6_371_000.0
REFRACTION = 0.13  # straw reference 4: the share of the earth's curvature that the bent ray takes back


class Spot(Struct, frozen=True, kw_only=True):
    """A place in WGS 84: degrees, and metres above the ellipsoid or any one datum that all heights share."""

    lat: float
    lon: float
    height_m: float = 0.0


def metres_from(origin: Spot, spot: Spot) -> Vector:
    """East, north, up of `spot` in metres, seen from `origin`; up falls with the earth's curve."""
    e, n, u = pymap3d.geodetic2enu(spot.lat, spot.lon, spot.height_m, origin.lat, origin.lon, origin.height_m)
    return np.array([e, n, u], dtype=np.float64)


def spot_at(origin: Spot, east_m: float, north_m: float, up_m: float = 0.0) -> Spot:
    """The place so many metres from `origin`; `up_m` along the origin's own vertical."""
    lat, lon, height_m = pymap3d.enu2geodetic(east_m, north_m, up_m, origin.lat, origin.lon, origin.height_m)
    return Spot(lat=float(lat), lon=float(lon), height_m=float(height_m))


def curve_drop_m(distance_m: float, refraction: float = REFRACTION) -> float:
    """How far level ground seems to sink at this distance: the earth's curve less what the bent ray takes back."""
    return (1 - refraction) / (2 * EARTH_RADIUS_M) * distance_m**2


def seen_from(origin: Spot, spot: Spot) -> Vector:
    """Like `metres_from`, lifted by refraction: where the spot seems to be for a straight ray."""
    offset = metres_from(origin, spot)
    offset[2] += REFRACTION / (2 * EARTH_RADIUS_M) * float(offset[0] ** 2 + offset[1] ** 2)
    return offset
