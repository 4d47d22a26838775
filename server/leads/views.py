"""A lead's rows as the API shows them: names for people, the headline of its facts, its smallest still."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec
from sqlalchemy import Connection, select

from contract.events import Event, EvidenceItem
from server.fires import response
from server.fires import turn as fires
from server.leads import persons_plate
from server.leads.allowed import Viewer, allowed, is_held, undo_until
from server.leads.schemas import Headline, HistoryEntry, Holder, JointGround, LeadDetail, LeadSummary
from server.shapes import GroundPosition
from store import events, gateways, leads, users
from store.leads import HistoryRow, Lead
from store.tables import blobs

SHOWN_HISTORY = 20
THUMB_ROLES = ("due", "first_still", "arrival", "last")
Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Names:
    """Names for people, read once for a page."""

    people: dict[str, str]
    devices: dict[Key, str]
    zones: dict[Key, str]

    def holder(self, user_id: str | None) -> Holder | None:
        return None if user_id is None else Holder(id=user_id, name=self.people.get(user_id, user_id))


def file_url(event_id: str, sha256: str) -> str:
    """Where a file of a lead's evidence is served."""
    return f"/api/v1/leads/{event_id}/evidence/files/{sha256}"


def mask_plate(plate: object) -> str | None:
    """`粤B12345` -> `粤B***45`: enough to tell two apart, not enough to look one up; unknown stays None."""
    if not isinstance(plate, str) or not plate:
        return None
    return (
        plate[:2] + "*" * max(1, len(plate) - 4) + plate[max(2, len(plate) - 2) :]
        if len(plate) > 4
        else "*" * len(plate)
    )


def summaries(conn: Connection, shown: Sequence[Lead], now: str) -> list[LeadSummary]:
    """Leads as a list shows them, in the same order."""
    names = _names(conn, shown)
    current = events.current_events(conn, shown)
    thumbs = _thumbs(conn, current.values())
    return [LeadSummary.model_validate(_summary(lead, current, names, thumbs, now)) for lead in shown]


def detail(conn: Connection, lead: Lead, viewer: Viewer, undo_s: float) -> LeadDetail:
    """One lead in full, with what this viewer may do."""
    names = _names(conn, [lead])
    current = events.current_events(conn, [lead])
    until = undo_until(lead, undo_s)
    rows = leads.history(conn, lead.event_id)
    return LeadDetail.model_validate(
        {
            **_summary(lead, current, names, _thumbs(conn, current.values()), viewer.now),
            "event": msgspec.to_builtins(current[lead.event_id]) if lead.event_id in current else {},
            "undo_until": until if until is not None and until >= viewer.now else None,
            "confirmed_by": names.holder(lead.confirmed_by),
            "case_number": lead.case_number,
            "plate_by_person": persons_plate.of_history(rows, names.people),
            "history": [history_entry(row, names.people) for row in rows[-SHOWN_HISTORY:]],
            "allowed": allowed(lead, viewer, undo_s),
            "device_position": _position(conn, lead),
            **_joined(conn, lead),
            "responses": response.of_history(rows, names.people),
        }
    )


def history_entry(row: HistoryRow, people: dict[str, str]) -> HistoryEntry:
    """One change as the API shows it; the first one of a chain has no hash before it."""
    return HistoryEntry.model_validate(
        {
            "seq": row.seq,
            "at": row.at,
            "who": row.who,
            "who_name": people.get(row.who, row.who),
            "from": row.from_state,
            "to": row.to_state,
            "action": row.action,
            "reason": row.reason or None,
            "note": row.note,
            "hash": row.hash,
            "previous_hash": row.previous_hash if row.seq > 1 else None,
        }
    )


def _summary(
    lead: Lead, current: dict[str, Event], names: _Names, thumbs: dict[str, str], now: str
) -> dict[str, object]:
    event = current.get(lead.event_id)
    facts = {} if event is None else event.facts
    held = is_held(lead, now)
    thumb = thumbs.get(lead.event_id)
    # A claim whose lease ran out waits in the queue again, whether the clock has put it there yet or not.
    return {
        "event_id": lead.event_id,
        "version": lead.version,
        "state": lead.state,
        "matter": lead.matter,
        "town": lead.town,
        "device": lead.device,
        "device_name": names.devices.get((lead.gateway, lead.device), lead.device),
        "zone": lead.zone,
        "zone_name": names.zones.get((lead.gateway, lead.device, lead.zone), lead.zone),
        "grade": lead.grade,
        "onset": lead.onset,
        "last_seen": lead.last_seen,
        "opened_at": lead.opened_at,
        "headline": Headline(
            vehicle=_text(facts.get("vehicle")),
            dwell_s=_number(facts.get("dwell_s")),
            plate_masked=mask_plate(facts.get("plate")),
            premises=_text(facts.get("premises")),
            kind=_text(facts.get("kind")),
            urgency=_text(facts.get("urgency")),
            fire_state=_text(facts.get("fire_state")),
        ),
        "holder": names.holder(lead.holder) if held else None,
        "lease_until": lead.lease_until if held else None,
        "revision": lead.revision,
        "thumb_url": thumb and f"/api/v1/leads/{lead.event_id}/evidence/thumbnails/{thumb}",
        "still_url": thumb and f"{file_url(lead.event_id, thumb)}?purpose=prefetch",
        "demo": lead.demo,
    }


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _names(conn: Connection, shown: Iterable[Lead]) -> _Names:
    where = {lead.gateway for lead in shown}
    return _Names(
        people=users.display_names(conn),
        devices=gateways.names(conn, "device", where),
        zones=gateways.names(conn, "zone", where),
    )


def _thumbs(conn: Connection, shown: Iterable[Event]) -> dict[str, str]:
    """The hash of each event's smallest still that has arrived, from the moment that it is about."""
    wanted = {event.event_id: _stills(event.evidence.items) for event in shown if event.evidence is not None}
    hashes = sorted({item.sha256 for items in wanted.values() for item in items})
    here = set(conn.execute(select(blobs.c.sha256).where(blobs.c.sha256.in_(hashes))).scalars()) if hashes else set()
    found = {}
    for event_id, items in wanted.items():
        first = next((item for item in items if item.sha256 in here), None)
        if first is not None:
            found[event_id] = first.sha256
    return found


def _stills(items: Iterable[EvidenceItem]) -> list[EvidenceItem]:
    """Stills, the best for a thumbnail first: the due moment's before others, then the smaller."""
    images = [item for item in items if item.media_type.startswith("image/")]
    roles = {item.sha256: item.role for item in images}

    def rank(item: EvidenceItem) -> tuple[int, int]:
        moment = roles.get(item.parent_sha256 or "", item.role) if item.role == "overlay" else item.role
        place = THUMB_ROLES.index(moment) if moment in THUMB_ROLES else len(THUMB_ROLES)
        return (place, item.size_bytes)

    return sorted(images, key=rank)


def _joined(conn: Connection, lead: Lead) -> dict[str, object]:
    told, place = fires.joined(conn, lead.event_id)
    names = ("event_id", "into_event_id", "at", "distance_m", "chi2", "gap_s", "ambiguous")
    ground = None
    if place is not None:
        major_m, minor_m, bearing_deg = place.axes_m
        ground = JointGround(
            lat=place.lat,
            lon=place.lon,
            major_m=major_m,
            minor_m=minor_m,
            bearing_deg=bearing_deg,
            towers=place.towers,
        )
    return {"joined": [{name: getattr(join, name) for name in names} for join in told], "joint_ground": ground}


def _position(conn: Connection, lead: Lead) -> GroundPosition | None:
    found = gateways.list_devices(conn, None, gateway=lead.gateway, device=lead.device)
    if not found or found[0].born is None or found[0].born.position is None:
        return None
    position = found[0].born.position
    return GroundPosition(lat=position.lat, lon=position.lon, error_m=position.error_m)
