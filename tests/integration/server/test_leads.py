"""The operator's work on leads, over HTTP."""

from __future__ import annotations

import pytest

from server.clockwork import Clockwork
from store import gateways
from tests.integration import acts
from tests.integration.server.site import Site, code_of, decide


def test_the_list_pages_through_every_lead_once_in_both_orders(site: Site) -> None:
    operator = site.person("op", "operator")
    ids = []
    for number in range(7):
        ids.append(site.alert(number))
        site.clock.advance(1)
    for order, expected in (("oldest", ids), ("newest", ids[::-1])):
        seen: list[str] = []
        cursor: str | None = None
        for _ in range(4):
            query = {"limit": "2", "order": order} | ({"cursor": cursor} if cursor else {})
            page = operator.get("/leads", params=query).json()
            seen += [item["event_id"] for item in page["items"]]
            cursor = page["next_cursor"]
        assert seen == expected
        assert cursor is None


def test_filters_narrow_the_list(site: Site) -> None:
    operator = site.person("op", "operator")
    first, second = site.alert(1), site.alert(2, device="cam-2")
    operator.post(f"/leads/{first}/claim")
    for query, expected in (
        ({"state": "claimed"}, [first]),
        ({"state": "alert,claimed", "order": "oldest"}, sorted([first, second])),
        ({"device": "cam-2"}, [second]),
        ({"matter": "cooking_fumes"}, []),
        ({"grade": "full"}, []),
        ({"grade": "partial", "device": "cam-1"}, [first]),
        ({"town": "other"}, []),
        ({"q": "CAM-2"}, [second]),
    ):
        found = [item["event_id"] for item in operator.get("/leads", params=query).json()["items"]]
        assert found == expected, query
    assert code_of(operator.get("/leads", params={"state": "alert,nonsense"})) == "invalid_request"
    assert code_of(operator.get("/leads", params={"cursor": "nonsense"})) == "invalid_cursor"
    assert code_of(operator.get("/leads", params={"limit": "0"})) == "invalid_request"


def test_a_lead_shows_its_names_facts_and_what_may_be_done(site: Site) -> None:
    operator = site.person("op", "operator")
    with site.store.write() as connection:
        gateways.register(connection, acts.gateway(), at=site.clock.now)
        gateways.take_birth(connection, acts.birth(), at=site.clock.now)
    event = acts.event(1, facts={**acts.event(1).facts, "plate": "粤B12345", "dwell_s": 61.5})
    site.take_in(event)
    lead = operator.get(f"/leads/{event.event_id}").json()
    assert (lead["device_name"], lead["zone_name"]) == ("North gate", "Bus stop")
    assert lead["headline"] == {
        "vehicle": "car",
        "dwell_s": 61.5,
        "plate_masked": "粤B***45",
        "premises": None,
        "kind": None,
        "urgency": None,
        "fire_state": None,
    }
    assert lead["event"]["facts"]["plate"] == "粤B12345"
    assert lead["event"]["clock"] == {"source": "none", "offset_s": None, "uncertainty_s": None}
    assert lead["allowed"] == ["claim"]
    assert (lead["holder"], lead["undo_until"], lead["thumb_url"], lead["still_url"]) == (None,) * 4
    assert lead["history"][0]["from"] is None
    assert lead["history"][0]["previous_hash"] is None


def test_next_takes_the_oldest_alert_and_204_says_that_none_waits(site: Site) -> None:
    operator = site.person("op", "operator")
    older = site.alert(1)
    site.clock.advance(1)
    site.alert(2)
    taken = operator.post("/leads/next", json={"matter": None})
    assert taken.status_code == 200
    assert taken.json()["event_id"] == older
    assert taken.json()["holder"] == {"id": "u-op", "name": "Op"}
    assert taken.json()["allowed"] == ["release", "confirm", "dismiss"]
    assert operator.post("/leads/next", json={"matter": "cooking_fumes"}).status_code == 204
    assert operator.post("/leads/next").status_code == 200
    assert operator.post("/leads/next").status_code == 204


def test_a_lead_that_another_person_holds_cannot_be_claimed_renewed_or_decided(site: Site) -> None:
    first, second = site.person("first", "operator"), site.person("second", "operator")
    lead = site.alert()
    assert first.post(f"/leads/{lead}/claim").status_code == 200
    refused = second.post(f"/leads/{lead}/claim")
    assert refused.status_code == 409
    assert code_of(refused) == "claimed_by_other"
    assert refused.json()["holder"] == {"id": "u-first", "name": "First"}
    assert code_of(second.post(f"/leads/{lead}/renew")) == "not_holder"
    assert code_of(second.post(f"/leads/{lead}/release")) == "not_holder"
    assert code_of(decide(second, lead, verdict="confirm")) == "not_holder"
    assert second.get(f"/leads/{lead}").json()["allowed"] == []


def test_a_lease_is_renewed_and_runs_out(site: Site) -> None:
    first, second = site.person("first", "operator"), site.person("second", "operator")
    lead = site.alert()
    until = first.post(f"/leads/{lead}/claim").json()["lease_until"]
    site.clock.advance(60)
    assert first.post(f"/leads/{lead}/renew").json()["lease_until"] > until
    site.clock.advance(89)
    assert code_of(second.post(f"/leads/{lead}/claim")) == "claimed_by_other"
    site.clock.advance(2)
    assert second.get(f"/leads/{lead}").json()["allowed"] == ["claim"]
    assert second.post(f"/leads/{lead}/claim").json()["holder"]["id"] == "u-second"


def test_the_clock_puts_a_lease_that_ran_out_back_into_the_queue(site: Site) -> None:
    operator = site.person("op", "operator")
    lead = site.alert()
    operator.post(f"/leads/{lead}/claim")
    site.clock.advance(91)
    Clockwork(site.centre).turn()
    shown = operator.get(f"/leads/{lead}").json()
    assert shown["state"] == "alert"
    assert [entry["action"] for entry in shown["history"]] == ["opened", "claim", "expire"]


def test_release_puts_the_alert_back(site: Site) -> None:
    operator = site.person("op", "operator")
    lead = site.alert()
    operator.post(f"/leads/{lead}/claim")
    assert operator.post(f"/leads/{lead}/release").json()["state"] == "alert"
    assert code_of(operator.post(f"/leads/{lead}/release")) == "not_holder"


def test_a_confirmed_lead_is_offered_after_ten_seconds_and_not_before(site: Site) -> None:
    operator = site.person("op", "operator")
    lead = site.alert()
    operator.post(f"/leads/{lead}/claim")
    confirmed = decide(operator, lead, verdict="confirm", reason=None, note="seen")
    assert confirmed.json()["state"] == "confirmed"
    assert confirmed.json()["confirmed_by"] == {"id": "u-op", "name": "Op"}
    assert confirmed.json()["allowed"] == ["undo"]
    clockwork = Clockwork(site.centre)
    site.clock.advance(9.9)
    clockwork.turn()
    assert operator.get(f"/leads/{lead}").json()["state"] == "confirmed"
    site.clock.advance(0.1)
    clockwork.turn()
    shown = operator.get(f"/leads/{lead}").json()
    assert (shown["state"], shown["undo_until"], shown["allowed"]) == ("offered", None, [])


def test_undo_gives_the_lead_back_to_the_same_person_for_ten_seconds(site: Site) -> None:
    first, second = site.person("first", "operator"), site.person("second", "operator")
    lead = site.alert()
    first.post(f"/leads/{lead}/claim")
    dismissed = decide(first, lead, verdict="dismiss", reason="loading", note="")
    headers = {"If-Match": dismissed.headers["etag"]}
    assert dismissed.json()["undo_until"] is not None
    assert code_of(second.post(f"/leads/{lead}/undo", headers=headers)) == "undo_over"
    undone = first.post(f"/leads/{lead}/undo", headers=headers)
    assert (undone.status_code, undone.json()["state"]) == (200, "claimed")
    assert undone.json()["holder"]["id"] == "u-first"
    again = decide(first, lead, verdict="confirm")
    site.clock.advance(10.1)
    assert code_of(first.post(f"/leads/{lead}/undo", headers={"If-Match": again.headers["etag"]})) == "undo_over"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"verdict": "dismiss", "reason": None, "note": ""}, "reason_missing"),
        ({"verdict": "dismiss", "reason": "other", "note": "  "}, "note_missing"),
        ({"verdict": "dismiss", "reason": "boredom", "note": ""}, "invalid_request"),
        ({"verdict": "confirm", "reason": "loading", "note": ""}, "invalid_request"),
        ({"verdict": "maybe"}, "invalid_request"),
        ({"verdict": "confirm", "unknown": 1}, "invalid_request"),
        ({"verdict": "confirm", "note": "x" * 1001}, "invalid_request"),
    ],
)
def test_a_verdict_that_does_not_say_why_changes_nothing(sqlite_site: Site, body: dict[str, str], code: str) -> None:
    operator = sqlite_site.person("op", "operator")
    lead = sqlite_site.alert()
    operator.post(f"/leads/{lead}/claim")
    refused = decide(operator, lead, **body)
    assert (refused.status_code, code_of(refused)) == (422, code)
    assert operator.get(f"/leads/{lead}").json()["state"] == "claimed"


def test_a_change_decided_on_an_older_version_gets_412_with_the_lead_as_it_is(site: Site) -> None:
    operator = site.person("op", "operator")
    lead = site.alert()
    claimed = operator.post(f"/leads/{lead}/claim")
    site.take_in(acts.event(0, revision=2))
    body = {"verdict": "confirm", "reason": None, "note": ""}
    url = f"/leads/{lead}/verdict"
    assert code_of(operator.post(url, json=body)) == "if_match_missing"
    assert code_of(operator.post(url, json=body, headers={"If-Match": "three"})) == "invalid_request"
    refused = operator.post(url, json=body, headers={"If-Match": claimed.headers["etag"]})
    assert (refused.status_code, code_of(refused)) == (412, "version_conflict")
    current = refused.json()["current"]
    assert (current["revision"], current["version"]) == (2, claimed.json()["version"] + 1)
    assert operator.post(url, json=body, headers={"If-Match": f'"{current["version"]}"'}).status_code == 200


def test_the_history_is_a_chain_of_who_when_from_where(site: Site) -> None:
    operator = site.person("op", "operator")
    lead = site.alert()
    operator.post(f"/leads/{lead}/claim")
    decide(operator, lead, verdict="dismiss", reason="other", note="a float of the parade")
    items = operator.get(f"/leads/{lead}/history").json()["items"]
    assert [(item["from"], item["to"], item["who_name"]) for item in items[1:]] == [
        ("alert", "claimed", "Op"),
        ("claimed", "dismissed", "Op"),
    ]
    assert items[2]["reason"] == "other"
    assert items[2]["note"] == "a float of the parade"
    assert [item["previous_hash"] for item in items] == [None, items[0]["hash"], items[1]["hash"]]


def test_a_repeated_key_gets_the_first_answer_and_another_body_422(site: Site) -> None:
    operator = site.person("op", "operator")
    site.alert(1)
    site.clock.advance(1)
    site.alert(2)
    key = {"Idempotency-Key": "0123456789abcdef"}
    first = operator.post("/leads/next", json={"matter": None}, headers=key)
    again = operator.post("/leads/next", json={"matter": None}, headers=key)
    assert (again.status_code, again.content, again.headers["etag"]) == (200, first.content, first.headers["etag"])
    other = operator.post("/leads/next", json={"matter": "illegal_parking"}, headers=key)
    assert (other.status_code, code_of(other)) == (422, "idempotency_mismatch")
    assert operator.get("/queue").json()["claimed"] == 1
    someone_else = site.person("someone", "operator")
    assert someone_else.post("/leads/next", json={"matter": None}, headers=key).json() != first.json()


def test_a_repeated_verdict_answers_as_the_first_although_the_version_has_moved(site: Site) -> None:
    operator = site.person("op", "operator")
    lead = site.alert()
    etag = operator.post(f"/leads/{lead}/claim").headers["etag"]
    headers = {"If-Match": etag, "Idempotency-Key": "verdict-of-the-test"}
    body = {"verdict": "confirm", "reason": None, "note": ""}
    first = operator.post(f"/leads/{lead}/verdict", json=body, headers=headers)
    again = operator.post(f"/leads/{lead}/verdict", json=body, headers=headers)
    assert first.status_code == 200
    assert again.content == first.content
    assert len(operator.get(f"/leads/{lead}/history").json()["items"]) == 3


def test_a_lead_of_another_town_is_not_there_for_any_route(site: Site) -> None:
    lead = site.alert(0, town="elsewhere")
    operator = site.person("op", "operator", "case_officer")
    match = {"If-Match": '"1"'}
    answers = [
        operator.get(f"/leads/{lead}"),
        operator.get(f"/leads/{lead}/history"),
        operator.get(f"/leads/{lead}/evidence"),
        operator.get(f"/leads/{lead}/evidence/manifest.json"),
        operator.get(f"/leads/{lead}/evidence/files/{'0' * 64}"),
        operator.get(f"/leads/{lead}/package"),
        operator.post(f"/leads/{lead}/claim"),
        operator.post(f"/leads/{lead}/renew"),
        operator.post(f"/leads/{lead}/release"),
        operator.post(f"/leads/{lead}/shown", json={"sha256": "0" * 64}),
        operator.post(f"/leads/{lead}/verdict", json={"verdict": "confirm"}, headers=match),
        operator.post(f"/leads/{lead}/undo", headers=match),
        operator.post(f"/leads/{lead}/return", json={"reason": "wrong_place"}, headers=match),
    ]
    assert [(answer.status_code, code_of(answer)) for answer in answers] == [(404, "not_found")] * len(answers)
    assert operator.post("/leads/next").status_code == 204
    assert operator.get("/leads").json()["items"] == []
    assert operator.get("/queue").json()["alerts"] == 0


def test_the_queue_counts_only_ones_own_towns(site: Site) -> None:
    site.alert(1)
    site.clock.advance(5)
    site.alert(2, town="second")
    assert site.person("one", "operator").get("/queue").json()["alerts"] == 1
    both = site.person("both", "operator", towns=("demo", "second")).get("/queue").json()
    assert both["alerts"] == 2
    assert both["oldest_at"] < site.clock.now
    nobody = site.person("nobody", "operator", towns=()).get("/queue").json()
    assert (nobody["alerts"], nobody["oldest_at"], nobody["cameras_total"]) == (0, None, 0)
