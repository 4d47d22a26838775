"""From a plume's base to a place: the worked example of the towers' reference, doubt included."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from contract.geometry import Position
from contract.observations import Observation, PlumeSeen, View
from contract.times import NS, utc_from_ns
from edge.capture.types import Aimed
from edge.config import TowerConfig
from edge.inference.sights import Sights
from edge.sensors.weather import Weather
from ground.local import Spot, metres_from
from ground.sun import sun_bearing_deg

TABLE = TowerConfig(
    focal_px=3600.0, mast_m=40.0, pan_zero_deg=3.7, tilt_zero_deg=-0.25, lean_east_deg=0.12, lean_north_deg=-0.08
)
POSITION = Position(lat=29.2, lon=119.5, error_m=3)
FOOT = Spot(lat=29.2, lon=119.5)
AIMED = Aimed("p1", 30.0, 2.0)
BASE_PX = (1159.3966, 465.3626)


def sights(**more: object) -> Sights:
    return Sights(msgspec.structs.replace(TABLE, **more), position=POSITION, frame_px=(1920, 1080))


def test_the_worked_example_gives_its_azimuth_elevation_and_range() -> None:
    sight = sights().sight(BASE_PX, AIMED)
    assert sight.azimuth_deg == pytest.approx(36.8699, abs=2e-4)
    assert sight.elevation_deg == pytest.approx(-0.9167, abs=2e-4)
    assert sight.range_m == pytest.approx(2527.3, abs=0.2)
    assert sight.method == "flat"
    assert (sight.lat, sight.lon) != (None, None)
    east, north, _ = metres_from(FOOT, Spot(lat=sight.lat or 0, lon=sight.lon or 0))
    assert (east, north) == pytest.approx((1516.35, 2021.80), abs=0.2)


def test_the_ellipse_is_long_along_the_sight_and_narrow_across() -> None:
    sight = sights(azimuth_sd_deg=0.1, elevation_sd_deg=0.01).sight(BASE_PX, AIMED)
    assert sight.ellipse is not None
    assert sight.ellipse.bearing_deg == pytest.approx(36.9, abs=0.2)
    assert sight.ellipse.minor_m == pytest.approx(2527 * 0.1 * 0.0174533, abs=0.2)
    assert 25 < sight.ellipse.major_m < 32


def test_the_sky_has_a_bearing_and_no_place() -> None:
    sight = sights().sight((960.0, 100.0), AIMED)
    assert sight.elevation_deg > 0
    assert (sight.lat, sight.lon, sight.cov_m2, sight.method) == (None, None, None, "none")


def test_a_plume_s_base_is_taken_back_by_the_view_s_shift_and_scaled_to_the_calibrated_picture() -> None:
    plume = PlumeSeen(
        bbox_xyxy_px=(550, 200, 600, 236), score=0.4, label="smoke", base_px=(BASE_PX[0] / 2 + 3, BASE_PX[1] / 2 - 2)
    )
    seen = Observation(
        device="t",
        at_ns=1,
        frame_px=(960, 540),
        detections=(),
        preset="p1",
        view=View(shift_px=(3.0, -2.0), quality=0.9, verified=True),
        plumes=(plume, msgspec.structs.replace(plume, base_px=None)),
    )
    placed, without = sights().placed(seen, AIMED).plumes
    assert placed.sight is not None
    assert placed.sight.range_m == pytest.approx(2527.3, abs=0.3)
    assert without.sight is None
    assert sights().placed(seen, AIMED._replace(zoom=0.5)) == seen


def looked(at: datetime, *, frame_px: tuple[int, int] = (960, 540)) -> Observation:
    view = View(shift_px=(4.0, -2.0), quality=0.9, verified=True)
    at_ns = round(at.timestamp()) * NS
    return Observation(device="t", at_ns=at_ns, frame_px=frame_px, detections=(), preset="p1", view=view)


def test_the_sun_in_the_view_is_told_as_a_pixel_of_this_picture() -> None:
    at = datetime(2026, 10, 20, 0, 0, tzinfo=UTC)  # eight in the morning
    azimuth_deg, elevation_deg = sun_bearing_deg(FOOT, round(at.timestamp()) * NS)
    straight = sights(pan_zero_deg=0.0, tilt_zero_deg=0.0, lean_east_deg=0.0, lean_north_deg=0.0)
    view = straight.placed(looked(at), Aimed("p1", azimuth_deg, -elevation_deg)).view
    assert view is not None
    assert view.sun_px == pytest.approx((960 / 2 + 4, 540 / 2 - 2), abs=0.1)
    beside = straight.placed(looked(at), Aimed("p1", azimuth_deg - 5, -elevation_deg)).view
    assert beside is not None
    assert beside.sun_px is not None
    assert beside.sun_px[0] > 960 / 2 + 100


@pytest.mark.parametrize(
    ("at", "pan_deg"),
    [(datetime(2026, 10, 20, 0, 0, tzinfo=UTC), 300.0), (datetime(2026, 10, 20, 16, 0, tzinfo=UTC), 120.0)],
    ids=["behind the camera", "at midnight"],
)
def test_a_sun_that_is_not_near_the_view_is_not_told(at: datetime, pan_deg: float) -> None:
    view = sights().placed(looked(at), Aimed("p1", pan_deg, 2.0)).view
    assert view is not None
    assert view.sun_px is None


def test_the_wind_of_the_station_is_told_across_the_view() -> None:
    asked: list[int] = []

    def weather(at_ns: int) -> Weather:
        asked.append(at_ns)
        return Weather(station="mast", at=utc_from_ns(at_ns), wind_speed_m_s=5.0, wind_from_deg=270.0)

    seen = looked(datetime(2026, 10, 20, 0, 0, tzinfo=UTC))
    north = Sights(TABLE, position=POSITION, frame_px=(1920, 1080), weather=weather).placed(
        seen, Aimed("p1", -TABLE.pan_zero_deg, 2.0)
    )
    assert north.view is not None
    assert north.view.wind_right_m_s == pytest.approx(5.0, abs=0.02)
    assert asked == [seen.at_ns]
    unknown = sights().placed(seen, AIMED).view
    assert unknown is not None
    assert unknown.wind_right_m_s is None


def test_a_cell_that_holds_the_place_is_named_with_its_share(tmp_path: Path) -> None:
    spot = sights().sight(BASE_PX, AIMED)
    lat, lon = spot.lat or 0.0, spot.lon or 0.0
    ring = [[lon + dx, lat + dy] for dx, dy in ((-0.01, -0.01), (0.01, -0.01), (0.01, 0.01), (-0.01, 0.01))]
    far = [[x + 1, y] for x, y in ring]
    features = [
        {"type": "Feature", "properties": {"name": name}, "geometry": {"type": "Polygon", "coordinates": [[*r, r[0]]]}}
        for name, r in (("grid-17", ring), ("grid-99", far))
    ]
    file = tmp_path / "cells.geojson"
    file.write_bytes(msgspec.json.encode({"type": "FeatureCollection", "features": features}))
    (cell,) = sights(areas_file=str(file)).sight(BASE_PX, AIMED).cells
    assert (cell.kind, cell.cell) == ("cell", "grid-17")
    assert cell.share > 0.99


def test_the_nearest_road_point_is_told_with_the_doubt_of_the_place(tmp_path: Path) -> None:
    spot = sights().sight(BASE_PX, AIMED)
    lat, lon = spot.lat or 0.0, spot.lon or 0.0
    road = {"type": "LineString", "coordinates": [[lon + 0.001, lat - 0.01], [lon + 0.001, lat + 0.01]]}
    file = tmp_path / "roads.geojson"
    file.write_bytes(
        msgspec.json.encode({"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": road}]})
    )
    told = sights(roads_file=str(file)).sight(BASE_PX, AIMED)
    assert told.nearest_road is not None
    assert told.ellipse is not None
    assert (told.nearest_road.lat, told.nearest_road.lon) == pytest.approx((lat, lon + 0.001), abs=2e-6)
    assert told.nearest_road.error_m == pytest.approx(2.448 * told.ellipse.major_m, rel=0.01)
    assert spot.nearest_road is None
