"""The main job on real parts: a camera streams, a car stands too long, an operator confirms, an officer accepts."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from playwright.sync_api import expect

from contract.manifest import decode_manifest, is_signed_by, read_trusted_keys
from tests.e2e.browser import Person, browser, person
from tests.e2e.system import System, leads

CASE_NUMBER = "示范综执〔2026〕第0001号"
UNDO_S = 10.0

pytestmark = [pytest.mark.xdist_group("e2e"), pytest.mark.timeout(400)]


def whole_evidence(client: httpx.Client, event_id: str) -> dict[str, Any] | None:
    """The lead's evidence once its clip is there and every file has arrived."""
    answer = client.get(f"/leads/{event_id}/evidence")
    evidence: dict[str, Any] = answer.json() if answer.status_code == httpx.codes.OK else {}
    has_clip = any(item["role"] == "clip" for item in evidence.get("items", ()))
    return evidence if has_clip and evidence["complete"] else None


def signed_hashes(client: httpx.Client, event_id: str, trusted_pem: bytes) -> dict[str, str]:
    """Path -> hash of the manifest, which a key from outside the package has signed."""
    manifest = client.get(f"/leads/{event_id}/evidence/manifest.json").content
    signature = client.get(f"/leads/{event_id}/evidence/manifest.sig").content
    (key,) = read_trusted_keys(trusted_pem)
    assert is_signed_by(manifest, signature, key)
    return {item.path: item.sha256 for item in decode_manifest(manifest).files}


def confirms(operator: Person, event_id: str) -> None:
    operator.at(f"alert-row-{event_id}").wait_for()
    operator.at("queue-next").click()
    expect(operator.at("media-stage")).to_be_visible()
    operator.at("verdict-confirm").click()
    expect(operator.at(f"alert-row-{event_id}")).to_have_count(0)  # taken; the offer to undo goes by itself


def accepts(officer: Person, url: str, event_id: str) -> None:
    officer.page.goto(f"{url}/leads/{event_id}")
    for tick in ("true", "clear", "complete", "accurate"):
        officer.at(f"accept-tick-{tick}").click()
    officer.at("accept-case-number").fill(CASE_NUMBER)
    officer.at("accept-submit").click()


def test_a_standing_car_becomes_an_accepted_lead_in_the_browser(system: System, chromium: str) -> None:
    client = system.log_in("operator")
    lead = system.wait_for(
        "alert", lambda: next(iter(leads(client, state="alert", matter="illegal_parking")), None), within_s=90
    )
    event_id = lead["event_id"]
    evidence = system.wait_for("clip", lambda: whole_evidence(client, event_id))
    assert evidence["signer"] == "proved"
    assert lead["demo"] is True
    signed = signed_hashes(client, event_id, system.here.trusted_keys.read_bytes())

    with browser(chromium) as launched, person(launched) as operator, person(launched) as officer:
        operator.log_in(system.url, "operator", system.password("operator"))
        confirms(operator, event_id)

        def offered() -> bool:
            return bool(client.get(f"/leads/{event_id}").json()["state"] == "offered")

        system.wait_for("offer after the undo time", offered, within_s=UNDO_S * 3)
        officer.log_in(system.url, "officer", system.password("officer"))
        officer.page.goto(f"{system.url}/leads/{event_id}")
        downloaded = {item["path"]: officer.download_sha256(item["sha256"]) for item in evidence["items"]}
        accepts(officer, system.url, event_id)
        expect(officer.at("lead-state")).to_have_attribute("data-state", "case_opened")

        assert downloaded == signed
        assert operator.pictures, "the operator saw no picture"
        assert operator.pictures <= set(signed.values())
        assert operator.faults == []
        assert officer.faults == []

    detail = client.get(f"/leads/{event_id}").json()
    assert (detail["state"], detail["case_number"]) == ("case_opened", CASE_NUMBER)
    steps = [(step["from"], step["to"]) for step in client.get(f"/leads/{event_id}/history").json()["items"]]
    assert ("claimed", "confirmed") in steps
    assert ("accepted", "case_opened") in steps
    client.close()


def test_ctrl_c_leaves_nothing_running_and_the_next_start_keeps_the_data(system: System) -> None:
    client = system.log_in("operator")
    lead = system.wait_for("alert", lambda: next(iter(leads(client)), None), within_s=90)
    family = list(system.children().values())
    assert len(family) == 6
    assert system.stop() == 0
    assert [child for child in family if child.is_running()] == []

    system.start()
    again = system.log_in("operator")
    assert lead["event_id"] in {known["event_id"] for known in leads(again)}
    assert not any("first start" in line for line in system.lines[system.lines.index("up      | stopping") :])
    assert json.loads((system.here.root / "ports.json").read_text())["server"] == system.ports.server
