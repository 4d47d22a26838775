"""1-3-15: who answered a fire, who set out, who is on site, and when."""

from __future__ import annotations

from tests.integration.server.fires import Smoke, smoke_event
from tests.integration.server.site import Site, code_of, decide


def fire(site: Site) -> str:
    event = smoke_event(Smoke(), site.clock.ns)
    site.take_in(event)
    return event.event_id


def test_each_step_is_noted_with_who_and_when_and_the_first_stands(site: Site) -> None:
    operator, officer = site.person("op", "operator"), site.person("off", "case_officer")
    lead = fire(site)
    first = operator.post(f"/leads/{lead}/response", json={"step": "answer"})
    assert first.status_code == 200, first.text
    answered_at = site.clock.now
    site.clock.advance(100)
    assert officer.post(f"/leads/{lead}/response", json={"step": "answer"}).status_code == 200
    officer.post(f"/leads/{lead}/response", json={"step": "set_out"})
    said = operator.get(f"/leads/{lead}").json()["responses"]
    assert [(one["step"], one["who"]["name"], one["at"]) for one in said] == [
        ("answer", "Op", answered_at),
        ("set_out", "Off", site.clock.now),
    ]
    assert operator.get(f"/leads/{lead}").json()["state"] == "alert"


def test_who_confirms_a_fire_has_answered_it_and_steps_go_on_after(site: Site) -> None:
    operator = site.person("op", "operator")
    lead = fire(site)
    operator.post(f"/leads/{lead}/claim")
    assert decide(operator, lead, verdict="confirm").status_code == 200
    assert [one["step"] for one in operator.get(f"/leads/{lead}").json()["responses"]] == ["answer"]
    operator.post(f"/leads/{lead}/response", json={"step": "on_site"})
    shown = operator.get(f"/leads/{lead}").json()
    assert [one["step"] for one in shown["responses"]] == ["answer", "on_site"]
    assert "respond" in shown["allowed"]


def test_a_dismissed_fire_and_other_matters_have_no_response(site: Site) -> None:
    operator = site.person("op", "operator")
    lead = fire(site)
    operator.post(f"/leads/{lead}/claim")
    decide(operator, lead, verdict="dismiss", reason="cloud_fog")
    assert code_of(operator.post(f"/leads/{lead}/response", json={"step": "set_out"})) == "wrong_state"
    parked = site.alert()
    assert code_of(operator.post(f"/leads/{parked}/response", json={"step": "answer"})) == "wrong_state"
    assert "respond" not in operator.get(f"/leads/{parked}").json()["allowed"]


def test_the_list_says_which_leads_are_urgent(site: Site) -> None:
    operator = site.person("op", "operator")
    fire(site)
    (row,) = operator.get("/leads", params={"matter": "straw_burning"}).json()["items"]
    assert (row["headline"]["urgency"], row["headline"]["fire_state"]) == ("urgent", "growing")
