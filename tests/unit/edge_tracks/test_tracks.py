"""Recorded detections of a published video through the parking rule."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from contract.documents import schemas
from contract.errors import CaptureError
from contract.reports import ReplayedEvent
from edge.tracks import replay_tracks
from tantou.__main__ import main

HEADER = "video,frame_step,step_s,width,height,detections\n"
CAR = {"left": 100, "top": 100, "right": 200, "bottom": 180, "type": "car"}


def recording(folder: Path, frames: list[int], *, video: str = "road", polygon: list[list[int]] | None = None) -> Path:
    area = polygon if polygon is not None else [[0, 0], [640, 0], [640, 480], [0, 480]]
    mask = {video: {"width": 640, "height": 480, "polygons": [{"name": "no_parking_area", "points": area}]}}
    (folder / "detections").mkdir()
    (folder / "videos.csv").write_text(f"{HEADER}{video},30,1.0,640,480,yes\nsilent,30,1.0,640,480,no\n")
    (folder / "mask_x.json").write_text(json.dumps(mask))
    rows = [json.dumps({"frame": frame, "id": frame // 600, **CAR}) for frame in frames]
    (folder / "detections" / f"{video}.jsonl").write_text("\n".join(rows) + "\n")
    return folder


def events(folder: Path, *, min_dwell_s: float = 60) -> tuple[ReplayedEvent, ...]:
    return replay_tracks(folder, min_dwell_s=min_dwell_s).videos["road"].events


def test_a_stay_under_many_track_ids_is_one_event_in_frame_numbers(tmp_path: Path) -> None:
    seen = [frame for frame in range(300, 3001, 30) if not 900 < frame < 1500]
    (event,) = events(recording(tmp_path, seen))
    assert (event.first_frame, event.due_frame, event.last_frame) == (300, 2100, 3000)
    assert event.dwell_s == 90.0
    assert event.hidden == ((900, 1470),)
    assert event.box == (100.0, 100.0, 200.0, 180.0)


def test_a_stay_below_the_dwell_is_no_event(tmp_path: Path) -> None:
    assert events(recording(tmp_path, list(range(300, 2071, 30)))) == ()


def test_a_car_whose_wheels_are_outside_the_area_is_no_event(tmp_path: Path) -> None:
    upper_half = [[0, 0], [640, 0], [640, 150], [0, 150]]
    assert events(recording(tmp_path, list(range(300, 3001, 30)), polygon=upper_half)) == ()


def test_a_video_without_recorded_detections_is_skipped_with_its_reason(tmp_path: Path) -> None:
    report = replay_tracks(recording(tmp_path, [30]), min_dwell_s=60)
    assert report.videos["silent"].skipped == "no recorded detections"


@pytest.mark.parametrize("name", ["videos.csv", "mask_x.json"])
def test_a_file_of_another_form_is_named(tmp_path: Path, name: str) -> None:
    recording(tmp_path, [30])
    (tmp_path / name).write_text("nonsense,\n{")
    with pytest.raises(CaptureError, match=name):
        replay_tracks(tmp_path, min_dwell_s=60)


def two_recordings(folder: Path, broken: str) -> Path:
    """`road` has a stay; `broken` is the last line of a second video with the same stay."""
    recording(folder, list(range(300, 3001, 30)))
    whole = (folder / "detections" / "road.jsonl").read_text()
    (folder / "detections" / "second.jsonl").write_text(whole + broken)
    with (folder / "videos.csv").open("a") as table:
        table.write("second,30,1.0,640,480,yes\n")
    masks = json.loads((folder / "mask_x.json").read_text())
    (folder / "mask_x.json").write_text(json.dumps(masks | {"second": masks["road"]}))
    return folder


@pytest.mark.parametrize(
    "broken",
    ['{"frame": 3030, "lef', '{"frame": 3030, "left": NaN, "top": 1, "right": 2, "bottom": 3}', '{"frame": -30}', "[]"],
)
def test_a_recording_with_a_broken_line_is_skipped_by_name_and_the_others_are_judged(
    tmp_path: Path, broken: str
) -> None:
    videos = replay_tracks(two_recordings(tmp_path, broken), min_dwell_s=60).videos
    assert "second.jsonl line 92" in (videos["second"].skipped or "")
    assert len(videos["road"].events) == 1


@pytest.mark.parametrize("row", ["road,0,1.0,640,480,yes", "road,30,0,640,480,yes", "road,30,1.0,,480,yes", "road"])
def test_a_row_of_the_list_that_no_video_can_have_is_named_by_its_line(tmp_path: Path, row: str) -> None:
    recording(tmp_path, [30])
    (tmp_path / "videos.csv").write_text(f"{HEADER}{row}\n")
    with pytest.raises(CaptureError, match=r"videos\.csv line 2"):
        replay_tracks(tmp_path, min_dwell_s=60)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "gb18030"])
def test_files_that_another_system_saved_give_the_same(tmp_path: Path, encoding: str) -> None:
    recording(tmp_path, list(range(300, 3001, 30)), video="路口 一")
    before = replay_tracks(tmp_path, min_dwell_s=60)
    for path in (tmp_path / "videos.csv", tmp_path / "mask_x.json", tmp_path / "detections" / "路口 一.jsonl"):
        path.write_bytes(path.read_text("utf-8").replace("\n", "\r\n").encode(encoding))
    assert replay_tracks(tmp_path, min_dwell_s=60) == before
    assert len(before.videos["路口 一"].events) == 1


def test_frames_that_are_no_multiples_of_the_step_are_judged_all_the_same(tmp_path: Path) -> None:
    (event,) = events(recording(tmp_path, list(range(307, 3008, 30))))
    assert (event.first_frame, event.due_frame, event.last_frame, event.hidden) == (307, 2107, 3007, ())


def test_numbers_may_be_written_as_tables_write_them(tmp_path: Path) -> None:
    recording(tmp_path, list(range(300, 3001, 30)))
    before, path = events(tmp_path), tmp_path / "detections" / "road.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    path.write_text("\n".join(json.dumps({**row, "frame": float(row["frame"]), "left": "100"}) for row in rows))
    assert events(tmp_path) == before


def test_the_order_of_the_lines_means_nothing(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    frames = list(range(300, 3001, 30))
    assert events(recording(tmp_path / "a", frames)) == events(recording(tmp_path / "b", frames[::-1]))


def test_an_area_drawn_on_a_smaller_picture_is_the_same_area(tmp_path: Path) -> None:
    recording(tmp_path, list(range(300, 3001, 30)), polygon=[[40, 40], [110, 40], [110, 100], [40, 100]])
    masks = json.loads((tmp_path / "mask_x.json").read_text())
    masks["road"] |= {"width": 320, "height": 240}
    (tmp_path / "mask_x.json").write_text(json.dumps(masks))
    assert len(events(tmp_path)) == 1


@pytest.mark.parametrize("box", [(100, 100, 100, 180), (200, 180, 100, 100), (-5000, -5000, 9000, 9000)])
def test_boxes_of_no_size_or_beyond_the_picture_open_nothing_beside_the_car(
    tmp_path: Path, box: tuple[int, int, int, int]
) -> None:
    recording(tmp_path, list(range(300, 3001, 30)))
    odd = dict(zip(("left", "top", "right", "bottom"), box, strict=True))
    with (tmp_path / "detections" / "road.jsonl").open("a") as lines:
        lines.write(json.dumps({"frame": 600, "type": "car", **odd}) + "\n")
    assert len(events(tmp_path)) == 1


@pytest.mark.parametrize("dwell", ["0", "-1", "nan", "inf"])
def test_a_dwell_that_is_none_is_refused(tmp_path: Path, dwell: str, capsys: pytest.CaptureFixture[str]) -> None:
    recording(tmp_path, [30])
    assert main(["parking", "replay", str(tmp_path), "--json", "--min-dwell", dwell]) == 1
    assert "--min-dwell" in capsys.readouterr().err


def test_the_command_prints_json_of_its_schema_and_nothing_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recording(tmp_path, list(range(300, 3001, 30)))
    assert main(["parking", "replay", str(tmp_path), "--min-dwell", "60", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    jsonschema.validate(printed, schemas()["report.parking.replay"])
    assert len(printed["videos"]["road"]["events"]) == 1
