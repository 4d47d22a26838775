"""Many people at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import httpx

from tests.integration import acts
from tests.integration.server.site import Site
from tests.waiting import WITHIN_S

PEOPLE = 20
LEADS = 14


def test_twenty_people_who_ask_for_the_next_alert_at_once_never_get_the_same(site: Site) -> None:
    operators = [site.person(f"op-{number}", "operator") for number in range(PEOPLE)]
    site.take_in(*(acts.event(number) for number in range(LEADS)))
    start = Barrier(PEOPLE)

    def take(operator: httpx.Client) -> httpx.Response:
        start.wait(WITHIN_S)
        return operator.post("/leads/next")

    with ThreadPoolExecutor(PEOPLE) as pool:
        answers = list(pool.map(take, operators))
    taken = [answer.json()["event_id"] for answer in answers if answer.status_code == 200]
    assert len(taken) == len(set(taken))
    assert {answer.status_code for answer in answers} <= {200, 204}
    # A lead that somebody is just taking is skipped, not waited for; asking again gets what was left over.
    while (left := operators[0].post("/leads/next")).status_code == 200:
        taken.append(left.json()["event_id"])
    assert sorted(taken) == sorted(acts.event(number).event_id for number in range(LEADS))


def test_one_key_sent_ten_times_at_once_takes_effect_once(site: Site) -> None:
    operator = site.person("op", "operator")
    site.take_in(*(acts.event(number) for number in range(10)))
    headers = dict(operator.headers) | {"Idempotency-Key": "ten-times-at-once"}
    start = Barrier(10)

    def take(_number: int) -> httpx.Response:
        with httpx.Client(
            base_url=operator.base_url, cookies=operator.cookies, headers=headers, timeout=WITHIN_S
        ) as one:
            start.wait(WITHIN_S)
            return one.post("/leads/next")

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(take, range(10)))
    assert [answer.status_code for answer in answers] == [200] * 10
    assert len({answer.content for answer in answers}) == 1
    assert operator.get("/queue").json()["claimed"] == 1
