"""Hot spots over real ONVIF: a pull point of the virtual tower, its spots in the looks of the camera beside it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from contract.events import Clock
from contract.geometry import Position
from contract.observations import Detection, PlumeSeen
from edge.capture.types import Frame, Image
from edge.config import CameraConfig, EdgeConfig, GatewayConfig, ThermalConfig, ZoneConfig
from edge.config.types import TowerConfig
from edge.inference.look import Looker
from edge.inference.plumes import PlumeMeter, score_at
from edge.inference.plumes_look import TowerLooker
from edge.inference.towers import TowersLooker
from edge.patrol.soap import Soap
from edge.patrol.thermal import Thermal, ThermalBorder
from edge.towers import SmokeEyes, Towers, TowersAround
from tantou.tower.server import VirtualTower
from tests.integration.patrol.watching import CALIBRATION, DEVICE, PRESETS, world
from tests.ports import unused_port
from tests.waiting import WITHIN_S, until

BOX = (-0.5, 0.0, 0.0, -0.5)  # of the picture's left middle, as ONVIF counts
FRAME_PX = (640, 360)
PIXELS = (160.0, 180.0, 320.0, 270.0)


class _Blind:
    def detect(self, frames_bgr: Sequence[Image]) -> list[list[Detection]]:
        return [[] for _ in frames_bgr]


def _no_clock(_device: str) -> Clock:
    return Clock(source="none")


@contextmanager
def serving() -> Iterator[VirtualTower]:
    with VirtualTower(
        world(), CALIBRATION, PRESETS, ports=(0, unused_port()), username="ops", password="secret"
    ) as tower:
        yield tower


class Beside:
    """A thermal camera whose tower stands since a time of the test's choice."""

    def __init__(self, tower: VirtualTower, *, field: tuple[float, float, float, float] = (0, 0, 1, 1)) -> None:
        self.since_ns: int | None = 0
        self.stays = 0
        self.password = "secret"
        soap = Soap(
            tower.addresses.onvif, username="ops", password_of=lambda: self.password, now_ns=time.time_ns, timeout_s=3.0
        )
        border = ThermalBorder(
            device=DEVICE, soap=soap, now_ns=time.time_ns, standing_since=lambda: self.since_ns, stay=self._stay
        )
        config = ThermalConfig(onvif_url=tower.addresses.onvif, field=field)
        self.thermal = Thermal(config, border)

    def _stay(self) -> None:
        self.stays += 1

    def spots(self) -> tuple[tuple[float, float, float, float], ...]:
        return self.thermal.glowing(time.time_ns(), FRAME_PX)

    def counted(self, name: str) -> int:
        return self.thermal.counters().get(f"thermal_{name}", 0)


@contextmanager
def running(beside: Beside) -> Iterator[Beside]:
    stop = threading.Event()
    thread = threading.Thread(target=beside.thermal.run, args=(stop,))
    thread.start()
    try:
        yield beside
    finally:
        stop.set()
        thread.join(WITHIN_S)
        assert not thread.is_alive()


def test_a_spot_glows_where_it_is_until_the_camera_says_that_it_is_over() -> None:
    with serving() as tower, running(Beside(tower)) as beside:
        tower.device.heat.tell(box=BOX)
        until(lambda: beside.spots() == (PIXELS,))
        assert beside.stays == 0, "the rule asks for a stare once it sees the spot"
        tower.device.heat.tell(box=BOX, is_hot=False)
        until(lambda: beside.spots() == ())


def test_another_lens_is_laid_on_the_picture_as_configured() -> None:
    with serving() as tower, running(Beside(tower, field=(-0.5, -0.5, 1.5, 1.5))) as beside:
        tower.device.heat.tell(box=(-1.0, 1.0, 1.0, -1.0))
        until(lambda: beside.spots() == ((0.0, 0.0, 640.0, 360.0),))
        tower.device.heat.tell(box=(-1.0, 1.0, -0.6, 0.6), rule="outside")
        until(lambda: beside.counted("spots") == 2)
        assert len(beside.spots()) == 1


def test_a_spot_of_a_moving_head_and_one_of_the_preset_before_are_of_no_look() -> None:
    with serving() as tower, running(Beside(tower)) as beside:
        beside.since_ns = None
        tower.device.heat.tell(box=BOX)
        until(lambda: beside.counted("spots_of_a_moving_head") == 1)
        beside.since_ns = 0
        assert beside.spots() == ()
        tower.device.heat.tell(box=BOX)
        until(lambda: len(beside.spots()) == 1)
        beside.since_ns = time.time_ns()  # the head went on
        assert beside.spots() == ()


def test_heat_without_a_place_stops_the_tower_once_and_is_no_plume() -> None:
    with serving() as tower, running(Beside(tower)) as beside:
        tower.device.heat.tell()
        tower.device.heat.tell(rule="spot-2")
        until(lambda: beside.counted("spots_without_place") == 2)
        assert (beside.stays, beside.spots()) == (1, ())


def test_a_thermal_camera_that_refuses_is_said_and_taken_up_again() -> None:
    with serving() as tower:
        beside = Beside(tower)
        beside.password = "wrong"
        with running(beside):
            until(lambda: bool(beside.thermal.maintenance()))
            (item,) = beside.thermal.maintenance()
            assert item.kind == "thermal_unauthorized"
            beside.password = "secret"
            until(lambda: not beside.thermal.maintenance() and tower.device.heat.subscriptions > 0)
            tower.device.heat.tell(box=BOX)
            until(lambda: len(beside.spots()) == 1)


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[tuple[VirtualTower, TowersLooker, Towers]]:
    """A fixed tower's camera with a thermal one, from its configuration to its looks."""
    (tmp_path / "password").write_text("secret")
    (tmp_path / "password").chmod(0o600)
    stop = threading.Event()
    with serving() as tower:
        thermal = ThermalConfig(
            onvif_url=tower.addresses.onvif, username="ops", password_file=str(tmp_path / "password"), surety=2.5
        )
        camera = CameraConfig(
            id=DEVICE,
            name="Tower",
            url="rtsp://127.0.0.1:9/x",
            frame_px=FRAME_PX,
            position=Position(lat=30.0, lon=120.0, error_m=3),
            tower=TowerConfig(focal_px=1200.0, mast_m=40, tilt_deg=2.2),
            thermal=thermal,
        )
        zone = ZoneConfig(id="fields", camera=DEVICE, name="Fields", matter="straw_burning", frame_px=FRAME_PX)
        gateway = GatewayConfig(id="gw", town="demo", key_file="key.pem")
        config = EdgeConfig(gateway=gateway, cameras=(camera,), zones=(zone,), config_sha256="0" * 64)
        around = TowersAround(
            data_dir=tmp_path,
            put=lambda _: None,
            show=lambda *_: None,
            now_ns=time.time_ns,
            monotonic_s=time.monotonic,
            stop=stop,
        )
        meter = PlumeMeter(score_at_r80=0.4)
        towers = Towers(config, SmokeEyes(TowerLooker(_Blind(), meter=meter), "none", "", 0.4), around)
        looker = towers.looker(Looker(_Blind(), clock_of=_no_clock), clock_of=_no_clock)
        for thread in towers.threads:
            thread.start()
        yield tower, looker, towers
        stop.set()
        assert all(thread.is_over(WITHIN_S) for thread in towers.threads)


def test_a_spot_is_a_plume_of_the_next_look_with_its_place_on_the_ground(
    watched: tuple[VirtualTower, TowersLooker, Towers],
) -> None:
    tower, looker, towers = watched
    tower.device.heat.tell(box=BOX)

    def plumes() -> tuple[PlumeSeen, ...]:
        at_ns = time.time_ns()
        (seen,) = looker.look([Frame(DEVICE, at_ns, tower.shot(at_ns).image_bgr, is_keyframe=True)])
        assert seen.preset == "fixed"
        return seen.plumes

    until(lambda: bool(plumes()))
    (spot,) = plumes()
    assert (spot.label, spot.bbox_xyxy_px, spot.surety) == ("fire", PIXELS, 2.5)
    assert spot.score == pytest.approx(score_at(0.4, 2.5), abs=1e-4)
    assert spot.base_px == (240.0, 270.0)
    assert spot.sight is not None
    assert spot.sight.lat is not None
    assert towers.counters(DEVICE)["thermal_spots"] == 1
