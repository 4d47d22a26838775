"""Frames of fixed cameras' clips as an unlabelled training folder: more streets for a teacher to label.

Writes `train/images/CAMERA_NNN.jpg`, an empty label file each, `classes.txt` and `manifest.csv` in the form of
`samples.read_samples`; everything that is taught about these pictures is the teacher's.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path

import cv2

from contract.errors import ModelError
from models.training.network import COCO_IDS

STEP_S = 1.5  # nearer frames of a fixed camera are the same picture again
COLUMNS = ("file", "split", "camera", "scene", "width", "height", "classes_labelled")


def frames_of(clip: Path, step_s: float) -> Iterator[cv2.typing.MatLike]:
    """One picture every `step_s` of the clip's own time; raises ModelError when it cannot be read."""
    film = cv2.VideoCapture(str(clip))
    every = max(1, round(film.get(cv2.CAP_PROP_FPS) * step_s))
    at, (whole, picture) = 0, film.read()
    if not whole:
        raise ModelError(f"{clip}: not a film that can be read")
    while whole:
        if at % every == 0:
            yield picture
        at, (whole, picture) = at + 1, film.read()


def cut(clips: Mapping[Path, str], out: Path, step_s: float = STEP_S) -> None:
    """Cut every clip into pictures of the camera that it is mapped to."""
    images, labels = out / "train" / "images", out / "train" / "labels"
    images.mkdir(parents=True, exist_ok=True)
    labels.mkdir(parents=True, exist_ok=True)
    (out / "classes.txt").write_text("\n".join(COCO_IDS) + "\n")
    with (out / "manifest.csv").open("w", newline="") as table:
        rows = csv.writer(table)
        rows.writerow(COLUMNS)
        for clip, camera in clips.items():
            for number, picture in enumerate(frames_of(clip, step_s)):
                name = f"{clip.stem}_{number:03d}"
                cv2.imwrite(str(images / f"{name}.jpg"), picture, [cv2.IMWRITE_JPEG_QUALITY, 92])
                (labels / f"{name}.txt").write_text("")
                height, width = picture.shape[:2]
                rows.writerow([f"train/images/{name}.jpg", "train", camera, "day", width, height, ""])
