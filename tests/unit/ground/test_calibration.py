"""Calibration from landmarks with noise, and what it says of surveys that are no good."""

from __future__ import annotations

from math import atan2, cos, degrees, radians, sin

import numpy as np
import pytest

from contract.errors import ConfigError
from ground.calibrate import Landmark, first_guess, fit
from ground.camera import Aim, Calibration, project

FRAME_PX = (1920, 1080)


def circle(truth: Calibration, count: int, *, noise_px: float, seed: int, arc_deg: float = 360) -> list[Landmark]:
    """Landmarks around the tower, each nearly in the middle of its picture, seen with noise."""
    draw = np.random.default_rng(seed)
    marks = []
    for number in range(count):
        azimuth = number * arc_deg / count + draw.uniform(-10, 10)
        distance = draw.uniform(1200, 2400)
        offset = np.array([distance * sin(radians(azimuth)), distance * cos(radians(azimuth)), draw.uniform(-40, 10)])
        aim = Aim(pan_deg=(azimuth - truth.pan_zero_deg + draw.uniform(-5, 5)) % 360, tilt_deg=2.0)
        seen = project(truth, aim, offset)
        assert seen is not None
        u, v = np.array(seen) + draw.normal(0, noise_px, 2)
        east, north, up = offset
        marks.append(Landmark(name=f"m{number}", offset_m=(east, north, up), aim=aim, pixel=(float(u), float(v))))
    return marks


@pytest.mark.parametrize("pan_zero_deg", [3.7, 117.0, 181.0, 359.0])
def test_pan_and_tilt_come_back_within_a_twentieth_degree_from_six_landmarks_with_two_pixels_of_noise(
    pan_zero_deg: float,
) -> None:
    truth = Calibration(
        frame_px=FRAME_PX,
        focal_px=3600,
        pan_zero_deg=pan_zero_deg,
        tilt_zero_deg=-0.25,
        lean_east_deg=0.12,
        lean_north_deg=-0.08,
    )
    off = []
    for seed in range(60):
        marks = circle(truth, 6, noise_px=2.0, seed=seed)
        found = fit(marks, first_guess(marks, FRAME_PX, 3300)).calibration
        turned = (found.pan_zero_deg - truth.pan_zero_deg + 180) % 360 - 180
        off.append((abs(turned), abs(found.tilt_zero_deg - truth.tilt_zero_deg)))
    within = np.mean(np.array(off) <= 0.05, axis=0)
    assert within.min() >= 0.95, np.percentile(off, 95, axis=0)


def test_the_doubts_told_are_the_scatter_that_noise_makes() -> None:
    truth = Calibration(frame_px=FRAME_PX, focal_px=3600, pan_zero_deg=40.0, tilt_zero_deg=0.5)
    fits = [fit(circle(truth, 12, noise_px=2.0, seed=seed), truth) for seed in range(200)]
    scatter = np.std([one.calibration.tilt_zero_deg for one in fits])
    told = np.median([one.sd["tilt_zero_deg"] for one in fits])
    assert told == pytest.approx(scatter, rel=0.35)


def test_two_landmarks_are_refused_with_what_to_do() -> None:
    truth = Calibration(frame_px=FRAME_PX, focal_px=3600)
    with pytest.raises(ConfigError, match="at least 3"):
        fit(circle(truth, 2, noise_px=0, seed=1), truth)


@pytest.mark.parametrize("numbers", [(0, 0, 0), (0, 1, 1)], ids=["one place thrice", "two places"])
def test_landmarks_that_stand_on_one_another_count_once(
    numbers: tuple[int, ...],
) -> None:
    truth = Calibration(frame_px=FRAME_PX, focal_px=3600, pan_zero_deg=12.0)
    marks = circle(truth, 6, noise_px=0.5, seed=4)
    with pytest.raises(ConfigError, match="at least 3"):
        fit([marks[number] for number in numbers], truth)


def test_a_line_of_landmarks_at_one_azimuth_is_refused() -> None:
    truth = Calibration(frame_px=FRAME_PX, focal_px=3600)
    aim = Aim(pan_deg=10.0, tilt_deg=2.0)
    marks = []
    for number, far_m in enumerate((800.0, 1500.0, 2500.0)):
        offset = far_m * np.array([sin(radians(10.0)), cos(radians(10.0)), 0.0]) - np.array([0.0, 0.0, 20.0])
        seen = project(truth, aim, offset)
        assert seen is not None
        place = (float(offset[0]), float(offset[1]), float(offset[2]))
        marks.append(Landmark(name=f"m{number}", offset_m=place, aim=aim, pixel=seen))
    with pytest.raises(ConfigError, match="one azimuth"):
        fit(marks, truth)


@pytest.mark.parametrize("pixel", [(float("nan"), 3.0), (9000.0, 500.0), (-1.0, 500.0)])
def test_a_pixel_outside_its_picture_is_refused_by_the_landmarks_name(pixel: tuple[float, float]) -> None:
    truth = Calibration(frame_px=FRAME_PX, focal_px=3600)
    marks = circle(truth, 4, noise_px=0, seed=1)
    lost = Landmark(name="mast", offset_m=marks[2].offset_m, aim=marks[2].aim, pixel=pixel)
    with pytest.raises(ConfigError, match=r"'mast'.*not in the picture"):
        fit([*marks[:2], lost, marks[3]], truth)


def test_landmarks_all_in_the_middle_of_their_pictures_tell_the_angles_and_leave_the_focal_length() -> None:
    truth = Calibration(frame_px=FRAME_PX, focal_px=3600, pan_zero_deg=12.0, tilt_zero_deg=0.4)
    marks = []
    for number in range(6):
        azimuth, far_m = 60.0 * number, 1000.0 + 200.0 * number
        place = (far_m * sin(radians(azimuth)), far_m * cos(radians(azimuth)), -30.0)
        tilt_deg = 0.4 + degrees(atan2(30.0, far_m))
        aim = Aim(pan_deg=azimuth - 12.0, tilt_deg=tilt_deg)
        marks.append(Landmark(name=f"m{number}", offset_m=place, aim=aim, pixel=(960.0, 540.0)))
    fitted = fit(marks, first_guess(marks, FRAME_PX, 3300))
    assert fitted.calibration.pan_zero_deg == pytest.approx(truth.pan_zero_deg, abs=1e-6)
    assert fitted.calibration.tilt_zero_deg == pytest.approx(truth.tilt_zero_deg, abs=1e-6)
    assert fitted.calibration.focal_px == 3300
    assert "focal_px" not in fitted.sd
    assert any("focal length" in warning for warning in fitted.warnings)


def test_of_three_landmarks_no_noise_is_told_and_each_doubt_is_that_of_one_pixel() -> None:
    truth = Calibration(frame_px=FRAME_PX, focal_px=3600)
    fitted = fit(circle(truth, 3, noise_px=0, seed=3), truth)
    assert fitted.noise_px is None
    assert 0.005 < fitted.sd["pan_zero_deg"] < 0.05


def test_landmarks_on_one_side_are_warned_of() -> None:
    truth = Calibration(frame_px=FRAME_PX, focal_px=3600)
    fitted = fit(circle(truth, 5, noise_px=0.5, seed=2, arc_deg=35), truth)
    assert any("one side" in warning for warning in fitted.warnings)
    assert any(warning.startswith("tilt_zero_deg is known within") for warning in fitted.warnings)


def test_a_mistaken_landmark_is_named() -> None:
    truth = Calibration(frame_px=FRAME_PX, focal_px=3600, pan_zero_deg=12.0)
    marks = circle(truth, 8, noise_px=0.5, seed=3)
    u, v = marks[4].pixel
    wrong = Landmark(name="kiln", offset_m=marks[4].offset_m, aim=marks[4].aim, pixel=(u + 180, v))
    fitted = fit([*marks[:4], wrong, *marks[5:]], truth)
    assert any("kiln" in warning for warning in fitted.warnings)
