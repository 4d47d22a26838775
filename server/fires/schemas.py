"""What the fires' routes take and give beside the lead itself."""

from __future__ import annotations

from typing import Any

from pydantic import ConfigDict

from server.leads.schemas import Holder, ResponseStep
from server.shapes import EVENT_ID, INSTANT, Answer, Ask, Instant

_PLACE: dict[str, Any] = {
    "learned_from": EVENT_ID,
    "town": "demo",
    "gateway": "gw-1",
    "device": "tower-1",
    "device_name": "云峰山",
    "preset": "p3",
    "polygon": [[0.41, 0.3], [0.5, 0.3], [0.5, 0.44], [0.41, 0.44]],
    "kind": "chimney",
    "valid_from": INSTANT,
    "valid_to": INSTANT,
    "learned_by": {"id": "u-3f9a0c12", "name": "王丽"},
    "ended_at": None,
    "ended_by": None,
}


class KnownPlace(Answer):
    """A place that smokes or shines by right: what starts in `polygon` (shares of the preset's picture) rings no more.

    `learned_from` is the dismissed lead that taught it; `ended_at` null: it holds until `valid_to`.
    """

    model_config = ConfigDict(frozen=True, json_schema_extra={"examples": [_PLACE]})

    learned_from: str
    town: str
    gateway: str
    device: str
    device_name: str
    preset: str
    polygon: list[tuple[float, float]]
    kind: str
    valid_from: Instant
    valid_to: Instant
    learned_by: Holder
    ended_at: Instant | None
    ended_by: Holder | None


class KnownPlaceList(Answer):
    """Known places, newest first, those that ended too."""

    items: list[KnownPlace]


class ResponseAsk(Ask):
    """Which step of the response was taken."""

    model_config = ConfigDict(frozen=True, extra="forbid", json_schema_extra={"examples": [{"step": "answer"}]})

    step: ResponseStep
