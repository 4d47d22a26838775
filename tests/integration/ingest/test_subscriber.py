"""Messages over a real broker become rows, and only then acks."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from contract import codec
from ingest.config import BrokerConfig, LimitsConfig
from ingest.subscriber import Subscriber
from store import Store, arrivals, gateways, leads, open_store
from tests.integration.acts import START_NS, at, birth, event, gateway, health, message
from tests.integration.broker import CENTRE, CENTRE_PASSWORD, Broker
from tests.integration.databases import Postgres
from tests.integration.ingest.sender import Sender
from tests.waiting import WITHIN_S, until


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """SQLite is enough here: test_batch runs on both."""
    return f"sqlite:///{tmp_path}/centre.db"


@pytest.fixture
def centre(store: Store) -> Store:
    """A store that knows gw-1 of the town demo."""
    with store.write() as conn:
        gateways.register(conn, gateway(), at=at(0))
    return store


@contextmanager
def subscribed(store: Store, broker: Broker, **limits: int) -> Iterator[Subscriber]:
    """A running subscriber that holds its subscriptions."""
    ticks = itertools.count(START_NS)
    subscriber = Subscriber(
        store,
        BrokerConfig(url=broker.url, username=CENTRE),
        LimitsConfig(**limits),
        password=CENTRE_PASSWORD,
        now_ns=lambda: next(ticks),
        monotonic_s=time.monotonic,
    )
    stop = threading.Event()
    thread = threading.Thread(target=subscriber.run, args=(stop,))
    thread.start()
    try:
        until(lambda: subscriber.state == "subscribed")
        yield subscriber
    finally:
        stop.set()
        thread.join(WITHIN_S)
        assert not thread.is_alive()


def ids(*numbers: int) -> set[str]:
    return {f"{event(number).event_id}:1" for number in numbers}


def test_events_are_stored_and_acked_with_few_messages(centre: Store, broker: Broker, sender: Sender) -> None:
    with subscribed(centre, broker):
        with centre.write():  # another writer has the database: what comes meanwhile waits together
            sent = [sender.send(message(event(number))) for number in range(200)]
            for one in sent:
                one.wait_for_publish(WITHIN_S)
        assert sender.wait_for(ids(*range(200)))
    assert {ack.result for ack in sender.acks.values()} == {"stored"}
    assert sender.ack_messages < 100
    with centre.read() as conn:
        assert arrivals.counters(conn)[("gw-1", "events_opened")] == 200


def test_a_poison_message_never_blocks_the_others(centre: Store, broker: Broker, sender: Sender) -> None:
    with subscribed(centre, broker, batch_max=3):
        for number in range(10):
            sender.send(message(event(number)))
            sender.send(b"\x00\xff" * number)
            sender.send(message(event(number)), "birth")
        assert sender.wait_for(ids(*range(10)))
        until(lambda: rejected(centre) == 20)
    with centre.read() as conn:
        reasons = {row.reason.split(":")[0] for row in arrivals.list_rejects(conn)}
    assert reasons == {"message", "channel birth"}


def rejected(store: Store) -> int:
    with store.read() as conn:
        return sum(count for (_, name), count in arrivals.counters(conn).items() if name.startswith("rejected"))


def test_a_rejected_event_is_answered_so_that_its_gateway_stops(centre: Store, broker: Broker, sender: Sender) -> None:
    with subscribed(centre, broker):
        sender.send(message(event(1, gateway="gw-2")))
        assert sender.wait_for(ids(1))
    (ack,) = sender.acks.values()
    assert ack.result == "rejected"
    assert "gw-2" in ack.reason


def test_a_birth_that_was_retained_before_ingest_came_is_heard(centre: Store, broker: Broker, sender: Sender) -> None:
    whole = codec.Message(id="birth:1", source="/towns/demo/gateways/gw-1", time=at(1), data=birth())
    sender.send(codec.encode(whole), "birth", retain=True).wait_for_publish(WITHIN_S)
    with subscribed(centre, broker):
        until(lambda: status_is_online(centre))


def test_a_gateway_that_is_heard_without_its_birth_is_asked_for_it(
    centre: Store, broker: Broker, sender: Sender
) -> None:
    whole = codec.Message(id="health:1", source="/towns/demo/gateways/gw-1", time=at(1), data=health())
    with subscribed(centre, broker):
        sender.send(codec.encode(whole), "health")
        assert sender.wait_for_command()
    assert sender.commands[0].action == "rebirth"


def status_is_online(store: Store) -> bool:
    with store.read() as conn:
        status = gateways.status(conn, "gw-1")
    return status is not None and status.online


def test_what_came_while_ingest_was_away_is_taken_when_it_is_back(
    centre: Store, broker: Broker, sender: Sender
) -> None:
    with subscribed(centre, broker):
        sender.send(message(event(1)))
        assert sender.wait_for(ids(1))
    sender.send(message(event(2)))
    with subscribed(centre, broker):
        assert sender.wait_for(ids(1, 2))
    with centre.read() as conn:
        assert leads.find(conn, event(2).event_id) is not None


def test_a_registration_that_comes_late_is_enough_for_what_is_sent_again(
    store: Store, broker: Broker, sender: Sender
) -> None:
    with subscribed(store, broker):
        sender.send(message(event(1)))
        until(lambda: unregistered(store) == 1)
        assert sender.acks == {}
        with store.write() as conn:
            gateways.register(conn, gateway(), at=at(0))
        sender.send(message(event(1)))
        assert sender.wait_for(ids(1))


def unregistered(store: Store) -> int:
    with store.read() as conn:
        return arrivals.counters(conn).get(("gw-1", "unregistered"), 0)


def test_the_broker_killed_and_started_again_is_found_again(centre: Store, broker: Broker, sender: Sender) -> None:
    with subscribed(centre, broker) as subscriber:
        sender.send(message(event(1)))
        assert sender.wait_for(ids(1))
        broker.kill()
        until(lambda: subscriber.state != "subscribed")
        broker.start()
        sender.send_until_acked({f"{event(2).event_id}:1": message(event(2))})
    with centre.read() as conn:
        assert leads.find(conn, event(2).event_id) is not None


def test_nothing_is_acked_before_it_is_committed(centre: Store, broker: Broker, sender: Sender) -> None:
    with subscribed(centre, broker) as subscriber:
        with centre.write():  # another writer has the database: the batch can only wait
            sender.send(message(event(1)))
            until(lambda: subscriber.taking == 1)
            assert sender.acks == {}
        assert sender.wait_for(ids(1))


def test_a_database_that_goes_away_and_comes_back_loses_nothing(
    broker: Broker, sender: Sender, postgres: Postgres, tmp_path: Path
) -> None:
    store = open_store(postgres.new_database(), str(tmp_path / "blobs"))
    name = str(store.engine.url.database)
    with store.write() as conn:
        gateways.register(conn, gateway(), at=at(0))
    with subscribed(store, broker) as subscriber:
        postgres.shut(name)
        sender.send(message(event(1)))
        until(lambda: subscriber.counters().get("store_away", 0) >= 2)
        assert sender.acks == {}
        postgres.open(name)
        assert sender.wait_for(ids(1))
    with store.read() as conn:
        assert leads.find(conn, event(1).event_id) is not None
    store.close()
