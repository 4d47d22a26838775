"""The case officer's decision, over HTTP."""

from __future__ import annotations

from typing import Any

import httpx
from sqlalchemy import select, update

from server.clockwork import Clockwork
from store.tables import leads, outbox
from tests.integration.server.site import Site, code_of, decide

TICKS = {"true": True, "clear": True, "complete": True, "accurate": True}


def offered(site: Site, operator: httpx.Client, number: int = 0) -> str:
    """A lead that the operator confirmed and the clock offered."""
    lead = site.alert(number)
    operator.post(f"/leads/{lead}/claim")
    assert decide(operator, lead, verdict="confirm").status_code == 200
    site.clock.advance(10)
    Clockwork(site.centre).turn()
    return lead


def tell(client: httpx.Client, lead: str, what: str, **body: Any) -> httpx.Response:
    """Accept or return the lead as it stands now."""
    version = client.get(f"/leads/{lead}").headers["etag"]
    return client.post(f"/leads/{lead}/{what}", json=body, headers={"If-Match": version})


def test_accepting_with_a_case_number_opens_the_case(site: Site) -> None:
    operator, officer = site.person("op", "operator"), site.person("officer", "case_officer")
    lead = offered(site, operator)
    assert officer.get(f"/leads/{lead}").json()["allowed"] == ["accept", "return"]
    accepted = tell(officer, lead, "accept", ticks=TICKS, case_number="案-2026-17", note="")
    assert (accepted.status_code, accepted.json()["state"]) == (200, "case_opened")
    assert accepted.json()["case_number"] == "案-2026-17"
    assert [entry["to"] for entry in accepted.json()["history"]][-2:] == ["accepted", "case_opened"]
    assert "accurate" in accepted.json()["history"][-2]["reason"]
    with site.store.read() as connection:
        assert connection.execute(select(outbox)).all() == []


def test_accepting_without_a_case_number_puts_one_row_into_the_outbox(site: Site) -> None:
    operator, officer = site.person("op", "operator"), site.person("officer", "case_officer")
    lead = offered(site, operator)
    version = officer.get(f"/leads/{lead}").headers["etag"]
    headers = {"If-Match": version, "Idempotency-Key": "accept-of-the-test"}
    body = {"ticks": TICKS, "case_number": None, "note": ""}
    answers = [officer.post(f"/leads/{lead}/accept", json=body, headers=headers) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert {answer.json()["state"] for answer in answers} == {"accepted"}
    with site.store.read() as connection:
        assert len(connection.execute(select(outbox)).all()) == 1


def test_a_missing_tick_is_named_and_nothing_is_accepted(site: Site) -> None:
    operator, officer = site.person("op", "operator"), site.person("officer", "case_officer")
    lead = offered(site, operator)
    refused = tell(officer, lead, "accept", ticks={**TICKS, "clear": False}, case_number=None, note="")
    assert (refused.status_code, code_of(refused)) == (422, "ticks_missing")
    assert refused.json()["missing"] == ["clear"]
    assert code_of(tell(officer, lead, "accept", ticks={"true": True}, note="")) == "ticks_missing"
    assert officer.get(f"/leads/{lead}").json()["state"] == "offered"


def test_returning_needs_a_reason_and_other_a_note(site: Site) -> None:
    operator, officer = site.person("op", "operator"), site.person("officer", "case_officer")
    lead = offered(site, operator)
    assert code_of(tell(officer, lead, "return", note="")) == "invalid_request"
    assert code_of(tell(officer, lead, "return", reason="other", note="")) == "note_missing"
    returned = tell(officer, lead, "return", reason="wrong_plate", note="first letter")
    assert (returned.status_code, returned.json()["state"]) == (200, "returned")
    assert returned.json()["history"][-1]["reason"] == "wrong_plate"
    assert code_of(tell(officer, lead, "return", reason="wrong_plate", note="")) == "wrong_state"


def test_a_lead_that_was_not_offered_cannot_be_accepted(site: Site) -> None:
    officer = site.person("officer", "case_officer")
    lead = site.alert()
    assert code_of(tell(officer, lead, "accept", ticks=TICKS, note="")) == "wrong_state"


def test_who_confirmed_device_evidence_may_not_accept_it(site: Site) -> None:
    both, officer = site.person("both", "operator", "case_officer"), site.person("officer", "case_officer")
    lead = offered(site, both)
    with site.store.write() as connection:
        connection.execute(update(leads).values(purpose="device_evidence"))
    assert both.get(f"/leads/{lead}").json()["allowed"] == ["return"]
    refused = tell(both, lead, "accept", ticks=TICKS, note="")
    assert (refused.status_code, code_of(refused)) == (409, "same_person")
    assert tell(officer, lead, "accept", ticks=TICKS, note="").status_code == 200


def test_who_confirmed_a_plain_lead_may_accept_it(site: Site) -> None:
    both = site.person("both", "operator", "case_officer")
    lead = offered(site, both)
    assert tell(both, lead, "accept", ticks=TICKS, note="").json()["state"] == "accepted"
