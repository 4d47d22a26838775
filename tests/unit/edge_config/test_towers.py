"""The tables of a tower: what `towers calibrate` prints is taken as it is, and mistakes are said with their place."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from contract.errors import ConfigError
from contract.events import Provenance
from edge.config import EdgeConfig, load_edge
from edge.config.types import TowerConfig
from edge.judge import tape_start
from ground.calibrate import Landmark, fit
from ground.camera import Aim, Calibration, project
from ground.local import Vector

MADE_BY = Provenance(model="m", model_sha256="0" * 64, rule="", config_sha256="0" * 64, software="t")
HEAD = """
[gateway]
id = "gw"
town = "town"
key_file = "key.pem"

[[camera]]
id = "tower-1"
name = "Tower"
url = "rtsp://127.0.0.1:8554/tower"
frame_px = [1920, 1080]
position = { lat = 29.2, lon = 119.5, error_m = 3 }
"""
PATROL = """
[camera.patrol]
onvif_url = "http://127.0.0.1:8000/onvif/device"
username = "ops"
password_file = "tower.password"
presets = [{ name = "north", dwell_s = 3 }, { name = "east" }]
"""
TOWER = """
[camera.tower]
pan_zero_deg = 3.7000  # +- 0.0210
tilt_zero_deg = -0.2500  # +- 0.0170
lean_east_deg = 0.1200  # +- 0.0190
lean_north_deg = -0.0800  # +- 0.0180
focal_px = 3600.0700  # +- 23.0000
# water tower: +0.1 px right, -0.3 px down
mast_m = 40
"""


def load(text: str) -> EdgeConfig:
    return load_edge(text, "edge.toml", Path("/etc/tantou"), file_problem=lambda *_: None)


def test_terrain_without_the_cameras_height_in_its_datum_is_refused() -> None:
    dem = TOWER + 'dem_file = "dem.tif"\n'
    with pytest.raises(ConfigError, match="camera_height_m"):
        load(HEAD + dem)
    tower = load(HEAD + dem + "camera_height_m = 112.0\n").cameras[0].tower
    assert tower is not None
    assert tower.dem_file == "/etc/tantou/dem.tif"


def test_a_tower_with_its_patrol_and_its_printed_calibration_is_taken() -> None:
    camera = load(HEAD + PATROL + TOWER).cameras[0]
    assert camera.patrol is not None
    assert camera.tower is not None
    assert camera.patrol.password_file == "/etc/tantou/tower.password"
    assert [(stop.name, stop.dwell_s) for stop in camera.patrol.presets] == [("north", 3.0), ("east", 2.0)]
    assert camera.tower.focal_px == 3600.07


def test_every_line_that_calibrate_prints_is_a_key_of_the_table() -> None:
    start = Calibration(frame_px=(1920, 1080), focal_px=3500.0)
    landmarks = []
    for number, pan in enumerate((0.0, 90.0, 180.0, 270.0)):
        place = [(0.0, 1500.0), (1500.0, 0.0), (0.0, -1500.0), (-1500.0, 0.0)][number]
        aim = Aim(pan_deg=pan, tilt_deg=2.0)
        pixel = project(Calibration(frame_px=(1920, 1080), focal_px=3600.0), aim, _offset(place))
        assert pixel is not None
        landmarks.append(Landmark(name=str(number), offset_m=(*place, -40.0), aim=aim, pixel=pixel))
    assert set(fit(landmarks, start).sd) <= set(TowerConfig.__struct_fields__)


def _offset(place: tuple[float, float]) -> Vector:
    return np.array([*place, -40.0])


@pytest.mark.parametrize(
    ("line", "instead", "where"),
    [
        ('onvif_url = "http://127.0.0.1:8000/onvif/device"', 'onvif_url = "ftp://there"', "patrol.onvif_url"),
        ('onvif_url = "http://127.0.0.1:8000/onvif/device"', 'onvif_url = "http://me:pw@there"', "patrol.onvif_url"),
        ('username = "ops"\n', "", "patrol.username"),
        ('{ name = "east" }', '{ name = "north" }', "patrol.presets"),
        ("mast_m = 40", "", "tower.mast_m"),
        ("mast_m = 40", "mast_m = 40\nfocal = 1", "tower.focal"),
        ("position = { lat = 29.2, lon = 119.5, error_m = 3 }", "", "position"),
        ("frame_px = [1920, 1080]", "", "frame_px"),
    ],
)
def test_a_mistake_is_named_with_its_place(line: str, instead: str, where: str) -> None:
    with pytest.raises(ConfigError) as raised:
        load((HEAD + PATROL + TOWER).replace(line, instead))
    assert f"camera[0].{where}" in [mistake.path for mistake in raised.value.mistakes]


STATION = """
[[sensor]]
id = "mast-weather"
name = "Weather station"
premises = "the mast"
kind = "mqtt"
url = "mqtt://127.0.0.1:1883"
topic = "weather"
profile = "{profile}"
"""
WEATHER_PROFILE = """
name = "own-weather"
version = "1"
title = "a station"
source = "its sheet"
[[json.field]]
code = "ws"
path = "wind.speed"
[[json.field]]
code = "wd"
path = "wind.direction"
[[factor]]
code = "ws"
factor = "wind_speed_m_s"
unit = "m/s"
mark = "never"
"""
WIND_FROM = """
[[factor]]
code = "wd"
factor = "wind_from_deg"
unit = "deg"
mark = "never"
"""


def weather_mistakes(folder: Path, sensor: str, *, profile: str) -> list[str]:
    (folder / "station.toml").write_text(profile)
    text = HEAD + TOWER + f'weather_sensor = "{sensor}"\n' + STATION.format(profile="station.toml")
    try:
        load_edge(text, "edge.toml", folder, file_problem=lambda *_: None)
    except ConfigError as error:
        return [f"{one.path}: {one.problem} {one.hint}" for one in error.mistakes]
    return []


def test_a_weather_station_is_a_sensor_of_the_file_that_measures_the_wind(tmp_path: Path) -> None:
    assert weather_mistakes(tmp_path, "mast-weather", profile=WEATHER_PROFILE + WIND_FROM) == []
    (unknown,) = weather_mistakes(tmp_path, "mast-wether", profile=WEATHER_PROFILE + WIND_FROM)
    assert unknown.startswith("camera[0].tower.weather_sensor:")
    assert "mast-weather" in unknown
    (lacking,) = weather_mistakes(tmp_path, "mast-weather", profile=WEATHER_PROFILE)
    assert "measures no wind_from_deg" in lacking


def test_a_fire_s_file_names_the_station_near_the_tower_unless_the_zone_names_another(tmp_path: Path) -> None:
    (tmp_path / "station.toml").write_text(WEATHER_PROFILE + WIND_FROM)
    zone = FIELDS.replace('"fields"', '"{0}"').replace("frame_px = [1920, 1080]", "frame_px = [1920, 1080]\n{1}")
    head = HEAD + TOWER + 'weather_sensor = "mast-weather"\n' + STATION.format(profile="station.toml")
    text = head + zone.format("one", "") + zone.format("two", '[zone.rule]\nweather_station = "58448"\n')
    start = tape_start(load_edge(text, "edge.toml", tmp_path, file_problem=lambda *_: None), "tower-1", MADE_BY)
    assert [zone.rule["weather_station"] for zone in start.zones] == ["mast-weather", "58448"]


THERMAL = """
[camera.thermal]
onvif_url = "http://127.0.0.1:8001/onvif/device"
username = "ops"
password_file = "thermal.password"
"""
FIELDS = """
[[zone]]
id = "fields"
camera = "tower-1"
name = "Fields"
matter = "straw_burning"
polygon_px = []
frame_px = [1920, 1080]
"""


def test_a_thermal_camera_stands_beside_a_tower_s() -> None:
    thermal = load(HEAD + TOWER + THERMAL + FIELDS).cameras[0].thermal
    assert thermal is not None
    assert thermal.password_file == "/etc/tantou/thermal.password"
    assert "TemperatureAlarm" in thermal.topics


@pytest.mark.parametrize(
    ("text", "path", "words"),
    [
        (THERMAL, "camera[0].thermal", "looks for no fire"),
        (THERMAL.replace("http:", "ftp:") + FIELDS, "camera[0].thermal.onvif_url", "http"),
        (THERMAL + "field = [0.5, 0, 0.5, 1]\n" + FIELDS, "camera[0].thermal.field", "empty"),
        (THERMAL.replace('username = "ops"', "") + FIELDS, "camera[0].thermal.username", "missing"),
    ],
)
def test_a_thermal_camera_s_mistakes_are_named(text: str, path: str, words: str) -> None:
    with pytest.raises(ConfigError) as told:
        load(HEAD + TOWER + text)
    assert [one.path for one in told.value.mistakes] == [path]
    assert words in str(told.value)
