"""Terrain and areas out of files: heights from a GeoTIFF, polygons from GeoJSON; both in WGS 84 degrees."""

from __future__ import annotations

import struct
import zlib
from math import cos, radians
from pathlib import Path
from typing import Annotated, Any

import msgspec
import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray

from contract.errors import ContractError
from ground.local import Spot, metres_from, spot_at
from ground.terrain import HeightAt

MAX_AREAS = 20_000
MAX_DEM_CELLS = 100_000_000
_GEOGRAPHIC = 2  # GeoTIFF GTModelTypeGeoKey: latitude and longitude
_POINTS = 2  # GeoTIFF GTRasterTypeGeoKey: a height is that of a point, not of a cell
_DATUMS = frozenset({4326, 4490, 4979, 32767})  # WGS 84, CGCS2000, WGS 84 in three axes, user-defined
# What tifffile raises for a file that is broken in one place or another, seen by breaking them.
_BROKEN = (ArithmeticError, LookupError, OSError, TypeError, ValueError, struct.error, zlib.error)
Ring = tuple[tuple[float, float], ...]


class Heights:
    """A grid of heights in degrees; `at(lat, lon)` is bilinear, None off the grid or where a corner is unknown."""

    def __init__(self, heights_m: NDArray[Any], *, west: float, north: float, step_deg: tuple[float, float]) -> None:
        """`west`, `north`: the middle of the first cell; `step_deg` east and south."""
        self._heights_m = heights_m
        self._west, self._north = west, north
        self._step_lon, self._step_lat = step_deg

    @property
    def cell_m(self) -> float:
        """The shorter side of a cell in metres."""
        return min(self._step_lat, self._step_lon * cos(radians(self._north))) * 111_320

    def at(self, lat: float, lon: float) -> float | None:
        """Metres above the grid's own zero."""
        column, row = (lon - self._west) / self._step_lon, (self._north - lat) / self._step_lat
        left, top = int(np.floor(column)), int(np.floor(row))
        rows, columns = self._heights_m.shape
        if not (0 <= left < columns - 1 and 0 <= top < rows - 1):
            return None
        corner = self._heights_m[top : top + 2, left : left + 2].astype(np.float64)
        if not np.isfinite(corner).all():
            return None
        x, y = column - left, row - top
        upper, lower = corner[:, 0] * (1 - x) + corner[:, 1] * x
        return float(upper * (1 - y) + lower * y)

    def around(self, mast: Spot) -> HeightAt:
        """Heights above the foot of a mast, for `terrain.on_heights`; `mast.height_m` is its foot."""

        def height_at(east_m: float, north_m: float) -> float | None:
            spot = spot_at(mast, east_m, north_m)
            height_m = self.at(spot.lat, spot.lon)
            return None if height_m is None else height_m - mast.height_m

        return height_at


def read_heights(path: Path) -> Heights:
    """A one-band GeoTIFF in WGS 84 degrees; raises ContractError for any other file, with what to do."""
    try:
        return _heights_in(path)
    except _BROKEN as error:
        raise ContractError(f"{path}: {error}; expected a GeoTIFF of heights") from error


def _heights_in(path: Path) -> Heights:
    import tifffile  # only who has a terrain file needs it

    with tifffile.TiffFile(path) as file:
        page = file.pages.first
        told = file.geotiff_metadata or {}
        unknown = page.tags.get("GDAL_NODATA")
        cells = int(np.prod(page.shape))
        if len(page.shape) != 2 or cells > MAX_DEM_CELLS:
            raise ContractError(f"{path}: {page.shape}, expected one band of at most {MAX_DEM_CELLS} cells")
        heights = page.asarray()
    scale, tie = told.get("ModelPixelScale"), told.get("ModelTiepoint")
    is_degrees = told.get("GTModelTypeGeoKey") == _GEOGRAPHIC and told.get("GeographicTypeGeoKey", 4326) in _DATUMS
    if not is_degrees or scale is None or tie is None:
        raise ContractError(f"{path}: not in WGS 84 degrees; convert it: gdalwarp -t_srs EPSG:4326 IN OUT")
    grid = heights.astype(np.float32)
    grid[grid < -1000] = np.nan
    if unknown is not None:
        grid[heights == _number(str(unknown.value), path)] = np.nan
    half = 0.0 if told.get("GTRasterTypeGeoKey") == _POINTS else 0.5
    west, north = tie[3] + (half - tie[0]) * scale[0], tie[4] - (half - tie[1]) * scale[1]
    return Heights(grid, west=west, north=north, step_deg=(scale[0], scale[1]))


def _number(text: str, path: Path) -> float:
    try:
        return float(text.strip("\0 "))
    except ValueError:
        raise ContractError(f"{path}: GDAL_NODATA {text[:40]!r} is no number") from None


class Area(Struct, frozen=True, kw_only=True):
    """A named polygon on the ground: its outer ring in (longitude, latitude), without its holes."""

    name: str
    ring: Ring

    def metres(self, origin: Spot) -> list[tuple[float, float]]:
        """The ring in metres east and north of `origin`."""
        offsets = (metres_from(origin, Spot(lat=lat, lon=lon, height_m=origin.height_m)) for lon, lat in self.ring)
        return [(float(offset[0]), float(offset[1])) for offset in offsets]


class _Geometry(Struct, tag_field="type", tag="Polygon"):
    coordinates: Annotated[tuple[tuple[tuple[float, ...], ...], ...], Meta(min_length=1)]


class _Geometries(Struct, tag_field="type", tag="MultiPolygon"):
    coordinates: tuple[Annotated[tuple[tuple[tuple[float, ...], ...], ...], Meta(min_length=1)], ...]


class _Feature(Struct):
    geometry: _Geometry | _Geometries
    properties: dict[str, Any] | None = None


class _Collection(Struct):
    features: Annotated[list[_Feature], Meta(max_length=MAX_AREAS)]


def read_areas(path: Path, *, name_key: str = "name") -> tuple[Area, ...]:
    """The polygons of a GeoJSON FeatureCollection, named by a property; raises ContractError naming the fault."""
    try:
        features = msgspec.json.decode(path.read_bytes(), type=_Collection).features
    except (OSError, msgspec.MsgspecError) as error:
        raise ContractError(f"{path}: {error}; expected a GeoJSON FeatureCollection of polygons") from error
    areas: list[Area] = []
    for number, feature in enumerate(features):
        name = (feature.properties or {}).get(name_key)
        if name is None:
            raise ContractError(f"{path}: feature {number} has no property {name_key!r} to name it by")
        shape = feature.geometry
        rings = [shape.coordinates[0]] if isinstance(shape, _Geometry) else [part[0] for part in shape.coordinates]
        areas += [Area(name=str(name), ring=_ring(ring, f"{path}: {name}")) for ring in rings]
    return tuple(areas)


def _ring(points: tuple[tuple[float, ...], ...], where: str) -> Ring:
    ring = tuple((point[0], point[1]) for point in points if len(point) >= 2)
    ring = ring[:-1] if len(ring) > 1 and ring[0] == ring[-1] else ring
    if len(ring) < 3 or not all(-180 <= lon <= 180 and -90 <= lat <= 90 for lon, lat in ring):
        raise ContractError(f"{where}: not a ring of at least 3 places in degrees of longitude and latitude")
    return ring
