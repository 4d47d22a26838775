"""Premises as the API shows them: the curve with its gaps, marks apart, linkage, and what is to be repaired."""

from __future__ import annotations

import msgspec

from contract import codec
from contract.health import BornDevice, BornZone, DrawnLimit, Linkage, MaintenanceItem
from contract.readings import Reading
from contract.times import NS, utc_from_ns
from store import arrivals, gateways
from store.arrivals import ReadingArrival
from tests.integration import acts
from tests.integration.server.site import Site, code_of

START_NS = acts.START_NS
SENSOR = BornDevice(device="kitchen-1", name="油烟监测仪", kind="sensor", premises="示范川菜馆", bound_on="2026-01-10")
FLUE = BornZone(
    zone="flue-1",
    device="kitchen-1",
    name="1号烟道",
    matter="cooking_fumes",
    limits=(DrawnLimit(factor="fume_mg_m3", limit=2.0, unit="mg/m3", source="GB 18483-2001"),),
)
FROZEN = MaintenanceItem(kind="R4_value_frozen", since=acts.at(60), detail="1.2 since then", values={"value": 1.2})


def opened(site: Site) -> None:
    """The kitchen's gateway is registered and was born, and its sensor has been heard."""
    heard = msgspec.structs.replace(
        acts.device_health("live"),
        device="kitchen-1",
        conformity=97.5,
        linkage=Linkage(day="2026-03-02", fan_s=600.0, purifier_s=150.0),
        maintenance=(FROZEN,),
    )
    with site.store.write() as connection:
        gateways.register(connection, acts.gateway(), at=acts.at(0))
        born = msgspec.structs.replace(acts.birth(), devices=(SENSOR,), zones=(FLUE,))
        gateways.take_birth(connection, born, at=acts.at(0))
        gateways.take_health(connection, acts.health(heard), at=site.clock.now)


def measured(site: Site, *told: tuple[float, float | None, str]) -> None:
    """Fume readings (seconds after the start, value, mark) come in."""
    coming = []
    for after_s, value, mark in told:
        at = acts.at(after_s)
        reading = Reading(
            device="kitchen-1", at=at, received=at, factor="fume_mg_m3", value=value, unit="mg/m3", mark=mark
        )
        message_id = f"reading:kitchen-1/fume_mg_m3/{at}"
        source = "/towns/demo/gateways/gw-1/devices/kitchen-1"
        body = codec.encode(codec.Message(id=message_id, source=source, time=at, data=reading))
        coming.append(ReadingArrival(gateway="gw-1", town="demo", message_id=message_id, reading=reading, body=body))
    with site.store.write() as connection:
        arrivals.take_readings(connection, coming, at=site.clock.now)


def test_premises_show_sensor_linkage_score_limits_and_maintenance(site: Site) -> None:
    opened(site)
    measured(site, (0, 1.4, "N"), (60, 2.6, "D"))
    (one,) = site.person("fitter", "maintenance").get("/premises").json()["items"]
    assert (one["premises"], one["zone_name"], one["state"], one["conformity"]) == (
        "示范川菜馆",
        "1号烟道",
        "live",
        97.5,
    )
    assert one["linkage"] == {"day": "2026-03-02", "fan_s": 600.0, "purifier_s": 150.0, "ratio": 0.25}
    assert [(item["kind"], item["values"]) for item in one["maintenance"]] == [("R4_value_frozen", {"value": 1.2})]
    assert one["limits"][0]["limit"] == 2.0
    assert [(value["value"], value["mark"]) for value in one["latest"]] == [(2.6, "D")]


def test_the_device_api_tells_maintenance_too(site: Site) -> None:
    opened(site)
    device = site.person("fitter", "maintenance").get("/devices/gw-1/kitchen-1").json()
    assert [item["kind"] for item in device["maintenance"]] == ["R4_value_frozen"]


def test_a_gap_stays_a_gap_and_other_marks_stay_apart(site: Site) -> None:
    opened(site)
    measured(site, (0, 1.0, "N"), (30, 3.0, "N"), (45, 9.0, "D"), (600, 5.0, "M"), (660, None, "N"))
    fitter = site.person("fitter", "maintenance")
    span = {"from": acts.at(-60), "to": acts.at(3600)}
    curve = fitter.get("/premises/gw-1/flue-1/curve", params=span).json()
    (series,) = curve["series"]
    first, faulty, empty = series["points"]
    assert (first["low"], first["high"], first["mean"], first["samples"], first["valid"]) == (1.0, 3.0, 2.0, 3, 2)
    assert first["marks"] == ["D"]
    assert (faulty["mean"], faulty["valid"], faulty["marks"]) == (5.0, 0, ["M"])
    assert (empty["mean"], empty["samples"]) == (None, 1)
    assert curve["bucket_s"] == 60
    assert curve["legal_note"] == "not_a_legal_measurement"


def test_a_week_is_fewer_points_and_more_is_refused(site: Site) -> None:
    opened(site)
    measured(site, *((60.0 * minute, 1.0, "N") for minute in range(120)))
    fitter = site.person("fitter", "maintenance")
    week = {"from": utc_from_ns(START_NS - 5 * 86_400 * NS), "to": utc_from_ns(START_NS + 2 * 86_400 * NS)}
    curve = fitter.get("/premises/gw-1/flue-1/curve", params=week).json()
    # Two hours in quarters, the first and the last of which are cut.
    assert (curve["bucket_s"], len(curve["series"][0]["points"])) == (900, 9)
    month = {"from": utc_from_ns(START_NS - 31 * 86_400 * NS), "to": utc_from_ns(START_NS)}
    assert code_of(fitter.get("/premises/gw-1/flue-1/curve", params=month)) == "invalid_request"
    assert code_of(fitter.get("/premises/gw-1/flue-1/curve", params={"from": "yesterday"})) == "invalid_request"


def test_premises_of_another_town_are_not_there(site: Site) -> None:
    opened(site)
    stranger = site.person("stranger", "maintenance", towns=("elsewhere",))
    assert stranger.get("/premises").json() == {"items": []}
    assert code_of(stranger.get("/premises/gw-1/flue-1/curve")) == "not_found"
