"""Facts of illegal parking (机动车违停): who stood where, since when, for how long, and what was not seen."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from contract.events import Sha256
from contract.plates import Share
from contract.times import Utc

SpanState = Literal["seen", "hidden", "no_picture", "reidentified_patch", "reidentified_plate", "held", "suspended"]
Authority = Literal["jiaojing", "chengguan"]
AUTHORITY_WORDS: dict[Authority, str] = {"jiaojing": "交警", "chengguan": "城管"}
Identity = Literal["kept", "reidentified", "assumed", "broken"]


class Span(Struct, frozen=True, kw_only=True):
    """A stretch of the timer: the vehicle was seen, or found again and known by its looks (`reidentified_patch`) or
    plate; hidden (covered or missed); without a picture; held by counter-evidence; or its zone was suspended.
    """

    start: Utc
    end: Utc
    state: SpanState


class Answer(Struct, frozen=True, kw_only=True):
    """One question of the reference's section 5, answered only by what the camera can show."""

    kind: str
    answer: Literal["yes", "no", "not_visible"]


class EvidencePart(Struct, frozen=True, kw_only=True):
    """One part of the evidence set E1..E11; `later`: it comes with a later revision or from a person."""

    part: str
    state: Literal["there", "missing", "later"]
    detail: str


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
    """The stay in true stream time; durations in seconds, unknown is None, never zero.

    `dwell_s` counts neither what had no picture nor what was held or suspended. `identity`: whether it is one and the
    same vehicle from `since` to `last_seen`.
    """

    vehicle: str
    since: Utc
    due: Utc
    last_seen: Utc
    dwell_s: Annotated[float, Meta(ge=0)]
    grace_s: Annotated[float, Meta(ge=0)]
    hidden_s: Annotated[float, Meta(ge=0)]
    no_picture_s: Annotated[float, Meta(ge=0)]
    held_s: Annotated[float, Meta(ge=0)] = 0.0
    suspended_s: Annotated[float, Meta(ge=0)] = 0.0
    arrival_seen: bool
    identity: Identity = "kept"
    left: Utc | None = None
    spans: Annotated[tuple[Span, ...], Meta(max_length=500)] = ()
    plate: str | None = None
    plate_reason: str | None = None
    plate_kind: str | None = None
    plate_votes: Annotated[tuple[PlateVote, ...], Meta(max_length=16)] = ()
    plate_readers: Annotated[tuple[str, ...], Meta(max_length=8)] = ()
    legal_ground: str | None = None
    authority: Authority | None = None
    marking: str | None = None
    surface: str | None = None
    answers: tuple[Answer, ...] = ()
    evidence_set: tuple[EvidencePart, ...] = ()
