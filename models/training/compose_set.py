"""A labelled folder of made plumes at one distance, laid over the quiet tower pictures of a split: for measuring only.

A straw fire's smoke is taken as 30 m by 20 m seen with a 30 degree lens: how large it is in the picture follows from
the distance. The figures are of made smoke and are told apart from those of real smoke.
"""

from __future__ import annotations

import argparse
import csv
import math
from pathlib import Path

import cv2
import numpy as np

from models.training.plumes import Laid, Plume, filmed, lay, render, skyline
from models.training.smoke_samples import CLASSES, SmokePicture, read_stills

PLUME_M2 = 30.0 * 20.0
FIELD_OF_VIEW_DEG = 30.0
TRIES = 20
FIELDS = ("file", "camera", "kind", "distance_km")


def share_of(distance_km: float, frame_hw: tuple[int, int]) -> float:
    """The share of a picture that the plume covers at a distance."""
    width_m = 2 * 1000 * distance_km * math.tan(math.radians(FIELD_OF_VIEW_DEG / 2))
    return PLUME_M2 / (width_m**2 * frame_hw[0] / frame_hw[1])


def compose(picture: SmokePicture, distance_km: float, films: list[Plume], rng: np.random.Generator) -> Laid | None:
    """One plume on one quiet picture; None when there is no ground to stand on or no plume that can be seen."""
    frame = picture.labelled.picture
    line = skyline(frame)
    if line is None:
        return None
    share = share_of(distance_km, (frame.shape[0], frame.shape[1]))
    for _ in range(TRIES):
        plume = render(rng) if rng.random() < 0.5 else films[int(rng.integers(len(films)))]
        laid = lay(frame, plume, line, rng, share=share)
        if laid.box_xyxy_px is not None:
            return laid
    return None


def write_set(data: Path, split: str, distance_km: float, out: Path, seed: int) -> int:
    """Write `images/`, `labels/`, `classes.txt` and `manifest.csv` under `out`; how many pictures there are."""
    for part in ("images", "labels"):
        (out / part).mkdir(parents=True, exist_ok=True)
    (out / "classes.txt").write_text("\n".join(CLASSES) + "\n")
    quiet = [picture for picture in read_stills(data, split) if picture.tower and not picture.positive]
    films = filmed(data / "assets" / "plume-on-black.mp4")
    rows = []
    for index, picture in enumerate(quiet):
        rng = np.random.default_rng((seed, index))
        laid = compose(picture, distance_km, films, rng)
        if laid is None or laid.box_xyxy_px is None:
            continue
        name = f"{index:04d}"
        height, width = laid.picture.shape[:2]
        x1, y1, x2, y2 = (laid.box_xyxy_px / np.array([width, height] * 2)).tolist()
        cv2.imwrite(str(out / "images" / f"{name}.png"), laid.picture)
        label = f"0 {(x1 + x2) / 2:.6f} {(y1 + y2) / 2:.6f} {x2 - x1:.6f} {y2 - y1:.6f}\n"
        (out / "labels" / f"{name}.txt").write_text(label)
        rows.append((f"images/{name}.png", picture.camera, "tower_far", f"{distance_km:g}"))
    with (out / "manifest.csv").open("w", newline="", encoding="utf-8") as table:
        csv.writer(table).writerows([FIELDS, *rows])
    return len(rows)


def main() -> None:
    """Command line: `python -m models.training.compose_set --data DIR --split val --distance-km 3 --out DIR`."""
    parser = argparse.ArgumentParser(description="Write made plumes at one distance as a labelled folder.")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--split", default="val")
    parser.add_argument("--distance-km", type=float, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=23)
    args = parser.parse_args()
    print(f"{write_set(args.data, args.split, args.distance_km, args.out, args.seed)} pictures")


if __name__ == "__main__":
    main()
