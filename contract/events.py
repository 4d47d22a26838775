"""Events: one continuing act found by the edge, told in revisions that each replace the one before."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from contract.geometry import Where
from contract.times import Utc

Name = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}(?!\n)$", description="id safe in topics and paths")]
Sha256 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}(?!\n)$")]
EventId = Annotated[str, Meta(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}(?!\n)$")]
EvidencePath = Annotated[
    str,
    Meta(
        pattern=r"^[a-z0-9_-]+(\.[a-z0-9_-]+)*(/[a-z0-9_-]+(\.[a-z0-9_-]+)*)*(?!\n)$",
        max_length=200,
        description="path in a package: no empty part, none that climbs out",
    ),
]
Text = Annotated[str, Meta(max_length=2000)]

Phase = Literal["opened", "updated", "closed"]
GradeLevel = Literal["full", "partial", "lead_only"]
Met = Literal["met", "not_met", "not_seen"]
ClockSource = Literal["rtcp", "onvif", "http_date", "given", "none"]
EvidenceRole = Literal[
    "arrival",
    "first_still",
    "due",
    "last",
    "departure",
    "overlay",
    "close_up",
    "clip",
    "observations",
    "readings",
    "curve",
    "binding",
    "zone",
    "reference",
    "look",
    "strip",
    "difference",
    "map",
    "series",
    "weather",
    "other",
]


class Clock(Struct, frozen=True, kw_only=True):
    """The camera's clock against UTC: offset = camera - UTC; None is unknown and stays unknown."""

    source: ClockSource
    offset_s: float | None = None
    uncertainty_s: float | None = None


class Predicate(Struct, frozen=True, kw_only=True):
    """One condition of the grade: what was required, what was found, and the text that asks for it.

    `values`: the numbers and codes of both sentences by name, for whoever says them in another language.
    """

    id: Text
    required: Text
    found: Text
    met: Met
    source: Text
    values: dict[str, Any] = {}


class Grade(Struct, frozen=True, kw_only=True):
    """How far the record carries, and the predicates that say why."""

    level: GradeLevel
    predicates: tuple[Predicate, ...] = ()


class CounterEvidence(Struct, frozen=True, kw_only=True):
    """What spoke against the act and what was done about it."""

    kind: Text
    effect: Literal["held", "released", "flagged"]
    reason: Text
    at: Utc


class EvidenceItem(Struct, frozen=True, kw_only=True):
    """One evidence file as the event names it; the manifest says more.

    A file derived of several names all of them in `parents_sha256`, the first of them in `parent_sha256` too.
    """

    sha256: Sha256
    path: EvidencePath
    role: EvidenceRole
    media_type: Text
    size_bytes: Annotated[int, Meta(ge=0)]
    captured: Utc | None = None
    parent_sha256: Sha256 | None = None
    parents_sha256: Annotated[tuple[Sha256, ...], Meta(max_length=20)] = ()


class EvidenceRef(Struct, frozen=True, kw_only=True):
    """The signed manifest of this revision and the files it lists."""

    manifest_sha256: Sha256
    signature_sha256: Sha256
    items: Annotated[tuple[EvidenceItem, ...], Meta(max_length=200)]


class Provenance(Struct, frozen=True, kw_only=True):
    """What judged: so that the judgement can be repeated months later."""

    model: Text
    model_sha256: Text
    rule: Text
    config_sha256: Sha256
    software: Text


class Event(Struct, frozen=True, kw_only=True):
    """One revision of one act; `facts` follows `contract.matters.<matter>.Facts`."""

    event_id: EventId
    revision: Annotated[int, Meta(ge=1, le=1_000_000)]
    matter: Name
    phase: Phase
    town: Name
    gateway: Name
    device: Name
    zone: Name
    onset: Utc
    last_seen: Utc
    clock: Clock
    where: Where
    facts: dict[str, Any]
    grade: Grade
    counter_evidence: tuple[CounterEvidence, ...] = ()
    evidence: EvidenceRef | None = None
    provenance: Provenance
