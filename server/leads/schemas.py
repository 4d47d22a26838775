"""What the leads' routes take and give."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from contract.events import GradeLevel
from server.shapes import EVENT_ID, INSTANT, SHA256, Answer, Ask, GroundPosition, HexSha256, Instant, LeadState, Note

DismissReason = Literal[
    # illegal parking
    "queueing",
    "loading",
    "on_duty",
    "permitted",
    "breakdown_accident",
    "wrong_vehicle",
    # cooking fumes
    "steam",
    "device_fault",
    "not_in_business",
    "maintenance_calibration",
    "neighbour",
    "data_missing",
    # straw burning
    "cloud_fog",
    "chimney_steam",
    "dust_spray",
    "lamp_glare",
    "lens_dirty",
    "permitted_burn",
    # any matter
    "cannot_see",
    "duplicate",
    "other",
]
AllowedAction = Literal["claim", "release", "confirm", "dismiss", "undo", "accept", "return", "split", "respond"]
Order = Literal["newest", "oldest"]
ResponseStep = Literal["answer", "set_out", "on_site"]

_SUMMARY: dict[str, Any] = {
    "event_id": EVENT_ID,
    "version": 3,
    "state": "claimed",
    "matter": "illegal_parking",
    "town": "demo",
    "device": "cam-1",
    "device_name": "人民路口东",
    "zone": "zone-1",
    "zone_name": "校门禁停区",
    "grade": "lead_only",
    "onset": INSTANT,
    "last_seen": INSTANT,
    "opened_at": INSTANT,
    "headline": {"vehicle": "car", "dwell_s": 312.0, "plate_masked": None, "premises": None, "kind": None},
    "holder": {"id": "u-3f9a0c12", "name": "王丽"},
    "lease_until": INSTANT,
    "revision": 2,
    "thumb_url": f"/api/v1/leads/{EVENT_ID}/evidence/thumbnails/{SHA256}",
    "still_url": f"/api/v1/leads/{EVENT_ID}/evidence/files/{SHA256}?purpose=prefetch",
    "demo": True,
}
_HISTORY: dict[str, Any] = {
    "seq": 1,
    "at": INSTANT,
    "who": "u-3f9a0c12",
    "who_name": "王丽",
    "from": "alert",
    "to": "claimed",
    "action": "claim",
    "reason": None,
    "note": "",
    "hash": SHA256,
    "previous_hash": None,
}


_PERSONS_PLATE: dict[str, Any] = {
    "plate": "皖A12345",
    "who": {"id": "u-3f9a0c12", "name": "王丽"},
    "at": INSTANT,
}


class Holder(Answer):
    """The person who holds a lead."""

    id: str
    name: str


class Headline(Answer):
    """The few facts that a list shows; the plate is masked in lists."""

    vehicle: str | None = None
    dwell_s: float | None = None
    plate_masked: str | None = None
    premises: str | None = None
    kind: str | None = None
    urgency: str | None = None
    fire_state: str | None = None


class LeadSummary(Answer):
    """A lead as a list shows it; its id is its event's id."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"examples": [_SUMMARY]})

    event_id: str
    version: int
    state: LeadState
    matter: str
    town: str
    device: str
    device_name: str
    zone: str
    zone_name: str
    grade: GradeLevel
    onset: Instant
    last_seen: Instant
    opened_at: Instant
    headline: Headline
    holder: Holder | None
    lease_until: Instant | None
    revision: int
    thumb_url: str | None
    still_url: str | None
    demo: bool


class HistoryEntry(Answer):
    """One change of a lead; `hash` covers the entry and the hash before it."""

    model_config = ConfigDict(
        frozen=True, populate_by_name=True, serialize_by_alias=True, json_schema_extra={"examples": [_HISTORY]}
    )

    seq: int
    at: Instant
    who: str
    who_name: str
    from_: Annotated[LeadState | None, Field(alias="from")]
    to: LeadState
    action: str
    reason: str | None
    note: str
    hash: str
    previous_hash: str | None


class JoinedAct(Answer):
    """An act found to be the same fire as this lead's, and why; places apart in metres, times in seconds.

    `ambiguous`: it fitted another fire too, so the joint place leaves it out.
    """

    event_id: str
    into_event_id: str
    at: Instant
    distance_m: int
    chi2: str
    gap_s: int
    ambiguous: bool


class JointGround(Answer):
    """Where all towers together see the fire: WGS 84, half axes of one standard deviation, bearing of the longer."""

    lat: float
    lon: float
    major_m: float
    minor_m: float
    bearing_deg: float
    towers: int


class Response(Answer):
    """A step of the response to a fire that somebody said was taken: who, and when."""

    step: ResponseStep
    who: Holder
    at: Instant


class PersonsPlate(Answer):
    """The number plate as the person who confirmed read it; the machine's own reading is in the event's facts."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"examples": [_PERSONS_PLATE]})

    plate: str
    who: Holder
    at: Instant


class LeadDetail(LeadSummary):
    """A lead in full; `event` is the current revision as the contract defines it."""

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={
            "examples": [
                {
                    **_SUMMARY,
                    "event": {"event_id": EVENT_ID, "revision": 2, "matter": "illegal_parking"},
                    "undo_until": None,
                    "confirmed_by": None,
                    "case_number": None,
                    "plate_by_person": None,
                    "history": [_HISTORY],
                    "allowed": ["release", "confirm", "dismiss"],
                    "device_position": None,
                    "joined": [],
                    "joint_ground": None,
                    "responses": [],
                }
            ]
        },
    )

    event: Annotated[dict[str, Any], Field(json_schema_extra={"x-contract": "Event"})]
    undo_until: Instant | None
    confirmed_by: Holder | None
    case_number: str | None
    plate_by_person: PersonsPlate | None
    history: list[HistoryEntry]
    allowed: list[AllowedAction]
    device_position: GroundPosition | None
    joined: list[JoinedAct]
    joint_ground: JointGround | None
    responses: list[Response]


class LeadPage(Answer):
    """One page of leads; `next_cursor` asks for the page after it, null at the end."""

    items: list[LeadSummary]
    next_cursor: str | None


class HistoryAnswer(Answer):
    """Every change of a lead, oldest first."""

    items: list[HistoryEntry]


class QueueAnswer(Answer):
    """How long the queue is, how old, and whether cameras watch."""

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={
            "examples": [
                {
                    "alerts": 3,
                    "oldest_at": INSTANT,
                    "claimed": 1,
                    "offered": 2,
                    "cameras_live": 11,
                    "cameras_total": 12,
                }
            ]
        },
    )

    alerts: int
    oldest_at: Instant | None
    claimed: int
    offered: int
    cameras_live: int
    cameras_total: int


class LeaseAnswer(Answer):
    """Until when the lead is held."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"examples": [{"lease_until": INSTANT}]})

    lease_until: Instant


class NextAsk(Ask):
    """Which matter to take from; null: any."""

    model_config = ConfigDict(frozen=True, extra="forbid", json_schema_extra={"examples": [{"matter": None}]})

    matter: Annotated[str, Field(max_length=64)] | None = None


class VerdictAsk(Ask):
    """The operator's verdict; a dismissal needs a reason, `other` a note.

    `plate_by_person`: with a confirmation, the number plate as the person reads it in the pictures.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        json_schema_extra={"examples": [{"verdict": "dismiss", "reason": "loading", "note": ""}]},
    )

    verdict: Literal["confirm", "dismiss"]
    reason: DismissReason | None = None
    note: Note = ""
    plate_by_person: Annotated[str, Field(pattern=r"^[0-9A-Z\u4e00-\u9fff]{5,9}$")] | None = None


class ShownAsk(Ask):
    """Which file was painted on the person's screen."""

    model_config = ConfigDict(frozen=True, extra="forbid", json_schema_extra={"examples": [{"sha256": SHA256}]})

    sha256: HexSha256
