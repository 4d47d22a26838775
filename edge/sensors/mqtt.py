"""A vendor's MQTT messages: kept as they came, then acknowledged; the profile says where in the JSON what stands."""

from __future__ import annotations

import logging
import random
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any, Final

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from contract.errors import ConfigError, StoreError
from edge.capture.backoff import Backoff
from edge.config import SensorConfig
from edge.config.sensors import MQTT_PORTS
from edge.config.urls import endpoint
from edge.sensors.profiles.profile import Profile
from edge.sensors.source import ValueRows
from edge.sensors.status import Trouble

log = logging.getLogger(__name__)
KIND: Final = "mqtt"
KEEPALIVE_S: Final = 30
MAX_MESSAGE_BYTES: Final = 64 * 1024
LOOP_S: Final = 0.5
_BACKOFF: Final = Backoff(first_s=0.5, most_s=60.0)


class MqttSource:
    """One sensor's topic at a broker; QoS 1, a session that the broker keeps, an ack only for what is on disk."""

    def __init__(
        self, sensor: SensorConfig, profile: Profile, rows: ValueRows, *, password_of: Callable[[], str | None]
    ) -> None:
        self._sensor = sensor
        self._rows = rows
        self._tells_time = profile.json.time_path is not None
        self._password_of = password_of
        self._problem = "not connected yet"
        self._is_connected = False
        self._ordinal = 0
        self._counts: Counter[str] = Counter()

    def trouble(self) -> Trouble:
        """Unreachable while the broker does not take us."""
        return Trouble("unreachable" if self._problem else None, self._problem, (), dict(self._counts))

    def run(self, stop: threading.Event) -> None:
        """Connected until the stop event; after each loss a little later again."""
        draw = random.Random()  # noqa: S311 -- jitter is no secret
        failures = 0
        while not stop.is_set():
            client = self._client()
            try:
                self._listen(client, stop)
                failures = 0 if self._is_connected else failures + 1
            except (OSError, ValueError, ConfigError) as error:
                failures += 1
                self._problem = f"the broker cannot be reached: {error}"[:500]
            finally:
                client.disconnect()
                self._is_connected = False
            stop.wait(_BACKOFF.delay_s(max(1, failures), draw))

    def _listen(self, client: paho.Client, stop: threading.Event) -> None:
        """Until the connection is lost or the stop event; raises OSError when there is none to be had."""
        if self._sensor.username is not None:
            client.username_pw_set(self._sensor.username, self._password_of())
        server = endpoint(str(self._sensor.url), MQTT_PORTS)
        if server.scheme == "mqtts":
            client.tls_set(ca_certs=self._sensor.ca_file)
        client.connect(server.host, server.port, keepalive=KEEPALIVE_S)
        while not stop.is_set():
            code = client.loop(LOOP_S)
            if code is not paho.MQTT_ERR_SUCCESS:
                self._problem = f"the broker let go: {paho.error_string(code)}"
                return

    def _client(self) -> paho.Client:
        client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=f"tantou-{self._sensor.id}",
            clean_session=False,
            protocol=paho.MQTTv311,
            manual_ack=True,
        )
        client.on_connect = self._connected
        client.on_subscribe = self._subscribed
        client.on_message = self._arrived
        return client

    def _connected(self, client: paho.Client, _userdata: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            self._problem = f"the broker refuses: {reason}"
            return
        self._is_connected = True
        client.subscribe(str(self._sensor.topic), qos=1)

    def _subscribed(self, _client: paho.Client, _userdata: Any, _mid: int, reasons: Any, _properties: Any) -> None:
        """Reached is a sensor whose topic we hold: a broker may take us and refuse the topic."""
        refused = [reason for reason in reasons if reason.is_failure]
        self._problem = f"the broker refuses the topic: {refused[0]}" if refused else ""

    def _arrived(self, client: paho.Client, _userdata: Any, message: paho.MQTTMessage) -> None:
        """Kept, then acknowledged; what could not be kept is not, and comes again."""
        payload = bytes(message.payload)
        if len(payload) > MAX_MESSAGE_BYTES:
            self._counts["messages_too_large"] += 1
        else:
            self._ordinal += 1
            # A message without a time of its own is another one each time: twice is better than not at all.
            own = b"" if self._tells_time else b"%d/%d\0" % (self._rows.now_ns(), self._ordinal)
            try:
                self._rows.keep(self._sensor.id, KIND, payload, identity=own + payload)
            except StoreError as error:
                self._counts["messages_not_kept"] += 1
                log.error("message_not_kept device=%s reason=%r", self._sensor.id, str(error))
                client.disconnect()  # the broker sends again what was not acknowledged once we are back
                return
            self._counts["messages"] += 1
        client.ack(message.mid, message.qos)
