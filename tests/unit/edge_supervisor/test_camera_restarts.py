"""What a judge is told when it begins again: that nobody watched meanwhile, and that time may have gone back."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contract.health import MaintenanceItem
from contract.observations import Observation, PlateLooked, StreamLost
from contract.times import NS
from detectors import illegal_parking
from edge.camera import Camera, Surroundings
from edge.capture.types import Frame
from edge.config import CameraConfig
from edge.config.types import CameraClockConfig, EvidenceConfig
from edge.evidence.files import EvidenceStore
from edge.evidence.tape import read_tape
from edge.inference.plates import PlateAnswer, PlateReader, PlateService
from edge.spool import Spool
from tests.unit.detectors.scene import SPOT, START_NS, car, look
from tests.unit.edge_judge.listed import START
from tests.waiting import until

KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
CONFIG = CameraConfig(id="cam-1", name="drawn", url="rtsp://127.0.0.1:9/x")


@contextmanager
def judging(folder: Path, *, plates: PlateReader | None = None, config: CameraConfig = CONFIG) -> Iterator[Camera]:
    """A camera whose looks come from the test; the same folder again is the same gateway started again."""
    stop = threading.Event()
    spool = Spool(folder / "spool.sqlite")
    cameras: list[Camera] = []

    def deliver(answer: PlateAnswer) -> None:
        cameras[0].take_plate(answer)

    service = PlateService(
        plates or PlateReader(),
        waiting_max=2,
        deliver=deliver,
        monotonic_s=time.monotonic,
    )
    around = Surroundings(
        spool=spool,
        store=EvidenceStore.open(folder, key=KEY, config=EvidenceConfig()),
        tapes=folder / "tapes",
        now_ns=lambda: START_NS,
        monotonic_s=time.monotonic,
        stop=stop,
        plates=service,
    )
    camera = Camera(config, START, around, on_frame=lambda _: None)
    cameras.append(camera)
    camera.judge_thread.start()
    try:
        yield camera
    finally:
        stop.set()
        assert camera.judge_thread.is_over(10)
        spool.close()


def tell(camera: Camera, seen: Sequence[Observation]) -> None:
    """Each look is judged before the next one comes."""
    for number, one in enumerate(seen, camera.health().counters.get("judged", 0) + 1):
        camera.take(one, Frame("cam-1", one.at_ns, np.zeros((720, 1280, 3), np.uint8), True))
        until(lambda number=number: camera.health().counters.get("judged", 0) >= number)  # type: ignore[misc]


def tape(folder: Path, name: str = "observations.jsonl") -> list[tuple[type, float]]:
    records = [taped.record for taped in read_tape(folder / "tapes" / "cam-1" / name)]
    return [(type(one), (one.at_ns - START_NS) / NS) for one in records if isinstance(one, Observation | StreamLost)]


def opened(folder: Path) -> int:
    spool = Spool(folder / "spool.sqlite")
    try:
        return sum(b'"opened"' in event.body for event in spool.events.pending(100))
    finally:
        spool.close()


def test_time_between_two_runs_is_no_standing_time_however_short(tmp_path: Path) -> None:
    with judging(tmp_path) as camera:
        tell(camera, [look(at_s, car()) for at_s in (0, 2, 4, 6, 8, 10, 12, 14)])
    with judging(tmp_path) as camera:
        tell(camera, [look(at_s, car()) for at_s in (24, 26)])  # down for ten seconds: 14 + 2 s were watched
    assert tape(tmp_path) == [(StreamLost, 14), (Observation, 24), (Observation, 26)]
    assert opened(tmp_path) == 0
    with judging(tmp_path) as camera:
        tell(camera, [look(at_s, car()) for at_s in (28, 30, 32, 34)])
    assert opened(tmp_path) == 1


@pytest.mark.parametrize("back_s", [3600, 86_400 * 365])
def test_a_gateway_whose_clock_was_ahead_judges_again_once_it_is_right(tmp_path: Path, back_s: int) -> None:
    with judging(tmp_path) as camera:
        tell(camera, [look(back_s + at_s, car()) for at_s in (0, 2, 4)])
    with judging(tmp_path) as camera:
        tell(camera, [look(at_s, car()) for at_s in range(0, 26, 2)])
        assert camera.health().counters["times_gone_back"] == 1
    assert opened(tmp_path) == 1
    assert tape(tmp_path)[0] == (Observation, 0)


def answer_to(event_id: str, looked_at_s: float) -> PlateAnswer:
    looked_at_ns = START_NS + round(looked_at_s * NS)
    return PlateAnswer(
        PlateLooked(
            device="cam-1",
            at_ns=looked_at_ns,
            event_id=event_id,
            looked_at_ns=looked_at_ns,
            vehicle_px=SPOT,
            frame_px=(1280, 720),
        )
    )


def test_an_answer_on_a_plate_is_put_at_the_time_of_the_last_look_and_one_of_another_time_is_dropped(
    tmp_path: Path,
) -> None:
    event_id = "00000000-0000-8000-8000-000000000000"
    with judging(tmp_path) as camera:
        camera.take_plate(answer_to(event_id, 0))
        until(lambda: camera.health().counters.get("plate_answers_stale", 0) == 1)
        tell(camera, [look(at_s) for at_s in (0, 2, 4)])
        camera.take_plate(answer_to(event_id, 2))
        until(lambda: camera.health().counters.get("plates_told", 0) == 1)
        camera.take_plate(answer_to(event_id, 400))
        until(lambda: camera.health().counters.get("plate_answers_stale", 0) == 2)
    records = [taped.record for taped in read_tape(tmp_path / "tapes" / "cam-1" / "observations.jsonl")]
    (looked,) = [one for one in records if isinstance(one, PlateLooked)]
    assert (looked.looked_at_ns, looked.at_ns) == (START_NS + 2 * NS, START_NS + 4 * NS)


def test_a_gateway_without_readers_goes_on_and_its_heartbeat_says_so(tmp_path: Path) -> None:
    with judging(tmp_path, plates=PlateReader(detail="no weights here")) as camera:
        tell(camera, [look(at_s, car()) for at_s in range(0, 26, 2)])
        until(lambda: camera.health().counters.get("plates_told", 0) >= 1)
        (item,) = camera.health().maintenance
        assert (item.kind, item.detail) == ("plate_reader_unavailable", "no weights here")
    assert opened(tmp_path) == 1


def test_a_clock_far_off_stands_in_the_heartbeat_beside_what_else_is_to_be_mended(tmp_path: Path) -> None:
    clock = CameraClockConfig(given_offset_s=6.0, given_uncertainty_s=0.5)
    config = msgspec.structs.replace(CONFIG, clock=clock)
    with judging(tmp_path, plates=PlateReader(detail="no weights here"), config=config) as camera:
        kinds = [item.kind for item in camera.health().maintenance]
    assert kinds == ["plate_reader_unavailable", "clock_off"]


def test_what_a_rule_finds_to_mend_is_in_the_heartbeat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    item = MaintenanceItem(kind="scene_moved", since="2026-03-01T00:00:00.000000000Z", detail="look at the mast")
    judge_once = illegal_parking.step

    def step(*told: Any) -> Any:
        return msgspec.structs.replace(judge_once(*told), maintenance=(item,))

    monkeypatch.setattr(illegal_parking, "step", step)
    with judging(tmp_path, plates=PlateReader(problem="plate_reading_off")) as camera:
        tell(camera, [look(at_s) for at_s in (0, 2)])
        until(lambda: camera.health().maintenance == (item,))
