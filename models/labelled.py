"""A folder of labelled pictures as evaluation and calibration read it: `images/`, `labels/`, `classes.txt`.

`manifest.csv` may add camera and scene; it and `classes.txt` may stand one folder up, where splits share them. Labels
are checked when the folder is opened, so that a bad line does not end an evaluation of an hour.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import cv2
import numpy as np

from contract.errors import ModelError
from contract.observations import Detection
from contract.texts import inner_path, text_of
from models.boxes import Floats
from models.letterbox import Frame

IMAGE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp"})


@dataclass(frozen=True)
class Labelled:
    """One picture: `file` relative to the folder, truth boxes (m, 4) xyxy in px of `frame_hw`, their class names.

    `kind` is what the manifest says it shows (`tower_far`, `negative_cloud`), None where it says nothing.
    """

    file: str
    camera: str | None
    scene: str | None
    frame_hw: tuple[int, int]
    boxes_xyxy_px: Floats
    labels: tuple[str, ...]
    kind: str | None = None


@dataclass(frozen=True)
class Judged:
    """One picture's truth and what was found in it."""

    truth: Labelled
    found: tuple[Detection, ...]


@dataclass(frozen=True)
class LabelledFolder:
    """The pictures of a folder, in name order, with the manifest's camera and scene where there is one.

    `rows`: the label lines of each picture that has some. `on_unread` is told of a picture that cannot be read, which
    is then left out; without it such a picture ends the walk.
    """

    folder: Path
    classes: tuple[str, ...]
    images: tuple[str, ...]
    manifest: dict[str, dict[str, str]]
    rows: dict[str, list[list[float]]]
    on_unread: Callable[[str, ModelError], None] | None = None

    def __iter__(self) -> Iterator[tuple[Frame, Labelled]]:
        """Each picture (h, w, 3) uint8 BGR with its labels; raises ModelError at one that cannot be read."""
        for image in self.images:
            try:
                frame = read_picture(self.folder / image)
            except ModelError as error:
                if self.on_unread is None:
                    raise
                self.on_unread(image, error)
                continue
            yield frame, self.labels(image, (frame.shape[0], frame.shape[1]))

    def labels(self, image: str, frame_hw: tuple[int, int]) -> Labelled:
        """The truth of one picture; no label file means nothing to find."""
        shares = np.array(self.rows.get(image, []), np.float32).reshape(-1, 5)
        size = np.array([frame_hw[1], frame_hw[0]] * 2, np.float32)
        centre, half = shares[:, 1:3], shares[:, 3:5] / 2
        entry = self.manifest.get(image, {})
        return Labelled(
            image,
            entry.get("camera") or None,
            entry.get("scene") or None,
            frame_hw,
            np.concatenate([centre - half, centre + half], axis=1) * size,
            tuple(self.classes[int(index)] for index in shares[:, 0]),
            entry.get("kind") or None,
        )


def read_picture(file: Path) -> Frame:
    """A stored picture, which labels and boxes count the pixels of: a note that asks to turn it is not followed."""
    frame = cv2.imread(str(file), cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
    if frame is None:
        raise ModelError(f"{file}: not a picture that can be read; remove or replace it")
    return np.asarray(frame, np.uint8)


def open_folder(folder: Path, unnamed: tuple[str, ...] = ()) -> LabelledFolder:
    """The labelled folder at a path; raises ModelError naming what is missing, or the label line at fault.

    `unnamed`: the classes of a folder without `classes.txt`, in the order of its label numbers.
    """
    names = _beside(folder, "classes.txt")
    lines = _text(names).splitlines() if names is not None else unnamed
    classes = tuple(line.strip() for line in lines if line.strip())
    if not classes:
        raise ModelError(f"{folder}: classes.txt is missing, here and one folder up; it names one class a line")
    images = _inside(folder / "images", IMAGE_SUFFIXES)
    if not images:
        raise ModelError(f"{folder}: images/ holds no picture; expected {', '.join(sorted(IMAGE_SUFFIXES))}")
    labels = _label_files(folder)
    rows = {
        f"images/{image}": _rows(folder / "labels" / labels[_stem(image)], classes)
        for image in images
        if _stem(image) in labels
    }
    return LabelledFolder(folder, classes, tuple(f"images/{image}" for image in images), read_manifest(folder), rows)


def without_picture(opened: LabelledFolder) -> tuple[str, ...]:
    """Label files whose picture is not there: whatever they name can be neither found nor missed."""
    pictured = {_stem(image).removeprefix("images/") for image in opened.images}
    return tuple(f"labels/{name}" for stem, name in _label_files(opened.folder).items() if stem not in pictured)


def _inside(folder: Path, suffixes: frozenset[str]) -> list[str]:
    """Every file below a folder with one of these suffixes in any case, by name, relative to it."""
    files = (file for file in folder.rglob("*") if file.suffix.lower() in suffixes and file.is_file())
    return sorted(file.relative_to(folder).as_posix() for file in files)


def _label_files(folder: Path) -> dict[str, str]:
    """Label files by the path that they share with their picture."""
    return {_stem(name): name for name in _inside(folder / "labels", frozenset({".txt"}))}


def _stem(name: str) -> str:
    return str(PurePosixPath(name).with_suffix(""))


def _beside(folder: Path, name: str) -> Path | None:
    return next((place / name for place in (folder, folder.resolve().parent) if (place / name).is_file()), None)


def _text(file: Path) -> str:
    try:
        return text_of(file.read_bytes())
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(f"{file}: cannot be read as text: {error}") from error


def read_manifest(folder: Path, *, needs: tuple[str, ...] = ("file",)) -> dict[str, dict[str, str]]:
    """Rows by picture path relative to the folder; empty without a manifest, which may stand one folder up.

    Raises ModelError where a column that is needed is not there.
    """
    table = _beside(folder, "manifest.csv")
    if table is None:
        return {}
    rows = csv.DictReader(io.StringIO(_text(table), newline=""))
    lacking = [column for column in needs if column not in (rows.fieldnames or ())]
    if lacking:
        raise ModelError(f"{table}: no column {', '.join(lacking)}; its first line must name the columns")
    inside, is_shared = f"{folder.resolve().name}/", table.parent != folder
    named = ((inner_path(row["file"] or ""), row) for row in rows)
    return {
        file.removeprefix(inside): {key: (value or "").strip() for key, value in row.items() if isinstance(key, str)}
        for file, row in named
        if file.startswith(inside) or not is_shared
    }


def _rows(file: Path, classes: tuple[str, ...]) -> list[list[float]]:
    lines = _text(file).splitlines()
    return [_numbers(line, file, number, classes) for number, line in enumerate(lines, 1) if line.strip()]


def _numbers(line: str, file: Path, number: int, classes: tuple[str, ...]) -> list[float]:
    """One label line: class index, centre x, y, width, height as shares of the picture."""
    try:
        values = [float(part) for part in line.split()]
    except ValueError:
        values = []
    good = len(values) == 5 and all(np.isfinite(values)) and min(values[3:]) >= 0
    if not good or not values[0].is_integer() or not 0 <= values[0] < len(classes):
        raise ModelError(
            f"{file}, line {number}: expected `class x y w h` with class 0..{len(classes) - 1}, found {line!r}"
        )
    return values
