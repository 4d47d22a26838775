"""`tantou models eval`, its predictions file, and the other words of the room."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from contract.errors import ModelError
from models import commands
from models.bench import drawn_street
from models.evaluate import report
from models.labelled import Judged, Labelled, open_folder
from models.registry import Registry
from tantou.__main__ import main
from tests.unit.models.weights import card_of_bytes, write_card


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two drawn streets of one camera; the second has a bus labelled, neither has a real vehicle."""
    split = tmp_path / "data" / "val"
    (split / "images").mkdir(parents=True)
    (split / "labels").mkdir()
    for name, label in (("a", ""), ("b", "1 0.5 0.5 0.2 0.2\n")):
        cv2.imwrite(str(split / "images" / f"{name}.png"), drawn_street(320, 180))
        (split / "labels" / f"{name}.txt").write_text(label)
    (tmp_path / "data" / "classes.txt").write_text("car\nbus\n")
    (tmp_path / "data" / "manifest.csv").write_text("file,camera,scene\nval/images/b.png,cam-1,night\n")
    return split


def answer(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, Any]:
    parser = argparse.ArgumentParser()
    commands.add_parsers(parser.add_subparsers())
    code = commands.run(parser.parse_args(["models", *words, "--json"]))
    return code, json.loads(capsys.readouterr().out)


def test_eval_reports_every_figure_that_acceptance_reads(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, report = answer(capsys, "eval", "vehicle-n", "--data", str(folder), "--size", "320")
    assert code == 0
    assert next(iter(report)) == "schema"
    assert (report["schema"], report["images"], report["boxes"], report["size"]) == ("tantou.eval/1", 2, 1, 320)
    assert report["ap50"]["vehicle"] is not None
    assert report["ap50"]["car"] is None
    assert report["by_camera"]["cam-1"]["boxes"] == 1
    assert set(report["at_threshold"]) == {"t", "p", "r"}
    assert report["smoke"] is None


def test_predictions_are_one_line_a_picture_in_pixels_of_the_stored_picture(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "boxes.jsonl"
    answer(capsys, "eval", "vehicle-n", "--data", str(folder), "--size", "320", "--predictions", str(out))
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    assert [line["file"] for line in lines] == ["images/a.png", "images/b.png"]
    boxes = [box for line in lines for box in line["boxes"]]
    assert all(len(box) == 6 and 0 <= box[0] < box[2] <= 320 and 0 <= box[1] < box[3] <= 180 for box in boxes)
    assert all(
        0.001 <= box[4] <= 1 and box[5] in ("car", "bus", "truck", "motorcycle", "bicycle", "person") for box in boxes
    )
    assert all(len(line["boxes"]) <= 300 for line in lines)


@pytest.mark.parametrize("size", ["0", "-5", "31", "100000", "big", "640.5"])
def test_a_size_that_no_input_has_is_refused(folder: Path, size: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["models", "eval", "vehicle-n", "--data", str(folder), "--size", size, "--json"])
    assert stopped.value.code == 2
    assert "--size" in capsys.readouterr().err


def test_out_writes_the_json_to_a_file_and_prints_nothing(folder: Path, tmp_path: Path) -> None:
    parser = argparse.ArgumentParser()
    commands.add_parsers(parser.add_subparsers())
    words = ["models", "eval", "vehicle-n", "--data", str(folder), "--size", "320", "--out", str(tmp_path / "r.json")]
    assert commands.run(parser.parse_args(words)) == 0
    assert json.loads((tmp_path / "r.json").read_text())["card"] == "vehicle-n"


BAD_LINES = (
    "0 0.5 0.5 0.2",
    "7 0.5 0.5 0.2 0.2",
    "0 0.5 nan 0.2 0.2",
    "car 1 1 1 1",
    "0.5 1 1 1 1",
    "-1 1 1 1 1",
    "0 0.5 0.5 -0.2 0.2",
)


@pytest.mark.parametrize("label", BAD_LINES)
def test_a_bad_label_line_is_named_before_anything_is_judged(folder: Path, label: str) -> None:
    (folder / "labels" / "b.txt").write_text(label)
    with pytest.raises(ModelError, match=r"b\.txt, line 1"):
        open_folder(folder)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "gb18030"])
def test_a_folder_that_another_system_saved_reads_the_same(folder: Path, encoding: str) -> None:
    above = folder.parent
    (above / "classes.txt").write_bytes("交通 灯\r\nbus\r\n\r\n".encode(encoding))
    (above / "manifest.csv").write_bytes("file,camera,scene\r\nval\\images\\b.png, 路口一 ,夜\r\n".encode(encoding))
    (folder / "labels" / "b.txt").write_bytes("1 0.5 0.5 0.2 0.2\r\n".encode(encoding))
    (_, _), (_, second) = open_folder(folder)
    assert open_folder(folder).classes == ("交通 灯", "bus")
    assert (second.camera, second.scene, second.labels) == ("路口一", "夜", ("bus",))


def test_names_with_blanks_upper_case_suffixes_and_folders_inside_find_their_labels(folder: Path) -> None:
    (folder / "images" / "夜 1").mkdir()
    (folder / "labels" / "夜 1").mkdir()
    (folder / "images" / "b.png").rename(folder / "images" / "夜 1" / "路 口.PNG")
    (folder / "labels" / "b.txt").rename(folder / "labels" / "夜 1" / "路 口.TXT")
    assert [(truth.file, truth.labels) for _, truth in open_folder(folder)] == [
        ("images/a.png", ()),
        ("images/夜 1/路 口.PNG", ("bus",)),
    ]


def test_a_manifest_without_file_names_is_refused(folder: Path) -> None:
    (folder / "manifest.csv").write_text("picture,camera\na.png,1\n")
    with pytest.raises(ModelError, match=r"manifest\.csv: no column file"):
        open_folder(folder)


def test_boxes_are_pixels_of_the_stored_picture_whatever_turn_it_asks_for(folder: Path) -> None:
    stored = Image.fromarray(drawn_street(320, 180)[:, :, ::-1])
    turned = Image.Exif()
    turned[0x0112] = 6
    stored.save(folder / "images" / "b.jpg", exif=turned)
    (folder / "images" / "b.png").unlink()
    _, (frame, truth) = open_folder(folder)
    assert frame.shape == (180, 320, 3)
    np.testing.assert_allclose(truth.boxes_xyxy_px, [[128, 72, 192, 108]], rtol=1e-5)


def test_pictures_of_any_depth_are_eight_bit_colour(folder: Path) -> None:
    for name, picture in (("a", np.full((20, 30), 65535, np.uint16)), ("b", np.full((20, 30, 4), 255, np.uint8))):
        cv2.imwrite(str(folder / "images" / f"{name}.png"), picture)
    assert [(frame.shape, str(frame.dtype), frame.min()) for frame, _ in open_folder(folder)] == [
        ((20, 30, 3), "uint8", 255)
    ] * 2


def test_a_picture_that_cannot_be_judged_is_told_and_the_rest_is_measured(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "images" / "a.png").write_bytes(b"no picture")
    (folder / "labels" / "gone.txt").write_text("0 0.5 0.5 0.1 0.1")
    (folder.parent / "classes.txt").write_text("car\nbus\nvan\n")
    out = tmp_path / "boxes.jsonl"
    words = ["models", "eval", "vehicle-n", "--data", str(folder), "--size", "320", "--json", "--predictions", str(out)]
    assert main(words) == 0
    printed, said = capsys.readouterr()
    report = json.loads(printed)
    assert (report["images"], report["unread"]) == (1, ["images/a.png"])
    assert [json.loads(line)["file"] for line in out.read_text().splitlines()] == ["images/b.png"]
    assert "a.png: not a picture" in said
    assert "not counted: van" in said
    assert "1 label file(s) without a picture are not counted, labels/gone.txt" in said


def test_a_folder_without_one_readable_picture_is_an_error(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for picture in (folder / "images").iterdir():
        picture.write_bytes(b"")
    assert main(["models", "eval", "vehicle-n", "--data", str(folder), "--size", "320", "--json"]) == 1
    printed, said = capsys.readouterr()
    assert printed == ""
    assert "none of the 2 pictures can be read" in said


def test_a_file_that_cannot_be_written_is_known_before_the_work(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for option in ("--out", "--predictions"):
        words = ["models", "eval", "vehicle-n", "--data", str(folder), "--json", option, str(tmp_path / "no" / "f")]
        assert main(words) == 1
        printed, said = capsys.readouterr()
        assert printed == ""
        assert "cannot be written" in said
        assert "1/2" not in said


def test_a_picture_that_cannot_be_read_is_named(folder: Path) -> None:
    (folder / "images" / "a.png").write_bytes(b"no picture")
    with pytest.raises(ModelError, match=r"a\.png"):
        list(open_folder(folder))


def test_an_empty_folder_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"classes\.txt is missing"):
        open_folder(tmp_path)


def test_list_and_show_name_the_committed_card(capsys: pytest.CaptureFixture[str]) -> None:
    _, listed = answer(capsys, "list")
    assert {"vehicle-n": "here"}.items() <= {row["name"]: row["state"] for row in listed["cards"]}.items()
    _, card = answer(capsys, "show", "vehicle-n")
    assert card["classes"] == ["car", "bus", "truck", "motorcycle", "bicycle", "person"]


def test_list_tells_a_weight_to_be_pulled_from_a_refused_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_card(tmp_path, name="packaged", origin={"package": "some-package", "version": "1.0", "member": "a.onnx"})
    card_of_bytes(tmp_path, b"x", name="cut")
    (tmp_path / "weight.onnx").write_bytes(b"")
    _, listed = answer(capsys, "list", "--cards", str(tmp_path), "--cache", str(tmp_path / "cache"))
    states = {row["name"]: row["state"] for row in listed["cards"]}
    assert states["packaged"] == "to be pulled"
    assert "truncated" in states["cut"]


def test_verify_passes_the_committed_weight_and_exits_1_for_a_refused_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, told = answer(capsys, "verify", "--cache", str(tmp_path / "empty"))
    assert (code, told["refused"]["vehicle-n"]) == (0, None)
    code, told = answer(capsys, "verify", str(card_of_bytes(tmp_path, b"no model")))
    assert (code, "cannot load" in told["refused"]["vehicle-n"]) == (1, True)


def test_bench_prints_frames_a_core(capsys: pytest.CaptureFixture[str]) -> None:
    _, timing = answer(capsys, "bench", "vehicle-n", "--size", "320", "--runs", "2", "--batch", "2")
    assert timing["frames_per_core_s"] > 0
    assert (timing["size"], timing["batch"]) == (320, 2)


def test_a_side_of_exactly_32_px_is_not_small_whatever_single_precision_makes_of_it() -> None:
    frame_hw = (540, 960)
    centre, half = np.float32(0.7123), np.float32(48 / 960 / 2)
    x1, x2 = (centre - half) * np.float32(960), (centre + half) * np.float32(960)
    assert x2 - x1 < 48, "single precision must fall short for this to say anything"
    truth = np.array([[x1, 100, x2, 200]], np.float32)
    judged = [Judged(Labelled("images/a.png", None, None, frame_hw, truth, ("car",)), ())]
    found = report(Registry().find("vehicle-n").card, judged, size_px=640, runtime="onnxruntime")
    assert (found.by_size["small"].boxes, found.by_size["medium"].boxes) == (0, 1)
