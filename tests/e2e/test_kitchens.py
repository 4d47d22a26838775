"""Kitchens on real parts: simulated devices speak HJ 212 to a gateway, a person sees what came of it in the browser.

The demo's restaurants with their own faults; reports come each 2 s and the rules speak after a minute, so that the way
from a device's socket to the screen takes about three minutes.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import expect

from tantou.demo import kitchens
from tantou.up import configs
from tests.e2e.browser import Person, browser, person
from tests.e2e.system import System, leads, make_system

pytestmark = [pytest.mark.xdist_group("e2e"), pytest.mark.timeout(400)]
EVERY_S = 2
RULE = """hours = [{ begin = "04:00", end = "04:00" }]
[zone.rule.purifier_off]
minutes = 1
gap_s = 60
[zone.rule.above_limit]
window_min = 1
[zone.rule.frozen]
equal_samples = 20
"""


def written(system: System) -> str:
    """The gateway's configuration: the demo's kitchens, no camera."""
    shown = [
        configs.Kitchen(
            id=one.id,
            name=one.name,
            premises=one.premises,
            mn=kitchens.mn_of(index),
            zone=one.zone,
            zone_name=one.zone_name,
            position=one.position,
            real_time_s=EVERY_S,
            bound_on=kitchens.BOUND_ON,
            rule=RULE,
        )
        for index, one in enumerate(kitchens.KITCHENS)
    ]
    return configs.edge_toml(system.here, system.ports, (), shown)


@contextmanager
def cooking(port: int) -> Iterator[None]:
    """The demo's devices at their stoves."""
    faults = ",".join(one.fault for one in kitchens.KITCHENS[1:])
    words = ["--port", str(port), "--devices", str(len(kitchens.KITCHENS)), "--interval", str(EVERY_S)]
    words += ["--seconds", "3600", "--faults", faults, "--seed", str(kitchens.SEED)]
    with subprocess.Popen(
        [sys.executable, "-m", "tantou", "hj212", "simulate", *words],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as devices:
        try:
            yield
        finally:
            devices.terminate()


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory, scenes: Path) -> Iterator[System]:
    """A system whose gateway has the demo's kitchens, and the kitchens cooking."""
    folder = tmp_path_factory.mktemp("kitchens")
    own = folder / "edge.toml"
    made = make_system(folder / "data", scenes, "--edge", str(own))
    own.write_text(written(made))
    try:
        made.start()
        with cooking(made.ports.hj212):
            yield made
    finally:
        made.stop()


@pytest.fixture
def client(street: System) -> Iterator[httpx.Client]:
    """The operator over the API."""
    logged_in = street.log_in("operator")
    yield logged_in
    logged_in.close()


def proved_lead(street: System, client: httpx.Client, kitchen: str) -> dict[str, Any]:
    """The kitchen's lead once its whole package has arrived."""

    def look() -> dict[str, Any] | None:
        for lead in leads(client, matter="cooking_fumes", device=kitchen):
            evidence = client.get(f"/leads/{lead['event_id']}/evidence").json()
            if evidence.get("complete") and evidence["signer"] == "proved":
                return lead
        return None

    return street.wait_for(f"lead of {kitchen}", look, within_s=240)


def opens(reader: Person, street: System, lead: dict[str, Any]) -> None:
    """The lead's own page, with the curve drawn from its readings."""
    reader.log_in(street.url, "operator", street.password("operator"))
    reader.page.goto(f"{street.url}/leads/{lead['event_id']}")
    section = reader.at("fume-section")
    expect(section.get_by_test_id("curve").locator("svg")).to_be_visible()
    expect(section.locator("polyline").first).to_be_attached()
    expect(section.get_by_test_id("curve-window").first).to_be_attached()
    expect(section.get_by_test_id("not-legal")).to_contain_text("不是法定监测结果")


def test_a_purifier_that_is_off_is_a_lead_in_the_console_with_its_curve(
    street: System, client: httpx.Client, chromium: str
) -> None:
    lead = proved_lead(street, client, "kitchen-off")
    assert lead["headline"]["kind"] == "purifier_off"
    with browser(chromium) as launched, person(launched, (1366, 640)) as reader:
        opens(reader, street, lead)
        section = reader.at("fume-section")
        expect(reader.page.get_by_text("疑似未正常使用净化设施").first).to_be_visible()
        expect(section.locator(".fan rect.rail.on").first).to_be_attached()
        expect(section.locator(".purifier rect.rail.off").first).to_be_attached()
        assert section.locator(".purifier rect.rail.on").count() == 0
        assert reader.faults == []


def test_an_online_value_above_the_warning_limit_is_a_lead_in_the_console_with_its_curve(
    street: System, client: httpx.Client, chromium: str
) -> None:
    lead = proved_lead(street, client, "kitchen-above")
    assert lead["headline"]["kind"] == "above_warning_limit"
    with browser(chromium) as launched, person(launched, (1366, 640)) as reader:
        opens(reader, street, lead)
        expect(reader.page.get_by_text("在线值高于预警限值").first).to_be_visible()
        expect(reader.at("fume-section").get_by_test_id("curve-limit")).to_be_attached()
        assert "超标" not in reader.page.inner_text("body")
        assert reader.faults == []


def test_a_frozen_sensor_is_a_maintenance_item_and_no_lead(street: System, client: httpx.Client, chromium: str) -> None:
    def frozen() -> bool:
        device = client.get("/devices/gw-demo/kitchen-frozen").json()
        return any(item["kind"] == "R4_value_frozen" for item in device.get("maintenance", ()))

    street.wait_for("maintenance item of the frozen sensor", frozen, within_s=240)
    with browser(chromium) as launched, person(launched, (1366, 640)) as reader:
        reader.log_in(street.url, "operator", street.password("operator"))
        reader.page.goto(f"{street.url}/premises")
        reader.at("premises-row-flue-frozen").click()
        expect(reader.at("maintenance-R4_value_frozen")).to_be_visible()
        expect(reader.at("curve").locator("svg")).to_be_visible()
        expect(reader.at("linkage")).to_contain_text("1.00")
        reader.at("range-week").click()
        expect(reader.at("range-week")).to_have_attribute("aria-pressed", "true")
        reader.page.goto(f"{street.url}/devices")
        expect(reader.at("device-maintenance-kitchen-frozen")).to_be_visible()
        reader.page.goto(f"{street.url}/leads?matter=cooking_fumes&device=kitchen-frozen")
        expect(reader.page.get_by_text("没有符合筛选的线索").first).to_be_visible()
        assert reader.faults == []
    assert leads(client, device="kitchen-frozen") == []
    assert leads(client, device="kitchen-clean") == []
