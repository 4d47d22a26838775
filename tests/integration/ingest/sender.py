"""A gateway as ingest sees it: sends events until each is acked by the centre, over a broker that may go away."""

from __future__ import annotations

from collections.abc import Mapping
from threading import Condition
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from contract import codec
from contract.acks import Ack, Acks
from contract.commands import Command
from contract.topics import DOWNWARD, Topic
from tests.integration.broker import GATEWAY, GATEWAY_PASSWORD, TOWN, Broker
from tests.waiting import WITHIN_S


class Sender:
    """Publishes bodies by message id; `acks` are the answers so far, the first one for each id."""

    def __init__(self, broker: Broker) -> None:
        self._changed = Condition()
        self.acks: dict[str, Ack] = {}
        self.ack_messages = 0
        self.commands: list[Command] = []
        self._is_ready = False
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id="sender", clean_session=False, protocol=mqtt.MQTTv311
        )
        client.username_pw_set(GATEWAY, GATEWAY_PASSWORD)
        client.reconnect_delay_set(1, 1)
        client.max_inflight_messages_set(1000)
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        self._client = client
        client.connect_async("127.0.0.1", broker.port, keepalive=15)
        client.loop_start()
        self._wait(lambda: self._is_ready, WITHIN_S)

    def close(self) -> None:
        """Leave the broker."""
        self._client.disconnect()
        self._client.loop_stop()

    def send(self, body: bytes, channel: Any = "event", *, retain: bool = False) -> mqtt.MQTTMessageInfo:
        """Publish; paho keeps it until the broker has it."""
        return self._client.publish(str(Topic(TOWN, GATEWAY, channel)), body, qos=1, retain=retain)

    def wait_for(self, ids: set[str], *, within_s: float = WITHIN_S) -> bool:
        """Whether all of these were answered in time."""
        return self._wait(lambda: ids <= self.acks.keys(), within_s)

    def wait_for_count(self, count: int, *, within_s: float = WITHIN_S) -> bool:
        """Whether so many were answered in time."""
        return self._wait(lambda: len(self.acks) >= count, within_s)

    def wait_for_command(self, *, within_s: float = WITHIN_S) -> bool:
        """Whether the centre asked for something in time."""
        return self._wait(lambda: bool(self.commands), within_s)

    def send_until_acked(self, bodies: Mapping[str, bytes], *, rounds: int = 6, within_s: float = WITHIN_S) -> None:
        """Send whatever is not answered yet, again and again, as a gateway does; fails when the rounds are over."""
        for _ in range(rounds):
            for message_id in sorted(bodies.keys() - self.acks.keys()):
                self.send(bodies[message_id])
            if self.wait_for(set(bodies), within_s=within_s):
                return
        raise AssertionError(f"{len(bodies.keys() - self.acks.keys())} of {len(bodies)} not acked")

    def _wait(self, holds: Any, within_s: float) -> bool:
        with self._changed:
            return bool(self._changed.wait_for(holds, within_s))

    def _on_connect(self, client: mqtt.Client, _data: Any, _flags: Any, _code: Any, _more: Any) -> None:
        client.subscribe([(str(Topic(TOWN, GATEWAY, channel)), 1) for channel in DOWNWARD])

    def _on_subscribe(self, *_more: Any) -> None:
        with self._changed:
            self._is_ready = True
            self._changed.notify_all()

    def _on_message(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        data = codec.decode(bytes(message.payload)).data
        assert isinstance(data, Acks | Command)
        with self._changed:
            if isinstance(data, Command):
                self.commands.append(data)
                self._changed.notify_all()
                return
            self.ack_messages += 1
            for ack in data.acks:
                self.acks.setdefault(ack.id, ack)
            self._changed.notify_all()
