"""Events through a real broker over a wire that is cut: nothing is lost, nothing forgotten before the centre's ack."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from contract import codec
from contract.commands import Command
from contract.health import Birth, Health, Will
from contract.times import utc_from_ns
from edge.capture.backoff import Backoff
from edge.config import BrokerConfig
from edge.spool import OutgoingEvent, Spool, Step
from edge.uplink import EventUplink, Letters
from tests.integration import acts
from tests.integration.broker import GATEWAY, GATEWAY_PASSWORD, TOWN, Broker, running_broker
from tests.integration.edge_uplink.centre import AT, Centre, centre_at
from tests.integration.edge_uplink.wire import Wire, wire_to
from tests.waiting import WITHIN_S, until


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    with running_broker(tmp_path) as running:
        yield running


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    with closing(Spool(tmp_path / "spool.sqlite")) as opened:
        yield opened


def commit(spool: Spool, first: int, last: int) -> list[str]:
    """Events number `first` to `last` into the spool; their message ids."""
    messages = [codec.event_message(acts.event(number)) for number in range(first, last + 1)]
    for message in messages:
        spool.commit(Step("cam-1", b"state", (OutgoingEvent(message.id, codec.encode(message)),)))
    return [message.id for message in messages]


def birth(at_ns: int) -> Birth:
    return Birth(
        gateway=GATEWAY,
        town=TOWN,
        at=utc_from_ns(at_ns),
        software="test",
        config_sha256="0" * 64,
        public_key="0" * 64,
        devices=(),
        zones=(),
    )


def health(at_ns: int) -> Health:
    return Health(
        gateway=GATEWAY,
        town=TOWN,
        at=utc_from_ns(at_ns),
        uptime_s=1,
        spool_events=0,
        spool_uploads=0,
        disk_free_bytes=1,
        memory_bytes=1,
        devices=(),
    )


@dataclass
class Running:
    uplink: EventUplink
    stop: threading.Event
    thread: threading.Thread


@contextmanager
def uplink_of(
    spool: Spool,
    url: str,
    tmp_path: Path,
    *,
    ack_timeout_s: float = 60,
    inflight_max: int = 100,
    password: str = GATEWAY_PASSWORD,
) -> Iterator[Running]:
    config = BrokerConfig(
        url=url,
        username=GATEWAY,
        password_file="unused",
        heartbeat_s=0.2,
        ack_timeout_s=ack_timeout_s,
        inflight_max=inflight_max,
    )
    uplink = EventUplink(
        config,
        Letters(town=TOWN, gateway=GATEWAY, birth=birth, health=health),
        spool,
        password_of=lambda: password,
        now_ns=time.time_ns,
        monotonic_s=time.monotonic,
        backoff=Backoff(first_s=0.05, most_s=0.2),
    )
    running = Running(uplink, threading.Event(), threading.Thread(target=lambda: uplink.run(running.stop)))
    running.thread.start()
    try:
        yield running
    finally:
        running.stop.set()
        running.thread.join(WITHIN_S)
        assert not running.thread.is_alive()


@pytest.fixture
def wire(broker: Broker) -> Iterator[Wire]:
    with wire_to(broker.port) as made:
        yield made


def url(wire: Wire) -> str:
    return f"mqtt://127.0.0.1:{wire.port}"


def test_events_are_forgotten_once_the_centre_has_them(broker: Broker, spool: Spool, tmp_path: Path) -> None:
    ids = commit(spool, 1, 300)
    with centre_at(broker, answers=True) as centre, uplink_of(spool, broker.url, tmp_path) as running:
        until(lambda: len(spool.events) == 0)
        more = commit(spool, 301, 310)
        until(lambda: len(spool.events) == 0)
        assert centre.event_ids() == ids + more
        assert running.uplink.counters()["acks_stored"] == 310


def test_a_puback_is_no_receipt(broker: Broker, spool: Spool, tmp_path: Path) -> None:
    ids = commit(spool, 1, 5)
    with centre_at(broker, answers=False) as centre, uplink_of(spool, broker.url, tmp_path):
        until(lambda: len(centre.event_ids()) == 5)
        centre.ack(ids[0], result="duplicate")
        centre.ack(ids[1], result="rejected", reason="zone unknown")
        until(lambda: len(spool.events) == 3)
        assert [event.message_id for event in spool.events.pending(9)] == ids[2:]
        assert spool.refused() == [(ids[1], "zone unknown")]


def test_a_silent_centre_is_told_again_and_the_window_is_bounded(broker: Broker, spool: Spool, tmp_path: Path) -> None:
    ids = commit(spool, 1, 20)
    with (
        centre_at(broker, answers=False) as centre,
        uplink_of(spool, broker.url, tmp_path, ack_timeout_s=0.3, inflight_max=8) as running,
    ):
        until(lambda: len(centre.event_ids()) >= 16)
        assert set(centre.event_ids()) == set(ids[:8])
        assert running.uplink.counters()["events_sent"] == 8
        centre.answers = True
        until(lambda: len(spool.events) == 0)
        assert set(centre.event_ids()) == set(ids)


def test_cut_before_sending_everything_arrives_when_the_wire_is_back(
    broker: Broker, spool: Spool, wire: Wire, tmp_path: Path
) -> None:
    wire.is_open = False
    ids = commit(spool, 1, 50)
    with centre_at(broker, answers=True) as centre, uplink_of(spool, url(wire), tmp_path) as running:
        until(lambda: running.uplink.counters().get("connection_failures", 0) >= 2)
        assert len(spool.events) == 50
        wire.is_open = True
        until(lambda: len(spool.events) == 0)
        assert centre.event_ids() == ids


def test_cut_after_sending_without_a_puback_nothing_is_lost(
    broker: Broker, spool: Spool, wire: Wire, tmp_path: Path
) -> None:
    with centre_at(broker, answers=True) as centre, uplink_of(spool, url(wire), tmp_path) as running:
        until(lambda: running.uplink.state == "connected")
        until(lambda: bool(centre.got.get("health")))
        wire.brings_answers = False
        ids = commit(spool, 1, 50)
        until(lambda: len(set(centre.event_ids())) == 50)
        assert len(spool.events) == 50
        wire.cut()
        wire.brings_answers = True
        until(lambda: len(spool.events) == 0)
        assert set(centre.event_ids()) == set(ids)


def test_cut_after_the_puback_the_ack_is_waited_for(broker: Broker, spool: Spool, wire: Wire, tmp_path: Path) -> None:
    with centre_at(broker, answers=False) as centre, uplink_of(spool, url(wire), tmp_path) as running:
        ids = commit(spool, 1, 50)
        until(lambda: len(centre.event_ids()) == 50)
        wire.is_open = False
        wire.cut()
        until(lambda: running.uplink.state != "connected")
        centre.ack(*ids[:40])
        assert len(spool.events) == 50
        wire.is_open = True
        until(lambda: len(spool.events) == 10)
        centre.ack(*ids[40:])
        until(lambda: len(spool.events) == 0)


def test_a_cut_in_the_middle_of_a_burst_loses_nothing(broker: Broker, spool: Spool, wire: Wire, tmp_path: Path) -> None:
    ids = commit(spool, 1, 400)
    wire.cut_after_bytes = 120_000
    with centre_at(broker, answers=True) as centre, uplink_of(spool, url(wire), tmp_path, ack_timeout_s=2) as running:
        until(lambda: len(spool.events) == 0)
        assert set(centre.event_ids()) == set(ids)
        assert running.uplink.counters()["connection_losses"] >= 1


def test_the_broker_killed_and_started_again_loses_nothing(broker: Broker, spool: Spool, tmp_path: Path) -> None:
    ids = commit(spool, 1, 200)
    with centre_at(broker, answers=True) as centre, uplink_of(spool, broker.url, tmp_path, ack_timeout_s=2):
        until(lambda: len(centre.event_ids()) > 20)
        broker.kill()
        ids += commit(spool, 201, 220)
        broker.start()
        until(lambda: len(spool.events) == 0)
        assert set(centre.event_ids()) == set(ids)


def test_birth_heartbeat_and_farewell(broker: Broker, spool: Spool, tmp_path: Path) -> None:
    with centre_at(broker, answers=True) as centre:
        with uplink_of(spool, broker.url, tmp_path):
            until(lambda: len(centre.got.get("health", [])) >= 3)
            centre.command(Command(id="1", at=AT, action="rebirth"))
            until(lambda: len(centre.got["birth"]) == 2)
        until(lambda: "will" in centre.got)
        assert centre.payloads("will") == [Will(gateway=GATEWAY, town=TOWN, reason="stopped")]


def test_a_late_centre_sees_the_birth_and_a_lost_connection_leaves_the_will(
    broker: Broker, spool: Spool, wire: Wire, tmp_path: Path
) -> None:
    with uplink_of(spool, url(wire), tmp_path) as running:
        until(lambda: running.uplink.state == "connected")
        with centre_at(broker, answers=True) as early:
            # NATS stores what is retained a moment after it took it: a second heartbeat is later than that moment.
            until(lambda: len(early.got.get("health", [])) >= 2)
        with centre_at(broker, answers=True, name="late") as centre:
            until(lambda: "birth" in centre.got)
            wire.is_open = False
            wire.cut()
            until(lambda: "will" in centre.got)
            born, died = codec.decode(centre.got["birth"][-1]), codec.decode(centre.got["will"][-1])
            assert died.data == Will(gateway=GATEWAY, town=TOWN, reason="the connection was lost")
            assert died.time == born.time
            wire.is_open = True
            until(lambda: len(centre.got["birth"]) >= 2)
            assert codec.decode(centre.got["birth"][-1]).time > died.time


def test_a_refused_password_is_said_and_tried_again(broker: Broker, spool: Spool, tmp_path: Path) -> None:
    with uplink_of(spool, broker.url, tmp_path, password="wrong") as running:
        until(lambda: running.uplink.counters().get("connection_failures", 0) >= 2)
        until(lambda: running.uplink.state == "broker refuses: Not authorized")


def test_garbage_from_the_broker_is_counted(broker: Broker, spool: Spool, tmp_path: Path) -> None:
    with centre_at(broker, answers=True) as centre, uplink_of(spool, broker.url, tmp_path) as running:
        until(lambda: running.uplink.state == "connected")
        say(centre, b"\xff{")
        until(lambda: running.uplink.counters().get("bad_messages") == 1)
        ids = commit(spool, 1, 1)
        until(lambda: len(spool.events) == 0)
        assert centre.event_ids() == ids


def say(centre: Centre, body: bytes) -> None:
    centre.client.publish(f"tantou/v1/{TOWN}/{GATEWAY}/ack", body, qos=1)
