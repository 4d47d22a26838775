"""MQTT topics: `tantou/v1/{town}/{gateway}/{channel}`; plain MQTT 3.1.1, QoS 1."""

from __future__ import annotations

import re
from typing import Literal, get_args

from msgspec import Struct

from contract.errors import ContractError

Channel = Literal["event", "reading", "health", "birth", "will", "ack", "command"]
UPWARD: tuple[Channel, ...] = ("event", "reading", "health", "birth", "will")
DOWNWARD: tuple[Channel, ...] = ("ack", "command")
ROOT = "tantou/v1"
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


class Topic(Struct, frozen=True):
    """A parsed topic."""

    town: str
    gateway: str
    channel: Channel

    def __str__(self) -> str:
        return f"{ROOT}/{self.town}/{self.gateway}/{self.channel}"


def parse_topic(text: str) -> Topic:
    """A topic from its text; raises ContractError that says which part is wrong."""
    parts = text.split("/")
    if len(parts) != 5 or parts[:2] != ROOT.split("/"):
        raise ContractError(f"topic {text[:200]!r}: expected {ROOT}/<town>/<gateway>/<channel>")
    town, gateway, channel = parts[2:]
    for what, name in (("town", town), ("gateway", gateway)):
        if not _NAME.fullmatch(name):
            raise ContractError(f"topic {text[:200]!r}: {what} {name[:64]!r} is no name")
    if channel not in get_args(Channel):
        raise ContractError(f"topic {text[:200]!r}: channel {channel[:64]!r} is none of {', '.join(get_args(Channel))}")
    return Topic(town, gateway, channel)  # type: ignore[arg-type]


def upward_filter(channel: Channel) -> str:
    """The subscription that takes in one channel of every gateway."""
    return f"{ROOT}/+/+/{channel}"
