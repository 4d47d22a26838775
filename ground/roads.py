"""The roads around a tower, and the point on them that is nearest to a place: where a crew leaves its car."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Annotated

import msgspec
import numpy as np
from msgspec import Meta, Struct

from contract.errors import ContractError
from ground.local import Spot, metres_from

MAX_ROADS = 100_000
NEAREST_WITHIN_M = 3_000.0


class Roads:
    """Polylines in metres east and north of a tower, as pieces from point to point."""

    def __init__(self, lines_m: Sequence[Sequence[tuple[float, float]]]) -> None:
        pieces = [(*a, *b) for line in lines_m for a, b in pairwise(line)]
        told = np.array(pieces, dtype=np.float64).reshape(-1, 4)
        self._from, self._step = told[:, :2], told[:, 2:] - told[:, :2]

    def nearest_m(self, east_m: float, north_m: float) -> tuple[float, float] | None:
        """The nearest point of any road; None where there is none within `NEAREST_WITHIN_M`."""
        if not len(self._from):
            return None
        place = np.array([east_m, north_m])
        length2 = np.maximum(np.square(self._step).sum(axis=1), 1e-9)
        share = np.clip(((place - self._from) * self._step).sum(axis=1) / length2, 0.0, 1.0)
        points = self._from + share[:, None] * self._step
        away = np.hypot(*(points - place).T)
        best = int(away.argmin())
        return (float(points[best, 0]), float(points[best, 1])) if away[best] <= NEAREST_WITHIN_M else None


class _LineString(Struct, tag_field="type", tag="LineString"):
    coordinates: tuple[tuple[float, ...], ...]


class _LineStrings(Struct, tag_field="type", tag="MultiLineString"):
    coordinates: tuple[tuple[tuple[float, ...], ...], ...]


class _Feature(Struct):
    geometry: _LineString | _LineStrings


class _Collection(Struct):
    features: Annotated[list[_Feature], Meta(max_length=MAX_ROADS)]


def read_roads(path: Path, origin: Spot) -> Roads:
    """The lines of a GeoJSON FeatureCollection in WGS 84 degrees; raises ContractError naming the fault."""
    try:
        features = msgspec.json.decode(path.read_bytes(), type=_Collection).features
    except (OSError, msgspec.MsgspecError) as error:
        raise ContractError(f"{path}: {error}; expected a GeoJSON FeatureCollection of lines") from error
    shapes = enumerate(feature.geometry for feature in features)
    parts = (
        (number, points)
        for number, shape in shapes
        for points in ([shape.coordinates] if isinstance(shape, _LineString) else shape.coordinates)
    )
    return Roads([_metres(points, origin, f"{path}: feature {number}") for number, points in parts])


def _metres(points: Sequence[tuple[float, ...]], origin: Spot, where: str) -> list[tuple[float, float]]:
    if any(len(point) < 2 or not (-180 <= point[0] <= 180 and -90 <= point[1] <= 90) for point in points):
        raise ContractError(f"{where}: not a line of places in degrees of longitude and latitude")
    spots = (Spot(lat=point[1], lon=point[0], height_m=origin.height_m) for point in points)
    return [(float(offset[0]), float(offset[1])) for offset in (metres_from(origin, spot) for spot in spots)]
