"""Facts of illegal parking (机动车违停): who stood where, since when, for how long, and what was not seen."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from contract.events import Sha256
from contract.plates import Share
from contract.times import Utc


class Span(Struct, frozen=True, kw_only=True):
    """A stretch of the timer: the vehicle was seen, hidden (covered or missed), or there was no picture."""

    start: Utc
    end: Utc
    state: Literal["seen", "hidden", "no_picture"]


class PlateRaw(Struct, frozen=True, kw_only=True):
    """What one reader said in `cuts` of its cuts of one picture, nothing dropped; `sure` is each character's
    probability in the surest of them."""

    reader: str
    text: str
    sure: Annotated[tuple[Share, ...], Meta(max_length=40)]
    cuts: int


class PlateVote(Struct, frozen=True, kw_only=True):
    """One picture of the standing vehicle: the text that it votes for, or why it does not vote, with every raw read.

    `close_ups` are the SHA-256 of the evidence files that were cut from the frame that was read.
    """

    at: Utc
    text: str | None
    kind: str | None
    reason: str | None
    width_px: float
    sharpness: float
    colour: str | None = None
    raw: Annotated[tuple[PlateRaw, ...], Meta(max_length=24)] = ()
    close_ups: Annotated[tuple[Sha256, ...], Meta(max_length=4)] = ()


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
    plate_kind: str | None = None
    plate_votes: Annotated[tuple[PlateVote, ...], Meta(max_length=16)] = ()
    plate_readers: Annotated[tuple[str, ...], Meta(max_length=8)] = ()
    legal_ground: str | None = None
