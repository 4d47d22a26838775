"""A camera on a pan and tilt head: pixel -> ray and point -> pixel (straw reference, section 4)."""

from __future__ import annotations

from math import atan2, cos, degrees, hypot, radians, sin
from typing import Annotated

import numpy as np
from msgspec import Meta, Struct

from ground.local import Vector

_UNDISTORT_STEPS = 20
Degrees = Annotated[float, Meta(ge=-360, le=360)]


class Aim(Struct, frozen=True, kw_only=True):
    """Where the head says that it points: degrees in the head's own scales, tilt positive downwards."""

    pan_deg: Degrees
    tilt_deg: Degrees


class Calibration(Struct, frozen=True, kw_only=True):
    """What turns a head's scales and a pixel into a direction; valid for one zoom.

    `pan_zero_deg` is the true azimuth at pan 0, `tilt_zero_deg` the elevation at tilt 0; the pan axis leans by
    `lean_east_deg` about east and `lean_north_deg` about north. `focal_px` and `centre_px` in pixels of `frame_px`;
    `k1` is the first radial distortion term on normalised coordinates.
    """

    frame_px: tuple[int, int]
    focal_px: Annotated[float, Meta(gt=0)]
    pan_zero_deg: Degrees = 0.0
    tilt_zero_deg: Degrees = 0.0
    lean_east_deg: Annotated[float, Meta(ge=-20, le=20)] = 0.0
    lean_north_deg: Annotated[float, Meta(ge=-20, le=20)] = 0.0
    centre_px: tuple[float, float] | None = None
    k1: Annotated[float, Meta(ge=-1, le=1)] = 0.0

    @property
    def middle_px(self) -> tuple[float, float]:
        """The pixel of the optical axis; the middle of the picture where none was measured."""
        return self.centre_px or (self.frame_px[0] / 2, self.frame_px[1] / 2)


def ray(calibration: Calibration, aim: Aim, pixel: tuple[float, float]) -> Vector:
    """The unit vector (east, north, up) along which this pixel looks."""
    cx, cy = calibration.middle_px
    x, y = _undistorted((pixel[0] - cx) / calibration.focal_px, (pixel[1] - cy) / calibration.focal_px, calibration.k1)
    ahead, right, above = _axes(calibration, aim)
    along = _lean(calibration) @ (ahead + x * right - y * above)
    return np.asarray(along / np.linalg.norm(along), dtype=np.float64)


def project(calibration: Calibration, aim: Aim, offset_m: Vector) -> tuple[float, float] | None:
    """The pixel where a point `offset_m` (east, north, up from the camera) is seen; None behind the camera."""
    ahead, right, above = _axes(calibration, aim)
    turned = _lean(calibration).T @ offset_m
    depth = float(turned @ ahead)
    if depth <= 0:
        return None
    x, y = float(turned @ right) / depth, -float(turned @ above) / depth
    stretch = 1 + calibration.k1 * (x * x + y * y)
    cx, cy = calibration.middle_px
    return cx + calibration.focal_px * x * stretch, cy + calibration.focal_px * y * stretch


def bearing_deg(along: Vector) -> tuple[float, float]:
    """Azimuth 0..360 clockwise from north and elevation of a direction."""
    east, north, up = (float(part) for part in along)
    return degrees(atan2(east, north)) % 360, degrees(atan2(up, hypot(east, north)))


def direction(azimuth_deg: float, elevation_deg: float) -> Vector:
    """The unit vector of a bearing."""
    a, e = radians(azimuth_deg), radians(elevation_deg)
    return np.array([cos(e) * sin(a), cos(e) * cos(a), sin(e)])


def _axes(calibration: Calibration, aim: Aim) -> tuple[Vector, Vector, Vector]:
    """Ahead, right and above of the camera before the lean of its axis."""
    azimuth_deg = aim.pan_deg + calibration.pan_zero_deg
    elevation_deg = calibration.tilt_zero_deg - aim.tilt_deg
    a, e = radians(azimuth_deg), radians(elevation_deg)
    right = np.array([cos(a), -sin(a), 0.0])
    above = np.array([-sin(e) * sin(a), -sin(e) * cos(a), cos(e)])
    return direction(azimuth_deg, elevation_deg), right, above


def _lean(calibration: Calibration) -> Vector:
    """Right-hand turns: first about east, then about north."""
    e, n = radians(calibration.lean_east_deg), radians(calibration.lean_north_deg)
    about_east = np.array([[1.0, 0.0, 0.0], [0.0, cos(e), -sin(e)], [0.0, sin(e), cos(e)]])
    about_north = np.array([[cos(n), 0.0, sin(n)], [0.0, 1.0, 0.0], [-sin(n), 0.0, cos(n)]])
    return np.asarray(about_north @ about_east, dtype=np.float64)


def _undistorted(x: float, y: float, k1: float) -> tuple[float, float]:
    """The inverse of the radial term, by fixed-point steps; exact for k1 = 0."""
    if k1 == 0:
        return x, y
    ux, uy = x, y
    for _ in range(_UNDISTORT_STEPS):
        stretch = 1 + k1 * (ux * ux + uy * uy)
        ux, uy = x / stretch, y / stretch
    return ux, uy
