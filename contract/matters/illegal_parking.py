"""Facts of illegal parking (机动车违停): who stood where, since when, for how long, and what was not seen."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from contract.times import Utc


class Span(Struct, frozen=True, kw_only=True):
    """A stretch of the timer: the vehicle was seen, hidden (covered or missed), or there was no picture."""

    start: Utc
    end: Utc
    state: Literal["seen", "hidden", "no_picture"]


class Facts(Struct, frozen=True, kw_only=True):
    """The stay in true stream time; durations in seconds, unknown is None, never zero."""

    vehicle: str
    since: Utc
    due: Utc
    last_seen: Utc
    dwell_s: Annotated[float, Meta(ge=0)]
    grace_s: Annotated[float, Meta(ge=0)]
    hidden_s: Annotated[float, Meta(ge=0)]
    no_picture_s: Annotated[float, Meta(ge=0)]
    arrival_seen: bool
    left: Utc | None = None
    spans: Annotated[tuple[Span, ...], Meta(max_length=500)] = ()
    plate: str | None = None
    plate_reason: str | None = None
    legal_ground: str | None = None
