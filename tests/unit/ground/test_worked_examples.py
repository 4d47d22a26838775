"""The worked examples of the straw reference, section 4, to the digits given there."""

from __future__ import annotations

from math import degrees, hypot

import numpy as np
import pytest

from ground.calibrate import Landmark, fit
from ground.camera import Aim, Calibration, bearing_deg, direction, project, ray
from ground.fix import Fix, Sight, fix_of_many, fix_of_one
from ground.local import curve_drop_m
from ground.snap import named, share_inside, shares
from ground.terrain import on_heights, on_plane

FRAME_PX = (1920, 1080)
TRUTH = Calibration(
    frame_px=FRAME_PX,
    focal_px=3600,
    pan_zero_deg=3.70,
    tilt_zero_deg=-0.25,
    lean_east_deg=0.12,
    lean_north_deg=-0.08,
    centre_px=(960, 540),
)
MAST_M = np.array([0.0, 0.0, 40.0])
TABLE = (
    ((-420, 1510, 18), 340, (1007.434, 455.063)),
    ((1320, 1180, 32), 40, (1243.815, 423.704)),
    ((2050, -260, 25), 90, (1182.130, 428.820)),
    ((900, -1750, 12), 150, (902.532, 445.426)),
    ((-1100, -1400, 45), 210, (1240.906, 379.320)),
    ((-2300, 300, 28), 270, (1194.894, 413.223)),
)
LANDMARKS = [
    Landmark(
        name=f"{pan}",
        offset_m=(point[0], point[1], point[2] - 40.0),
        aim=Aim(pan_deg=pan, tilt_deg=2.0),
        pixel=pixel,
    )
    for point, pan, pixel in TABLE
]


@pytest.mark.parametrize("mark", LANDMARKS, ids=lambda mark: mark.name)
def test_a_landmark_is_seen_at_the_pixel_of_the_table(mark: Landmark) -> None:
    assert project(TRUTH, mark.aim, np.array(mark.offset_m)) == pytest.approx(mark.pixel, abs=6e-4)


def test_the_fire_of_the_example_projects_and_comes_back() -> None:
    aim = Aim(pan_deg=30, tilt_deg=2)
    pixel = project(TRUTH, aim, np.array([1500.0, 2000.0, 0.0]) - MAST_M)
    assert pixel == pytest.approx((1159.3966, 465.3626), abs=6e-5)
    assert pixel is not None
    azimuth_deg, elevation_deg = bearing_deg(ray(TRUTH, aim, pixel))
    assert azimuth_deg == pytest.approx(36.8699, abs=6e-5)
    assert elevation_deg == pytest.approx(-0.9167, abs=6e-5)
    flat = on_plane(ray(TRUTH, aim, pixel), 40, curved=False)
    curved = on_plane(ray(TRUTH, aim, pixel), 40)
    assert flat is not None
    assert curved is not None
    assert flat.distance_m == pytest.approx(2500.0, abs=0.05)
    assert curved.distance_m == pytest.approx(2527.3, abs=0.05)
    assert (curved.east_m - 1500, curved.north_m - 2000) == pytest.approx((16.35, 21.80), abs=0.05)


def test_one_pixel_down_is_42_metres_and_one_across_is_less_than_one() -> None:
    aim = Aim(pan_deg=30, tilt_deg=2)

    def met(u: float, v: float) -> tuple[float, float]:
        found = on_plane(ray(TRUTH, aim, (u, v)), 40, curved=False)
        assert found is not None
        return found.east_m, found.north_m

    at = met(1159.3966, 465.3626)
    assert hypot(*(a - b for a, b in zip(met(1159.3966, 466.3626), at, strict=True))) == pytest.approx(42.6, abs=1.5)
    assert hypot(*(a - b for a, b in zip(met(1160.3966, 465.3626), at, strict=True))) == pytest.approx(0.7, abs=0.1)


def test_an_uncalibrated_head_is_368_metres_off() -> None:
    plain = Calibration(frame_px=FRAME_PX, focal_px=3600, centre_px=(960, 540))
    found = on_plane(ray(plain, Aim(pan_deg=30, tilt_deg=2), (1159.3966, 465.3626)), 40, curved=False)
    assert found is not None
    assert (found.east_m, found.north_m) == pytest.approx((1546.0, 2365.2), abs=0.1)


def test_flat_ground_a_rising_plane_and_a_ridge_stop_the_ray_where_the_reference_says() -> None:
    along = direction(0.0, -1.0)
    flat = on_plane(along, 40, curved=False)
    assert flat is not None
    assert flat.distance_m == pytest.approx(2291.598, abs=5e-4)

    rising = on_heights(along, 40, lambda _, north: 0.01 * north + curve_drop_m(north), step_m=10)
    assert rising is not None
    assert rising.distance_m == pytest.approx(1456.926, abs=5e-4)

    ridge = on_heights(along, 40, lambda _, north: 30.0 if 995 <= north <= 1005 else 0.0, step_m=2)
    assert ridge is not None
    assert ridge.distance_m == pytest.approx(995, abs=2)
    assert 40 - 1000 * np.tan(np.radians(1)) == pytest.approx(22.545, abs=5e-4)


def test_a_ray_above_the_horizon_meets_nothing() -> None:
    assert on_plane(direction(10, 0.0), 40) is None
    assert on_plane(direction(10, -0.15), 40) is None  # dips below level, yet over the curved horizon
    assert on_heights(direction(10, 1.0), 40, lambda *_: 0.0, step_m=50) is None


def test_the_calibration_comes_back_from_six_landmarks() -> None:
    fitted = fit(LANDMARKS, Calibration(frame_px=FRAME_PX, focal_px=3500, centre_px=(960, 540)))
    for field in ("pan_zero_deg", "tilt_zero_deg", "lean_east_deg", "lean_north_deg"):
        assert getattr(fitted.calibration, field) == pytest.approx(getattr(TRUTH, field), abs=1e-4)
    assert fitted.calibration.focal_px == pytest.approx(3600, abs=0.1)


def test_with_two_pixels_of_noise_the_doubts_are_those_of_the_reference() -> None:
    fitted = fit(LANDMARKS, TRUTH)
    noise = fitted.noise_px
    assert noise is not None
    sd = [fitted.sd[name] / noise * 2 for name in ("pan_zero_deg", "tilt_zero_deg", "lean_east_deg", "lean_north_deg")]
    assert sd == pytest.approx([0.021, 0.017, 0.019, 0.018], abs=6e-4)
    assert fitted.sd["focal_px"] / noise * 2 == pytest.approx(23, abs=0.6)


def test_two_towers_make_the_place_and_covariance_of_the_reference() -> None:
    sights = [Sight(0, 0, 40, 34.70, 0.2), Sight(4000, 500, 40, 313.67, 0.2)]
    joint = fix_of_many(sights)
    assert joint is not None
    assert (joint.fix.east_m, joint.fix.north_m) == pytest.approx((1800.26, 2599.91), abs=0.01)
    (ee, en), (_, nn) = joint.fix.cov_m2
    assert (ee, en, nn) == pytest.approx((102.77, -8.32, 137.61), abs=0.06)
    assert joint.fix.axes_m()[:2] == pytest.approx((11.8, 10.0), abs=0.05)
    moved = fix_of_many([Sight(0, 0, 40, 35.20, 0.2), sights[1]])
    assert moved is not None
    assert hypot(moved.fix.east_m - 1800.26, moved.fix.north_m - 2599.91) == pytest.approx(28, abs=0.6)


def test_one_tower_is_a_long_ellipse_and_a_second_bearing_makes_it_short() -> None:
    distance_m = hypot(1800.26, 2599.91)
    elevation_deg = -degrees(np.arctan2(40, distance_m))
    one = fix_of_one(
        direction(34.70, elevation_deg),
        lambda along: on_plane(along, 40, curved=False),
        azimuth_sd_deg=0.2,
        elevation_sd_deg=0.05,
    )
    assert one is not None
    major, minor, _ = one.axes_m()
    assert minor == pytest.approx(11, abs=0.1)
    assert major == pytest.approx(218, rel=0.09)  # the reference is linear; the curve of tan makes the far side longer


@pytest.mark.parametrize(("crossing_deg", "major_m"), [(5, 170), (10, 85), (20, 43), (30, 29), (90, 10)])
def test_bearings_that_cross_flatly_say_little(crossing_deg: float, major_m: float) -> None:
    half = crossing_deg / 2
    towers = [(180 + sign * half, direction(180 + sign * half, 0.0) * -3000) for sign in (-1, 1)]
    joint = fix_of_many([Sight(float(at[0]), float(at[1]), 40, azimuth, 0.2) for azimuth, at in towers])
    assert joint is not None
    assert joint.fix.axes_m()[0] == pytest.approx(major_m, abs=0.6)


def test_a_cell_is_named_only_when_most_of_the_ellipse_lies_in_it() -> None:
    cell = [(0.0, 0.0), (100.0, 0.0), (100.0, 100.0), (0.0, 100.0)]
    north = [(x, y + 100) for x, y in cell]
    sharp = Fix(east_m=30, north_m=50, cov_m2=((11**2, 0), (0, 25**2)))
    vague = Fix(east_m=30, north_m=50, cov_m2=((11**2, 0), (0, 125**2)))
    assert share_inside(sharp, cell) == pytest.approx(0.9515, abs=6e-5)
    assert share_inside(vague, cell) == pytest.approx(0.3099, abs=6e-5)
    assert share_inside(vague, north) == pytest.approx(0.2288, abs=6e-5)
    assert named(shares(sharp, {"cell": cell, "north": north})) == "cell"
    told = shares(vague, {"north": north, "cell": cell})
    assert named(told) is None
    assert list(told) == ["cell", "north"]
