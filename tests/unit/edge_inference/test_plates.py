"""The plate of one vehicle in one frame, and the thread that looks: every ask is answered, few wait, nothing blocks."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from contract.manifest import sha256_hex
from contract.plates import PlateSeen, RawRead
from detectors.fold import ReadPlate
from edge.capture.types import Frame, Image
from edge.config import PlatesConfig
from edge.inference.plates import (
    FAILED,
    QUEUE_FULL,
    SWITCHED_OFF,
    UNAVAILABLE,
    PlateAnswer,
    PlateReader,
    PlateService,
    open_reader,
)
from models.registry import Registry

WAIT_S = 10.0
VEHICLE = (200.0, 100.0, 400.0, 300.0)
EVENT = "00000000-0000-8000-8000-000000000000"


def ask(at_ns: int = 7) -> ReadPlate:
    return ReadPlate(event_id=EVENT, at_ns=at_ns, vehicle_px=VEHICLE)


def frame(at_ns: int = 7) -> Frame:
    rng = np.random.default_rng(at_ns)
    return Frame("cam-1", at_ns, rng.integers(0, 255, (360, 640, 3), np.uint8), True)


def seen(left: float, top: float, *, text: str = "皖A12345") -> PlateSeen:
    """A plate in a picture, read alike by two."""
    reads = tuple(RawRead(reader=one, rows=1, margin=0.0, text=text, sure=(0.9,) * len(text)) for one in ("a", "b"))
    return PlateSeen(
        quad_px=((left, top), (left + 90, top), (left + 90, top + 28), (left, top + 28)),
        corner_score=0.9,
        width_px=90.0,
        tilt_deg=0.0,
        colour="blue",
        dark=0.0,
        bright=0.0,
        sharpness=12.0,
        reads=reads,
    )


class Sees:
    """Stands in for the networks at the Protocol: sees these plates, keeps what it was shown."""

    def __init__(self, *plates: PlateSeen, before: Callable[[], object] = lambda: None) -> None:
        self.shown: list[Image] = []
        self._plates = plates
        self._before = before

    def look(self, picture: Image, /) -> list[PlateSeen]:
        self._before()
        self.shown.append(picture)
        return list(self._plates)


def test_the_vehicles_part_is_looked_at_in_full_resolution_and_corners_are_pixels_of_the_frame() -> None:
    eyes, one = Sees(seen(50, 120)), frame()
    answer = PlateReader(eyes=eyes, readers=("a 1 x",)).look(ask(), one)
    assert eyes.shown[0].shape == (225, 225, 3)  # 6 % around 200 x 200
    assert np.array_equal(eyes.shown[0], one.image_bgr[88:313, 188:413])
    (plate,) = answer.looked.plates
    assert plate.quad_px[0] == (238.0, 208.0)
    assert (answer.looked.looked_at_ns, answer.looked.frame_px, answer.looked.readers) == (7, (640, 360), ("a 1 x",))


def test_close_ups_are_the_straight_plate_and_the_vehicle_of_that_frame_and_are_named_by_hash() -> None:
    one = frame()
    answer = PlateReader(eyes=Sees(seen(50, 120))).look(ask(), one)
    plate, vehicle = answer.cuts.close_ups
    assert (plate.what, vehicle.what) == ("plate", "vehicle")
    assert answer.looked.close_ups == tuple(sha256_hex(cut.jpeg) for cut in answer.cuts.close_ups)
    straight = cv2.imdecode(np.frombuffer(plate.jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert straight is not None
    assert straight.shape == (160, 480, 3)
    shown = cv2.imdecode(np.frombuffer(vehicle.jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert shown is not None
    assert shown.shape == (225, 225, 3)
    assert answer.cuts.frame_jpeg is not None


def test_of_plates_beside_the_vehicle_nothing_is_cut_and_they_come_last() -> None:
    answer = PlateReader(eyes=Sees(seen(0, 0))).look(ask(), frame())
    assert answer.looked.close_ups == ()
    assert answer.cuts.close_ups == ()
    own_first = PlateReader(eyes=Sees(seen(0, 0), seen(50, 120))).look(ask(), frame())
    assert [plate.quad_px[0] for plate in own_first.looked.plates] == [(238.0, 208.0), (188.0, 88.0)]


def test_a_frame_that_nobody_read_is_not_kept_whole() -> None:
    answer = PlateReader(eyes=Sees(seen(50, 120, text=""))).look(ask(), frame())
    assert answer.cuts.frame_jpeg is None
    assert len(answer.cuts.close_ups) == 2


def test_a_vehicle_beyond_the_picture_is_answered_with_nothing_seen() -> None:
    beyond = ReadPlate(event_id=EVENT, at_ns=7, vehicle_px=(700.0, 400.0, 900.0, 500.0))
    assert PlateReader(eyes=Sees(seen(0, 0))).look(beyond, frame()).looked.plates == ()


class Taker:
    """Takes answers until there are enough."""

    def __init__(self, enough: int) -> None:
        self.answers: list[PlateAnswer] = []
        self.is_enough = threading.Event()
        self._enough = enough

    def take(self, answer: PlateAnswer) -> None:
        self.answers.append(answer)
        if len(self.answers) >= self._enough:
            self.is_enough.set()

    @property
    def problems(self) -> list[str | None]:
        return [answer.looked.problem for answer in self.answers]


def service_of(reader: PlateReader, taker: Taker, *, waiting_max: int = 4) -> PlateService:
    return PlateService(reader, waiting_max=waiting_max, deliver=taker.take, monotonic_s=time.monotonic)


def test_asks_are_answered_in_order_by_a_thread_of_their_own() -> None:
    taker, stop = Taker(3), threading.Event()
    service = service_of(PlateReader(eyes=Sees(seen(50, 120))), taker)
    thread = threading.Thread(target=service.run, args=(stop,))
    thread.start()
    for at_ns in (1, 2, 3):
        service.put(ask(at_ns), frame(at_ns))
    assert taker.is_enough.wait(WAIT_S)
    stop.set()
    thread.join(WAIT_S)
    assert [answer.looked.looked_at_ns for answer in taker.answers] == [1, 2, 3]
    assert {"asked": 3, "read": 3, "waiting": 0}.items() <= service.counters().items()
    assert service.counters()["ms"] >= 0


def test_a_reader_that_hangs_blocks_nobody_and_what_finds_no_room_is_refused_by_name() -> None:
    let_go, began, stop, taker = threading.Event(), threading.Event(), threading.Event(), Taker(5)

    def hang() -> None:
        began.set()
        let_go.wait(WAIT_S)

    service = service_of(PlateReader(eyes=Sees(seen(50, 120), before=hang)), taker, waiting_max=2)
    thread = threading.Thread(target=service.run, args=(stop,))
    thread.start()
    service.put(ask(1), frame(1))
    assert began.wait(WAIT_S)
    for at_ns in (2, 3, 4, 5):
        service.put(ask(at_ns), frame(at_ns))  # returns at once
    assert taker.problems == [QUEUE_FULL, QUEUE_FULL]
    let_go.set()
    assert taker.is_enough.wait(WAIT_S)
    stop.set()
    thread.join(WAIT_S)
    assert [answer.looked.looked_at_ns for answer in taker.answers if answer.looked.problem is None] == [1, 2, 3]
    assert service.counters()[QUEUE_FULL] == 2


def test_a_look_that_fails_is_answered_by_name_and_the_next_one_goes_on() -> None:
    taker, stop = Taker(2), threading.Event()
    broken = [True]

    def fail_once() -> None:
        if broken.pop() if broken else False:
            raise ValueError("a broken picture")

    service = service_of(PlateReader(eyes=Sees(seen(50, 120), before=fail_once)), taker)
    thread = threading.Thread(target=service.run, args=(stop,))
    thread.start()
    for at_ns in (1, 2):
        service.put(ask(at_ns), frame(at_ns))
    assert taker.is_enough.wait(WAIT_S)
    stop.set()
    thread.join(WAIT_S)
    assert taker.problems == [FAILED, None]
    assert service.counters()[FAILED] == 1


def test_without_readers_an_ask_is_answered_at_once_and_counted() -> None:
    taker = Taker(1)
    service = service_of(PlateReader(), taker)
    service.put(ask(), frame())
    assert taker.problems == [UNAVAILABLE]
    assert service.counters() == {"asked": 1, UNAVAILABLE: 1, "waiting": 0}


def test_weights_that_are_not_here_are_a_named_degradation_and_nothing_is_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.registry.pull", lambda *_: pytest.fail("a gateway fetches nothing by itself"))
    reader = open_reader(PlatesConfig(), still_quality=90, registry=Registry(cache=tmp_path))
    assert (reader.eyes, reader.problem) == (None, UNAVAILABLE)
    assert "run `tantou models pull`" in reader.detail
    off = open_reader(PlatesConfig(enabled=False), still_quality=90)
    assert (off.eyes, off.problem) == (None, SWITCHED_OFF)
