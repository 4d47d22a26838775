"""The data folder of `tantou up`: made once, the same the next time, secrets for nobody else."""

from __future__ import annotations

import socket
import stat
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from contract import settings
from contract.times import ns_from_utc
from detectors import illegal_parking as parking
from detectors.illegal_parking.grade import camera_approval, zone_basis
from detectors.illegal_parking.pictures import direction
from edge.config import load_edge
from server.config import ServerConfig
from tantou.demo import kitchens, story, tower
from tantou.up import configs, layout
from tantou.up.layout import Ports, UpError

CAMERA = configs.Camera(
    id="cam-1",
    name='name with "quotes"',
    url="rtsp://127.0.0.1:8554/x.mp4?play_count=0",
    zone="zone-1",
    zone_name="路口",
    polygon_px=((0, 0), (100, 0), (100, 100)),
    frame_px=(1280, 720),
    position=(30.0, 120.0, 5.0),
    grace_s=20,
    demo=True,
)


def test_ports_are_remembered(tmp_path: Path) -> None:
    here = layout.create(tmp_path)
    first, _ = layout.choose_ports(here)
    assert layout.choose_ports(here) == (first, ())


def test_a_port_that_somebody_took_is_replaced_and_it_is_said(tmp_path: Path) -> None:
    here = layout.create(tmp_path)
    with socket.socket() as taker:
        taker.bind(("127.0.0.1", 0))
        taker.listen()
        taken = taker.getsockname()[1]
        (here.root / "ports.json").write_text(f'{{"server": {taken}}}')
        ports, said = layout.choose_ports(here)
    assert ports.server != taken
    assert any(str(taken) in line for line in said)


def test_ports_that_are_chosen_at_once_are_each_another_one() -> None:
    assert len(set(layout.free_ports(50))) == 50


def test_a_folder_serves_one_run_at_a_time(tmp_path: Path) -> None:
    here = layout.create(tmp_path)
    with layout.held(here), pytest.raises(UpError, match="another"), layout.held(here):
        pass
    with layout.held(here):
        pass


def test_secrets_are_made_once_and_for_their_owner_only(tmp_path: Path) -> None:
    here = layout.create(tmp_path)
    path = here.secret("some.password")
    made = layout.password(path)
    assert layout.password(path) == made
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(here.secrets.stat().st_mode) == 0o700


def test_the_key_stays_and_its_public_half_lies_beside(tmp_path: Path) -> None:
    here = layout.create(tmp_path)
    before = layout.gateway_key(here).read_bytes()
    assert layout.gateway_key(here).read_bytes() == before
    assert here.trusted_keys.read_text().startswith("-----BEGIN PUBLIC KEY-----")


def test_the_edge_takes_the_configuration_that_is_written_for_it(tmp_path: Path) -> None:
    here = layout.create(tmp_path)
    layout.gateway_key(here)
    for name in ("broker-gateway.password", "gateway.token"):
        layout.password(here.secret(name))
    config = load_edge(configs.edge_toml(here, Ports(), [CAMERA]), "edge.toml", here.config)
    assert config.cameras[0].name == CAMERA.name
    assert config.zones[0].demo
    assert config.zones[0].rule == {"grace_s": 20}


@pytest.mark.parametrize("one", story.CAMERAS, ids=lambda one: one.id)
def test_a_zone_of_the_demo_has_its_whole_basis(tmp_path: Path, one: story.DemoCamera) -> None:
    here = layout.create(tmp_path)
    layout.gateway_key(here)
    for name in ("broker-gateway.password", "gateway.token"):
        layout.password(here.secret(name))
    camera = replace(CAMERA, polygon_px=one.polygon_px, approval=story.APPROVAL, rule=one.rule)
    config = load_edge(configs.edge_toml(here, Ports(), [camera]), "edge.toml", here.config)
    rule = msgspec.convert(config.zones[0].rule, parking.Config)
    at_ns = ns_from_utc("2026-11-24T04:00:00.000000000Z")
    conditions = (zone_basis(rule), camera_approval(config.cameras[0].approval, at_ns), direction(rule))
    assert {one.met for one in conditions} == {"met"}
    assert rule.marking_px


def test_the_edge_takes_the_tower_that_is_written_for_it(tmp_path: Path) -> None:
    here = layout.create(tmp_path)
    layout.gateway_key(here)
    for name in ("broker-gateway.password", "gateway.token"):
        layout.password(here.secret(name))
    ports = tower.Ports(18082, 18555)
    mast = configs.Tower(
        id=tower.ID,
        name=tower.NAME,
        url=ports.stream_url,
        onvif_url=ports.onvif_url,
        zone=tower.ZONE,
        zone_name=tower.ZONE_NAME,
        frame_px=tower.FRAME_PX,
        position=tower.POSITION,
        presets=tuple(tower.PRESETS),
        focal_px=tower.FOCAL_PX,
        mast_m=tower.MAST_M,
    )
    config = load_edge(configs.edge_toml(here, Ports(), [CAMERA], (), [mast]), "edge.toml", here.config)
    camera = config.cameras[1]
    assert camera.patrol is not None
    assert [stop.name for stop in camera.patrol.presets] == list(tower.PRESETS)
    assert config.zones[1].demo


def test_the_edge_takes_the_kitchen_that_is_written_for_it_bound_to_its_premises(tmp_path: Path) -> None:
    here = layout.create(tmp_path)
    layout.gateway_key(here)
    for name in ("broker-gateway.password", "gateway.token"):
        layout.password(here.secret(name))
    first = kitchens.KITCHENS[0]
    kitchen = configs.Kitchen(
        id=first.id,
        name=first.name,
        premises=first.premises,
        mn=kitchens.mn_of(0),
        zone=first.zone,
        zone_name=first.zone_name,
        position=first.position,
        real_time_s=kitchens.REPORT_EVERY_S,
        bound_on=kitchens.BOUND_ON,
        rule=kitchens.RULE,
    )
    config = load_edge(configs.edge_toml(here, Ports(), (), [kitchen]), "edge.toml", here.config)
    assert config.sensors[0].bound_on == kitchens.BOUND_ON
    assert config.zones[0].demo


def test_the_server_takes_the_configuration_that_is_written_for_it(tmp_path: Path) -> None:
    here = layout.create(tmp_path)
    config = settings.load(configs.server_toml(here, Ports()), "server.toml", ServerConfig)
    assert config.http.port == Ports().server
