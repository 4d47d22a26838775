"""A dismissed chimney does not ring a second time; a fire beside it, or one that leaves it, does."""

from __future__ import annotations

import httpx
import pytest

from server.clockwork import Clockwork
from tests.integration.server.fires import CHIMNEY, Smoke, smoke_event
from tests.integration.server.site import Site, code_of, decide

BESIDE = (1200.0, 300.0, 1320.0, 480.0)
MONTH_S = 30 * 86_400


def tells(site: Site, smoke: Smoke, revision: int = 1, *, same_as: str | None = None) -> str:
    changes = {} if same_as is None else {"event_id": same_as}
    event = smoke_event(smoke, site.clock.ns, revision=revision, **changes)
    site.take_in(event)
    Clockwork(site.centre).turn()
    return event.event_id


def dismissed(site: Site, operator: httpx.Client, smoke: Smoke, reason: str = "chimney_steam") -> str:
    lead = tells(site, smoke)
    operator.post(f"/leads/{lead}/claim")
    answer = decide(operator, lead, verdict="dismiss", reason=reason)
    assert answer.status_code == 200, answer.text
    return lead


def state(operator: httpx.Client, lead: str) -> str:
    return str(operator.get(f"/leads/{lead}").json()["state"])


def test_a_dismissed_chimney_does_not_ring_a_second_time(site: Site) -> None:
    operator = site.person("op", "operator")
    taught = dismissed(site, operator, Smoke())
    site.clock.advance(600)
    again = tells(site, Smoke(number=1))
    shown = operator.get(f"/leads/{again}").json()
    assert shown["state"] == "permitted"
    last = shown["history"][-1]
    assert (last["action"], last["reason"], last["who"]) == ("permit", "known_place", "policy:known_place")
    assert taught in last["note"]
    (place,) = operator.get("/known-places", params={"device": "tower-west"}).json()["items"]
    assert (place["learned_from"], place["kind"], place["preset"]) == (taught, "chimney", "p1")
    assert place["learned_by"]["name"] == "Op"


def test_the_place_lies_about_the_base_and_holds_thirty_days(site: Site) -> None:
    operator = site.person("op", "operator")
    dismissed(site, operator, Smoke())
    (place,) = operator.get("/known-places").json()["items"]
    left, top, right, bottom = CHIMNEY
    xs, ys = zip(*place["polygon"], strict=True)
    assert (max(xs) - min(xs)) * 1920 == pytest.approx((right - left) * 0.6, abs=0.1)
    assert (max(ys) - min(ys)) * 1080 == pytest.approx((bottom - top) * 0.2, abs=0.1)
    site.clock.advance(MONTH_S - 1)
    later = site.person("later", "operator")  # sessions do not last so long
    assert state(later, tells(site, Smoke(number=1))) == "permitted"
    site.clock.advance(2)
    assert state(later, tells(site, Smoke(number=2))) == "alert"


def test_what_a_gateway_kept_while_its_line_was_down_is_judged_when_it_comes(site: Site) -> None:
    operator = site.person("op", "operator")
    dismissed(site, operator, Smoke())
    at_night = [smoke_event(Smoke(number=1), site.clock.ns), smoke_event(Smoke(number=2, box=BESIDE), site.clock.ns)]
    site.clock.advance(9 * 3600)
    site.take_in(*at_night)
    Clockwork(site.centre).turn()
    later = site.person("later", "operator")
    assert [state(later, event.event_id) for event in at_night] == ["permitted", "alert"]


@pytest.mark.parametrize(
    "smoke",
    [
        Smoke(number=1, box=BESIDE),
        Smoke(number=1, preset="p2"),
        Smoke(number=1, tower="east"),
        Smoke(number=1, base_px=(960, 560)),
    ],
    ids=["beside it", "another preset", "another tower", "its foot is lower"],
)
def test_smoke_that_does_not_start_in_the_place_rings(site: Site, smoke: Smoke) -> None:
    operator = site.person("op", "operator")
    dismissed(site, operator, Smoke())
    assert state(operator, tells(site, smoke)) == "alert"


def test_a_fire_whose_base_leaves_the_place_rings_and_goes_on_ringing(site: Site) -> None:
    operator = site.person("op", "operator")
    dismissed(site, operator, Smoke())
    lead = tells(site, Smoke(number=1))
    assert state(operator, lead) == "permitted"
    tells(site, Smoke(number=1, base_px=(1300, 700)), 2, same_as=lead)
    shown = operator.get(f"/leads/{lead}").json()
    assert shown["state"] == "alert"
    assert shown["history"][-1]["reason"] == "left_known_place"
    tells(site, Smoke(number=1), 3, same_as=lead)
    assert state(operator, lead) == "alert"


def test_smoke_that_is_out_does_not_ring_when_its_place_ends(site: Site) -> None:
    operator = site.person("op", "operator")
    lead_person = site.person("boss", "shift_lead")
    taught = dismissed(site, operator, Smoke())
    out = smoke_event(Smoke(number=1), site.clock.ns, fire_state="out")
    site.take_in(out)
    Clockwork(site.centre).turn()
    burns = tells(site, Smoke(number=2))
    assert lead_person.post(f"/known-places/{taught}/end").status_code == 200
    Clockwork(site.centre).turn()
    assert (state(operator, out.event_id), state(operator, burns)) == ("permitted", "alert")


@pytest.mark.parametrize("reason", ["dust_spray", "cloud_fog", "lens_dirty", "permitted_burn", "cannot_see"])
def test_reasons_without_a_fixed_source_teach_nothing(site: Site, reason: str) -> None:
    operator = site.person("op", "operator")
    dismissed(site, operator, Smoke(), reason)
    assert operator.get("/known-places").json()["items"] == []
    assert state(operator, tells(site, Smoke(number=1))) == "alert"


def test_a_lamp_excuses_the_night_only(site: Site) -> None:
    operator = site.person("op", "operator")
    dismissed(site, operator, Smoke(is_night=True), "lamp_glare")
    assert state(operator, tells(site, Smoke(number=1, is_night=True))) == "permitted"
    assert state(operator, tells(site, Smoke(number=2, is_night=False))) == "alert"


def test_the_glare_of_the_day_teaches_nothing(site: Site) -> None:
    operator = site.person("op", "operator")
    dismissed(site, operator, Smoke(is_night=False), "lamp_glare")
    assert operator.get("/known-places").json()["items"] == []


def test_an_alert_that_nobody_reviewed_teaches_nothing(site: Site) -> None:
    operator = site.person("op", "operator")
    tells(site, Smoke())
    held = tells(site, Smoke(number=1))
    operator.post(f"/leads/{held}/claim")
    operator.post(f"/leads/{held}/release")
    assert operator.get("/known-places").json()["items"] == []
    assert state(operator, tells(site, Smoke(number=2))) == "alert"


def test_a_dismissal_that_is_taken_back_teaches_nothing(site: Site) -> None:
    operator = site.person("op", "operator")
    lead = dismissed(site, operator, Smoke())
    version = operator.get(f"/leads/{lead}").headers["etag"]
    assert operator.post(f"/leads/{lead}/undo", headers={"If-Match": version}).status_code == 200
    assert state(operator, tells(site, Smoke(number=1))) == "alert"
    assert decide(operator, lead, verdict="dismiss", reason="chimney_steam").status_code == 200
    assert state(operator, tells(site, Smoke(number=2))) == "permitted"


def test_a_shift_lead_ends_a_place_and_nobody_else(site: Site) -> None:
    operator = site.person("op", "operator")
    boss = site.person("boss", "shift_lead")
    stranger = site.person("far", "shift_lead", towns=("next",))
    taught = dismissed(site, operator, Smoke())
    assert code_of(operator.post(f"/known-places/{taught}/end")) == "forbidden"
    assert code_of(stranger.post(f"/known-places/{taught}/end")) == "not_found"
    assert stranger.get("/known-places").json()["items"] == []
    ended = boss.post(f"/known-places/{taught}/end").json()
    assert ended["ended_by"]["name"] == "Boss"
    assert code_of(boss.post(f"/known-places/{taught}/end")) == "wrong_state"
    assert state(operator, tells(site, Smoke(number=1))) == "alert"
    auditor = site.person("aud", "auditor")
    assert "known_place.ended" in {row["action"] for row in auditor.get("/audit").json()["items"]}


def test_what_a_person_holds_is_left_to_that_person(site: Site) -> None:
    operator, other = site.person("op", "operator"), site.person("op2", "operator")
    held = tells(site, Smoke(number=1))
    other.post(f"/leads/{held}/claim")
    dismissed(site, operator, Smoke())
    Clockwork(site.centre).turn()
    assert state(operator, held) == "claimed"
    site.clock.advance(200)  # the lease runs out: it waits again, and stands in a known place
    Clockwork(site.centre).turn()
    assert state(operator, held) == "permitted"
