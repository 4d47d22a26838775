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


@pytest.mark.parametrize("name", ["videos.csv", "mask_x.json", "detections/road.jsonl"])
def test_a_file_of_another_form_is_named(tmp_path: Path, name: str) -> None:
    recording(tmp_path, [30])
    (tmp_path / name).write_text("nonsense,\n{")
    with pytest.raises(CaptureError, match=name.split("/")[-1]):
        replay_tracks(tmp_path, min_dwell_s=60)


def test_the_command_prints_json_of_its_schema_and_nothing_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recording(tmp_path, list(range(300, 3001, 30)))
    assert main(["parking", "replay", str(tmp_path), "--min-dwell", "60", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    jsonschema.validate(printed, schemas()["report.parking.replay"])
    assert len(printed["videos"]["road"]["events"]) == 1
