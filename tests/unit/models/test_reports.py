"""`eval --report` and `compare` on drawn motorways: figures, pages without outside requests, and honest gaps."""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path
from typing import Any

import cv2
import jsonschema
import numpy as np
import pytest

from contract.documents import schemas
from contract.errors import ModelError
from contract.observations import Detection
from models import commands
from models.cards import read_card
from models.eval_report import write_report
from models.evaluate import report
from models.labelled import Judged, Labelled
from tests.unit.models.drawn_cars import drawn_motorway
from tests.unit.models.weights import write_card

SCENES = ("day", "day", "night", "night")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four drawn motorways of two cameras; the night ones dark."""
    split = tmp_path_factory.mktemp("drawn") / "val"
    (split / "images").mkdir(parents=True)
    (split / "labels").mkdir()
    rows = ["file,camera,scene"]
    for at, scene in enumerate(SCENES):
        frame, boxes = drawn_motorway(at)
        dark = 0.35 if scene == "night" else 1.0
        cv2.imwrite(str(split / "images" / f"{at}.png"), (frame * dark).astype(np.uint8))
        lines = [
            f"0 {(x1 + x2) / 1920} {(y1 + y2) / 1080} {(x2 - x1) / 960} {(y2 - y1) / 540}" for x1, y1, x2, y2 in boxes
        ]
        (split / "labels" / f"{at}.txt").write_text("\n".join(lines))
        rows.append(f"val/images/{at}.png,gate-{at % 2},{scene}")
    (split.parent / "classes.txt").write_text("car\n")
    (split.parent / "manifest.csv").write_text("\n".join(rows))
    return split


def run(capsys: pytest.CaptureFixture[str], *words: object) -> Any:
    parser = argparse.ArgumentParser()
    commands.add_parsers(parser.add_subparsers())
    assert commands.run(parser.parse_args(["models", *map(str, words), "--json"])) == 0
    return json.loads(capsys.readouterr().out)


def outside_addresses(text: str) -> list[str]:
    own = re.sub(r"data:image/jpeg;base64,[A-Za-z0-9+/=]+", "", text).replace("http://www.w3.org/2000/svg", "")
    return re.findall(r"//[^\s\"'<>)]+", own)


def test_eval_tells_parts_with_intervals_and_follows_its_schema(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = run(capsys, "eval", "vehicle-n", "--data", folder, "--size", 416)
    jsonschema.validate(told, schemas()["report.eval"])
    assert told["boxes"] == 24
    assert told["ap50"]["vehicle"] > 0.5
    assert told["ap50_90"][0] <= told["ap50"]["vehicle"] <= told["ap50_90"][1]
    assert {name: part["images"] for name, part in told["by_scene"].items()} == {"day": 2, "night": 2}
    assert {name: part["boxes"] for name, part in told["by_camera"].items()} == {"gate-0": 12, "gate-1": 12}
    assert sum(part["boxes"] for part in told["by_size"].values()) == 24
    assert set(told["by_size"]) == {"small", "medium", "large"}


def test_a_report_is_one_page_that_asks_nothing_of_the_network(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = run(capsys, "eval", "vehicle-n", "--data", folder, "--size", 416, "--report", tmp_path / "out")
    page = (tmp_path / "out" / "report.html").read_text("utf-8")
    assert outside_addresses(page) == []
    assert "<script" not in page
    assert {"gate-0", "night", f"{told['ap50']['vehicle']:.3f}"} <= set(re.findall(r"[\w.-]+", page))
    assert json.loads((tmp_path / "out" / "report.json").read_text()) == told
    sheet = cv2.imread(str(tmp_path / "out" / "contact-sheet.png"))
    assert sheet is not None
    assert sheet.shape[0] > 100


def test_an_empty_street_makes_a_report_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "classes.txt").write_text("car\n")
    cv2.imwrite(str(tmp_path / "images" / "a.png"), np.full((90, 160, 3), 90, np.uint8))
    told = run(capsys, "eval", "vehicle-n", "--data", tmp_path, "--size", 320, "--report", tmp_path / "out")
    assert (told["ap50"]["vehicle"], told["ap50_90"], told["by_camera"]) == (None, None, {})
    assert (tmp_path / "out" / "report.html").exists()


def test_compare_holds_cards_against_the_first_on_the_same_draws(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    twin = write_card(tmp_path, name="twin")
    out = tmp_path / "out"
    told = run(capsys, "compare", "vehicle-n", twin, "--data", folder, "--size", 416, 320, "--runtime", "onnxruntime",
               "--timed", 2, "--report", out)  # fmt: skip
    assert [(one["card"], one["size"]) for one in told["cards"]] == [
        ("vehicle-n", 416), ("vehicle-n", 320), ("twin", 416), ("twin", 320)
    ]  # fmt: skip
    assert all(one["cpu_ms"] > 0 and one["wall_ms"] > 0 for one in told["cards"])
    assert [one["part"] for one in told["differences"]] == ["all", "gate-0", "gate-1"] * 2
    assert {(one["ap50_change"], *one["change_90"]) for one in told["differences"]} == {(0.0, 0.0, 0.0)}
    assert outside_addresses((out / "compare.html").read_text("utf-8")) == []
    assert "<circle" in (out / "ap-against-time.svg").read_text("utf-8")
    assert json.loads((out / "compare.json").read_text()) == told


def test_a_card_that_scores_worse_shows_by_how_much(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same weight whose boxes suppress each other at the slightest overlap loses cars that stand in line."""
    shy = write_card(tmp_path, name="shy", iou_limit=0.02)
    told = run(capsys, "compare", "vehicle-n", shy, "--data", folder, "--size", 416, "--runtime", "onnxruntime")
    whole = told["differences"][0]
    assert whole["ap50_change"] < 0
    assert whole["change_90"][0] <= whole["ap50_change"] <= whole["change_90"][1]


def test_what_cannot_run_is_left_out_by_name_and_the_rest_goes_on(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = write_card(tmp_path, name="broken", sha256="0" * 64)
    words = ("--data", folder, "--size", 320, "--runtime", "onnxruntime", "--timed", 1)
    told = run(capsys, "compare", "vehicle-n", broken, *words)
    assert [one["card"] for one in told["cards"]] == ["vehicle-n"]
    assert [(one["card"], "corrupt" in one["reason"]) for one in told["skipped"]] == [("broken", True)]
    with pytest.raises(ModelError, match=r"broken, which the others are held against, could not be run: .*corrupt"):
        run(capsys, "compare", broken, "vehicle-n", *words)


def test_two_cards_of_one_name_cannot_be_told_apart(folder: Path, tmp_path: Path) -> None:
    parser = argparse.ArgumentParser()
    commands.add_parsers(parser.add_subparsers())
    words = ["models", "compare", "vehicle-n", str(write_card(tmp_path)), "--data", str(folder)]
    with pytest.raises(ModelError, match="must differ in name, found vehicle-n, vehicle-n"):
        commands.run(parser.parse_args(words))


def test_names_from_a_folder_are_escaped_in_the_page(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "images").symlink_to(folder / "images")
    (tmp_path / "labels").symlink_to(folder / "labels")
    (tmp_path / "classes.txt").write_text("car\n")
    (tmp_path / "manifest.csv").write_text("file,camera\nimages/0.png,<script>x</script>\n")
    run(capsys, "eval", "vehicle-n", "--data", tmp_path, "--size", 320, "--report", tmp_path / "out")
    assert "<script" not in (tmp_path / "out" / "report.html").read_text("utf-8")


def test_a_smoke_card_reports_its_towers(tmp_path: Path) -> None:
    """A plume that is found, one that is faint, and a quiet tower that alarms."""
    frame = np.full((90, 160, 3), 120, np.uint8)
    (tmp_path / "images").mkdir()
    plume = np.array([[10, 10, 40, 40]], np.float32)
    found = (Detection(bbox_xyxy_px=(10, 10, 40, 40), score=0.9, label="smoke"),)
    faint = (Detection(bbox_xyxy_px=(10, 10, 40, 40), score=0.3, label="smoke"),)
    judged = []
    for name, truth, boxes in (("a", plume, found), ("b", plume, faint), ("c", plume[:0], found)):
        cv2.imwrite(str(tmp_path / "images" / f"{name}.png"), frame)
        kind = "tower_far" if len(truth) else "negative_cloud"
        labels = ("smoke",) * len(truth)
        judged.append(Judged(Labelled(f"images/{name}.png", "t-1", None, (90, 160), truth, labels, kind), boxes))
    card = read_card(write_card(tmp_path, name="smoke-x", classes=["smoke", "fire"], merged={}, threshold=0.5))
    told = report(card, judged, size_px=640, runtime="onnxruntime")
    write_report(tmp_path / "out", tmp_path, card, told, judged)
    page = (tmp_path / "out" / "report.html").read_text("utf-8")
    assert told.smoke is not None
    assert (told.boxes, told.smoke.t_at_r80, told.smoke.alarmed) == (2, 0.3, 1)
    assert "1 missed, 1 false at 0.5" in page
    assert "高塔烟雾" in page
