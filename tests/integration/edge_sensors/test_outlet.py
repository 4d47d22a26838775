"""The camera at a kitchen's outlet: its looks raise a lead of the sensor, are never one, and lie in its package."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import cv2
import numpy as np

from contract.events import Event
from contract.manifest import public_key_hex, sha256_hex
from contract.times import NS, ns_from_utc
from edge.capture.feed import CameraFeed
from edge.capture.types import Frame, Image
from edge.replay import replay_tape
from edge.sensors.hj212.values import CHINA
from tantou.verify import verify_folder
from tests.integration.edge_replay.street import KEY
from tests.integration.edge_sensors.kitchen import Device, Moved, Running, config_of, kitchen, running
from tests.integration.edge_sensors.outlet_scene import CAMERA_TABLE, FUME, OUTLET_TABLE, STEAM, clip, pictures
from tests.rtsp_server.server import Plan, RtspServer
from tests.waiting import until

WITH_OUTLET = OUTLET_TABLE + CAMERA_TABLE.format(url="rtsp://127.0.0.1:1/yard")
FPS = 5
WITHIN_S = 40.0


class Flowing(Moved):
    """A time that passes by itself and can be moved on."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._began_ns = time.monotonic_ns()

    def now_ns(self) -> int:
        return self.at_ns + time.monotonic_ns() - self._began_ns

    def monotonic_s(self) -> float:
        return (self.now_ns() - self.begun_ns) / NS

    @property
    def clock(self) -> datetime:
        return datetime.fromtimestamp(self.now_ns() / NS, tz=CHINA)


class Asked:
    """What the station asked of the camera."""

    def __init__(self) -> None:
        self.until_ns: list[int] = []

    def full_decode(self, camera: str, until_ns: int) -> None:
        assert camera == "yard-1"
        self.until_ns.append(until_ns)


@contextmanager
def kitchen_with(folder: Path, more: str) -> Iterator[tuple[Running, Device, Asked]]:
    asked = Asked()
    with running(config_of(folder, more=more), folder, Moved(), full_decode=asked.full_decode) as here:
        device = Device(here.station.port, here.time)
        try:
            yield here, device, asked
        finally:
            device.close()


def cook_until_told(here: Running, device: Device, *, fume: float, events: int = 1) -> list[Event]:
    """Reports each 30 s until so many events were told; time stands still then."""
    rows = here.health("kitchen-1").counters.get("rows_judged", 0)
    for number in range(120):
        if len(here.events()) >= events:
            return here.events()
        here.time.advance(30)
        device.acked(device.send(kitchen(fume=fume + number % 7 / 100)))
        here.judged(rows + number + 1)
    raise AssertionError("an hour of cooking, and nothing was told")


def show(here: Running, asked: Asked, images: list[Image]) -> None:
    """The camera's frames from now on, as soon as the look of now has begun."""
    until(lambda: bool(asked.until_ns) and asked.until_ns[-1] == here.time.at_ns + 20 * NS)
    looks = here.health("kitchen-1").counters.get("outlet_looks", 0)
    for index, image in enumerate(images):
        here.station.show(Frame("yard-1", here.time.at_ns + index * NS // FPS, image, False))
    until(lambda: here.health("kitchen-1").counters.get("outlet_looks", 0) > looks)


def judged_again(folder: Path) -> list[bytes]:
    tape = folder / "tapes" / "kitchen-1" / "observations.jsonl"
    replay_tape(tape, out=folder / "again", say=lambda _text: None)
    return (folder / "again" / "events.jsonl").read_bytes().splitlines()


def test_a_plume_seen_over_rtsp_raises_the_lead_of_a_value_above_the_limit(tmp_path: Path) -> None:
    images = pictures(colour=FUME, seconds=8, fps=FPS)
    clocks, stop, frames = Flowing(), threading.Event(), []
    with RtspServer({"yard": Plan(clip(images, fps=FPS))}) as server:
        config = config_of(tmp_path, more=OUTLET_TABLE + CAMERA_TABLE.format(url=server.url("yard")))
        feeds: list[CameraFeed] = []
        asks = lambda _camera, until_ns: feeds[0].ask_full_decode(until_ns)  # noqa: E731

        def on_frame(frame: Frame) -> None:
            frames.append(frame.at_ns)
            here.station.show(frame)

        feeds.append(
            CameraFeed(
                config.cameras[0], on_frame=on_frame, on_state=lambda _state: None, now_ns=clocks.now_ns, stop=stop
            )
        )
        with running(config, tmp_path, clocks, full_decode=asks) as here:
            device = Device(here.station.port, clocks)
            (opened,) = cook_until_told(here, device, fume=4.0)
            camera = threading.Thread(target=feeds[0].run)
            camera.start()
            until(lambda: len(here.events()) > 1)
            raised = here.events()[1]
            stop.set()
            camera.join(WITHIN_S)
            device.close()
    assert opened.facts["rule"] == raised.facts["rule"] == "R3"
    assert (raised.event_id, raised.revision, raised.phase) == (opened.event_id, 2, "updated")
    assert raised.facts["corroboration"]["verdict"] == "plume"
    assert not {"outlet_camera", "outlet_not_visible"} & set(raised.facts["not_seen"])
    assert raised.evidence is not None
    (still,) = (item for item in raised.evidence.items if item.role == "other")
    assert ns_from_utc(str(still.captured)) in frames
    package = tmp_path / "evidence" / raised.event_id
    data = (package / still.path).read_bytes()
    assert still.sha256 == sha256_hex(data)
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    assert picture.shape == (180, 320, 3)
    assert picture[5:50, 5:50].max() < 20  # the mask is painted, also here
    assert picture[5:50, 80:200].mean() > 80
    assert verify_folder(package, frozenset({public_key_hex(KEY)})).whole


def test_steam_that_ends_soon_is_told_as_what_it_may_be(tmp_path: Path) -> None:
    with kitchen_with(tmp_path, WITH_OUTLET) as (here, device, asked):
        (opened,) = cook_until_told(here, device, fume=4.0)
        show(here, asked, pictures(colour=STEAM, seconds=11, fps=FPS, reach_px=55, strength=0.95))
        until(lambda: len(here.events()) > 1)
        told = here.events()[1]
        sent = [waiting.body for waiting in here.spool.events.pending(100)]
    assert told.event_id == opened.event_id
    assert told.facts["corroboration"]["verdict"] == "steam_possible"
    (camera,) = (one for one in told.grade.predicates if one.id == "outlet_camera")
    assert camera.met == "not_seen"
    assert judged_again(tmp_path) == sent


def test_without_a_camera_the_outlet_is_named_as_not_seen(tmp_path: Path) -> None:
    with kitchen_with(tmp_path, "") as (here, device, asked):
        (opened,) = cook_until_told(here, device, fume=4.0)
    assert "outlet_camera" in opened.facts["not_seen"]
    assert opened.facts["corroboration"] is None
    assert asked.until_ns == []


def test_a_camera_that_shows_nothing_is_named_as_not_visible(tmp_path: Path) -> None:
    with kitchen_with(tmp_path, WITH_OUTLET) as (here, device, _asked):
        (opened,) = cook_until_told(here, device, fume=4.0)
    assert opened.facts["corroboration"]["verdict"] == "not_visible"
    assert "outlet_not_visible" in opened.facts["not_seen"]


def test_a_camera_alone_never_makes_a_lead(tmp_path: Path) -> None:
    plume = pictures(colour=FUME, seconds=11, fps=FPS)
    with kitchen_with(tmp_path, WITH_OUTLET) as (here, device, asked):
        for number in range(3):
            here.time.advance(900)
            device.acked(device.send(kitchen(fume=0.3 + number / 100)))
            show(here, asked, plume)
        until(lambda: here.health("kitchen-1").counters["outlet_looks"] >= 3)
        here.judged(3)
        assert here.events() == []
        assert here.health("kitchen-1").counters["outlet_looks_that_saw_nothing"] == 0


def test_looks_are_made_each_ten_minutes_while_the_fan_runs_and_not_when_it_is_off(tmp_path: Path) -> None:
    with kitchen_with(tmp_path, WITH_OUTLET) as (here, device, asked):
        for minute in range(31):
            device.acked(device.send(kitchen(fume=0.4 + minute / 100)))
            here.judged(minute + 1)
            until(lambda: bool(asked.until_ns))
            here.time.advance(60)
        running_ns = here.time.at_ns
        made = len(asked.until_ns)
        assert 3 <= made <= 4
        for minute in range(31, 61):
            device.acked(device.send(kitchen(fume=0.1 + minute / 100, fan=0.0, purifier=0.0)))
            here.judged(minute + 1)
            here.time.advance(60)
        assert all(until_ns <= running_ns + 300 * NS for until_ns in asked.until_ns)
