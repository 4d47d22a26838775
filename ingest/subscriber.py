"""From the broker to the store: one network thread takes messages, one writer thread commits batches and acks them.

PUBACK and application ack go out after the commit only. If the process dies before, the broker delivers again; if it
dies between commit and ack, the repeat is a duplicate and is acked as one.
"""

from __future__ import annotations

import logging
import queue
import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from threading import Event
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from contract import codec
from contract.acks import Ack, Acks
from contract.commands import Command
from contract.times import Utc, utc_from_ns
from contract.topics import UPWARD, Topic, upward_filter
from ingest.batch import Answers, StoreAwayError, commit
from ingest.config import BrokerConfig, LimitsConfig, broker_address
from ingest.intake import Letter
from store import Store

log = logging.getLogger(__name__)
KEEPALIVE_S = 15
CONNECT_TIMEOUT_S = 3.0
RECONNECT_FIRST_S = 1
RECONNECT_MOST_S = 10
ACKS_A_MESSAGE_MAX = 1000  # contract.acks.Acks
STORE_RETRY_FIRST_S = 0.2
STORE_RETRY_MOST_S = 10.0
_IDLE_S = 0.5
_SUBSCRIPTION_REFUSED = 0x80


@dataclass(frozen=True, slots=True)
class _Delivery:
    """A message with what is needed to ack it: its number holds within one connection only."""

    letter: Letter
    mid: int
    qos: int
    connection: int


class Subscriber:
    """Takes in what the gateways send; `run` is the body of the writer thread."""

    def __init__(
        self,
        store: Store,
        broker: BrokerConfig,
        limits: LimitsConfig,
        *,
        password: str | None,
        now_ns: Callable[[], int],
        monotonic_s: Callable[[], float],
    ) -> None:
        self._store = store
        self._broker = broker
        self._limits = limits
        self._now_ns = now_ns
        self._monotonic_s = monotonic_s
        self._waiting: queue.Queue[_Delivery] = queue.Queue(limits.waiting_max)
        self._connection = 0
        self._is_over = False
        self.taking = 0  # messages of the batch that is being stored
        self._state = "starting"
        self._counts: Counter[str] = Counter()
        self._client = self._make_client(password)

    @property
    def state(self) -> str:
        """`subscribed`, or in words why not."""
        return self._state

    def counters(self) -> dict[str, int]:
        """What happened since the start, by name; what was stored is counted in the database."""
        return dict(sorted(self._counts.items()))

    def run(self, stop: Event) -> None:
        """Until the stop event: take batches, commit, ack. The broker may be away at the start and at any time."""
        address = broker_address(self._broker.url)
        self._client.connect_async(address.host, address.port, KEEPALIVE_S)
        self._client.loop_start()
        try:
            while not stop.is_set():
                batch = self._next_batch()
                self.taking = len(batch)
                if batch:
                    self._take(batch, stop)
        finally:
            self._is_over = True
            self._client.disconnect()
            self._client.loop_stop()

    def _next_batch(self) -> list[_Delivery]:
        """What waits, up to `batch_max` messages or `batch_window_ms`; empty when nothing came for a while."""
        try:
            batch = [self._waiting.get(timeout=_IDLE_S)]
        except queue.Empty:
            return []
        closes_s = self._monotonic_s() + self._limits.batch_window_ms / 1000
        while len(batch) < self._limits.batch_max:
            try:
                batch.append(self._waiting.get(timeout=max(0.0, closes_s - self._monotonic_s())))
            except queue.Empty:
                break
        return batch

    def _take(self, batch: list[_Delivery], stop: Event) -> None:
        for wait_s in _growing_waits():
            at = utc_from_ns(self._now_ns())
            try:
                answers = commit(self._store, [delivery.letter for delivery in batch], at=at)
            except StoreAwayError as error:
                self._counts["store_away"] += 1
                log.error("store_away size=%d retry_s=%.1f because=%s", len(batch), wait_s, error)
                if stop.wait(wait_s):
                    return  # nothing was acked: it comes again
                continue
            self._answer(answers, at)
            for delivery in batch:
                # A number of an earlier connection may belong to another message by now.
                if delivery.connection == self._connection:
                    self._client.ack(delivery.mid, delivery.qos)
            self._counts["batches"] += 1
            self._counts["messages"] += len(batch)
            return

    def _answer(self, answers: Answers, at: Utc) -> None:
        for (town, gateway), acks in answers.acks.items():
            for start in range(0, len(acks), ACKS_A_MESSAGE_MAX):
                part = tuple(acks[start : start + ACKS_A_MESSAGE_MAX])
                body = self._ack_message(part, at)
                sent = self._client.publish(str(Topic(town, gateway, "ack")), body, qos=1)
                if sent.rc == mqtt.MQTT_ERR_QUEUE_SIZE:
                    self._counts["acks_dropped"] += len(part)  # the gateway sends again, the repeat is acked

        for town, gateway in sorted(answers.unborn):
            self._counts["rebirths_asked"] += 1
            command = Command(id=f"rebirth:{at}", at=at, action="rebirth")
            message = codec.Message(id=command.id, source="/ingest", time=at, data=command)
            self._client.publish(str(Topic(town, gateway, "command")), codec.encode(message), qos=1)

    def _ack_message(self, acks: tuple[Ack, ...], at: Utc) -> bytes:
        self._counts["ack_messages"] += 1
        number = self._counts["ack_messages"]
        message_id = f"ack:{self._broker.client_id}:{at}:{number}"
        return codec.encode(codec.Message(id=message_id, source="/ingest", time=at, data=Acks(at=at, acks=acks)))

    def _make_client(self, password: str | None) -> mqtt.Client:
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=self._broker.client_id,
            clean_session=False,
            protocol=mqtt.MQTTv311,
            manual_ack=True,
        )
        client.connect_timeout = CONNECT_TIMEOUT_S
        client.reconnect_delay_set(RECONNECT_FIRST_S, RECONNECT_MOST_S)
        client.max_inflight_messages_set(1000)
        client.max_queued_messages_set(self._limits.acks_waiting_max)
        if self._broker.username is not None:
            client.username_pw_set(self._broker.username, password)
        if broker_address(self._broker.url).is_tls:
            client.tls_set(ca_certs=self._broker.ca_file)
        client.on_connect = self._on_connect
        client.on_connect_fail = self._on_connect_fail
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        return client

    # The callbacks run in paho's thread. An exception there would end it, so they only note and hand over.

    def _on_connect(self, client: mqtt.Client, _data: Any, flags: mqtt.ConnectFlags, code: Any, _more: Any) -> None:
        if code.is_failure:
            self._state = f"broker refuses: {code}"
            log.error("broker_refuses code=%s", code)
            return
        self._connection += 1
        self._state = "connected"
        self._counts["connections"] += 1
        log.info("broker_connected session_present=%s", flags.session_present)
        client.subscribe([(upward_filter(channel), 1) for channel in UPWARD])

    def _on_connect_fail(self, _client: mqtt.Client, _data: Any) -> None:
        self._state = "broker cannot be reached"
        self._counts["connection_failures"] += 1
        log.warning("broker_unreachable failures=%d", self._counts["connection_failures"])

    def _on_disconnect(self, _client: mqtt.Client, _data: Any, _flags: Any, code: Any, _more: Any) -> None:
        self._connection += 1  # what was delivered before is not acked any more
        self._state = f"connection lost: {code}"
        log.warning("broker_lost code=%s", code)

    def _on_subscribe(self, _client: mqtt.Client, _data: Any, _mid: int, codes: Any, _more: Any) -> None:
        refused = [channel for channel, code in zip(UPWARD, codes, strict=False) if code.value >= _SUBSCRIPTION_REFUSED]
        if not refused:
            self._state = "subscribed"
        else:
            self._state = f"broker refuses subscriptions: {', '.join(refused)}"
            log.error("subscriptions_refused channels=%s", ",".join(refused))

    def _on_message(self, client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        try:
            letter = Letter(message.topic, bytes(message.payload))
        except UnicodeDecodeError:
            self._counts["topics_unreadable"] += 1
            client.ack(message.mid, message.qos)
            return
        delivery = _Delivery(letter, message.mid, message.qos, self._connection)
        while not self._is_over:
            # A full queue holds the network thread up, and so the broker: nothing is dropped here.
            with suppress(queue.Full):
                self._waiting.put(delivery, timeout=_IDLE_S)
                break


def _growing_waits() -> Iterator[float]:
    draw = random.Random()  # noqa: S311 -- jitter is no secret
    ceiling_s = STORE_RETRY_FIRST_S
    while True:
        yield ceiling_s * (0.5 + 0.5 * draw.random())
        ceiling_s = min(STORE_RETRY_MOST_S, ceiling_s * 2)
