"""Terrain, areas and surveys out of files."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from contract.errors import ConfigError, ContractError
from edge.evidence import letters
from ground.camera import direction
from ground.files import read_areas, read_heights
from ground.local import Spot, metres_from, spot_at
from ground.roads import Roads, read_roads
from ground.survey import read_survey
from ground.terrain import on_heights
from tantou.__main__ import main

WEST, NORTH, STEP = 119.40, 29.30, 1 / 3600
GEO_KEYS = (1, 1, 0, 1, 1024, 0, 1, 2)


def write_dem(
    path: Path, heights: np.ndarray, *, keys: tuple[int, ...] = GEO_KEYS, nodata: str = "", tie: int = 0
) -> Path:
    """`tie`: the cell, across and down, whose corner stands at `WEST`, `NORTH`."""
    tags = [
        (33550, "d", 3, (STEP, STEP, 0.0)),
        (33922, "d", 6, (float(tie), float(tie), 0.0, WEST, NORTH, 0.0)),
        (34735, "H", len(keys), keys),
    ]
    text = [(42113, "s", len(nodata) + 1, nodata)] if nodata else []
    tifffile.imwrite(path, heights.astype(np.float32), extratags=[(*tag, True) for tag in [*tags, *text]])
    return path


def test_a_hill_in_a_geotiff_stops_the_ray_before_the_plain_would(tmp_path: Path) -> None:
    rows, columns = np.mgrid[0:200, 0:200]
    heights = 50 + 60 * np.exp(-(((rows - 60) / 6) ** 2) - ((columns - 100) / 30) ** 2)
    dem = read_heights(write_dem(tmp_path / "dem.tif", heights))
    mast = Spot(lat=NORTH - 120 * STEP, lon=WEST + 100 * STEP, height_m=50)
    assert dem.at(mast.lat, mast.lon) == pytest.approx(50, abs=0.5)
    met = on_heights(direction(0, -0.5), 40, dem.around(mast), step_m=dem.cell_m / 2)
    assert met is not None
    hill_m = 60 * STEP * 110_850
    assert hill_m - 400 < met.distance_m < hill_m
    assert met.up_m == pytest.approx(40 - met.distance_m * np.tan(np.radians(0.5)), abs=1.0)


def test_off_the_grid_and_over_unknown_cells_there_is_no_height_and_no_place(tmp_path: Path) -> None:
    heights = np.full((50, 50), 10.0)
    heights[10, 10] = -9999
    dem = read_heights(write_dem(tmp_path / "dem.tif", heights))
    assert dem.at(NORTH + 1, WEST) is None
    assert dem.at(NORTH - 10.6 * STEP, WEST + 10.6 * STEP) is None
    mast = Spot(lat=NORTH - 25 * STEP, lon=WEST + 25 * STEP, height_m=10)
    assert on_heights(direction(90, -0.5), 40, dem.around(mast), step_m=15) is None


def test_a_geotiff_that_is_cut_off_anywhere_is_refused_in_words_or_read(tmp_path: Path) -> None:
    whole = write_dem(tmp_path / "dem.tif", np.full((8, 8), 10.0)).read_bytes()
    refused = 0
    for length in range(0, len(whole), 3):
        (tmp_path / "dem.tif").write_bytes(whole[:length])
        try:
            read_heights(tmp_path / "dem.tif")
        except ContractError:
            refused += 1
    assert refused > len(whole) / 6


def test_the_files_own_word_for_unknown_is_no_height(tmp_path: Path) -> None:
    heights = np.full((5, 5), 32767.0)
    heights[:3] = 10.0
    dem = read_heights(write_dem(tmp_path / "dem.tif", heights, nodata="32767"))
    assert dem.at(NORTH - 1.5 * STEP, WEST + 1.5 * STEP) == 10.0
    assert dem.at(NORTH - 3.5 * STEP, WEST + 1.5 * STEP) is None


@pytest.mark.parametrize(("word", "at"), [(1, 0.5), (2, 0.0)], ids=["cells", "points"])
def test_heights_of_points_and_of_cells_lie_half_a_cell_apart(tmp_path: Path, word: int, at: float) -> None:
    heights = np.zeros((5, 5))
    heights[3, 2] = 90.0
    keys = (1, 1, 0, 3, 1024, 0, 1, 2, 1025, 0, 1, word, 2048, 0, 1, 4326)
    for tie in (0, 1):
        dem = read_heights(write_dem(tmp_path / f"{tie}.tif", heights, keys=keys, tie=tie))
        top = dem.at(NORTH - (3 + at - tie) * STEP, WEST + (2 + at - tie) * STEP)
        assert top == pytest.approx(90.0, abs=1e-4)


def test_a_step_of_the_ray_minds_that_cells_are_narrow_in_the_north(tmp_path: Path) -> None:
    dem = read_heights(write_dem(tmp_path / "dem.tif", np.zeros((4, 4))))
    assert dem.cell_m == pytest.approx(STEP * 111_320 * np.cos(np.radians(NORTH)), rel=1e-4)


def test_degrees_of_another_datum_are_refused(tmp_path: Path) -> None:
    keys = (1, 1, 0, 2, 1024, 0, 1, 2, 2048, 0, 1, 4214)  # Beijing 1954
    with pytest.raises(ContractError, match="not in WGS 84"):
        read_heights(write_dem(tmp_path / "old.tif", np.zeros((4, 4)), keys=keys))


def test_a_grid_in_metres_is_refused_with_the_command_that_converts_it(tmp_path: Path) -> None:
    path = write_dem(tmp_path / "utm.tif", np.zeros((4, 4)), keys=(1, 1, 0, 1, 1024, 0, 1, 1))
    with pytest.raises(ContractError, match="gdalwarp"):
        read_heights(path)


def test_a_file_that_is_no_geotiff_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.tif"
    path.write_bytes(b"no picture")
    with pytest.raises(ContractError, match="expected a GeoTIFF"):
        read_heights(path)


def feature(name: str | None, ring: list[list[float]]) -> dict[str, object]:
    properties = {} if name is None else {"name": name}
    return {"type": "Feature", "properties": properties, "geometry": {"type": "Polygon", "coordinates": [ring]}}


def test_grid_cells_come_out_of_geojson_in_metres_of_the_tower(tmp_path: Path) -> None:
    origin = Spot(lat=29.2, lon=119.46)
    corners = [spot_at(origin, e, n) for e, n in ((0, 0), (100, 0), (100, 100), (0, 100), (0, 0))]
    path = tmp_path / "cells.geojson"
    ring = [[spot.lon, spot.lat] for spot in corners]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature("A-1", ring)]}))
    (cell,) = read_areas(path)
    assert cell.name == "A-1"
    assert np.array(cell.metres(origin)) == pytest.approx(np.array([(0, 0), (100, 0), (100, 100), (0, 100)]), abs=0.01)


@pytest.mark.parametrize(
    ("features", "word"),
    [
        ([feature(None, [[119, 29], [120, 29], [120, 30]])], "no property"),
        ([feature("swapped", [[29, 119], [29, 120], [30, 120]])], "degrees"),
        ([feature("line", [[119, 29], [120, 29], [119, 29]])], "at least 3"),
        ([{"type": "Feature", "geometry": {"type": "Point", "coordinates": [1, 2]}}], "FeatureCollection"),
    ],
)
def test_faulty_areas_are_refused_by_name(tmp_path: Path, features: list[object], word: str) -> None:
    path = tmp_path / "cells.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    with pytest.raises(ContractError, match=word):
        read_areas(path)


def test_the_nearest_road_point_lies_on_the_nearest_line_and_none_is_told_far_from_all() -> None:
    roads = Roads([[(-500.0, 100.0), (500.0, 100.0), (500.0, 900.0)], [(0.0, -90.0), (0.0, -90.0)]])
    assert roads.nearest_m(20.0, 40.0) == pytest.approx((20.0, 100.0))
    assert roads.nearest_m(700.0, 950.0) == pytest.approx((500.0, 900.0))
    assert roads.nearest_m(0.0, -80.0) == pytest.approx((0.0, -90.0))
    assert roads.nearest_m(9_000.0, 0.0) is None
    assert Roads([]).nearest_m(0.0, 0.0) is None


@pytest.mark.parametrize(
    ("geometry", "word"),
    [
        ({"type": "LineString", "coordinates": [[29.2, 119.4], [29.3, 119.4]]}, "degrees"),
        ({"type": "Polygon", "coordinates": []}, "of lines"),
    ],
)
def test_faulty_roads_are_refused(tmp_path: Path, geometry: dict[str, object], word: str) -> None:
    path = tmp_path / "roads.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": geometry}]}))
    with pytest.raises(ContractError, match=word):
        read_roads(path, Spot(lat=29.2, lon=119.46))


SURVEY = """
[tower]
lat = 29.21
lon = 119.46
camera_height_m = 112.0
frame_px = [1920, 1080]
focal_px = 3300.0
"""


def survey_text() -> str:
    from ground.camera import Calibration
    from ground.local import EARTH_RADIUS_M, REFRACTION
    from tests.unit.ground.test_calibration import FRAME_PX, circle

    camera = Spot(lat=29.21, lon=119.46, height_m=112.0)
    truth = Calibration(frame_px=FRAME_PX, focal_px=3600, pan_zero_deg=77.0, tilt_zero_deg=-0.4)
    text = SURVEY
    for mark in circle(truth, 7, noise_px=0.3, seed=5):
        east, north, up = mark.offset_m
        spot = spot_at(camera, east, north, up - REFRACTION / (2 * EARTH_RADIUS_M) * (east**2 + north**2))
        text += (
            f'[[landmark]]\nname = "{mark.name}"\n'
            f"lat = {spot.lat!r}\nlon = {spot.lon!r}\nheight_m = {spot.height_m!r}\n"
            f"pan_deg = {mark.aim.pan_deg!r}\ntilt_deg = 2.0\npixel = [{mark.pixel[0]!r}, {mark.pixel[1]!r}]\n"
        )
    return text


def test_towers_calibrate_prints_the_table_and_draws_the_residuals(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "survey.toml"
    path.write_text(survey_text())
    assert main(["towers", "calibrate", str(path), "--json", "--picture", str(tmp_path / "cal.png")]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["calibration"]["pan_zero_deg"] == pytest.approx(77.0, abs=0.02)
    assert told["calibration"]["tilt_zero_deg"] == pytest.approx(-0.4, abs=0.02)
    assert (tmp_path / "cal.png").read_bytes().startswith(b"\x89PNG")
    assert main(["towers", "calibrate", str(path)]) == 0
    assert "pan_zero_deg = 7" in capsys.readouterr().out


def picture_with(name: str, folder: Path) -> bytes:
    """The drawn calibration of a survey whose landmarks all have this name."""
    (folder / "survey.toml").write_text(re.sub('name = ".*"', f'name = "{name}"', survey_text()))
    assert main(["towers", "calibrate", str(folder / "survey.toml"), "--picture", str(folder / "cal.png")]) == 0
    return Image.open(folder / "cal.png").tobytes()


@pytest.mark.skipif(not letters.font_of(14)[1], reason="no Chinese font: apt-get install fonts-wqy-microhei")
def test_chinese_landmark_names_are_drawn_not_boxes(tmp_path: Path) -> None:
    assert picture_with("水塔", tmp_path) != picture_with("砖窑", tmp_path)


def test_without_a_chinese_font_a_landmark_is_told_by_its_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(letters, "CJK_FONTS", ())
    letters.font_of.cache_clear()
    drawn = picture_with("水塔", tmp_path), picture_with("砖窑", tmp_path), picture_with("kiln", tmp_path)
    letters.font_of.cache_clear()
    assert drawn[0] == drawn[1] != drawn[2]


def test_a_survey_with_mistakes_lists_them_all(tmp_path: Path) -> None:
    path = tmp_path / "survey.toml"
    path.write_text(SURVEY.replace("29.21", "129.21") + '[[landmark]]\nname = "a"\nlat = 1\n')
    with pytest.raises(ConfigError) as told:
        read_survey(path)
    problems = str(told.value)
    assert "tower.lat" in problems
    assert "landmark[0].lon" in problems
    assert "landmark[0].pixel" in problems


def test_metres_up_fall_with_the_curve_of_the_earth() -> None:
    origin = Spot(lat=29.2, lon=119.46)
    far = Spot(lat=29.2 + 5000 / 110_850, lon=119.46)
    assert metres_from(origin, far)[2] == pytest.approx(-1.96, abs=0.02)
