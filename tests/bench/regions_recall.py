"""By hand: `python -m tests.bench.regions_recall DIR [SIZE ...]`: vehicles found in zones, looked at whole and by zone.

DIR holds labelled pictures (`images/`, `labels/`, `classes.txt`, `manifest.csv`). Each picture is cut into cells; one
in which a labelled vehicle of its camera ever stands is a zone. Judged are the vehicles that stand in the zone, found
in the whole picture and in the zone's one window, at the same input size: the same cost. No box says where to look.
R and P are at the card's threshold; "at P" is the recall at the precision that the whole picture has there.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from contract.geometry import PolygonPx
from contract.observations import Detection
from edge.inference.joining import join
from edge.inference.regions import Window, plan
from models.average_precision import Mask, Ranking, Scene, average_precision, ignoring, precision_recall, rank
from models.boxes import Floats
from models.detector import Detector, open_detector
from models.evaluate import MIN_SCORE, SMALL_AT_PX, SMALL_SIDE_PX
from models.labelled import Labelled, open_folder
from models.letterbox import Frame

VEHICLES = ("car", "bus", "truck")
GRIDS = ((4, 4), (1, 4), (2, 2))  # columns, rows: kerbs and bus stops, a road across the picture, a quarter of it
SIZES_PX = (640, 416, 320)


@dataclass(frozen=True)
class Looked:
    """One picture's labels and what was found, in the whole picture and by windows."""

    truth: Labelled
    whole: list[Detection]
    windows: dict[Window, list[Detection]]


def cells(frame_px: tuple[int, int], grid: tuple[int, int]) -> list[PolygonPx]:
    """The picture cut into columns and rows."""
    width, height = frame_px[0] / grid[0], frame_px[1] / grid[1]
    corners = [(column * width, row * height) for column in range(grid[0]) for row in range(grid[1])]
    return [((x, y), (x + width, y), (x + width, y + height), (x, y + height)) for x, y in corners]


def stands_in(boxes: Floats, cell: PolygonPx) -> Mask:
    """Whose middle of the lower edge is inside."""
    (left, top), _, (right, bottom), _ = cell
    x, y = (boxes[:, 0] + boxes[:, 2]) / 2, boxes[:, 3]
    return np.asarray((x > left) & (x <= right) & (y > top) & (y <= bottom))


def vehicles(truth: Labelled) -> Floats:
    """The labelled vehicles."""
    return np.asarray(truth.boxes_xyxy_px[np.array([label in VEHICLES for label in truth.labels], bool)])


def is_large(boxes: Floats, frame_hw: tuple[int, int]) -> Mask:
    """Not small: small is a side under 32 px in a picture of 640 px."""
    short = np.minimum(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]) * (SMALL_AT_PX / max(frame_hw))
    return np.asarray(short >= SMALL_SIDE_PX)


def scene(truth: Labelled, found: Sequence[Detection], cell: PolygonPx) -> Scene:
    """The zone's vehicles; all others are neither right nor wrong."""
    kept = [detection for detection in found if detection.label in VEHICLES]
    boxes = np.array([detection.bbox_xyxy_px for detection in kept], np.float32).reshape(-1, 4)
    scores = np.array([detection.score for detection in kept], np.float32)
    labelled = vehicles(truth)
    return Scene(labelled, ~stands_in(labelled, cell), boxes, scores, ~stands_in(boxes, cell))


def looked(
    detector: Detector, pictures: Iterable[tuple[Frame, Labelled]], wanted: dict[str, set[Window]]
) -> list[Looked]:
    """Every picture, whole and by each window that any zone of its camera asks for."""
    done = []
    for frame, truth in pictures:
        height, width = truth.frame_hw
        windows = {}
        for window in sorted(wanted[truth.camera or ""]):
            left, top, right, bottom = window
            (found,) = detector.detect([frame[top:bottom, left:right]])
            windows[window] = found
        whole = windows.get((0, 0, width, height)) or detector.detect([frame])[0]
        done.append(Looked(truth, whole, windows))
    return done


def main(folder: Path, sizes_px: Sequence[int]) -> None:
    """Prints a line a grid and size."""
    data = open_folder(folder)
    pictures = list(data)
    for size_px in sizes_px:
        detector = open_detector("vehicle-n", size_px=size_px, threshold=MIN_SCORE)
        zones = {grid: zones_of([truth for _, truth in pictures], grid, size_px) for grid in GRIDS}
        wanted: dict[str, set[Window]] = defaultdict(set)
        for planned in zones.values():
            for camera, of_camera in planned.items():
                wanted[camera] |= {window for _, windows in of_camera for window in windows}
        seen = looked(detector, pictures, wanted)
        for grid, planned in zones.items():
            show(f"{size_px} px, {grid[0]} x {grid[1]}", seen, planned, detector.card.threshold)


Zones = dict[str, list[tuple[PolygonPx, list[Window]]]]


def zones_of(truths: Sequence[Labelled], grid: tuple[int, int], size_px: int) -> Zones:
    """The cells of each camera in which a vehicle ever stands, each with its own plan."""
    zones: Zones = defaultdict(list)
    for camera in sorted({truth.camera or "" for truth in truths}):
        mine = [truth for truth in truths if (truth.camera or "") == camera]
        frame_px = (mine[0].frame_hw[1], mine[0].frame_hw[0])
        for cell in cells(frame_px, grid):
            if any(stands_in(vehicles(truth), cell).any() for truth in mine):
                zones[camera].append((cell, plan([cell], frame_px=frame_px, input_px=size_px, tiles_max=1)))
    return zones


def show(name: str, seen: Sequence[Looked], zones: Zones, threshold: float) -> None:
    """AP50 and recall, all and small, looked at whole and by zone."""
    scenes: dict[str, list[Scene]] = {"whole": [], "zones": []}
    sizes: list[tuple[int, int]] = []
    cameras: list[str] = []
    for look in seen:
        height, width = look.truth.frame_hw
        for cell, windows in zones[look.truth.camera or ""]:
            sizes.append(look.truth.frame_hw)
            cameras.append(look.truth.camera or "")
            by_zone = join([(window, look.windows[window]) for window in windows], frame_px=(width, height))
            scenes["whole"].append(scene(look.truth, look.whole, cell))
            scenes["zones"].append(scene(look.truth, by_zone, cell))
    cut = sum(len(of_camera) for of_camera in zones.values())
    shares = [
        (window[2] - window[0]) / look.truth.frame_hw[1]
        for look in seen
        for _, windows in zones[look.truth.camera or ""]
        for window in windows
    ]
    whole = np.mean([share == 1 for share in shares])
    words = [
        f"{name}: {cut} zones, windows {np.mean(shares):.0%} of the picture's width, {whole:.0%} of them all of it"
    ]
    small = {how: ignoring(found, lambda boxes, at: is_large(boxes, sizes[at])) for how, found in scenes.items()}
    for what, kinds in (("all", scenes), ("small", small)):
        ranked = {how: rank(found, 0.5) for how, found in kinds.items()}
        asked = precision_recall(ranked["whole"], threshold)[0] or 0.0
        words += [
            f"{what}, {how}: {_figures(ranking, threshold)}, at P {_recall_at(ranking, asked):.3f}"
            for how, ranking in ranked.items()
        ]
    for camera in sorted(zones):
        at = [index for index, one in enumerate(cameras) if one == camera]
        ranked = {how: rank([found[index] for index in at], 0.5) for how, found in small.items()}
        words += [f"small, {how}, {camera}: {_figures(ranking, threshold)}" for how, ranking in ranked.items()]
    print("\n  ".join(words), flush=True)


def _figures(ranking: Ranking, threshold: float) -> str:
    precision, recall = precision_recall(ranking, threshold)
    ap = average_precision(ranking)
    return f"of {ranking.truths}: AP50 {ap or 0:.3f}, R {recall or 0:.3f}, P {precision or 0:.3f}"


def _recall_at(ranking: Ranking, precision: float) -> float:
    """The most that is found at no less than this precision."""
    hits = np.cumsum(ranking.hits)
    enough = np.flatnonzero(hits / np.arange(1, len(hits) + 1) >= precision)
    return float(hits[enough[-1]] / ranking.truths) if len(enough) else 0.0


if __name__ == "__main__":
    main(Path(sys.argv[1]), [int(size) for size in sys.argv[2:]] or SIZES_PX)
