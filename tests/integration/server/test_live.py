"""Live updates over HTTP, with the feed and the clockwork running."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from server import accounts
from server.config import LiveConfig
from store import Store, feed, gateways
from tests.integration import acts
from tests.integration.server.site import Site, code_of, running_site
from tests.waiting import WITHIN_S

FAST = LiveConfig(poll_s=0.02, heartbeat_s=0.2)


@pytest.fixture
def live_site(store: Store) -> Iterator[Site]:
    """A site whose feed runs."""
    with running_site(store, is_alive=True, live=FAST) as running:
        yield running


@contextmanager
def stream(client: httpx.Client, last: int | None = None) -> Iterator[Iterator[dict[str, Any]]]:
    """Events of an open stream; a comment is the event `comment`."""
    headers = {} if last is None else {"Last-Event-ID": str(last)}
    with client.stream("GET", "/live", headers=headers, timeout=WITHIN_S) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield _events(answer)


def _events(answer: httpx.Response) -> Iterator[dict[str, Any]]:
    event: dict[str, Any] = {}
    for line in answer.iter_lines():
        if not line:
            yield event
            event = {}
            continue
        name, _, value = line.partition(": ") if not line.startswith(":") else ("comment", "", line)
        event[name] = json.loads(value) if name == "data" else value


def until(events: Iterator[dict[str, Any]], name: str) -> dict[str, Any]:
    """The next event of that name; the stream's own timeout bounds the wait."""
    return next(event for event in events if event.get("event") == name)


def test_a_new_alert_is_told_with_the_queue_s_figures(live_site: Site) -> None:
    operator = live_site.person("op", "operator")
    with stream(operator) as events:
        assert until(events, "queue")["data"]["alerts"] == 0
        lead = live_site.alert()
        told = until(events, "lead")
        assert told["data"] == {
            "event_id": lead,
            "version": 1,
            "state": "alert",
            "matter": "illegal_parking",
            "town": "demo",
            "revision": 1,
        }
        figures = until(events, "queue")
        assert figures["data"]["alerts"] == 1
        assert int(figures["id"]) >= int(told["id"])


def test_an_alert_is_told_within_half_a_second_of_its_commit(live_site: Site) -> None:
    operator = live_site.person("op", "operator")
    waits = []
    with stream(operator) as events:
        until(events, "queue")
        for number in range(5):
            live_site.alert(number)
            committed_at = time.monotonic()
            until(events, "lead")
            waits.append(time.monotonic() - committed_at)
    assert sorted(waits)[2] < 0.5


def test_what_happens_in_another_town_is_not_told(live_site: Site) -> None:
    operator = live_site.person("op", "operator")
    with stream(operator) as events:
        until(events, "queue")
        live_site.alert(1, town="elsewhere")
        mine = live_site.alert(2)
        assert until(events, "lead")["data"]["event_id"] == mine


def test_maintenance_hears_of_devices_and_not_of_leads(live_site: Site) -> None:
    fitter = live_site.person("fitter", "maintenance")
    with live_site.store.write() as connection:
        gateways.register(connection, acts.gateway(), at=live_site.clock.now)
        gateways.take_birth(connection, acts.birth(), at=live_site.clock.now)
    with stream(fitter) as events:
        next(events)
        live_site.alert()
        with live_site.store.write() as connection:
            gateways.take_health(connection, acts.health(acts.device_health("dark")), at=live_site.clock.now)
        told = next(event for event in events if "event" in event and event["data"].get("state") == "dark")
        assert told["event"] == "device"
        assert told["data"] == {"gateway": "gw-1", "device": "cam-1", "state": "dark"}


def test_last_event_id_brings_what_was_missed(live_site: Site) -> None:
    operator = live_site.person("op", "operator")
    with stream(operator) as events:
        live_site.alert(0)
        last = int(until(events, "lead")["id"])
    missed = [live_site.alert(number) for number in (1, 2, 3)]
    with stream(operator, last) as events:
        told = [until(events, "lead") for _ in missed]
    assert [event["data"]["event_id"] for event in told] == missed
    assert [int(event["id"]) for event in told] == sorted({int(event["id"]) for event in told})


def test_a_number_that_is_not_kept_any_more_or_from_the_future_means_load_anew(live_site: Site) -> None:
    operator = live_site.person("op", "operator")
    live_site.alert(0)
    with live_site.store.write() as connection:
        feed.drop_before(connection, acts.at(10**7))
    with stream(operator) as events:
        live_site.alert(1)
        until(events, "lead")
    for last in (0, 10**9):
        with stream(operator, last) as events:
            assert "missed" in until(events, "resync")["data"]["reason"]


def test_a_client_with_a_full_queue_is_told_to_load_anew(store: Store) -> None:
    config = LiveConfig(poll_s=0.02, heartbeat_s=5, queue_max=3)
    with running_site(store, is_alive=True, live=config) as site:
        operator = site.person("op", "operator")
        with stream(operator) as events:
            until(events, "queue")
            site.take_in(*(acts.event(number) for number in range(10)))
            assert "slow" in until(events, "resync")["data"]["reason"]
            mine = site.alert(20)
            assert until(events, "lead")["data"]["event_id"] == mine
        assert site.centre.feed.behind_count == 1


def test_the_heart_beats_and_a_stream_ends_with_its_session(live_site: Site) -> None:
    operator = live_site.person("op", "operator")
    with stream(operator) as events:
        until(events, "queue")
        assert next(event for event in events if event.get("comment") == ": beat")
        accounts.reset(live_site.store, "op", "another-password", at=live_site.clock.now)
        remaining = [event for event in events if "event" in event]
    assert remaining == []
    assert code_of(operator.get("/live")) == "not_logged_in"


def test_too_many_streams_are_refused(store: Store) -> None:
    with running_site(store, is_alive=True, live=LiveConfig(clients_max=1)) as site:
        operator = site.person("op", "operator")
        with stream(operator) as events:
            until(events, "queue")
            assert code_of(operator.get("/live")) == "unavailable"


def test_the_clockwork_offers_what_was_confirmed_and_the_stream_tells(live_site: Site) -> None:
    operator = live_site.person("op", "operator")
    lead = live_site.alert()
    version = operator.post(f"/leads/{lead}/claim").headers["etag"]
    operator.post(f"/leads/{lead}/verdict", json={"verdict": "confirm"}, headers={"If-Match": version})
    with stream(operator) as events:
        until(events, "queue")
        live_site.clock.advance(11)
        assert until(events, "lead")["data"]["state"] == "offered"


def test_a_stopping_server_does_not_wait_for_open_streams(store: Store) -> None:
    with running_site(store, is_alive=True, live=LiveConfig(heartbeat_s=60)) as site:
        operator = site.person("op", "operator")
        with stream(operator) as events:
            until(events, "queue")
            site.stop()
            assert [event for event in events if "event" in event] == []
