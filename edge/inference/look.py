"""One look: frames of several cameras become observations; the same code live and in a replay."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from contract.events import Clock
from contract.observations import Detection, Observation
from edge.capture.types import Frame, Image
from edge.inference.pictures import PictureMeter


class Detects(Protocol):
    """What finds objects: `models.detector.Detector`, or another that names what it sees."""

    def detect(self, frames_bgr: Sequence[Image], /) -> list[list[Detection]]:
        """One list of detections a frame, boxes in pixels of that frame."""
        ...


class Looker:
    """Turns frames into observations; remembers per camera only what measures a frozen picture."""

    def __init__(self, detector: Detects, *, clock_of: Callable[[str], Clock]) -> None:
        self._detector = detector
        self._clock_of = clock_of
        self._meters: dict[str, PictureMeter] = {}

    def look(self, frames: Sequence[Frame]) -> list[Observation]:
        """One observation a frame, in the frames' order; numbers rounded so that their text is exact on the tape."""
        found = self._detector.detect([frame.image_bgr for frame in frames])
        return [self._observation(frame, seen) for frame, seen in zip(frames, found, strict=True)]

    def _observation(self, frame: Frame, detections: Sequence[Detection]) -> Observation:
        height, width = frame.image_bgr.shape[:2]
        meter = self._meters.setdefault(frame.device, PictureMeter())
        return Observation(
            device=frame.device,
            at_ns=frame.at_ns,
            frame_px=(width, height),
            detections=tuple(_rounded(detection) for detection in detections),
            picture=meter.measure(frame.image_bgr, frame.at_ns),
            clock=self._clock_of(frame.device),
        )


def _rounded(detection: Detection) -> Detection:
    left, top, right, bottom = (round(float(edge), 1) for edge in detection.bbox_xyxy_px)
    return Detection(
        bbox_xyxy_px=(left, top, right, bottom), score=round(float(detection.score), 4), label=detection.label
    )
