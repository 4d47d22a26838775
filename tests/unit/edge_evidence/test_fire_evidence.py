"""What a fire's package holds, from drawn pictures through the real meter, judge and evidence room."""

from __future__ import annotations

import json
from collections.abc import Mapping
from io import BytesIO
from math import dist
from pathlib import Path

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image as Pillow

from contract import codec
from contract.events import Event, EvidenceItem
from contract.geometry import Sight
from contract.manifest import MANIFEST_NAME, SIGNATURE_NAME, encode_manifest, sha256_hex
from contract.matters.straw_burning import Facts
from contract.observations import Observation, TapeStart
from contract.times import NS, ns_from_utc, utc_from_ns
from edge.capture.masks import Masks
from edge.capture.types import Frame
from edge.evidence.fires.before import EVERY_NS, Befores
from edge.evidence.fires.files import Near
from edge.evidence.fires.map import RED, Place, draw_map, ellipse_m, sheets
from edge.evidence.fires.series import Shown, read_series
from edge.evidence.fires.strip import BAR_PX, COLUMNS, GAP_PX, HEAD_PX, MARGIN_PX, PANEL_PX, ROW_PX
from edge.evidence.from_tape import TapeEvidence
from edge.evidence.tape import read_tape
from edge.judge import CameraJudge
from edge.sensors.weather import Weather
from ground.files import Area
from ground.local import Spot, metres_from, spot_at
from tests.unit.edge_evidence.burning import KEY, SIGHT, START, TOWER, ZONE, Tower, burn, looks, quiet
from tests.unit.edge_inference.valley import SIZE_PX, valley

SPOT = Spot(lat=TOWER[0], lon=TOWER[1])
ORIGINALS = {"first_still", "due", "reference", "look", "departure", "observations"}


@pytest.fixture(scope="module")
def burnt(tmp_path_factory: pytest.TempPathFactory) -> Tower:
    """A growing fire under a swaying head, until its clips are settled."""
    tower = Tower(tmp_path_factory.mktemp("burnt"))
    burn(tower, sway_px=3)
    return tower


def items(tower: Tower) -> Mapping[str, EvidenceItem]:
    return {item.path: item for item in tower.manifest().files}


def pixels(data: bytes) -> NDArray[np.int64]:
    return np.asarray(Pillow.open(BytesIO(data)).convert("RGB")).astype(np.int64)


def file_pixels(tower: Tower, path: str) -> NDArray[np.int64]:
    return pixels((tower.package / path).read_bytes())


def panel_at(index: int) -> tuple[int, int]:
    """Left and top of a panel of the strip."""
    height = PANEL_PX[1] + 2 * ROW_PX + BAR_PX + GAP_PX
    top = MARGIN_PX + 2 * (HEAD_PX + 12)
    return MARGIN_PX + index % COLUMNS * (PANEL_PX[0] + GAP_PX), top + index // COLUMNS * height


def series(tower: Tower, path: str = "series.jsonl") -> tuple[Shown, ...]:
    return read_series(tower.package / path)


def test_the_package_of_a_fire_shows_its_sequence_its_change_and_its_place(burnt: Tower) -> None:
    paths = set(items(burnt))
    assert {
        "stills/first_still.jpg",
        "stills/due.jpg",
        "stills/reference.jpg",
        "overlays/first_still.jpg",
        "overlays/due.jpg",
        "close_ups/due-plume.png",
        "strip.png",
        "difference.png",
        "map.png",
        "series.jsonl",
        "observations.jsonl",
        "strip-0002.png",
        "series-0002.jsonl",
    } <= paths
    assert 5 <= sum(path.startswith("looks/") for path in paths) <= 10
    report = burnt.verify()
    assert report.whole, report
    assert report.signer == "proved"
    assert [event.phase for event in burnt.events] == ["opened", "updated"]


def test_every_derived_picture_names_the_pictures_it_was_made_of(burnt: Tower) -> None:
    found = items(burnt)
    by_sha256 = {item.sha256: item for item in found.values()}
    for item in found.values():
        parents = item.parents_sha256 or ((item.parent_sha256,) if item.parent_sha256 else ())
        assert bool(parents) == (item.role not in ORIGINALS), item.path
        assert all(by_sha256[parent].role in ORIGINALS for parent in parents), item.path
        if item.parents_sha256:
            assert item.parent_sha256 == item.parents_sha256[0]
    assert set(found["strip.png"].parents_sha256) == {one.sha256 for one in series(burnt)}
    assert set(found["difference.png"].parents_sha256) == {
        found["stills/reference.jpg"].sha256,
        found["stills/due.jpg"].sha256,
    }
    assert found["close_ups/due-plume.png"].parent_sha256 == found["stills/due.jpg"].sha256
    assert found["map.png"].parent_sha256 == found["observations.jsonl"].sha256


def test_a_package_without_a_parent_of_its_strip_is_not_whole(burnt: Tower) -> None:
    manifest = burnt.manifest()
    look = next(item for item in manifest.files if item.role == "look")
    data = encode_manifest(
        msgspec.structs.replace(manifest, files=tuple(item for item in manifest.files if item is not look))
    )
    told = {
        one.relative_to(burnt.package).as_posix(): one.read_bytes()
        for one in burnt.package.rglob("*")
        if one.is_file() and one != burnt.package / look.path
    }
    told |= {MANIFEST_NAME: data, SIGNATURE_NAME: KEY.sign(data)}
    report = burnt.verify_files(told)
    assert not report.whole
    assert any(f"its parent {look.sha256[:16]}" in missing for missing in report.missing)


def test_the_strip_shows_before_then_growth_in_order_of_time(burnt: Tower) -> None:
    shown = series(burnt)
    assert shown[0].role == "reference"
    assert shown[1].role == "first_still"
    assert shown[-1].role == "due"
    assert [one.at for one in shown] == sorted(one.at for one in shown)
    assert 8 <= len(shown) <= 12
    strip = file_pixels(burnt, "strip.png")
    bars = []
    for index in range(len(shown)):
        x, y = panel_at(index)
        row = strip[y + PANEL_PX[1] + 2 * ROW_PX + BAR_PX // 2, x : x + PANEL_PX[0]]
        bars.append(int((row.sum(axis=1) < 30).sum()))
    assert bars[0] == 0
    assert bars[1:] == sorted(bars[1:])
    assert bars[-1] >= 2 * bars[1]


def test_the_crops_of_a_swaying_head_lie_on_each_other(burnt: Tower) -> None:
    shown = series(burnt)
    assert {round(one.look.shift_px[0]) for one in shown} == {-3, 0, 3}
    strip = file_pixels(burnt, "strip.png")
    corners = []
    for index in range(len(shown)):
        x, y = panel_at(index)
        corners.append(strip[y + 10 : y + 70, x + 10 : x + 90])  # ground that no smoke covers
    apart = [float(np.abs(one - corners[0]).mean()) for one in corners[1:]]
    shifted = float(np.abs(corners[0][:, 8:] - corners[0][:, :-8]).mean())  # about three pixels of the picture
    assert max(apart) < shifted / 2


def test_the_difference_is_dark_where_the_smoke_is_and_white_where_nothing_changed(burnt: Tower) -> None:
    picture = file_pixels(burnt, "difference.png")
    height, width = 420, 560
    left, top = 32 + 2 * (width + 20), 32 + 2 * 22
    panel = picture[top : top + height, left : left + width]
    middle, corner = panel[180:260, 250:310], panel[10:60, 10:110]
    assert middle.mean() < 120
    assert corner.mean() > 235


def test_the_close_up_enlarges_each_pixel_of_the_still_and_smooths_nothing(burnt: Tower) -> None:
    cut = file_pixels(burnt, "close_ups/due-plume.png")
    still = file_pixels(burnt, "stills/due.jpg")
    small = cut[::4, ::4]
    assert (np.repeat(np.repeat(small, 4, axis=0), 4, axis=1) == cut).all()
    box = next(one.bbox_xyxy_px for one in series(burnt) if one.role == "due")
    middle = (round((box[1] + box[3]) / 2) - small.shape[0] // 2, round((box[0] + box[2]) / 2) - small.shape[1] // 2)
    assert any(
        (still[y : y + small.shape[0], x : x + small.shape[1]] == small).all()
        for y in range(middle[0] - 1, middle[0] + 2)
        for x in range(middle[1] - 1, middle[1] + 2)
    )


def test_an_overlay_of_a_fire_shows_horizon_base_and_box(burnt: Tower) -> None:
    overlay = file_pixels(burnt, "overlays/due.jpg")
    due = next(one for one in series(burnt) if one.role == "due")
    assert due.look.base_px is not None
    x, y = (round(value) for value in due.look.base_px)
    arm = overlay[y - 1 : y + 2, x + 5 : x + 11].reshape(-1, 3)
    assert ((arm[:, 0] > 170) & (arm[:, 1] > 170) & (arm[:, 2] < 150)).any(), "the yellow arm of the base"
    horizon = overlay[195:203, 300]
    assert ((horizon[:, 2] > 200) & (horizon[:, 1] > 180) & (horizon[:, 0] < 160)).any(), "the line of the horizon"
    left, top, right, _ = (round(value) for value in due.bbox_xyxy_px)
    edge = overlay[top - 1 : top + 2, (left + right) // 2]
    assert ((edge[:, 0] > 190) & (edge[:, 1] < 120)).any(), "the upper edge of the box"


def test_the_ellipse_of_the_map_is_that_of_the_facts(burnt: Tower) -> None:
    facts = msgspec.convert(burnt.events[0].facts, Facts)
    assert facts.sight == SIGHT
    assert facts.sight.ellipse is not None
    place = Place(title=("demo",), tower=SPOT, sight=facts.sight)
    east, north, _ = metres_from(SPOT, Spot(lat=SIGHT.lat or 0, lon=SIGHT.lon or 0))
    for sigmas in (1, 2):
        reach = [dist((east, north), one) for one in ellipse_m(place, sigmas)]
        assert max(reach) == pytest.approx(sigmas * facts.sight.ellipse.major_m, rel=1e-3)
        assert min(reach) == pytest.approx(sigmas * facts.sight.ellipse.minor_m, rel=1e-3)
    drawn = file_pixels(burnt, "map.png")
    for sheet in sheets(place):
        for sigmas in (1, 2):
            for corner in ellipse_m(place, sigmas)[::9]:
                x, y = (round(value) for value in sheet.px(corner))
                around = drawn[y - 4 : y + 5, x - 4 : x + 5].reshape(-1, 3)
                assert (around == RED).all(axis=1).any(), (sheet, sigmas, corner)


def test_the_cells_of_the_place_are_on_the_map() -> None:
    east, north = (float(value) for value in metres_from(SPOT, Spot(lat=SIGHT.lat or 0, lon=SIGHT.lon or 0))[:2])
    corners = [spot_at(SPOT, east + e, north + n) for e, n in ((5, 5), (105, 5), (105, 105), (5, 105))]
    cell = Area(name="D14", ring=tuple((one.lon, one.lat) for one in corners))
    far = Area(name="far", ring=tuple((one.lon + 1, one.lat) for one in corners))
    bare = draw_map(Place(title=("demo",), tower=SPOT, sight=SIGHT))
    assert draw_map(Place(title=("demo",), tower=SPOT, sight=SIGHT, areas=(far,))) == bare
    assert draw_map(Place(title=("demo",), tower=SPOT, sight=SIGHT, areas=(cell,))) != bare
    without_tower = pixels(draw_map(Place(title=("demo",), tower=None, sight=SIGHT, areas=(cell,))))
    assert (without_tower == (225, 238, 225)).all(axis=2).any(), "the tinted cell, placed back along the sight"


@pytest.mark.parametrize(
    "sight",
    [None, Sight(azimuth_deg=36.87, elevation_deg=1.2, azimuth_sd_deg=0.1)],
    ids=["no sight", "above the ground"],
)
def test_a_place_that_nobody_measured_is_drawn_nowhere(sight: Sight | None) -> None:
    place = Place(title=("demo",), tower=SPOT, sight=sight)
    assert ellipse_m(place, 1) == []
    assert len(sheets(place)) == (0 if sight is None else 1)
    sheet_pixels = pixels(draw_map(place))[90:800, 40:780]
    is_red = (sheet_pixels == RED).all(axis=2)
    assert is_red.any() == (sight is None), "only the words that say so"


def test_the_same_scene_gives_the_same_bytes(tmp_path: Path) -> None:
    packages = []
    for name in ("one", "two"):
        tower = Tower(tmp_path / name)
        burn(tower, count=20)
        packages.append(
            {
                one.relative_to(tower.package).as_posix(): sha256_hex(one.read_bytes())
                for one in tower.package.rglob("*")
                if one.is_file()
            }
        )
    assert packages[0] == packages[1]
    assert "strip.png" in packages[0]


def test_the_tape_of_a_fire_gives_the_same_events_without_a_picture(burnt: Tower) -> None:
    maker = TapeEvidence()
    again: list[Event] = []
    for taped in read_tape(burnt.folder / "tape.jsonl"):
        if isinstance(taped.record, TapeStart):
            judge = CameraJudge(taped.record, maker=maker)
        else:
            maker.expect(taped.made)
            again += judge.take(taped.record).events
    assert [codec.encode(codec.event_message(one)) for one in again] == [
        codec.encode(codec.event_message(one)) for one in burnt.events
    ]


def test_what_was_kept_before_a_restart_is_in_the_strip(tmp_path: Path) -> None:
    tower = Tower(tmp_path)
    quiet(tower)
    scene = list(looks(24))
    for at_s, image, found in scene[:10]:
        tower.look(image, at_s, found)
    assert not tower.events
    after = Tower(tmp_path, state=tower.judge.state, meter=tower.meter)
    for at_s, image, found in scene[10:]:
        after.look(image, at_s, found)
    assert after.verify().whole
    shown = series(after)
    assert [one.role for one in shown][:3] == ["reference", "first_still", "look"]
    assert len(shown) >= 7


def test_the_last_picture_of_a_fire_is_its_own_place_without_smoke(tmp_path: Path) -> None:
    tower = Tower(tmp_path)
    burn(tower, count=24)
    for minute in (2, 4, 6, 8):
        tower.look(valley(seed=300 + minute), 60.0 * minute)
    tower.look(valley(seed=900, light=0.5), 60.0 * 45, preset="south")
    assert [event.phase for event in tower.events][-1] == "closed"
    found = items(tower)
    departure = found["stills/departure.jpg"]
    out = msgspec.convert(tower.events[-1].facts, Facts).out
    assert departure.captured == out
    assert np.abs(file_pixels(tower, "stills/departure.jpg") - valley(seed=1)[..., ::-1].astype(np.int64)).mean() < 6
    assert "stills/last.jpg" not in found
    newest = max(path for path in found if path.startswith("series-"))
    assert series(tower, newest)[-1].path == "stills/departure.jpg"
    assert tower.verify().whole
    assert tower.store.candidates.counters()["candidates"] == 0


def test_a_candidate_that_ends_leaves_nothing(tmp_path: Path) -> None:
    tower = Tower(tmp_path)
    quiet(tower)
    for at_s, image, found in list(looks(6)):
        tower.look(image, at_s, found)
    assert tower.store.candidates.counters()["candidates"] == 1
    for later in range(20):
        tower.look(valley(seed=500 + later), 4.0 + later)
    assert not tower.events
    assert tower.store.candidates.counters()["candidates"] == 0


def test_pictures_from_before_are_the_older_of_two_and_bounded() -> None:
    tower_looks = Befores(lambda image: b"%d" % image[0, 0, 0])
    for step in range(5):
        at = step * EVERY_NS
        image = np.full((2, 2, 3), step, np.uint8)
        seen = Observation(device="t", at_ns=at, frame_px=(2, 2), detections=(), preset="north")
        tower_looks.note(seen, Frame(device="t", at_ns=at, image_bgr=image, is_keyframe=True))
    kept = tower_looks.of("north", (0, 0, 1, 1))
    assert kept is not None
    assert kept.jpeg == b"2", "of looks 0..4 the last is pending, 3 and 2 are kept"
    assert tower_looks.of("south", (0, 0, 1, 1)) is None


@pytest.fixture(scope="module")
def configured(tmp_path_factory: pytest.TempPathFactory) -> Tower:
    """A fire beside a private place, where a weather station is configured."""
    zone = msgspec.structs.replace(ZONE, rule={"weather_station": "58448"})
    start = msgspec.structs.replace(START, zones=(zone,))
    private = ((520.0, 370.0), (560.0, 370.0), (560.0, 430.0), (520.0, 430.0))
    tower = Tower(tmp_path_factory.mktemp("configured"), start=start, paint=Masks((private,), SIZE_PX).paint)
    burn(tower, count=20)
    return tower


def test_the_weather_station_is_told_where_one_is_configured(configured: Tower, burnt: Tower) -> None:
    assert burnt.events[0].facts["weather"] is None
    assert configured.events[0].facts["weather"] == {"station": "58448", "wind_right_m_s": None}


def test_the_weather_of_the_station_is_in_the_package_when_the_fire_is_confirmed_and_when_it_is_over(
    tmp_path: Path,
) -> None:
    def weather(at_ns: int) -> Weather:
        at = utc_from_ns(at_ns - 40 * NS)
        return Weather(station="mast", at=at, wind_speed_m_s=3.2, wind_from_deg=310.0, raw_sha256="ab" * 32)

    tower = Tower(tmp_path, near=Near(station="mast", weather=weather))
    burn(tower, count=24)
    opened = {item.path for item in tower.events[0].evidence.items} if tower.events[0].evidence else set()
    assert "weather.json" in opened
    for minute in (2, 4, 6, 8):
        tower.look(valley(seed=300 + minute), 60.0 * minute)
    tower.look(valley(seed=900, light=0.5), 60.0 * 45, preset="south")
    assert tower.events[-1].phase == "closed"
    found = items(tower)
    assert sorted(item.path for item in found.values() if item.role == "weather") == [
        f"weather-{tower.events[-1].revision:04d}.json",
        "weather.json",
    ]
    told = json.loads((tower.package / "weather.json").read_bytes())
    assert (told["station"], told["wind_speed_m_s"], told["humidity_percent"]) == ("mast", 3.2, None)
    assert found["weather.json"].captured == told["at"]
    assert tower.verify().whole


def test_a_station_that_says_nothing_is_told_as_missing(tmp_path: Path) -> None:
    tower = Tower(tmp_path, near=Near(station="mast"))
    burn(tower, count=24)
    assert "weather.json" not in items(tower)
    assert any("weather station mast" in words for words in tower.manifest().missing)
    assert tower.verify().whole


def test_private_places_are_covered_in_every_picture_of_a_fire(configured: Tower) -> None:
    shown = series(configured)
    assert all(file_pixels(configured, one.path)[380:420, 530:550].max() < 40 for one in shown)
    strip = file_pixels(configured, "strip.png")
    for index in range(len(shown)):
        x, y = panel_at(index)
        panel = strip[y : y + PANEL_PX[1], x : x + PANEL_PX[0]]
        assert (panel.sum(axis=2) < 60).mean() > 0.03, shown[index].path


def test_times_of_the_strip_are_those_of_the_looks(burnt: Tower) -> None:
    looked = {one.at_ns for one in burnt.seen}
    assert {ns_from_utc(one.at) for one in series(burnt, "series-0002.jsonl")} <= looked
