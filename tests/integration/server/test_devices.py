"""Devices over HTTP."""

from __future__ import annotations

from contract.events import Clock
from contract.geometry import Position
from contract.health import BornDevice, Will
from store import gateways
from tests.integration import acts
from tests.integration.server.site import Site, code_of

POSITION = Position(lat=23.1, lon=113.3, error_m=5)


def born(site: Site) -> None:
    with site.store.write() as connection:
        gateways.register(connection, acts.gateway(), at=site.clock.now)
        device = BornDevice(device="cam-1", name="North gate", kind="camera", position=POSITION, frame_px=(640, 360))
        gateways.take_birth(connection, acts.birth(devices=(device,)), at=site.clock.now)


def test_a_device_that_was_only_announced_shows_null_for_what_is_not_known(site: Site) -> None:
    born(site)
    fitter = site.person("fitter", "maintenance")
    (device,) = fitter.get("/devices").json()["items"]
    assert (device["name"], device["gateway_online"], device["software"]) == ("North gate", True, "tantou 0")
    unknown = ("state", "state_since", "last_frame", "codec", "clock")
    assert [device[name] for name in unknown] == [None] * 5
    assert device["position"] == {"lat": 23.1, "lon": 113.3, "error_m": 5.0}
    assert device["frame_px"] == [640, 360]
    assert device["zones"] == [
        {
            "zone": "zone-1",
            "name": "Bus stop",
            "matter": "illegal_parking",
            "polygon_px": [[0.0, 0.0], [10.0, 0.0], [10.0, 10.0]],
            "frame_px": [640, 360],
            "demo": False,
        }
    ]
    assert fitter.get("/devices/gw-1/cam-1").json() == device


def test_a_heartbeat_shows_the_state_and_a_will_that_it_is_old(site: Site) -> None:
    born(site)
    fitter = site.person("fitter", "maintenance")
    clock = Clock(source="http_date", offset_s=0.5, uncertainty_s=0.6)
    heard = acts.device_health("stalled", detail="no packet for 5 s", clock=clock, counters={"frames": 7})
    with site.store.write() as connection:
        gateways.take_health(connection, acts.health(heard), at=site.clock.now)
    device = fitter.get("/devices/gw-1/cam-1").json()
    assert (device["state"], device["detail"], device["counters"]) == ("stalled", "no packet for 5 s", {"frames": 7})
    assert device["clock"] == {"source": "http_date", "offset_s": 0.5, "uncertainty_s": 0.6}
    with site.store.write() as connection:
        will = Will(gateway="gw-1", town="demo", reason="connection lost")
        gateways.take_will(connection, will, born=acts.at(0), at=site.clock.now)
    device = fitter.get("/devices/gw-1/cam-1").json()
    assert (device["gateway_online"], device["state"]) == (False, "stalled")


def test_the_queue_counts_cameras_that_watch(site: Site) -> None:
    born(site)
    operator = site.person("op", "operator")
    assert operator.get("/queue").json()["cameras_total"] == 1
    assert operator.get("/queue").json()["cameras_live"] == 0
    with site.store.write() as connection:
        gateways.take_health(connection, acts.health(acts.device_health("live")), at=site.clock.now)
    assert operator.get("/queue").json()["cameras_live"] == 1


def test_a_device_of_another_town_is_not_there(site: Site) -> None:
    born(site)
    stranger = site.person("stranger", "maintenance", towns=("elsewhere",))
    assert stranger.get("/devices").json() == {"items": []}
    assert code_of(stranger.get("/devices/gw-1/cam-1")) == "not_found"


def test_a_lead_shows_where_its_camera_stands(site: Site) -> None:
    born(site)
    lead = site.alert()
    operator = site.person("op", "operator")
    assert operator.get(f"/leads/{lead}").json()["device_position"] == {"lat": 23.1, "lon": 113.3, "error_m": 5.0}
