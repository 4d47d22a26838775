"""CloudEvents 1.0 in structured JSON mode: one envelope for everything that goes over the broker."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from msgspec import Struct

from contract import matters
from contract.acks import Acks
from contract.commands import Command
from contract.errors import ContractError
from contract.events import Event
from contract.health import Birth, Health, Will
from contract.preparing import prepare
from contract.readings import Reading
from contract.times import Utc

MAX_MESSAGE_BYTES = 256 * 1024
Payload = Event | Reading | Health | Birth | Will | Acks | Command
PAYLOAD_TYPES: dict[str, type[Any]] = {
    "cn.tantou.event.v1": Event,
    "cn.tantou.reading.v1": Reading,
    "cn.tantou.health.v1": Health,
    "cn.tantou.birth.v1": Birth,
    "cn.tantou.will.v1": Will,
    "cn.tantou.ack.v1": Acks,
    "cn.tantou.command.v1": Command,
}
_TYPE_NAMES = {kind: name for name, kind in PAYLOAD_TYPES.items()}


class _Envelope(Struct, kw_only=True):
    specversion: Literal["1.0"] = "1.0"
    id: str
    source: str
    type: str
    time: Utc
    datacontenttype: Literal["application/json"] = "application/json"
    data: msgspec.Raw


prepare(_Envelope, *PAYLOAD_TYPES.values(), *(matters.facts_type(matter) for matter in matters.names()))


class Message(Struct, frozen=True, kw_only=True):
    """A payload in its envelope: `id` unique per source, `source` the URI of who speaks, `time` when it was true."""

    id: str
    source: str
    time: Utc
    data: Payload


def event_message(event: Event) -> Message:
    """The message of an event revision: id `event_id:revision`, deterministic, so that a repeat is a repeat."""
    return Message(
        id=f"{event.event_id}:{event.revision}",
        source=f"/towns/{event.town}/gateways/{event.gateway}/devices/{event.device}",
        time=event.last_seen,
        data=event,
    )


def encode(message: Message) -> bytes:
    """JSON bytes, keys in the types' order: equal messages give equal bytes."""
    envelope = _Envelope(
        id=message.id,
        source=message.source,
        type=_TYPE_NAMES[type(message.data)],
        time=message.time,
        data=msgspec.Raw(msgspec.json.encode(message.data)),
    )
    return msgspec.json.encode(envelope)


def decode(data: bytes) -> Message:
    """A message from its bytes. Unknown fields are ignored.

    Raises ContractError for anything else than one of the known types in full: no JSON, an unknown major version,
    a wrong field, too many bytes; an event's facts must follow its matter.
    """
    if len(data) > MAX_MESSAGE_BYTES:
        raise ContractError(f"message: {len(data)} bytes, at most {MAX_MESSAGE_BYTES}")
    try:
        envelope = msgspec.json.decode(data, type=_Envelope)
        kind = PAYLOAD_TYPES.get(envelope.type)
        if kind is None:
            raise ContractError(f"message type {envelope.type[:80]!r}: not known here")
        payload = msgspec.json.decode(envelope.data, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ContractError(f"message: {error}") from error
    if isinstance(payload, Event):
        matters.read_facts(payload.matter, payload.facts)
        if envelope.id != f"{payload.event_id}:{payload.revision}":
            raise ContractError(f"message id {envelope.id[:80]!r}: expected {payload.event_id}:{payload.revision}")
    return Message(id=envelope.id, source=envelope.source, time=envelope.time, data=payload)
