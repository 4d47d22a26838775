"""A split that shares a camera or a picture is refused with its names, before anything is trained."""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import pytest

from contract.errors import ModelError
from models import commands
from models.splits import check_splits
from tests.unit.models.drawn_cars import drawn_motorway

APART = {"train": {"a": "gate", "b": "bridge"}, "val": {"c": "market"}}


def folder_of(tmp_path: Path, splits: dict[str, dict[str, str]] = APART) -> Path:
    """Small pictures as `split -> picture -> camera`, all different, with labels and a manifest."""
    data = tmp_path / "streets"
    rows = ["file,camera"]
    for split, pictures in splits.items():
        (data / split / "images").mkdir(parents=True)
        (data / split / "labels").mkdir()
        for name, camera in pictures.items():
            frame, _ = drawn_motorway(sum(name.encode()))
            cv2.imwrite(str(data / split / "images" / f"{name}.png"), cv2.resize(frame, (160, 90)))
            (data / split / "labels" / f"{name}.txt").write_text("0 0.5 0.5 0.2 0.2\n")
            rows.append(f"{split}/images/{name}.png,{camera}")
    (data / "classes.txt").write_text("car\nbus\n")
    (data / "manifest.csv").write_text("\n".join(rows) + "\n")
    return data


def test_cameras_apart_are_told_by_split(tmp_path: Path) -> None:
    assert check_splits(folder_of(tmp_path)) == {"train": ("bridge", "gate"), "val": ("market",)}


def test_a_camera_in_both_splits_is_refused_by_name(tmp_path: Path) -> None:
    data = folder_of(tmp_path, {"train": {"a": "gate", "b": "bridge"}, "val": {"c": "bridge", "d": "market"}})
    with pytest.raises(ModelError, match=r"the split leaks: 1 camera\(s\) in train and val: bridge;"):
        check_splits(data)


def test_a_picture_in_both_splits_is_refused_even_under_two_cameras(tmp_path: Path) -> None:
    data = folder_of(tmp_path)
    (data / "val" / "images" / "c.png").write_bytes((data / "train" / "images" / "a.png").read_bytes())
    with pytest.raises(ModelError, match=r"val/images/c\.png is the same picture as train/images/a\.png"):
        check_splits(data)


@pytest.mark.parametrize(
    ("manifest", "said"),
    [
        (None, "missing"),
        ("file,scene\n", "no column camera"),
        (
            "file,camera\ntrain/images/a.png,gate\n",
            r"no camera for 2 picture.s.: train/images/b\.png, val/images/c\.png",
        ),
        ("file,camera\ntrain/images/a.png,gate\ntrain/images/b.png,\nval/images/c.png,market\n", r"b\.png"),
    ],
)
def test_pictures_whose_camera_nobody_knows_are_refused(tmp_path: Path, manifest: str | None, said: str) -> None:
    data = folder_of(tmp_path)
    (data / "manifest.csv").unlink()
    if manifest is not None:
        (data / "manifest.csv").write_text(manifest)
    with pytest.raises(ModelError, match=said):
        check_splits(data)


def test_a_folder_without_validation_pictures_is_refused(tmp_path: Path) -> None:
    data = folder_of(tmp_path, {"train": {"a": "gate"}})
    with pytest.raises(ModelError, match="no picture; both train and val are needed"):
        check_splits(data)


@pytest.mark.parametrize("words", [("train",), ("export", "epoch-01.safetensors")])
def test_train_and_export_refuse_a_leaking_split_before_they_start_anything(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    data = folder_of(tmp_path, {"train": {"a": "gate"}, "val": {"c": "gate"}})
    parser = argparse.ArgumentParser()
    commands.add_parsers(parser.add_subparsers())
    out = tmp_path / "out"
    asked = ["models", *words, "--from", "vehicle-n", "--data", str(data), "--out", str(out), "--python", "/no/python"]
    with pytest.raises(ModelError, match=r"the split leaks: 1 camera\(s\) in train and val: gate"):
        commands.run(parser.parse_args(asked))
    assert not out.exists()
