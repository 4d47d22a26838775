"""Events and readings to the broker and acks back: the body of one thread, beside the network thread of paho."""

from __future__ import annotations

import logging
import random
from collections import Counter, deque
from collections.abc import Callable
from contextlib import suppress
from threading import Event
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from contract import codec
from contract.acks import Ack, Acks
from contract.commands import Command
from contract.errors import ConfigError, ContractError
from edge.capture.backoff import Backoff
from edge.config import BrokerConfig
from edge.config.urls import BROKER_PORTS, endpoint
from edge.spool import READING_IDS, Spool
from edge.uplink.lane import Lane
from edge.uplink.letters import Letters
from edge.uplink.window import Window

log = logging.getLogger(__name__)
KEEPALIVE_S = 15
CONNECT_TIMEOUT_S = 3.0
CONNACK_TIMEOUT_S = 5.0
FAREWELL_TIMEOUT_S = 1.0
BIRTH_AGAIN_S = 300.0
"""A birth is repeated: NATS shows what is retained to nobody who subscribes in the moment that it comes in."""
_TICK_S = 0.2
ACKS_WAITING_MAX = 10_000


class EventUplink:
    """Sends what the spool holds until the centre has answered for it; comes back after every loss, with jitter."""

    def __init__(
        self,
        broker: BrokerConfig,
        letters: Letters,
        spool: Spool,
        *,
        password_of: Callable[[], str],
        now_ns: Callable[[], int],
        monotonic_s: Callable[[], float],
        backoff: Backoff = Backoff(first_s=0.5, most_s=30.0),  # noqa: B008 -- frozen
    ) -> None:
        self._broker = broker
        self._letters = letters
        self._events = spool.events
        self._now_ns = now_ns
        self._monotonic_s = monotonic_s
        self._backoff = backoff
        self._event_lane = Lane("event", spool.events, self._new_window())
        self._reading_lane = Lane("reading", spool.readings, self._new_window())
        self._born_ns = 0
        self._beat_at_s = self._birth_at_s = 0.0
        self._state = "starting"
        self._is_connected = False
        self._is_refused = False
        self._is_rebirth_asked = False
        self._acks: deque[Ack] = deque(maxlen=ACKS_WAITING_MAX)
        self._counts: Counter[str] = Counter()
        self._password_of = password_of
        self._client = self._make_client()

    @property
    def state(self) -> str:
        """`connected`, or in words why not."""
        return self._state

    def counters(self) -> dict[str, int]:
        """What happened since the start, by name."""
        return {name: self._counts[name] for name in sorted(self._counts)}

    def run(self, stop: Event) -> None:
        """Until the stop event: connect, serve, and after each loss wait a little longer before the next try."""
        draw = random.Random()  # noqa: S311 -- jitter is no secret
        failures = 0
        while not stop.is_set():
            try:
                was_connected = self._connect(stop) and self._serve(stop)
            finally:
                self._hang_up()
            if stop.is_set():
                break
            failures = 1 if was_connected else failures + 1
            self._counts["connection_losses" if was_connected else "connection_failures"] += 1
            log.warning("uplink state=%r failures=%d", self._state, failures)
            stop.wait(self._backoff.delay_s(failures, draw))

    def _connect(self, stop: Event) -> bool:
        """Whether the broker took us; the will goes with the request."""
        server = endpoint(self._broker.url, BROKER_PORTS)
        self._born_ns = self._now_ns()
        self._is_refused = False
        will = self._letters.will_message(self._born_ns, "the connection was lost")
        self._client.will_set(self._letters.topic("will"), will, qos=1, retain=True)
        try:
            # Read anew each time, so that a changed password works without a restart.
            self._client.username_pw_set(self._broker.username, self._password_of())
            self._client.connect(server.host, server.port, keepalive=KEEPALIVE_S)
        except (OSError, ValueError, ConfigError) as error:
            self._state = f"broker cannot be reached: {error}"
            return False
        self._client.loop_start()
        give_up_s = self._monotonic_s() + CONNACK_TIMEOUT_S
        while not (self._is_connected or self._is_refused or stop.is_set()):
            if self._monotonic_s() > give_up_s:
                self._state = "broker does not answer"
                return False
            self._wait()
        return self._is_connected

    def _serve(self, stop: Event) -> bool:
        """While connected; True, because it was."""
        self._state = "connected"
        log.info("uplink state=connected waiting_events=%d", len(self._events))
        self._say_birth()
        self._beat_at_s = self._monotonic_s()
        while self._is_connected and not stop.is_set():
            self._settle()
            self._send()
            self._tell_health()
            self._wait()
        if self._is_connected:
            self._say_farewell()
        self._settle()
        return True

    def _wait(self) -> None:
        self._events.news.wait(_TICK_S)
        self._events.news.clear()

    def _settle(self) -> None:
        acks = [self._acks.popleft() for _ in range(len(self._acks))]
        of_readings = [ack for ack in acks if ack.id.startswith(READING_IDS)]
        of_events = [ack for ack in acks if not ack.id.startswith(READING_IDS)]
        self._event_lane.settle(of_events, self._counts)
        self._reading_lane.settle(of_readings, self._counts)

    def _send(self) -> None:
        """Events first; readings have a window of their own, so that a curve never holds up an act."""
        for lane in (self._event_lane, self._reading_lane):
            lane.send_again(self._publish, self._monotonic_s(), self._counts)
            lane.send_new(self._publish, self._monotonic_s(), self._counts)

    def _tell_health(self) -> None:
        now_s = self._monotonic_s()
        if self._is_rebirth_asked or now_s >= self._birth_at_s + BIRTH_AGAIN_S:
            self._say_birth()
        if now_s >= self._beat_at_s:
            self._beat_at_s = now_s + self._broker.heartbeat_s
            self._publish("health", self._letters.health_message(self._now_ns()))

    def _say_birth(self) -> None:
        self._is_rebirth_asked = False
        self._birth_at_s = self._monotonic_s()
        self._publish("birth", self._letters.birth_message(self._born_ns), retain=True)

    def _say_farewell(self) -> None:
        # A clean end takes the will back at the broker, so we say it ourselves.
        words = self._letters.will_message(self._born_ns, "stopped")
        with suppress(RuntimeError, ValueError):
            self._publish("will", words, retain=True).wait_for_publish(FAREWELL_TIMEOUT_S)

    def _publish(self, channel: Any, body: bytes, *, retain: bool = False) -> mqtt.MQTTMessageInfo:
        return self._client.publish(self._letters.topic(channel), body, qos=1, retain=retain)

    def _hang_up(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()
        self._is_connected = False

    def _new_window(self) -> Window:
        return Window(self._broker.inflight_max, ack_timeout_s=self._broker.ack_timeout_s)

    def _make_client(self) -> mqtt.Client:
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=f"{self._letters.town}-{self._letters.gateway}",
            clean_session=False,
            protocol=mqtt.MQTTv311,
            reconnect_on_failure=False,
        )
        client.connect_timeout = CONNECT_TIMEOUT_S
        client.max_inflight_messages_set(2 * self._broker.inflight_max + 100)
        if endpoint(self._broker.url, BROKER_PORTS).scheme == "mqtts":
            client.tls_set(ca_certs=self._broker.ca_file)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        return client

    # The callbacks run in paho's thread: they only note what came and wake the other.

    def _on_connect(self, client: mqtt.Client, _data: Any, flags: mqtt.ConnectFlags, code: Any, _more: Any) -> None:
        if code.is_failure:
            self._state = f"broker refuses: {code}"
            self._is_refused = True
        else:
            if not flags.session_present:
                # Acks that waited for us are lost with the session: whatever is not settled goes out once more.
                self._event_lane.forget()
                self._reading_lane.forget()
            client.subscribe([(self._letters.topic("ack"), 1), (self._letters.topic("command"), 1)])
            self._is_connected = True
        self._events.news.set()

    def _on_disconnect(self, _client: mqtt.Client, _data: Any, _flags: Any, code: Any, _more: Any) -> None:
        if self._is_connected:
            self._state = f"connection lost: {code}"
        self._is_connected = False
        self._is_refused = True
        self._events.news.set()

    def _on_message(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        try:
            data = codec.decode(bytes(message.payload)).data
        except ContractError as error:
            self._counts["bad_messages"] += 1
            log.warning("bad_message topic=%s reason=%r", message.topic, error.reason[:500])
            return
        if isinstance(data, Acks):
            # What does not fit is asked for again by the resending of its event.
            self._counts["acks_dropped"] += max(0, len(self._acks) + len(data.acks) - ACKS_WAITING_MAX)
            self._acks.extend(data.acks)
        elif isinstance(data, Command) and data.action == "rebirth":
            self._is_rebirth_asked = True
        self._events.news.set()
