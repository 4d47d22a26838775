"""From a plume's base to a place: the worked example of the towers' reference, doubt included."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from contract.geometry import Position
from contract.observations import Observation, PlumeSeen, View
from edge.capture.types import Aimed
from edge.config import TowerConfig
from edge.inference.sights import Sights
from ground.local import Spot, metres_from

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
    placed, without = sights().placed(seen, AIMED)
    assert placed.sight is not None
    assert placed.sight.range_m == pytest.approx(2527.3, abs=0.3)
    assert without.sight is None
    assert all(one.sight is None for one in sights().placed(seen, AIMED._replace(zoom=0.5)))


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
