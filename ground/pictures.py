"""A calibration to look at: where the landmarks stand and how far off each is, and what it means in metres."""

from __future__ import annotations

from collections.abc import Sequence
from math import atan2, cos, degrees, hypot, radians, sin

from PIL import Image, ImageDraw, ImageFont

from ground.calibrate import Fitted
from ground.camera import direction
from ground.fix import fix_of_one
from ground.terrain import on_plane

_SIDE_PX = 640
_INK, _PALE, _RED, _BLUE = (30, 30, 30), (205, 205, 205), (190, 30, 30), (30, 80, 170)
_ARROW_PX_PER_PX = 12.0
_FARTHEST_KM = 5
Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


def errors_m(height_m: float, *, pan_sd_deg: float, tilt_sd_deg: float) -> list[tuple[float, float, float]]:
    """Distance, error along and error across in metres, one sigma, each 250 m to 5 km over level ground."""
    told = []
    for distance_m in range(250, _FARTHEST_KM * 1000 + 1, 250):
        along = direction(0.0, -degrees(atan2(height_m, distance_m)))
        fix = fix_of_one(
            along,
            lambda ray: on_plane(ray, height_m, curved=False),
            azimuth_sd_deg=pan_sd_deg,
            elevation_sd_deg=tilt_sd_deg,
        )
        if fix is not None:
            told.append((float(distance_m), fix.cov_m2[1][1] ** 0.5, fix.cov_m2[0][0] ** 0.5))
    return told


def draw(fitted: Fitted, bearings_deg: Sequence[float], height_m: float, *, font: Font, has_hanzi: bool) -> Image.Image:
    """Left: landmarks around the tower with their residuals (enlarged); right: error against distance.

    Landmarks whose names the font cannot write (`has_hanzi`) are told by their number in the survey.
    """
    image = Image.new("RGB", (2 * _SIDE_PX, _SIDE_PX), "white")
    canvas = ImageDraw.Draw(image)
    names = [
        rest.name if has_hanzi or rest.name.isascii() else f"landmark {number}"
        for number, rest in enumerate(fitted.residuals, 1)
    ]
    _draw_landmarks(canvas, font, fitted, list(zip(names, bearings_deg, strict=True)))
    _draw_errors(canvas, font, fitted, height_m)
    return image


def _draw_landmarks(
    canvas: ImageDraw.ImageDraw, font: Font, fitted: Fitted, marks: Sequence[tuple[str, float]]
) -> None:
    middle, radius = _SIDE_PX / 2, _SIDE_PX * 0.36
    canvas.ellipse((middle - radius, middle - radius, middle + radius, middle + radius), outline=_PALE, width=2)
    for side, azimuth in (("N", 0.0), ("E", 90.0), ("S", 180.0), ("W", 270.0)):
        place = (middle + radius * 1.28 * sin(radians(azimuth)), middle - radius * 1.28 * cos(radians(azimuth)))
        canvas.text(place, side, fill=_INK, font=font, anchor="mm")
    for (name, azimuth), rest in zip(marks, fitted.residuals, strict=True):
        x, y = middle + radius * sin(radians(azimuth)), middle - radius * cos(radians(azimuth))
        end = (x + rest.right_px * _ARROW_PX_PER_PX, y + rest.down_px * _ARROW_PX_PER_PX)
        canvas.line((x, y, *end), fill=_RED, width=3)
        canvas.ellipse((x - 4, y - 4, x + 4, y + 4), fill=_BLUE)
        length = hypot(rest.right_px, rest.down_px)
        canvas.text((x, y + 12), f"{name}  {length:.1f} px", fill=_INK, font=font, anchor="mt")
    noise = "unknown" if fitted.noise_px is None else f"{fitted.noise_px:.2f} px"
    canvas.text((16, 12), f"landmarks; red: residual x {_ARROW_PX_PER_PX:.0f}; noise {noise}", fill=_INK, font=font)


def _draw_errors(canvas: ImageDraw.ImageDraw, font: Font, fitted: Fitted, height_m: float) -> None:
    left, top, width, height = _SIDE_PX + 70, 60, _SIDE_PX - 110, _SIDE_PX - 130
    rows = errors_m(
        height_m,
        pan_sd_deg=max(fitted.sd["pan_zero_deg"], 1e-4),
        tilt_sd_deg=hypot(fitted.sd["tilt_zero_deg"], fitted.sd["lean_east_deg"], fitted.sd["lean_north_deg"]),
    )
    most = max((max(along, across) for _, along, across in rows), default=1.0)
    canvas.rectangle((left, top, left + width, top + height), outline=_PALE)
    for km in range(_FARTHEST_KM + 1):
        canvas.text((left + width * km / _FARTHEST_KM, top + height + 8), f"{km} km", fill=_INK, font=font, anchor="mt")
    for share in (0.5, 1.0):
        canvas.text((left - 8, top + height * (1 - share)), f"{most * share:.0f} m", fill=_INK, font=font, anchor="rm")

    def place(distance_m: float, error_m: float) -> tuple[float, float]:
        return left + width * distance_m / (_FARTHEST_KM * 1000), top + height * (1 - error_m / most)

    canvas.line([place(distance, along) for distance, along, _ in rows], fill=_RED, width=3)
    canvas.line([place(distance, across) for distance, _, across in rows], fill=_BLUE, width=3)
    title = f"error on level ground, camera {height_m:.0f} m up, 1 sigma: red along the ray, blue across"
    canvas.text((left - 50, 12), title, fill=_INK, font=font)
