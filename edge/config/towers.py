"""The tables of a tower's camera, `[camera.patrol|tower|thermal]`, and what single keys cannot say wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from contract.errors import ConfigError, Mistake
from contract.settings import Examined, shown
from contract.toml_lines import Place
from edge.config import urls
from edge.config.files import FileProblem, Probes
from edge.config.sensors import profile_of, sensor_of_zone, unknown_sensor
from edge.config.types import (
    CameraConfig,
    EdgeFile,
    PatrolConfig,
    ThermalConfig,
    TowerConfig,
    ZoneConfig,
)
from edge.sensors.weather import WIND_FROM, WIND_SPEED

HEAD_PORTS = {"http": 80, "https": 443}
LAND_FILES = ("dem_file", "areas_file", "roads_file")


def tower_mistakes(examined: Examined[EdgeFile], base_dir: Path) -> Iterator[Mistake]:
    """What is wrong with the patrols and the geometry of the cameras."""
    for place, table in examined.tables.items():
        if isinstance(table, PatrolConfig | ThermalConfig):
            yield from _onvif(examined, place, table)
        if isinstance(table, PatrolConfig):
            yield from _patrol(examined, place, table)
        if isinstance(table, ThermalConfig):
            yield from _thermal(examined, place, table)
        if isinstance(table, TowerConfig):
            camera: Any = examined.tables.get(place[:-1])
            if isinstance(camera, CameraConfig) and getattr(camera, "position", None) is None:
                problem = "a tower's place is where its camera hangs"
                yield examined.mistake((*place[:-1], "position"), "missing", problem)
            if isinstance(camera, CameraConfig) and getattr(camera, "frame_px", None) is None:
                yield examined.mistake((*place[:-1], "frame_px"), "missing", "focal_px is in pixels of that picture")
            if isinstance(table.dem_file, str) and table.camera_height_m is None:
                problem = (
                    "the heights of dem_file begin elsewhere than at the mast's foot: say the camera's in its datum"
                )
                yield examined.mistake((*place, "camera_height_m"), "missing", problem)
            if isinstance(table.weather_sensor, str):
                yield from _weather(examined, place, table.weather_sensor, base_dir)


def land_mistakes(
    examined: Examined[EdgeFile], base_dir: Path, file_problem: FileProblem, probes: Probes | None
) -> Iterator[Mistake]:
    """Terrain, areas and roads: files that are there and, where that is tried, can be read."""
    for place, tower in examined.tables.items():
        for key in LAND_FILES if isinstance(tower, TowerConfig) else ():
            name = getattr(tower, key)
            if not isinstance(name, str):
                continue
            problem = file_problem(base_dir / name, False)
            if problem is None and probes is not None:
                problem = probes.land_problem(tower, key, base_dir / name)
            if problem is not None:
                yield examined.mistake((*place, key), problem)


def own_tower(camera: CameraConfig, files_of: Callable[..., Any]) -> CameraConfig:
    """The files of a tower's tables, absolute."""
    patrol = None if camera.patrol is None else files_of(camera.patrol, "password_file")
    tower = None if camera.tower is None else files_of(camera.tower, *LAND_FILES)
    thermal = None if camera.thermal is None else files_of(camera.thermal, "password_file")
    return msgspec.structs.replace(camera, patrol=patrol, tower=tower, thermal=thermal)


def _weather(examined: Examined[EdgeFile], place: Place, name: str, base_dir: Path) -> Iterator[Mistake]:
    at = (*place, "weather_sensor")
    unknown = unknown_sensor(examined, at, name)
    if unknown is not None:
        yield unknown
    sensor = sensor_of_zone(examined, name)
    if sensor is None:
        return
    with suppress(ConfigError):  # told with the sensor's own keys
        profile = profile_of(sensor, base_dir).profile
        lacking = {WIND_SPEED, WIND_FROM} - {factor.factor for factor in profile.factors}
        if lacking:
            problem = f"the profile of {name} measures no {' and no '.join(sorted(lacking))}"
            yield examined.mistake(at, problem, "name the codes of its wind so in the profile")


def _onvif(examined: Examined[EdgeFile], place: Place, table: PatrolConfig | ThermalConfig) -> Iterator[Mistake]:
    try:
        urls.endpoint(table.onvif_url, HEAD_PORTS)
    except (ValueError, TypeError) as error:
        yield examined.mistake((*place, "onvif_url"), str(error), f"found {shown(table.onvif_url)}")
    if table.password_file is not None and table.username is None:
        yield examined.mistake((*place, "username"), "missing", "a password_file needs a username")


def _thermal(examined: Examined[EdgeFile], place: Place, thermal: ThermalConfig) -> Iterator[Mistake]:
    left, top, right, bottom = thermal.field if isinstance(thermal.field, tuple) else (0, 0, 1, 1)
    if not (left < right and top < bottom):
        yield examined.mistake((*place, "field"), "empty", "left < right and top < bottom, in shares of the picture")
    camera: Any = examined.tables.get(place[:-1])
    zones = [zone for zone in examined.tables.values() if isinstance(zone, ZoneConfig)]
    if not any(zone.camera == getattr(camera, "id", None) and zone.matter == "straw_burning" for zone in zones):
        yield examined.mistake(place, "its camera looks for no fire", "only a zone of straw_burning has a use for it")


def _patrol(examined: Examined[EdgeFile], place: Place, patrol: PatrolConfig) -> Iterator[Mistake]:
    names = [stop.name for stop in patrol.presets or ()]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield examined.mistake((*place, "presets"), f"{shown(name)} stands twice")
    if patrol.presets == ():
        yield examined.mistake((*place, "presets"), "empty", "a patrol goes to at least one preset")
