"""The contract for other programs: JSON Schemas and the AsyncAPI document, made from the types themselves.

Pure: `documents()` gives path -> text; `scripts/write_documents.py` writes them, a test says when they drift.
"""

from __future__ import annotations

import json
from typing import Any, get_args

import msgspec

from contract import matters
from contract.codec import PAYLOAD_TYPES
from contract.manifest import Manifest
from contract.observations import TapeRecord
from contract.plates import PlatesOfPicture
from contract.reports import DecodedLine, EvalReport, ParkingReplayReport, StrawReplayReport, VerifyReport
from contract.topics import DOWNWARD, ROOT, UPWARD, Channel

_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_OTHERS: dict[str, Any] = {
    "manifest": Manifest,
    "observations": TapeRecord,
    "report.verify": VerifyReport,
    "report.eval": EvalReport,
    "report.parking.replay": ParkingReplayReport,
    "report.straw.replay": StrawReplayReport,
    "report.plates.read": PlatesOfPicture,
    "report.hj212.decode": DecodedLine,
}


def documents() -> dict[str, str]:
    """Every generated document: path under `contract/` -> text."""
    texts = {f"schemas/{name}.json": _text(schema) for name, schema in schemas().items()}
    return {**texts, "asyncapi.json": _text(asyncapi())}


def schemas() -> dict[str, dict[str, Any]]:
    """Name -> JSON Schema: payloads with their envelope, each matter's facts, manifest, tape and command outputs."""
    made = {_stem(name): _envelope(name, kind) for name, kind in PAYLOAD_TYPES.items()}
    made |= {f"matter.{matter}": _schema(matters.facts_type(matter)) for matter in matters.names()}
    made |= {name: _schema(kind) for name, kind in _OTHERS.items()}
    return made


def asyncapi() -> dict[str, Any]:
    """AsyncAPI 3.0: one channel a topic, one message a payload type, seen from the centre."""
    channels = {
        channel: {
            "address": f"{ROOT}/{{town}}/{{gateway}}/{channel}",
            "parameters": {
                "town": {"description": "the town that the gateway serves"},
                "gateway": {"description": "the gateway; it writes and reads under its own name only"},
            },
            "messages": {channel: {"$ref": f"#/components/messages/{channel}"}},
        }
        for channel in get_args(Channel)
    }
    operations = {channel: _operation(channel, "receive") for channel in UPWARD}
    operations |= {channel: _operation(channel, "send") for channel in DOWNWARD}
    messages = {
        _stem(name): {
            "name": name,
            "contentType": "application/cloudevents+json",
            "payload": {"$ref": f"./schemas/{_stem(name)}.json"},
        }
        for name in PAYLOAD_TYPES
    }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Tantou",
            "version": "1",
            "description": "MQTT 3.1.1, QoS 1. A PUBACK is no receipt: only the centre's `ack` lets a gateway forget.",
            "license": {"name": "AGPL-3.0-or-later"},
        },
        "defaultContentType": "application/cloudevents+json",
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages},
    }


def _operation(channel: str, action: str) -> dict[str, Any]:
    return {"action": action, "channel": {"$ref": f"#/channels/{channel}"}}


def _stem(type_name: str) -> str:
    return type_name.removeprefix("cn.tantou.").removesuffix(".v1")


def _schema(kind: Any) -> dict[str, Any]:
    return {"$schema": _DRAFT, **msgspec.json.schema(kind)}


def _envelope(name: str, kind: Any) -> dict[str, Any]:
    payload = msgspec.json.schema(kind)
    definitions = payload.pop("$defs", {})
    return {
        "$schema": _DRAFT,
        "title": f"CloudEvents 1.0, {name}",
        "type": "object",
        "required": ["specversion", "id", "source", "type", "time", "data"],
        "properties": {
            "specversion": {"const": "1.0"},
            "id": {"type": "string"},
            "source": {"type": "string"},
            "type": {"const": name},
            "time": {"type": "string"},
            "datacontenttype": {"const": "application/json"},
            "data": payload,
        },
        "$defs": definitions,
    }


def _text(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
