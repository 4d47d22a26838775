"""Where on the ground a plume stands: from the pixel of its base, over the tower's calibration, to a doubtful place.

In: a tower's table and a pixel with the head's aim. Out: `contract.geometry.Sight`; without ground to meet no place.
The same calibration says where the sun stands in the picture, and which part of the wind blows across it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from msgspec.structs import replace

from contract.geometry import CellShare, Ellipse, Position, Sight
from contract.observations import Observation, PlumeSeen
from edge.capture.types import Aimed
from edge.config import TowerConfig
from edge.inference.plumes_height import with_height
from edge.sensors.weather import Weather
from ground.camera import Aim, Calibration, bearing_deg, direction, project, ray
from ground.files import Area, Heights, read_areas, read_heights
from ground.fix import Fix, fix_of_one
from ground.local import Spot, Vector, spot_at
from ground.roads import Roads, read_roads
from ground.snap import shares
from ground.sun import sun_bearing_deg
from ground.terrain import Meeting, on_heights, on_plane

CELLS_MOST = 20
CELLS_WITHIN_M = 3_000.0
ZOOM_WITHIN = 0.01
SUN_DOWN_DEG = -1.0  # its disc, and air that bends more than the tables say


WeatherAt = Callable[[int], Weather | None]


def _nobody_knows(_at_ns: int) -> Weather | None:
    return None


def areas_of(tower: TowerConfig | None) -> tuple[Area, ...]:
    """The grid cells, parcels or villages around a tower; raises ContractError for a file that holds none."""
    if tower is None or tower.areas_file is None:
        return ()
    return read_areas(Path(tower.areas_file), name_key=tower.areas_name)


class Sights:
    """The geometry of one tower's camera; raises ContractError at once for files that cannot be read."""

    def __init__(
        self, tower: TowerConfig, *, position: Position, frame_px: tuple[int, int], weather: WeatherAt = _nobody_knows
    ) -> None:
        """`weather`: what the station near it says of a time."""
        self._tower = tower
        self._weather = weather
        self._calibration = Calibration(
            frame_px=frame_px,
            focal_px=tower.focal_px,
            pan_zero_deg=tower.pan_zero_deg,
            tilt_zero_deg=tower.tilt_zero_deg,
            lean_east_deg=tower.lean_east_deg,
            lean_north_deg=tower.lean_north_deg,
            centre_px=tower.centre_px,
            k1=tower.k1,
        )
        height_m = (tower.camera_height_m or tower.mast_m) - tower.mast_m
        self._foot = Spot(lat=position.lat, lon=position.lon, height_m=height_m)
        self._heights: Heights | None = None if tower.dem_file is None else read_heights(Path(tower.dem_file))
        self.areas = areas_of(tower)
        self._roads: Roads | None = None if tower.roads_file is None else read_roads(Path(tower.roads_file), self._foot)
        self._areas = [(area, area.metres(self._foot)) for area in self.areas]

    @property
    def focal_px(self) -> float:
        """At the calibrated zoom."""
        return self._calibration.focal_px

    def placed(self, seen: Observation, aimed: Aimed) -> Observation:
        """The look with the sights of its plumes, with sun and wind; as it was at a zoom that nobody calibrated."""
        if abs(aimed.zoom - self._tower.zoom) > ZOOM_WITHIN:
            return seen
        view = seen.view
        if view is not None:
            wind = self._wind_right_m_s(seen.at_ns, aimed)
            view = replace(view, sun_px=self._sun_px(seen, aimed), wind_right_m_s=wind)
        return replace(seen, plumes=self._sighted(seen, aimed), view=view)

    def _sun_px(self, seen: Observation, aimed: Aimed) -> tuple[float, float] | None:
        """Where the sun stands in this picture, or beside it by no more than a picture; None: elsewhere, or set."""
        azimuth_deg, elevation_deg = sun_bearing_deg(self._foot, seen.at_ns)
        aim = Aim(pan_deg=aimed.pan_deg, tilt_deg=aimed.tilt_deg)
        towards = direction(azimuth_deg, elevation_deg)
        pixel = project(self._calibration, aim, towards) if elevation_deg > SUN_DOWN_DEG else None
        if pixel is None:
            return None
        dx, dy = (0.0, 0.0) if seen.view is None else seen.view.shift_px
        (width, height), scale = seen.frame_px, seen.frame_px[0] / self._calibration.frame_px[0]
        x, y = pixel[0] * scale + dx, pixel[1] * scale + dy
        is_near = -width <= x <= 2 * width and -height <= y <= 2 * height
        return (round(x, 1), round(y, 1)) if is_near else None

    def _wind_right_m_s(self, at_ns: int, aimed: Aimed) -> float | None:
        weather = self._weather(at_ns)
        if weather is None:
            return None
        middle = ray(
            self._calibration, Aim(pan_deg=aimed.pan_deg, tilt_deg=aimed.tilt_deg), self._calibration.middle_px
        )
        across = weather.wind_right_m_s(bearing_deg(middle)[0])
        return None if across is None else round(across, 2)

    def _sighted(self, seen: Observation, aimed: Aimed) -> tuple[PlumeSeen, ...]:
        dx, dy = (0.0, 0.0) if seen.view is None else seen.view.shift_px
        scale = self._calibration.frame_px[0] / seen.frame_px[0]
        told = []
        for plume in seen.plumes:
            if plume.base_px is not None:
                pixel = ((plume.base_px[0] - dx) * scale, (plume.base_px[1] - dy) * scale)
                placed = replace(plume, sight=self.sight(pixel, aimed))
                told.append(with_height(placed, focal_px=self.focal_px / scale))
            else:
                told.append(plume)
        return tuple(told)

    def sight(self, pixel: tuple[float, float], aimed: Aimed) -> Sight:
        """What a pixel of the calibrated picture looks at."""
        tower = self._tower
        along = ray(self._calibration, Aim(pan_deg=aimed.pan_deg, tilt_deg=aimed.tilt_deg), pixel)
        azimuth_deg, elevation_deg = bearing_deg(along)
        bearing = Sight(
            azimuth_deg=round(azimuth_deg, 4),
            elevation_deg=round(elevation_deg, 4),
            azimuth_sd_deg=tower.azimuth_sd_deg,
            elevation_sd_deg=tower.elevation_sd_deg,
        )
        fix = fix_of_one(
            along, self._meet, azimuth_sd_deg=tower.azimuth_sd_deg, elevation_sd_deg=tower.elevation_sd_deg
        )
        return bearing if fix is None else self._on_ground(bearing, fix)

    def _meet(self, along: Vector) -> Meeting | None:
        if self._heights is None:
            return on_plane(along, self._tower.mast_m)
        return on_heights(along, self._tower.mast_m, self._heights.around(self._foot), step_m=self._heights.cell_m / 2)

    def _on_ground(self, bearing: Sight, fix: Fix) -> Sight:
        spot = spot_at(self._foot, fix.east_m, fix.north_m)
        major, minor, towards = fix.axes_m()
        (ee, en), (_, nn) = fix.cov_m2
        return Sight(
            azimuth_deg=bearing.azimuth_deg,
            elevation_deg=bearing.elevation_deg,
            azimuth_sd_deg=bearing.azimuth_sd_deg,
            elevation_sd_deg=bearing.elevation_sd_deg,
            range_m=round((fix.east_m**2 + fix.north_m**2) ** 0.5, 1),
            lat=round(spot.lat, 7),
            lon=round(spot.lon, 7),
            cov_m2=(round(ee, 2), round(en, 2), round(nn, 2)),
            ellipse=Ellipse(major_m=round(major, 1), minor_m=round(minor, 1), bearing_deg=round(towards, 1)),
            method="flat" if self._heights is None else "dem",
            cells=self._cells(fix),
            nearest_road=self._nearest_road(fix),
        )

    def _nearest_road(self, fix: Fix) -> Position | None:
        """The point of a road nearest to the place, as doubtful as the place is."""
        point = None if self._roads is None else self._roads.nearest_m(fix.east_m, fix.north_m)
        if point is None:
            return None
        spot = spot_at(self._foot, *point)
        return Position(lat=round(spot.lat, 7), lon=round(spot.lon, 7), error_m=round(fix.radius_m(), 1))

    def _cells(self, fix: Fix) -> tuple[CellShare, ...]:
        near = {area.name: ring for area, ring in self._areas if _is_near(ring, fix)}
        told = list(shares(fix, near).items())[:CELLS_MOST]
        return tuple(CellShare(kind=self._tower.areas_kind, cell=name, share=round(share, 4)) for name, share in told)


def _is_near(ring: list[tuple[float, float]], fix: Fix) -> bool:
    """Whether a ring may hold some of the place at all."""
    reach = min(CELLS_WITHIN_M, 4 * fix.axes_m()[0])
    easts, norths = [point[0] for point in ring], [point[1] for point in ring]
    return (
        min(easts) - reach <= fix.east_m <= max(easts) + reach
        and min(norths) - reach <= fix.north_m <= max(norths) + reach
    )
