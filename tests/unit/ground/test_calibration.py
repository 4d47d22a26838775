"""Calibration from landmarks with noise, and what it says of surveys that are no good."""

from __future__ import annotations

from math import cos, radians, sin

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


def test_landmarks_on_one_side_are_warned_of() -> None:
    truth = Calibration(frame_px=FRAME_PX, focal_px=3600)
    fitted = fit(circle(truth, 5, noise_px=0.5, seed=2, arc_deg=35), truth)
    assert any("one side" in warning for warning in fitted.warnings)


def test_a_mistaken_landmark_is_named() -> None:
    truth = Calibration(frame_px=FRAME_PX, focal_px=3600, pan_zero_deg=12.0)
    marks = circle(truth, 8, noise_px=0.5, seed=3)
    u, v = marks[4].pixel
    wrong = Landmark(name="kiln", offset_m=marks[4].offset_m, aim=marks[4].aim, pixel=(u + 180, v))
    fitted = fit([*marks[:4], wrong, *marks[5:]], truth)
    assert any("kiln" in warning for warning in fitted.warnings)
