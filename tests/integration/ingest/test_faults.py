"""kill -9 of ingest and of the broker in the middle of a burst: every event is there once, every ack comes."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import func, select

from store import Store, arrivals, gateways, leads, open_store
from store.tables import events, lead_history
from store.tables import leads as lead_table
from tests.integration.acts import at, event, gateway, message
from tests.integration.broker import Broker
from tests.integration.ingest.running import Ingest, running_ingest
from tests.integration.ingest.sender import Sender
from tests.waiting import until

BURST = 600
KILLS_AT = (40, 150, 300)  # acks that have come in when the kill happens
BODIES = {f"{event(number).event_id}:1": message(event(number)) for number in range(BURST)}


@pytest.fixture
def centre(database_url: str, tmp_path: Path) -> Iterator[Store]:
    """What ingest writes to, for looking at; gw-1 is registered."""
    store = open_store(database_url, str(tmp_path / "blobs"))
    with store.write() as conn:
        gateways.register(conn, gateway(), at=at(0))
    yield store
    store.close()


def assert_each_is_there_once(store: Store) -> None:
    with store.read() as conn:
        assert conn.execute(select(func.count()).select_from(events)).scalar_one() == BURST
        assert conn.execute(select(func.count()).select_from(lead_table)).scalar_one() == BURST
        assert conn.execute(select(func.count()).select_from(lead_history)).scalar_one() == BURST
        assert arrivals.list_rejects(conn) == []
        assert leads.broken_histories(conn) == {}


def test_ingest_killed_three_times_in_a_burst_loses_nothing_and_doubles_nothing(
    centre: Store, broker: Broker, sender: Sender, database_url: str, tmp_path: Path
) -> None:
    with running_ingest(tmp_path, broker, database_url, batch_max=20) as ingest:
        for body in BODIES.values():
            sender.send(body)
        for count in KILLS_AT:
            assert sender.wait_for_count(count)
            ingest.end(signal.SIGKILL)
            ingest.start()
        sender.send_until_acked(BODIES, within_s=30)
        assert ingest.end(signal.SIGTERM) == 0
    assert_each_is_there_once(centre)
    assert {ack.result for ack in sender.acks.values()} <= {"stored", "duplicate"}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_broker_killed_in_a_burst_loses_nothing_and_doubles_nothing(
    centre: Store, broker: Broker, sender: Sender, database_url: str, tmp_path: Path
) -> None:
    with running_ingest(tmp_path, broker, database_url, batch_max=20):
        for body in BODIES.values():
            sender.send(body)
        for count in KILLS_AT[:2]:
            assert sender.wait_for_count(count)
            broker.kill()
            broker.start()
        sender.send_until_acked(BODIES, within_s=30)
    assert_each_is_there_once(centre)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_ingest_starts_without_a_broker_and_finds_it_later(
    centre: Store, broker: Broker, sender: Sender, database_url: str, tmp_path: Path
) -> None:
    broker.kill()
    ingest = Ingest(tmp_path, broker, database_url)
    ingest.start()
    try:
        until(lambda: httpx_answers(ingest.port))
        assert not ingest.is_subscribed()
        broker.start()
        until(ingest.is_subscribed)
        sender.send_until_acked(dict(list(BODIES.items())[:3]))
    finally:
        assert ingest.end(signal.SIGTERM) == 0


def httpx_answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health", timeout=5).status_code == 200
    except httpx.TransportError:
        return False
