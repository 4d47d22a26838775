"""Training pictures: reading a labelled folder, mending its known gaps with a teacher's boxes, and augmentation.

Labels stay in pixels of the stored picture and in COCO class ids until a batch is made. Everything random comes from
a generator seeded by (seed, epoch, batch), so a run is repeatable whatever the machine is doing.
"""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.boxes import Floats, areas, intersections, ious
from models.training.network import COCO_CLASSES, COCO_IDS

VEHICLE_IDS = (COCO_IDS["car"], COCO_IDS["bus"], COCO_IDS["truck"])
TEACHER_FOR_CLASS = 0.25  # below this the teacher's car-or-truck answer is no better than the source's one class
TEACHER_FOR_BOX = 0.15  # below this it is more often wrong than right, and nothing is added
SURE_TEACHER = 0.6  # from here on its box counts like a label; below, in proportion
PAD = 114


@dataclass(frozen=True)
class Sample:
    """One labelled picture: boxes (n, 4), classes (n,) COCO ids; `one_class`: its source knew only "vehicle".

    `sure` (n,): the share of the full score that a box is taught to have, 1 where a source labelled it.
    """

    file: Path
    camera: str
    one_class: bool
    boxes_xyxy_px: Floats
    classes: NDArray[np.int64]
    sure: Floats | None = None


def read_samples(folder: Path, split: str) -> list[Sample]:
    """Samples of one split, from `manifest.csv` and YOLO text labels renumbered to COCO ids, in manifest order."""
    names = (folder / "classes.txt").read_text().split()
    with (folder / "manifest.csv").open(newline="") as table:
        rows = [row for row in csv.DictReader(table) if row["split"] == split]
    return [_read_sample(folder, row, names) for row in rows]


def _read_sample(folder: Path, row: dict[str, str], names: list[str]) -> Sample:
    file = folder / row["file"]
    label = folder / split_label(row["file"])
    numbers = np.array([line.split() for line in label.read_text().splitlines() if line.strip()], dtype=np.float32)
    numbers = numbers.reshape(-1, 5)
    size = np.array([int(row["width"]), int(row["height"])] * 2, dtype=np.float32)
    centre, half = numbers[:, 1:3], numbers[:, 3:5] / 2
    boxes = np.concatenate([centre - half, centre + half], axis=1) * size
    classes = np.array([COCO_IDS[names[int(n)]] for n in numbers[:, 0]], dtype=np.int64)
    return Sample(file, row["camera"], row["classes_labelled"].startswith("vehicle"), boxes, classes)


def split_label(image: str) -> str:
    """The label path of a picture path: `train/images/a.webp` -> `train/labels/a.txt`."""
    return str(Path(image.replace("images/", "labels/", 1)).with_suffix(".txt"))


def mend(samples: Iterable[Sample], teacher_file: Path) -> list[Sample]:
    """Samples with the teacher's class where the source had one class, and its sure boxes where nothing is labelled.

    Without this the loss would punish true buses, riders and far vehicles that a source never labelled.
    """
    taught = {
        entry["file"]: np.array(entry["boxes"], np.float32).reshape(-1, 6)
        for entry in map(json.loads, teacher_file.open())
    }
    return [_mend_one(sample, taught[sample.file.name]) for sample in samples]


def _mend_one(sample: Sample, taught: Floats) -> Sample:
    boxes, classes = sample.boxes_xyxy_px, sample.classes.copy()
    vehicle = np.isin(taught[:, 5], VEHICLE_IDS)
    if sample.one_class and len(boxes) and vehicle.any():
        rivals = ious(boxes, taught[vehicle, :4]) * (taught[vehicle, 4] >= TEACHER_FOR_CLASS)
        best = rivals.argmax(axis=1)
        sure = rivals.max(axis=1) >= 0.5
        classes[sure] = taught[vehicle, 5][best[sure]].astype(np.int64)
    extra = taught[:, 4] >= TEACHER_FOR_BOX
    if len(boxes):
        same_kind = np.isin(classes, VEHICLE_IDS)[None, :] == vehicle[:, None]
        shared = intersections(taught[:, :4], boxes)
        smaller = np.minimum(areas(taught[:, :4])[:, None], areas(boxes)[None, :])
        # Covered more than half by, or covering, a labelled box of the same kind: that is the same thing drawn twice.
        extra &= ~((shared / np.maximum(smaller, 1e-6) > 0.5) & same_kind).any(axis=1)
    doubt = np.minimum(taught[extra, 4] / SURE_TEACHER, 1)
    return replace(
        sample,
        boxes_xyxy_px=np.concatenate([boxes, taught[extra, :4]]),
        classes=np.concatenate([classes, taught[extra, 5].astype(np.int64)]),
        sure=np.concatenate([np.ones(len(boxes), np.float32), doubt]),
    )


def for_head(samples: Iterable[Sample], rows: int) -> list[Sample]:
    """Samples whose classes are rows of the network's head: COCO ids for 80, the order of `COCO_IDS` for a cut one."""
    row_of = {coco_id: coco_id if rows == COCO_CLASSES else row for row, coco_id in enumerate(COCO_IDS.values())}
    return [replace(s, classes=np.array([row_of[int(c)] for c in s.classes], np.int64)) for s in samples]


def draw_shares(samples: list[Sample]) -> NDArray[np.float64]:
    """Share with which each sample is drawn: a camera weighs by the square root of its pictures, not their count."""
    count = Counter(sample.camera for sample in samples)
    weight = np.array([1 / np.sqrt(count[sample.camera]) for sample in samples])
    return np.asarray(weight / weight.sum())
