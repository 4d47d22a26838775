"""The broker's configuration: NATS in MQTT mode, on loopback, on disk, each user within its own topics.

Pure: names and passwords in, the text of `nats.conf` out. MQTT's `a/b` is the subject `a.b`, `+` is `*`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from contract.topics import DOWNWARD, UPWARD

_QOS1_DELIVERY = "$MQTT.sub.>"  # where the server itself delivers QoS 1 subscriptions of a user with permissions


@dataclass(frozen=True, slots=True)
class BrokerUser:
    """Who may connect, and which subjects it may write and read."""

    name: str
    password: str
    publish: tuple[str, ...]
    subscribe: tuple[str, ...]


def gateway_user(*, town: str, gateway: str, password: str) -> BrokerUser:
    """A gateway writes under its own name only and reads its own acks and commands."""
    own = f"tantou.v1.{town}.{gateway}"
    return BrokerUser(
        gateway,
        password,
        tuple(f"{own}.{channel}" for channel in UPWARD),
        tuple(f"{own}.{channel}" for channel in DOWNWARD),
    )


def centre_user(name: str, password: str) -> BrokerUser:
    """The centre reads what every gateway sends and answers it."""
    return BrokerUser(
        name,
        password,
        tuple(f"tantou.v1.*.*.{channel}" for channel in DOWNWARD),
        tuple(f"tantou.v1.*.*.{channel}" for channel in UPWARD),
    )


def nats_config(*, port: int, store_dir: str, users: Sequence[BrokerUser]) -> str:
    """The text of nats.conf; it holds passwords, so its file is 0600."""
    quoted = json.dumps
    entries = "\n".join(
        f"    {{ user: {quoted(user.name)}, password: {quoted(user.password)}, permissions: {{ "
        f"publish: {quoted(list(user.publish))}, subscribe: {quoted([*user.subscribe, _QOS1_DELIVERY])} }} }}"
        for user in users
    )
    return f"""server_name: tantou
host: 127.0.0.1
port: -1
jetstream {{
  store_dir: {quoted(store_dir)}
  sync_interval: always
}}
mqtt {{
  host: 127.0.0.1
  port: {port}
  ack_wait: 10s
  max_ack_pending: 2000
}}
authorization {{
  users: [
{entries}
  ]
}}
"""
