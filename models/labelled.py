"""A folder of labelled pictures as evaluation and calibration read it: `images/`, `labels/`, `classes.txt`.

`manifest.csv` may add camera and scene; it and `classes.txt` may stand one folder up, where splits share them.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from contract.errors import ModelError
from contract.observations import Detection
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
    """The pictures of a folder, in name order, with the manifest's camera and scene where there is one."""

    folder: Path
    classes: tuple[str, ...]
    images: tuple[str, ...]
    manifest: dict[str, dict[str, str]]

    def __iter__(self) -> Iterator[tuple[Frame, Labelled]]:
        """Each picture (h, w, 3) uint8 BGR with its labels; raises ModelError at one that cannot be read."""
        for image in self.images:
            frame = cv2.imread(str(self.folder / image), cv2.IMREAD_COLOR)
            if frame is None:
                raise ModelError(f"{self.folder / image}: not a picture that can be read; remove or replace it")
            yield np.asarray(frame, np.uint8), self.labels(image, (frame.shape[0], frame.shape[1]))

    def labels(self, image: str, frame_hw: tuple[int, int]) -> Labelled:
        """The truth of one picture; no label file means nothing to find. Raises ModelError for a bad line."""
        label_file = self.folder / "labels" / Path(image).with_suffix(".txt").name
        lines = label_file.read_text("utf-8").splitlines() if label_file.exists() else []
        rows = [
            _numbers(line, label_file, number, self.classes) for number, line in enumerate(lines, 1) if line.strip()
        ]
        shares = np.array(rows, np.float32).reshape(-1, 5)
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


def open_folder(folder: Path, unnamed: tuple[str, ...] = ()) -> LabelledFolder:
    """The labelled folder at a path; raises ModelError naming what is missing.

    `unnamed`: the classes of a folder without `classes.txt`, in the order of its label numbers.
    """
    names = _beside(folder, "classes.txt")
    classes = tuple(names.read_text("utf-8").split()) if names is not None else unnamed
    if not classes:
        raise ModelError(f"{folder}: classes.txt is missing, here and one folder up; it names one class a line")
    images = tuple(
        f"images/{file.name}" for file in sorted((folder / "images").glob("*")) if file.suffix.lower() in IMAGE_SUFFIXES
    )
    if not images:
        raise ModelError(f"{folder}: images/ holds no picture; expected {', '.join(sorted(IMAGE_SUFFIXES))}")
    return LabelledFolder(folder, classes, images, _manifest(folder))


def _beside(folder: Path, name: str) -> Path | None:
    return next((place / name for place in (folder, folder.resolve().parent) if (place / name).is_file()), None)


def _manifest(folder: Path) -> dict[str, dict[str, str]]:
    """Rows by picture path relative to the folder; empty without a manifest."""
    table = _beside(folder, "manifest.csv")
    if table is None:
        return {}
    inside = "" if table.parent == folder else f"{folder.resolve().name}/"
    with table.open(newline="", encoding="utf-8") as rows:
        return {row["file"].removeprefix(inside): row for row in csv.DictReader(rows) if row["file"].startswith(inside)}


def _numbers(line: str, file: Path, number: int, classes: tuple[str, ...]) -> list[float]:
    """One label line: class index, centre x, y, width, height as shares of the picture."""
    try:
        values = [float(part) for part in line.split()]
    except ValueError:
        values = []
    if len(values) != 5 or not 0 <= values[0] < len(classes) or not all(np.isfinite(values)):
        raise ModelError(
            f"{file}, line {number}: expected `class x y w h` with class 0..{len(classes) - 1}, found {line!r}"
        )
    return values
