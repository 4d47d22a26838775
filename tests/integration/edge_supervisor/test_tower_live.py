"""A running gateway with a tower: real ONVIF, RTSP and broker, and the smoke model; the country is drawn."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from math import hypot
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from contract.events import Event
from contract.geometry import Sight
from contract.matters.straw_burning import Facts
from contract.observations import Observation
from contract.times import NS
from edge.commands import read_config
from edge.evidence.tape import read_tape
from edge.networks import NO_MODEL
from edge.supervisor import Gateway
from edge.towers import open_eyes
from ground.camera import Calibration
from ground.local import Spot, metres_from
from tantou.demo.tower import FIRST_FIRE_S, world
from tantou.tower.motor import at_deg
from tantou.tower.picture import Painter
from tantou.tower.server import VirtualTower
from tests.integration.broker import GATEWAY, GATEWAY_PASSWORD, TOWN, running_broker
from tests.integration.edge_replay.street import KEY
from tests.integration.edge_supervisor.gateway import GATEWAY_TABLES
from tests.integration.edge_uplink.centre import centre_at
from tests.ports import unused_port
from tests.waiting import until

pytestmark = pytest.mark.timeout(600)  # pictures are painted, coded and looked at on this machine's cores
FOUND_WITHIN_S = 150.0
LOOKS_EVERY_S = (
    21.0  # each look a visit of its own: after four of them also a machine too slow to stare knows the place
)
LOOKS_BEFORE = 4
TAPE_EVERY_S = 0.2  # the whole tape is read each time, with the interpreter that the gateway needs
PLACE = (30.28, 120.14)
FIRE_M = (330.0, 1_450.0)
CAMERA = """
[[camera]]
id = "tower-1"
name = "Tower"
url = "{stream}"
frame_px = [1280, 720]
analyse_every_s = {every_s}
position = {{ lat = 30.28, lon = 120.14, error_m = 3 }}
clock = {{ given_offset_s = 0.0, given_uncertainty_s = 0.1 }}
[camera.tower]
focal_px = 2400.0
mast_m = 40
elevation_sd_deg = 0.08
{head}
[[zone]]
id = "fields"
camera = "tower-1"
name = "Fields"
matter = "straw_burning"
polygon_px = []
frame_px = [1280, 720]
[zone.rule]
stare_every_s = 1.0
"""
PATROL = """
[camera.patrol]
onvif_url = "{onvif}"
username = "ops"
password_file = "password"
presets = [{{ name = "north" }}, {{ name = "east" }}]
zoom_most = 10
"""
FIXED = "pan_deg = 0.0\ntilt_deg = 2.2\n"


def write_tower(folder: Path, broker_url: str, camera: str) -> Path:
    pem = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    for name, secret in (("key.pem", pem), ("password", GATEWAY_PASSWORD.encode()), ("token", b"token")):
        (folder / name).write_bytes(secret)
        (folder / name).chmod(0o600)
    tables = GATEWAY_TABLES.format(gateway=GATEWAY, town=TOWN, broker_url=broker_url, evidence_url="http://127.0.0.1:1")
    path = folder / "edge.toml"
    path.write_text(tables + camera)
    return path


@contextmanager
def running_gateway(config: Path) -> Iterator[Gateway]:
    stop = threading.Event()
    read = read_config(config)
    gateway = Gateway(read, NO_MODEL, stop=stop, eyes=open_eyes(read))
    gateway.start()
    try:
        yield gateway
    finally:
        stop.set()
        gateway.end()


class HeldTower(VirtualTower):
    """A tower over a country that burns from `burn` on; till then its air moves, for a frozen picture is no look."""

    def burn(self) -> None:
        """The country's first fire begins in a second."""
        burning = world(time.time_ns() - round((FIRST_FIRE_S - 1) * NS), fires=1)
        with self._paints:
            self._painter = Painter(burning)


@contextmanager
def quiet_country() -> Iterator[HeldTower]:
    """A field to the north that may burn."""
    presets = {"north": at_deg(0, 2.2), "east": at_deg(90, 2.2)}
    calibration = Calibration(frame_px=(1280, 720), focal_px=2400.0)
    with HeldTower(
        world(time.time_ns(), fires=0),
        calibration,
        presets,
        ports=(0, unused_port()),
        username="ops",
        password=GATEWAY_PASSWORD,
        turn_deg_s=120.0,
    ) as tower:
        tower.warm()
        yield tower


def looks_of(folder: Path) -> list[Observation]:
    """What is on the tower's tape so far."""
    path = folder / "data" / "tapes" / "tower-1" / "observations.jsonl"
    records = [one.record for one in read_tape(path)] if path.exists() and path.stat().st_size else []
    return [record for record in records if isinstance(record, Observation)]


def distance_m(sight: Sight) -> float:
    """From the place that was told to the place that burns."""
    assert sight.lat is not None
    assert sight.lon is not None
    found = metres_from(Spot(lat=PLACE[0], lon=PLACE[1]), Spot(lat=sight.lat, lon=sight.lon))
    return hypot(found[0] - FIRE_M[0], found[1] - FIRE_M[1])


def test_a_tower_that_does_not_move_finds_a_fire_and_says_where_it_burns(tmp_path: Path) -> None:
    with quiet_country() as tower, running_broker(tmp_path) as broker:
        config = write_tower(
            tmp_path, broker.url, CAMERA.format(stream=tower.addresses.stream, head=FIXED, every_s=LOOKS_EVERY_S)
        )
        with centre_at(broker, answers=True) as centre, running_gateway(config):

            def told() -> list[Event]:
                return [event for event in centre.payloads("event") if isinstance(event, Event)]

            until(lambda: len(looks_of(tmp_path)) >= LOOKS_BEFORE, within_s=FOUND_WITHIN_S, every_s=TAPE_EVERY_S)
            tower.burn()
            until(lambda: bool(told()), within_s=FOUND_WITHIN_S)
    event = told()[0]
    facts = msgspec.convert(event.facts, Facts)
    assert (event.matter, facts.urgency, facts.preset) == ("straw_burning", "urgent", "fixed")
    assert event.provenance.model.startswith("smoke-n")
    assert facts.sight is not None
    assert facts.sight.ellipse is not None
    assert distance_m(facts.sight) < 3 * facts.sight.ellipse.major_m + 20
    looks = looks_of(tmp_path)
    assert {look.preset for look in looks} == {"fixed"}
    assert all(look.view is not None and look.clock is not None for look in looks)


def test_a_tower_on_patrol_looks_at_verified_presets_stays_at_smoke_and_places_it(tmp_path: Path) -> None:
    with quiet_country() as tower, running_broker(tmp_path) as broker:
        head = PATROL.format(onvif=tower.addresses.onvif)
        config = write_tower(tmp_path, broker.url, CAMERA.format(stream=tower.addresses.stream, head=head, every_s=1.0))
        with centre_at(broker, answers=True), running_gateway(config) as gateway:

            def counters() -> dict[str, int]:
                return gateway.health(time.time_ns()).devices[0].counters

            until(lambda: {look.preset for look in looks_of(tmp_path)} == {"north", "east"}, every_s=TAPE_EVERY_S)
            tower.burn()
            until(lambda: counters().get("patrol_stares", 0) >= 1, within_s=FOUND_WITHIN_S)
            begin_ns = time.time_ns()
            until(lambda: looks_of(tmp_path)[-1].at_ns > begin_ns + 5 * NS, every_s=TAPE_EVERY_S)
            (device,) = gateway.health(time.time_ns()).devices
    assert device.state == "live"
    looks = looks_of(tmp_path)
    assert {look.preset for look in looks} == {"north", "east"}
    stared = [look for look in looks if begin_ns - NS < look.at_ns < begin_ns + 5 * NS]
    assert len(stared) >= 3
    assert {look.preset for look in stared} == {"north"}
    plumes = [plume for look in stared for plume in look.plumes if plume.surety > 0]
    sights = [plume.sight for plume in plumes if plume.sight is not None and plume.sight.lat is not None]
    assert min(distance_m(sight) for sight in sights) < 300
