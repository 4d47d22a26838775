"""The survey of a tower as its file says it, and the calibration that comes of it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from msgspec import Meta, Struct

from contract.errors import ConfigError, Mistake
from contract.settings import load
from ground.calibrate import Fitted, Landmark, first_guess, fit
from ground.camera import Aim
from ground.local import Spot, seen_from

Px = Annotated[int, Meta(ge=16, le=16384)]
Lat = Annotated[float, Meta(ge=-90, le=90)]
Lon = Annotated[float, Meta(ge=-180, le=180)]
Height = Annotated[float, Meta(ge=-500, le=9000)]


class TowerSite(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the camera hangs, its picture, and the focal length at the zoom of the survey as far as it is known."""

    lat: Lat
    lon: Lon
    camera_height_m: Annotated[Height, Meta(description="of the camera, in the same datum as the landmarks")]
    frame_px: tuple[Px, Px]
    focal_px: Annotated[float, Meta(gt=50, le=1e6, description="first guess: width / (2 tan(hfov / 2))")]


class SurveyedLandmark(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A chimney, a mast, a bridge head: where it is, and at which aim and pixel the tower shows it."""

    name: Annotated[str, Meta(min_length=1, max_length=200)]
    lat: Lat
    lon: Lon
    height_m: Height
    pan_deg: Annotated[float, Meta(ge=-360, le=360)]
    tilt_deg: Annotated[float, Meta(ge=-90, le=90)]
    pixel: tuple[float, float]


class Survey(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`survey.toml`: one tower and its landmarks."""

    tower: TowerSite
    landmark: Annotated[tuple[SurveyedLandmark, ...], Meta(min_length=1, max_length=500)]


def read_survey(path: Path) -> Survey:
    """Raises ConfigError with every mistake of the file."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(str(path), (Mistake("file", None, str(error)),)) from error
    return load(text, str(path), Survey)


def calibrated(survey: Survey) -> Fitted:
    """The calibration of a survey; raises ConfigError where its landmarks do not allow one."""
    tower = survey.tower
    camera = Spot(lat=tower.lat, lon=tower.lon, height_m=tower.camera_height_m)
    landmarks = []
    for mark in survey.landmark:
        east, north, up = seen_from(camera, Spot(lat=mark.lat, lon=mark.lon, height_m=mark.height_m))
        aim = Aim(pan_deg=mark.pan_deg, tilt_deg=mark.tilt_deg)
        offset_m = (float(east), float(north), float(up))
        landmarks.append(Landmark(name=mark.name, offset_m=offset_m, aim=aim, pixel=mark.pixel))
    return fit(landmarks, first_guess(landmarks, tower.frame_px, tower.focal_px))
