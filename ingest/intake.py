"""One message from its bytes to what may be stored, or why not. Pure: no clock, no I/O.

A message is taken, refused for good (kept with its reason, and the gateway is told), or not heard: its gateway is not
registered here, so nothing is stored and nothing acked, and the gateway keeps it until somebody registers it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from contract import codec
from contract.errors import ContractError
from contract.events import Event
from contract.health import Birth, Health, Will
from contract.preparing import prepare
from contract.readings import Reading
from contract.times import ns_from_utc
from contract.topics import Channel, Topic, parse_topic
from store.gateways import Gateway

MAX_ID_CHARS = 200
_NUL = b"\\u0000"  # as JSON writes it; a bare one is no JSON
ACKED: frozenset[Channel] = frozenset({"event", "reading"})  # what gateways keep until it is answered
_PAYLOADS: dict[Channel, type[msgspec.Struct]] = {
    "event": Event,
    "reading": Reading,
    "health": Health,
    "birth": Birth,
    "will": Will,
}


@dataclass(frozen=True, slots=True)
class Letter:
    """A message as the broker delivered it."""

    topic: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Taken:
    """A message that may be stored."""

    topic: Topic
    message: codec.Message
    body: bytes


@dataclass(frozen=True, slots=True)
class Refused:
    """A message refused for good; `kind` is the counter's name, `message_id` None when none could be read."""

    letter: Letter
    topic: Topic | None
    message_id: str | None
    kind: str
    reason: str


@dataclass(frozen=True, slots=True)
class Unheard:
    """A message of a gateway that is not registered here, or not in this town."""

    topic: Topic


class _Id(msgspec.Struct):
    id: str


prepare(_Id)


def topic_of(letter: Letter) -> Topic | Refused:
    """The letter's topic; Refused when it is none."""
    try:
        return parse_topic(letter.topic)
    except ContractError as error:
        return Refused(letter, None, None, "bad_topic", error.reason)


def read(letter: Letter, registered: Mapping[str, Gateway]) -> Taken | Refused | Unheard:
    """What to do with one letter; `registered` holds at least its gateway, if that is registered."""
    topic = topic_of(letter)
    if isinstance(topic, Refused):
        return topic
    gateway = registered.get(topic.gateway)
    if gateway is None or gateway.town != topic.town:
        return Unheard(topic)
    try:
        message = codec.decode(letter.body)
    except ContractError as error:
        return Refused(letter, topic, _message_id(letter.body), "bad_message", error.reason)
    problem = _problem(topic, message, letter.body)
    if problem is not None:
        return Refused(letter, topic, message.id[:MAX_ID_CHARS], *problem)
    return Taken(topic, message, letter.body)


def _problem(topic: Topic, message: codec.Message, body: bytes) -> tuple[str, str] | None:
    """The counter's name and the reason why a well-formed message may not stand on this topic; None when it may."""
    data = message.data
    expected = _PAYLOADS.get(topic.channel)
    if expected is None or not isinstance(data, expected):
        return "wrong_channel", f"channel {topic.channel}: found {type(data).__name__}"
    if _NUL in body:
        return "bad_message", "a text holds the character NUL, which PostgreSQL does not keep"
    if len(message.id) > MAX_ID_CHARS:
        return "bad_message", f"message id: {len(message.id)} characters, at most {MAX_ID_CHARS}"
    if isinstance(data, Reading):
        whose = f"/towns/{topic.town}/gateways/{topic.gateway}/"
        if not message.source.startswith(whose):
            return "wrong_gateway", f"source {message.source[:200]!r}: expected {whose}..."
    elif isinstance(data, Event | Health | Birth | Will) and (data.town, data.gateway) != (topic.town, topic.gateway):
        where = f"{topic.town}/{topic.gateway}"
        return "wrong_gateway", f"payload speaks for {data.town}/{data.gateway} on the topic of {where}"
    return _bad_time(message)


def _bad_time(message: codec.Message) -> tuple[str, str] | None:
    data = message.data
    try:
        ns_from_utc(message.time)
        if isinstance(data, Event) and ns_from_utc(data.onset) > ns_from_utc(data.last_seen):
            return "bad_message", f"onset {data.onset} is after last_seen {data.last_seen}"
        if isinstance(data, Reading):
            ns_from_utc(data.at)
    except ContractError as error:
        return "bad_message", error.reason
    return None


def _message_id(body: bytes) -> str | None:
    """The id of a message that is otherwise not to be read, so that its gateway can be told; None: there is none."""
    if len(body) > codec.MAX_MESSAGE_BYTES:
        body = body[:1000]  # our own encoder puts the id near the beginning
        start, end = body.find(b'"id":"'), -1
        end = body.find(b'"', start + 6) if start >= 0 else -1
        return body[start + 6 : end].decode("utf-8", "replace")[:MAX_ID_CHARS] if end > 0 else None
    try:
        return msgspec.json.decode(body, type=_Id).id[:MAX_ID_CHARS]
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
