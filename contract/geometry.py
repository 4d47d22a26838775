"""Picture and earth geometry that several rooms speak of; pixels of the full frame, WGS 84 degrees."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

BboxPx = tuple[float, float, float, float]
PolygonPx = tuple[tuple[float, float], ...]


class Position(Struct, frozen=True, kw_only=True):
    """A WGS 84 position with the radius within which it holds."""

    lat: Annotated[float, Meta(ge=-90, le=90)]
    lon: Annotated[float, Meta(ge=-180, le=180)]
    error_m: Annotated[float, Meta(ge=0)]


class Ellipse(Struct, frozen=True, kw_only=True):
    """One standard deviation of a place on the ground: half axes, and the bearing of the longer one from true north."""

    major_m: Annotated[float, Meta(ge=0)]
    minor_m: Annotated[float, Meta(ge=0)]
    bearing_deg: float


class CellShare(Struct, frozen=True, kw_only=True):
    """A grid cell, parcel or village, and how much of the place's probability lies in it, 0..1."""

    kind: str
    cell: str
    share: Annotated[float, Meta(ge=0, le=1)]


class Sight(Struct, frozen=True, kw_only=True):
    """A picture point as seen from a tower: degrees from true north and above the horizontal, and where that ends.

    `lat`, `lon` (WGS 84) with `cov_m2` (east-east, east-north, north-north) and `ellipse` are None where the ray meets
    no ground: never a made-up place. `method` says how: `flat`, `dem`, `towers`, ...; `calibration` which version.
    """

    azimuth_deg: Annotated[float, Meta(ge=0, le=360)]
    elevation_deg: Annotated[float, Meta(ge=-90, le=90)]
    azimuth_sd_deg: Annotated[float, Meta(ge=0)] | None = None
    elevation_sd_deg: Annotated[float, Meta(ge=0)] | None = None
    range_m: Annotated[float, Meta(ge=0)] | None = None
    lat: Annotated[float, Meta(ge=-90, le=90)] | None = None
    lon: Annotated[float, Meta(ge=-180, le=180)] | None = None
    cov_m2: tuple[float, float, float] | None = None
    ellipse: Ellipse | None = None
    method: str = "none"
    calibration: str | None = None
    cells: Annotated[tuple[CellShare, ...], Meta(max_length=20)] = ()
    nearest_road: Position | None = None


class Where(Struct, frozen=True, kw_only=True):
    """Where an act is: polygon in the judged frame, and on the ground when that is known (None: unknown).

    A sensor's act has no picture: its polygon is empty and `frame_px` None.
    """

    polygon_px: PolygonPx = ()
    frame_px: tuple[int, int] | None = None
    position: Position | None = None
