"""Smoke and fire pictures for training: towers, near fires, negatives and tower sequences, decoded once into memory.

A few hundred pictures of 640 px fit into memory, and decoding would cost a tenth of each step on two cores.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from models.boxes import Floats
from models.training.augment import Labelled, Picture

SMOKE, FIRE = 0, 1
CLASSES = ("smoke", "fire")
MAX_SIDE_PX = 1280
# In these spans of a sequence nobody knows of smoke; frames "after ignition, no box yet" may hide some.
QUIET = frozenset({"before_ignition", "before_first_box", "no_smoke_known"})


@dataclass(frozen=True)
class SmokePicture:
    """One decoded picture with boxes in its pixels; `tower`: seen by a fixed far camera, a ground for made plumes."""

    labelled: Labelled
    camera: str
    tower: bool

    @property
    def positive(self) -> bool:
        """Whether anything is boxed in it."""
        return len(self.labelled.classes) > 0


def read_stills(folder: Path, split: str) -> list[SmokePicture]:
    """The pictures of one split of a smoke folder: `manifest.csv`, `SPLIT/images`, `SPLIT/labels` (0 smoke, 1 fire)."""
    return [_still(folder, row) for row in _rows(folder) if row["split"] == split]


def _still(folder: Path, row: dict[str, str]) -> SmokePicture:
    picture = _decode(folder / row["file"])
    label = folder / str(Path(row["file"].replace("images/", "labels/", 1)).with_suffix(".txt"))
    numbers = np.array([line.split() for line in label.read_text().splitlines() if line.strip()], np.float32)
    numbers = numbers.reshape(-1, 5)
    centre, half = numbers[:, 1:3], numbers[:, 3:5] / 2
    boxes = np.concatenate([centre - half, centre + half], axis=1) * _size(picture)
    camera = row["camera"] or row["kind"]  # stills of the web have no camera: all of a kind count as one
    return SmokePicture(
        Labelled(picture, boxes.astype(np.float32), numbers[:, 0].astype(np.int64)), camera, "hpwren" in camera
    )


def read_sequences(folder: Path, split: str, every: int, *, every_quiet: int) -> list[SmokePicture]:
    """Every `every`-th boxed and every `every_quiet`-th quiet frame of the sequences of one split."""
    found: list[SmokePicture] = []
    seen: Counter[tuple[str, bool]] = Counter()
    for row in _rows(folder):
        boxed = row["label"] == "smoke" and bool(row["boxes"].strip())
        if row["split"] != split or not (boxed or row["label"] in QUIET):
            continue
        seen[row["sequence"], boxed] += 1
        if seen[row["sequence"], boxed] % (every if boxed else every_quiet) == 0:
            picture = _decode(folder / row["file"])
            shares = np.array([box.split() for box in row["boxes"].split(";") if box.strip()], np.float32).reshape(
                -1, 4
            )
            labelled = Labelled(picture, shares * _size(picture), np.full(len(shares), SMOKE, np.int64))
            found.append(SmokePicture(labelled, row["camera"], tower=True))
    return found


def read_streets(folder: Path, count: int, seed: int) -> list[SmokePicture]:
    """Some street pictures of a vehicle folder's training split: no smoke, but lamps, wet roads, white vans."""
    rows = [row for row in _rows(folder) if row["split"] == "train"]
    chosen = np.random.default_rng(seed).permutation(len(rows))[:count]
    empty = (np.zeros((0, 4), np.float32), np.zeros(0, np.int64))
    return [
        SmokePicture(Labelled(_decode(folder / rows[i]["file"]), *empty), rows[i]["camera"], tower=False)
        for i in chosen
    ]


def draw_shares(pictures: list[SmokePicture]) -> NDArray[np.float64]:
    """Share with which each is drawn: a camera weighs by the square root of its pictures, not by their count."""
    count = Counter(picture.camera for picture in pictures)
    weight = np.array([1 / np.sqrt(count[picture.camera]) for picture in pictures])
    return np.asarray(weight / weight.sum())


def _rows(folder: Path) -> Iterator[dict[str, str]]:
    with (folder / "manifest.csv").open(newline="", encoding="utf-8") as table:
        yield from csv.DictReader(table)


def _size(picture: Picture) -> Floats:
    return np.array([picture.shape[1], picture.shape[0]] * 2, np.float32)


def _decode(file: Path) -> Picture:
    picture = cv2.imread(str(file), cv2.IMREAD_COLOR)
    if picture is None:
        raise ValueError(f"{file}: not a picture that can be read")
    scale = MAX_SIDE_PX / max(picture.shape[:2])
    if scale < 1:
        picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.asarray(picture, np.uint8)
