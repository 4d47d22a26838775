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


class Where(Struct, frozen=True, kw_only=True):
    """Where an act is: polygon in the judged frame, and on the ground when that is known (None: unknown).

    A sensor's act has no picture: its polygon is empty and `frame_px` None.
    """

    polygon_px: PolygonPx = ()
    frame_px: tuple[int, int] | None = None
    position: Position | None = None
