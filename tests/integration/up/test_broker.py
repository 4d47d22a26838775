"""The broker as `tantou up` configures it: who may write what, and what a kill -9 leaves."""

from __future__ import annotations

import queue
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from tantou.up import broker, probes

WITHIN_S = 15.0
NATS = Path(sys.executable).parent / "nats-server"


@dataclass
class Broker:
    """A running broker and how to kill and start it."""

    config: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with (self.config.parent / "log").open("ab") as log:
            self.process = subprocess.Popen([str(NATS), "-c", str(self.config)], stderr=log, stdout=log)
        until(lambda: probes.broker_answers(self.port, "centre", "c"))

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()


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


def until(holds: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + WITHIN_S
    while not holds():
        assert time.monotonic() < deadline_s, "did not come about in time"


@pytest.fixture
def running(tmp_path: Path, free_port: int) -> Iterator[Broker]:
    users = [
        broker.gateway_user(town="demo", gateway="gw-1", password="g"),
        broker.gateway_user(town="demo", gateway="gw-2", password="g"),
        broker.centre_user("centre", "c"),
    ]
    config = tmp_path / "nats.conf"
    config.write_text(broker.nats_config(port=free_port, store_dir=str(tmp_path / "js"), users=users))
    made = Broker(config, free_port)
    made.start()
    yield made
    made.kill()


def test_a_wrong_password_is_refused(running: Broker) -> None:
    assert not probes.broker_answers(running.port, "gw-1", "wrong")


def test_a_gateway_writes_and_reads_under_its_own_name_only(running: Broker) -> None:
    centre, gateway = Client("centre", "c", running.port), Client("gw-1", "g", running.port)
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
    reader = Client("centre", "c", running.port)
    assert reader.may_subscribe("tantou/v1/+/+/event")
    reader.close()
    writer = Client("gw-1", "g", running.port)
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
