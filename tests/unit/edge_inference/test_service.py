"""The thread that looks at the frames of every camera."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import numpy as np

from contract.events import Clock
from contract.observations import Detection, Observation
from edge.capture.types import Frame, Image
from edge.inference.look import Looker
from edge.inference.mailbox import Mailbox
from edge.inference.service import InferenceService

CLOCK = Clock(source="given", offset_s=0.5)
WAIT_S = 10.0


class OneCar:
    """Sees one car in every picture; refuses pictures that are all white."""

    def __init__(self) -> None:
        self.batches: list[int] = []

    def detect(self, frames_bgr: Sequence[Image], /) -> list[list[Detection]]:
        self.batches.append(len(frames_bgr))
        if any(frame.min() == 255 for frame in frames_bgr):
            raise ValueError("a white picture")
        return [[Detection(bbox_xyxy_px=(1.23456, 2.0, 30.06, 40.04), score=0.123456, label="car")] for _ in frames_bgr]


class Seen:
    """Takes what the service delivers until there is enough of it."""

    def __init__(self, enough: int) -> None:
        self.pairs: list[tuple[Observation, Frame]] = []
        self.failures: list[tuple[str, str]] = []
        self.is_enough = threading.Event()
        self._enough = enough

    def deliver(self, observation: Observation, frame: Frame) -> None:
        self.pairs.append((observation, frame))
        self._count()

    def fail(self, device: str, reason: str) -> None:
        self.failures.append((device, reason))
        self._count()

    def _count(self) -> None:
        if len(self.pairs) + len(self.failures) >= self._enough:
            self.is_enough.set()


def frame(device: str, *, value: int = 90) -> Frame:
    return Frame(device, 7, np.full((48, 64, 3), value, np.uint8), True)


def served(frames: list[Frame], *, batch_max: int = 4) -> tuple[Seen, OneCar, InferenceService]:
    mailbox, detector, seen, stop = Mailbox(), OneCar(), Seen(len(frames)), threading.Event()
    for one in frames:
        mailbox.put(one)
    looker = Looker(detector, clock_of=lambda _: CLOCK)
    service = InferenceService(looker, mailbox, deliver=seen.deliver, batch_max=batch_max, on_failure=seen.fail)
    thread = threading.Thread(target=service.run, args=(stop,))
    thread.start()
    assert seen.is_enough.wait(WAIT_S)
    stop.set()
    mailbox.close()
    thread.join(WAIT_S)
    assert not thread.is_alive()
    return seen, detector, service


def test_frames_of_several_cameras_are_looked_at_in_one_batch_and_delivered_with_their_observation() -> None:
    seen, detector, service = served([frame("cam-1"), frame("cam-2"), frame("cam-3")])
    assert detector.batches == [3]
    assert [(observation.device, one.device) for observation, one in seen.pairs] == [
        ("cam-1", "cam-1"),
        ("cam-2", "cam-2"),
        ("cam-3", "cam-3"),
    ]
    assert service.counters() == {"batches": 1, "looked": 3, "skipped": 0}


def test_an_observation_says_size_time_clock_and_rounded_numbers() -> None:
    seen, _, _ = served([frame("cam-1")])
    observation = seen.pairs[0][0]
    assert (observation.at_ns, observation.frame_px, observation.clock) == (7, (64, 48), CLOCK)
    assert observation.detections == (Detection(bbox_xyxy_px=(1.2, 2.0, 30.1, 40.0), score=0.1235, label="car"),)
    assert observation.picture is not None
    assert observation.picture.brightness == 90.0


def test_a_frame_that_breaks_the_detector_is_counted_and_the_other_cameras_are_served() -> None:
    seen, _, service = served([frame("cam-1"), frame("cam-2", value=255), frame("cam-3")])
    assert [observation.device for observation, _ in seen.pairs] == ["cam-1", "cam-3"]
    assert seen.failures == [("cam-2", "ValueError: a white picture")]
    assert service.counters()["failed"] == 1
