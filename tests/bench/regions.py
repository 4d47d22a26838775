"""What a look costs and finds, at the whole picture and around the zone: same network, same input size, one run.

The scene is the demo's junction, small and far in a drawn full HD picture; to be found is what the network finds in it
close up. Process CPU time, one thread.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from statistics import median

import av
import cv2
import numpy as np

from contract.events import Clock
from contract.geometry import BboxPx, PolygonPx
from contract.observations import Detection
from detectors.geometry import iou
from edge.capture.types import Frame, Image
from edge.inference.look import Looker
from edge.inference.pictures import PictureMeter
from edge.inference.regions import Window, plan
from models.bench import drawn_street
from models.detector import Detector, open_detector
from tantou.demo import story
from tests.bench.lines import BenchLine
from tests.e2e.conftest import SCENES

INPUT_PX, CLOSE_UP_PX = 416, 640
FRAME_PX = (1920, 1080)
FAR_PX, FAR_AT = (480, 270), (900, 120)  # the junction's size in the picture, and its corner
EVERY_NTH, PICTURES, RUNS = 40, 12, 8
SURE = 0.5
VEHICLES = ("car", "bus", "truck")


def junctions() -> list[Image]:
    """Pictures of the demo's cameras, close up."""
    story.prepare(SCENES)
    pictures: list[Image] = []
    for path in sorted(SCENES.glob("*.mp4")):
        with av.open(str(path)) as container:
            frames = (frame for index, frame in enumerate(container.decode(video=0)) if index % EVERY_NTH == 0)
            pictures += [
                np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)
                for frame, _ in zip(frames, range(PICTURES), strict=False)
            ]
    return pictures


def far_off(junction: Image) -> Image:
    """The junction as a far part of a large picture."""
    picture = drawn_street(*FRAME_PX)
    left, top = FAR_AT
    small = cv2.resize(junction, FAR_PX, interpolation=cv2.INTER_AREA)
    picture[top : top + FAR_PX[1], left : left + FAR_PX[0]] = small
    return picture


def to_be_found(detector: Detector, junction: Image) -> list[BboxPx]:
    """Vehicles seen close up, where they are in the large picture."""
    scale = FAR_PX[0] / junction.shape[1]
    left, top = FAR_AT
    boxes = (one.bbox_xyxy_px for one in detector.detect([junction])[0] if one.label in VEHICLES and one.score >= SURE)
    return [(x1 * scale + left, y1 * scale + top, x2 * scale + left, y2 * scale + top) for x1, y1, x2, y2 in boxes]


def hits(wanted: Sequence[BboxPx], found: Sequence[Detection]) -> int:
    """How many of the wanted boxes some vehicle was found at."""
    boxes = [one.bbox_xyxy_px for one in found if one.label in VEHICLES]
    return sum(any(iou(want, box) >= SURE for box in boxes) for want in wanted)


def cpu_ms(work: Callable[[], object]) -> float:
    """Median CPU time of one call after a first one."""
    work()
    spent = []
    for _ in range(RUNS):
        begun = time.process_time()
        work()
        spent.append((time.process_time() - begun) * 1e3)
    return median(spent)


def looker(detector: Detector, windows: Sequence[Window]) -> Looker:
    """What looks at these windows of every picture."""
    return Looker(detector, clock_of=lambda _: Clock(source="none"), windows_of=lambda *_: windows)


def measure(junction_pictures: Sequence[Image]) -> list[BenchLine]:
    """The figures: recall and cost of each way to look."""
    cv2.setNumThreads(1)
    detector, close_up = open_detector("vehicle-n", size_px=INPUT_PX), open_detector("vehicle-n", size_px=CLOSE_UP_PX)
    (left, top), (width, height) = FAR_AT, FAR_PX
    # The street of the junction: without its sky and its margins.
    bottom = top + height
    zone: PolygonPx = (
        (left, bottom - height / 2),
        (left + width, bottom - height / 2),
        (left + width, bottom),
        (left, bottom),
    )
    ways = {"whole": [(0, 0, *FRAME_PX)]}
    ways |= {
        f"zones, {n} look{'s'[: n - 1]}": plan([zone], frame_px=FRAME_PX, input_px=INPUT_PX, tiles_max=n)
        for n in (1, 2)
    }
    wanted = [to_be_found(close_up, junction) for junction in junction_pictures]
    total = sum(map(len, wanted))
    frames = [Frame("cam-1", index, far_off(junction), True) for index, junction in enumerate(junction_pictures)]
    lines = []
    for name, windows in ways.items():
        looks = looker(detector, windows)
        found = sum(hits(want, looks.look([frame])[0].detections) for want, frame in zip(wanted, frames, strict=True))
        cost = cpu_ms(partial(looks.look, frames[:1]))
        note = f"{len(windows)} window(s) of {windows[0][2] - windows[0][0]} px, {cost:.1f} ms CPU a look"
        lines.append(
            BenchLine(f"far vehicles found, {name}, {INPUT_PX} px, of {total}", 100 * found / total, "%", "", note)
        )
    meter = PictureMeter()
    measured = cpu_ms(lambda: meter.measure(frames[0].image_bgr, 0))
    return [*lines, BenchLine("brightness, sharpness, sameness of a full HD picture", measured, "ms CPU")]


def main() -> None:
    """Prints the figures."""
    for line in measure(junctions()):
        line.show()


if __name__ == "__main__":
    main()
