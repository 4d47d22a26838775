"""The centre's side of the broker, by hand: gets what gateways send, answers when the test says so."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from contract import codec
from contract.acks import Ack, Acks
from contract.commands import Command
from contract.topics import Topic, upward_filter
from tests.integration.broker import CENTRE, CENTRE_PASSWORD, GATEWAY, TOWN, Broker
from tests.waiting import WITHIN_S

AT = "2026-11-24T00:00:00.000000000Z"


class Centre:
    """`got` maps channels to the messages that came, in order; `answers`: events are acked as soon as they come."""

    def __init__(self, broker: Broker, *, answers: bool, name: str) -> None:
        self.got: dict[str, list[bytes]] = {}
        self.answers = answers
        self._granted = threading.Event()
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=f"centre-{name}", clean_session=False)
        self.client.username_pw_set(CENTRE, CENTRE_PASSWORD)
        self.client.max_inflight_messages_set(1000)
        self.client.on_message = self._on_message
        self.client.on_connect = self._on_connect
        self.client.on_subscribe = lambda *_: self._granted.set()
        self.client.connect("127.0.0.1", broker.port)
        self.client.loop_start()
        assert self._granted.wait(WITHIN_S)

    def event_ids(self) -> list[str]:
        """The ids of the event messages, as often as they came."""
        return [codec.decode(body).id for body in self.got.get("event", [])]

    def payloads(self, channel: str) -> list[codec.Payload]:
        """What came on a channel, decoded."""
        return [codec.decode(body).data for body in self.got.get(channel, [])]

    def ack(self, *ids: str, result: str = "stored", reason: str = "") -> None:
        """The centre's word for some messages."""
        acks = tuple(Ack(id=one, result=result, reason=reason) for one in ids)  # type: ignore[arg-type]
        self._say("ack", Acks(at=AT, acks=acks))

    def command(self, command: Command) -> None:
        """A command to the gateway."""
        self._say("command", command)

    def _say(self, channel: str, data: Acks | Command) -> None:
        body = codec.encode(codec.Message(id="x", source="/centre", time=AT, data=data))
        self.client.publish(str(Topic(TOWN, GATEWAY, channel)), body, qos=1)  # type: ignore[arg-type]

    def _on_connect(self, client: mqtt.Client, *_: object) -> None:
        client.subscribe([(upward_filter(channel), 1) for channel in ("event", "health", "birth", "will")])

    def _on_message(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        channel = message.topic.rsplit("/", 1)[1]
        self.got.setdefault(channel, []).append(bytes(message.payload))
        if channel == "event" and self.answers:
            self.ack(codec.decode(bytes(message.payload)).id)


@contextmanager
def centre_at(broker: Broker, *, answers: bool, name: str = "test") -> Iterator[Centre]:
    """A connected centre."""
    centre = Centre(broker, answers=answers, name=name)
    try:
        yield centre
    finally:
        centre.client.disconnect()
        centre.client.loop_stop()
