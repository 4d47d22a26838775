"""The broker as `tantou up` configures it: who may write what, and what a kill -9 leaves."""

from __future__ import annotations

import queue
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from tantou.up import probes
from tests.integration.broker import CENTRE, CENTRE_PASSWORD, GATEWAY, GATEWAY_PASSWORD, Broker, running_broker
from tests.waiting import WITHIN_S, until


@dataclass
class Client:
    """An MQTT 3.1.1 client with a kept session."""

    name: str
    password: str
    port: int
    got: queue.Queue[tuple[str, bytes]] = field(default_factory=queue.Queue)
    granted: queue.Queue[bool] = field(default_factory=queue.Queue)

    def __post_init__(self) -> None:
        self.mqtt = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=f"{self.name}-{id(self)}", clean_session=False)
        self.mqtt.username_pw_set(self.name, self.password)
        self.mqtt.on_message = lambda _c, _d, message: self.got.put((message.topic, bytes(message.payload)))
        self.mqtt.on_subscribe = lambda _c, _d, _mid, codes, _p: self.granted.put(not codes[0].is_failure)
        self.mqtt.connect("127.0.0.1", self.port)
        self.mqtt.loop_start()

    def may_subscribe(self, topic: str) -> bool:
        self.mqtt.subscribe(topic, 1)
        return self.granted.get(timeout=WITHIN_S)

    def publish(self, topic: str, payload: bytes) -> None:
        self.mqtt.publish(topic, payload, qos=1).wait_for_publish(WITHIN_S)

    def close(self) -> None:
        self.mqtt.disconnect()
        self.mqtt.loop_stop()


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Broker]:
    with running_broker(tmp_path) as broker:
        yield broker


def test_a_wrong_password_is_refused(running: Broker) -> None:
    until(lambda: probes.broker_answers(running.port, GATEWAY, GATEWAY_PASSWORD))
    assert not probes.broker_answers(running.port, GATEWAY, "wrong")


def test_a_gateway_writes_and_reads_under_its_own_name_only(running: Broker) -> None:
    centre, gateway = Client(CENTRE, CENTRE_PASSWORD, running.port), Client(GATEWAY, GATEWAY_PASSWORD, running.port)
    assert centre.may_subscribe("tantou/v1/+/+/event")
    assert gateway.may_subscribe("tantou/v1/demo/gw-1/ack")
    assert not gateway.may_subscribe("tantou/v1/demo/gw-2/ack")
    assert not gateway.may_subscribe("tantou/v1/+/+/event")
    gateway.publish("tantou/v1/demo/gw-2/event", b"forged")
    gateway.publish("tantou/v1/demo/gw-1/event", b"own")
    assert centre.got.get(timeout=WITHIN_S) == ("tantou/v1/demo/gw-1/event", b"own")
    centre.publish("tantou/v1/demo/gw-1/ack", b"thanks")
    assert gateway.got.get(timeout=WITHIN_S) == ("tantou/v1/demo/gw-1/ack", b"thanks")
    assert centre.got.empty()
    centre.close()
    gateway.close()


def test_acked_messages_for_an_absent_reader_survive_kill_9(running: Broker) -> None:
    reader = Client(CENTRE, CENTRE_PASSWORD, running.port)
    assert reader.may_subscribe("tantou/v1/+/+/event")
    reader.close()
    writer = Client(GATEWAY, GATEWAY_PASSWORD, running.port)
    sent = [str(number).encode() for number in range(30)]
    for payload in sent:
        writer.publish("tantou/v1/demo/gw-1/event", payload)
    running.kill()
    writer.close()
    running.start()
    reader.mqtt.reconnect()
    reader.mqtt.loop_start()
    assert sorted(reader.got.get(timeout=WITHIN_S)[1] for _ in sent) == sorted(sent)
    reader.close()
