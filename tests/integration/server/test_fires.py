"""Two towers on two gateways, one fire: one lead, and a person may take it back."""

from __future__ import annotations

from typing import Any

import msgspec

from contract.geometry import Position, Sight, Where
from contract.identity import event_id
from contract.matters import plain_facts
from contract.matters.straw_burning import Facts
from contract.times import NS, utc_from_ns
from ground.local import spot_at
from server.clockwork import Clockwork
from tests.integration import acts
from tests.integration.server.site import Site, code_of, decide
from tests.unit.server.test_joining_fires import TOWERS, TOWN, only_a_bearing, sight

FIRE_M = (1800.0, 2600.0)


def burn(
    site: Site,
    tower: str,
    fire_m: tuple[float, float] = FIRE_M,
    *,
    town: str = "demo",
    number: int = 0,
    sees: Sight | None = None,
) -> str:
    """An act of a tower that its gateway tells now; returns its id."""
    stands = spot_at(TOWN, *TOWERS[tower])
    onset_ns = site.clock.ns - 20 * NS
    place: dict[str, Any] = {"town": town, "device": f"tower-{tower}", "zone": "fields", "matter": "straw_burning"}
    facts = Facts(
        what="smoke",
        tower=f"tower-{tower}",
        preset="p1",
        onset=utc_from_ns(onset_ns),
        confirmed=utc_from_ns(onset_ns + 15 * NS),
        last_seen=site.clock.now,
        fire_state="growing",
        urgency="urgent",
        urgency_reason="open fire",
        base_px=(960.0, 600.0),
        sight=sees or sight(tower, fire_m),
        score=0.6,
        area_share=0.002,
        largest_area_share=0.002,
        looks=8,
        interval_s=2.0,
    )
    told = acts.event(
        event_id=event_id(**place, onset_ns=onset_ns, place_key=f"{tower}{number}{fire_m}"),
        gateway="gw-1" if tower == "west" else "gw-2",
        onset=facts.onset,
        last_seen=facts.last_seen,
        facts=plain_facts(facts),
        where=Where(frame_px=(1920, 1080), position=Position(lat=stands.lat, lon=stands.lon, error_m=5)),
        **place,
    )
    site.take_in(told)
    return told.event_id


def turn(site: Site) -> None:
    Clockwork(site.centre).turn()


def test_one_fire_seen_from_two_gateways_is_one_lead_with_a_joint_place(site: Site) -> None:
    operator = site.person("op", "operator")
    first = burn(site, "west")
    site.clock.advance(30)
    second = burn(site, "east")
    turn(site)
    waiting = operator.get("/leads", params={"state": "alert"}).json()["items"]
    assert [lead["event_id"] for lead in waiting] == [first]
    head = operator.get(f"/leads/{first}").json()
    assert [(one["event_id"], one["into_event_id"]) for one in head["joined"]] == [(second, first)]
    assert head["joint_ground"]["towers"] == 2
    assert head["joint_ground"]["major_m"] < 20 < head["event"]["facts"]["sight"]["ellipse"]["major_m"]
    other = operator.get(f"/leads/{second}").json()
    assert other["state"] == "superseded"
    assert other["history"][-1]["reason"] == "same_fire"
    assert first in other["history"][-1]["note"]
    assert other["allowed"] == ["split"]


def test_a_towers_bearing_through_a_fire_without_a_place_of_its_own_is_the_same_lead(site: Site) -> None:
    operator = site.person("op", "operator")
    first = burn(site, "west")
    site.clock.advance(30)
    second = burn(site, "east", sees=only_a_bearing(sight("east", FIRE_M)))
    turn(site)
    assert operator.get(f"/leads/{second}").json()["state"] == "superseded"
    head = operator.get(f"/leads/{first}").json()
    assert head["joint_ground"]["towers"] == 2
    assert head["joint_ground"]["major_m"] < 20


def test_two_fires_three_hundred_metres_apart_stay_two_leads(site: Site) -> None:
    operator = site.person("op", "operator")
    ids = []
    for number, (tower, east) in enumerate([("west", 0), ("west", 300), ("east", 0), ("east", 300)]):
        ids.append(burn(site, tower, (FIRE_M[0] + east, FIRE_M[1]), number=number))
        site.clock.advance(1)
    turn(site)
    waiting = operator.get("/leads", params={"state": "alert"}).json()["items"]
    assert {lead["event_id"] for lead in waiting} == set(ids[:2])
    heads = [operator.get(f"/leads/{one}").json()["joined"][0]["into_event_id"] for one in ids[2:]]
    assert heads == ids[:2]


def test_a_person_splits_what_was_joined_and_it_stays_split(site: Site) -> None:
    operator = site.person("op", "operator")
    first, second = burn(site, "west"), burn(site, "east")
    turn(site)
    joined = next(one for one in (first, second) if operator.get(f"/leads/{one}").json()["state"] == "superseded")
    seen = operator.get(f"/leads/{joined}")
    answer = operator.post(f"/leads/{joined}/split", headers={"If-Match": seen.headers["etag"]})
    assert answer.status_code == 200, answer.text
    assert (answer.json()["state"], answer.json()["joined"]) == ("alert", [])
    turn(site)
    assert operator.get(f"/leads/{joined}").json()["state"] == "alert"
    assert [row["action"] for row in operator.get(f"/leads/{joined}/history").json()["items"]] == [
        "opened",
        "supersede",
        "split",
    ]


def test_a_lead_that_was_not_joined_cannot_be_split(site: Site) -> None:
    operator = site.person("op", "operator")
    lead = burn(site, "west")
    version = operator.get(f"/leads/{lead}").headers["etag"]
    assert code_of(operator.post(f"/leads/{lead}/split", headers={"If-Match": version})) == "wrong_state"


def test_a_second_tower_joins_the_fire_that_somebody_holds_and_rings_again_after_a_dismissal(site: Site) -> None:
    operator = site.person("op", "operator")
    held = burn(site, "west")
    operator.post(f"/leads/{held}/claim")
    second = burn(site, "east")
    turn(site)
    assert operator.get(f"/leads/{second}").json()["state"] == "superseded"
    dismissed = burn(site, "west", (2400, 1500), number=1)
    operator.post(f"/leads/{dismissed}/claim")
    assert decide(operator, dismissed, verdict="dismiss", reason="other", note="a cloud").status_code == 200
    contradicts = burn(site, "east", (2400, 1500), number=1)
    turn(site)
    assert operator.get(f"/leads/{contradicts}").json()["state"] == "alert"


def test_fires_of_two_towns_are_not_joined(site: Site) -> None:
    operator = site.person("op", "operator", towns=("demo", "next"))
    burn(site, "west")
    burn(site, "east", town="next")
    turn(site)
    assert len(operator.get("/leads", params={"state": "alert"}).json()["items"]) == 2


def test_other_matters_are_left_alone(site: Site) -> None:
    lead = site.alert()
    turn(site)
    operator = site.person("op", "operator")
    shown = operator.get(f"/leads/{lead}").json()
    assert (shown["state"], shown["joined"], shown["joint_ground"]) == ("alert", [], None)
    assert msgspec.json.encode(shown)
