"""Every transform of the ground and its inverse."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ground.camera import Aim, Calibration, bearing_deg, direction, project, ray
from ground.fix import Fix, Sight, fix_of_many
from ground.local import Spot, metres_from, spot_at
from ground.snap import share_inside
from ground.terrain import on_plane

degrees = st.floats(-180, 180, allow_nan=False)
small = st.floats(-3, 3, allow_nan=False)
calibrations = st.builds(
    Calibration,
    frame_px=st.just((1920, 1080)),
    focal_px=st.floats(800, 20_000),
    pan_zero_deg=degrees,
    tilt_zero_deg=small,
    lean_east_deg=small,
    lean_north_deg=small,
    k1=st.floats(-0.05, 0.05),
)
aims = st.builds(Aim, pan_deg=degrees, tilt_deg=st.floats(-5, 60, allow_nan=False))


@given(calibrations, aims, st.floats(0, 1920), st.floats(0, 1080), st.floats(10, 9_000))
def test_a_pixel_comes_back_from_any_point_on_its_ray(
    calibration: Calibration, aim: Aim, u: float, v: float, far_m: float
) -> None:
    assert project(calibration, aim, ray(calibration, aim, (u, v)) * far_m) == pytest.approx((u, v), abs=1e-4)


@given(st.floats(0, 359.99), st.floats(-89, 89))
def test_a_bearing_comes_back_from_its_direction(azimuth_deg: float, elevation_deg: float) -> None:
    azimuth, elevation = bearing_deg(direction(azimuth_deg, elevation_deg))
    assert (azimuth - azimuth_deg + 180) % 360 - 180 == pytest.approx(0, abs=1e-6)
    assert elevation == pytest.approx(elevation_deg, abs=1e-6)


@given(st.floats(-55, 55), st.floats(-179, 179), st.floats(-8_000, 8_000), st.floats(-8_000, 8_000))
def test_a_place_comes_back_from_its_metres(lat: float, lon: float, east_m: float, north_m: float) -> None:
    origin = Spot(lat=lat, lon=lon, height_m=50)
    back = metres_from(origin, spot_at(origin, east_m, north_m, 12.0))
    assert back == pytest.approx([east_m, north_m, 12.0], abs=1e-3)


@given(st.floats(0, 359), st.floats(5, 150), st.floats(60, 8_000))
def test_level_ground_is_met_where_the_ray_was_sent(azimuth_deg: float, height_m: float, distance_m: float) -> None:
    target = distance_m * direction(azimuth_deg, 0.0) - np.array([0, 0, height_m])
    met = on_plane(target / np.linalg.norm(target), height_m, curved=False)
    assert met is not None
    assert (met.east_m, met.north_m) == pytest.approx((target[0], target[1]), abs=distance_m * 1e-6)


@given(
    st.floats(-4_000, 4_000),
    st.floats(-4_000, 4_000),
    st.lists(st.tuples(st.floats(-5_000, 5_000), st.floats(-5_000, 5_000)), min_size=2, max_size=5),
)
def test_sights_without_error_meet_where_the_fire_is(
    east_m: float, north_m: float, towers: list[tuple[float, float]]
) -> None:
    offs = [(east_m - e, north_m - n) for e, n in towers]
    azimuths = [float(np.degrees(np.arctan2(east, north))) for east, north in offs]
    crossing = max(abs(np.sin(np.radians(a - b))) for a in azimuths for b in azimuths)
    if crossing < 0.2 or any(np.hypot(*off) < 300 for off in offs):
        return
    joint = fix_of_many([Sight(e, n, 40, a, 0.2) for (e, n), a in zip(towers, azimuths, strict=True)])
    assert joint is not None
    assert joint.agrees
    assert (joint.fix.east_m, joint.fix.north_m) == pytest.approx((east_m, north_m), abs=0.5)


@given(st.floats(1, 300), st.floats(1, 300), st.floats(-0.95, 0.95), st.floats(-200, 200))
@example(1.0, 1.0, 2.225073858507203e-309, 0.0)  # an edge that all but lies level
def test_cells_that_tile_the_plane_share_the_whole_ellipse(a: float, b: float, lean: float, shift: float) -> None:
    fix = Fix(east_m=shift, north_m=-shift, cov_m2=((a * a, lean * a * b), (lean * a * b, b * b)))
    edges = [-3_000.0, shift, 0.5 * shift + 10, 3_000.0]
    columns = list(zip(sorted(edges), sorted(edges)[1:], strict=False))
    cells = [((w, s), (e, s), (e, n), (w, n)) for w, e in columns for s, n in columns if e > w and n > s]
    assert sum(share_inside(fix, cell) for cell in cells) == pytest.approx(1, abs=1e-4)
