"""One look: frames of several cameras become observations; the same code live and in a replay."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import zip_longest
from typing import Protocol

from contract.events import Clock
from contract.observations import Detection, Observation
from edge.capture.types import Frame, Image
from edge.inference.joining import join
from edge.inference.patches import ZonesOf, with_patches
from edge.inference.pictures import PictureMeter
from edge.inference.regions import Window

WindowsOf = Callable[[str, tuple[int, int]], Sequence[Window]]


class Detects(Protocol):
    """What finds objects: `models.detector.Detector`, or another that names what it sees."""

    def detect(self, frames_bgr: Sequence[Image], /) -> list[list[Detection]]:
        """One list of detections a frame, boxes in pixels of that frame."""
        ...


class Looker:
    """Turns frames into observations; remembers per camera only what measures a frozen picture."""

    def __init__(
        self,
        detector: Detects,
        *,
        clock_of: Callable[[str], Clock],
        windows_of: WindowsOf = lambda _, frame_px: ((0, 0, *frame_px),),
        zones_of: ZonesOf = lambda _, __: (),
    ) -> None:
        """`windows_of(device, frame_px)` says where to look, by default at the whole picture; `zones_of` the same way
        in which zones a vehicle's patch is measured, by default in none."""
        self._detector = detector
        self._clock_of = clock_of
        self._windows_of = windows_of
        self._zones_of = zones_of
        self._meters: dict[str, PictureMeter] = {}

    def look(self, frames: Sequence[Frame]) -> list[Observation]:
        """One observation a frame, in the frames' order; numbers rounded so that their text is exact on the tape."""
        windows = [self._windows_of(frame.device, _size_px(frame)) for frame in frames]
        looks: list[list[tuple[Window, list[Detection]]]] = [[] for _ in frames]
        # One window of each frame at a time: a batch is never larger than the frames that were asked for.
        for together in zip_longest(*windows):
            asked = [(index, window) for index, window in enumerate(together) if window is not None]
            found = self._detector.detect([_part(frames[index].image_bgr, window) for index, window in asked])
            for (index, window), detections in zip(asked, found, strict=True):
                looks[index].append((window, detections))
        return [self._observation(frame, seen) for frame, seen in zip(frames, looks, strict=True)]

    def _observation(self, frame: Frame, looks: Sequence[tuple[Window, Sequence[Detection]]]) -> Observation:
        frame_px = _size_px(frame)
        is_whole = [window for window, _ in looks] == [(0, 0, *frame_px)]
        detections = looks[0][1] if is_whole else join(looks, frame_px=frame_px)
        detections = [_rounded(detection) for detection in detections]
        zones = self._zones_of(frame.device, frame_px)
        meter = self._meters.setdefault(frame.device, PictureMeter())
        return Observation(
            device=frame.device,
            at_ns=frame.at_ns,
            frame_px=frame_px,
            detections=tuple(with_patches(frame.image_bgr, detections, zones)),
            picture=meter.measure(frame.image_bgr, frame.at_ns),
            clock=self._clock_of(frame.device),
            looked_px=() if is_whole else tuple(window for window, _ in looks),
        )


def _size_px(frame: Frame) -> tuple[int, int]:
    return frame.image_bgr.shape[1], frame.image_bgr.shape[0]


def _part(image_bgr: Image, window: Window) -> Image:
    left, top, right, bottom = window
    return image_bgr[top:bottom, left:right]


def _rounded(detection: Detection) -> Detection:
    left, top, right, bottom = (round(float(edge), 1) for edge in detection.bbox_xyxy_px)
    return Detection(
        bbox_xyxy_px=(left, top, right, bottom), score=round(float(detection.score), 4), label=detection.label
    )
