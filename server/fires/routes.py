"""Fires: taking a join back, the steps of the response, and the known places that rang too often."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response
from sqlalchemy import Connection

from contract.errors import LeadRefused
from contract.times import utc_from_ns
from server.centre import Here
from server.fires.news import MATTER
from server.fires.schemas import KnownPlace, KnownPlaceList, ResponseAsk
from server.identity.access import LeadsReader, LeadsResponder, LeadsReviewer, Person, PlacesEnder
from server.leads import acting
from server.leads.documents import CHANGE, DETAIL, LeadId, change_if_match
from server.leads.once import Once
from server.leads.schemas import Holder, LeadDetail
from server.leads.versions import IfMatch
from server.problems import Problem, problem_responses
from store import audit, gateways, joins, known_places, leads, users
from store.audit import AuditEntry
from store.known_places import KnownPlace as Place
from store.leads import Act, Lead

router = APIRouter(tags=["leads"])

NamePart = Annotated[str | None, Query(max_length=64)]


@router.post(
    "/leads/{event_id}/split",
    operation_id="splitLead",
    response_model=LeadDetail,
    responses={**change_if_match(), **DETAIL},
)
def split(who: LeadsReviewer, centre: Here, once: Once, event_id: LeadId, version: IfMatch) -> Response:
    """Say that a joined act is another fire: it is an alert again, and is never joined with that one again."""
    act = Act(who=who.id, at=utc_from_ns(centre.now_ns()), reason="another_fire")
    return acting.carry_out(
        centre,
        who,
        once,
        lambda connection: joins.split(connection, event_id, act, version=version),
        event_id=event_id,
    )


@router.post(
    "/leads/{event_id}/response",
    operation_id="respondToLead",
    response_model=LeadDetail,
    responses={**CHANGE, **DETAIL},
)
def respond(who: LeadsResponder, centre: Here, once: Once, event_id: LeadId, ask: ResponseAsk) -> Response:
    """Say that a step of the response to a fire was taken: answered, set out, on site; the first to say so stands."""
    act = Act(who=who.id, at=utc_from_ns(centre.now_ns()), reason=ask.step)

    def change(connection: Connection) -> Lead:
        lead = leads.find(connection, event_id)
        if lead is not None and lead.matter != MATTER:
            raise Problem("wrong_state", f"lead {event_id}: only a fire has a response, this is {lead.matter}")
        return leads.respond(connection, event_id, act)

    return acting.carry_out(centre, who, once, change, event_id=event_id)


@router.get("/known-places", operation_id="listKnownPlaces", responses=problem_responses("not_logged_in", "forbidden"))
def list_places(who: LeadsReader, centre: Here, gateway: NamePart = None, device: NamePart = None) -> KnownPlaceList:
    """What dismissals taught in the person's towns, of one device where asked."""
    with centre.store.read() as connection:
        found = known_places.listed(connection, who.towns, gateway=gateway, device=device)
        people = users.display_names(connection)
        devices = gateways.names(connection, "device", {place.gateway for place in found})
    return KnownPlaceList(items=[_shown(place, people, devices) for place in found])


@router.post(
    "/known-places/{event_id}/end",
    operation_id="endKnownPlace",
    responses=problem_responses("not_logged_in", "forbidden", "not_found", "csrf_failed", "wrong_state"),
)
def end_place(who: PlacesEnder, centre: Here, event_id: LeadId) -> KnownPlace:
    """End a known place now: what starts there rings again."""
    at = utc_from_ns(centre.now_ns())
    try:
        with centre.store.write() as connection:
            _of_town(who, known_places.find(connection, event_id))
            place = known_places.end(connection, event_id, who=who.id, at=at)
            detail = {"device": place.device, "preset": place.preset, "kind": place.kind}
            entry = AuditEntry(
                at=at, who=who.id, action="known_place.ended", town=place.town, event_id=event_id, detail=detail
            )
            audit.append(connection, entry)
            people = users.display_names(connection)
            devices = gateways.names(connection, "device", {place.gateway})
    except LeadRefused as refused:
        raise Problem(refused.code, str(refused)) from refused
    return _shown(place, people, devices)


def _of_town(who: Person, place: Place | None) -> None:
    if place is None or place.town not in who.towns:
        raise Problem("not_found", "known place: not here, or of another town")


def _shown(place: Place, people: dict[str, str], devices: dict[tuple[str, ...], str]) -> KnownPlace:
    def holder(user_id: str | None) -> Holder | None:
        return None if user_id is None else Holder(id=user_id, name=people.get(user_id, user_id))

    return KnownPlace.model_validate(
        {
            "learned_from": place.learned_from,
            "town": place.town,
            "gateway": place.gateway,
            "device": place.device,
            "device_name": devices.get((place.gateway, place.device), place.device),
            "preset": place.preset,
            "polygon": [list(corner) for corner in place.polygon],
            "kind": place.kind,
            "valid_from": place.valid_from,
            "valid_to": place.valid_to,
            "learned_by": holder(place.learned_by),
            "ended_at": place.ended_at,
            "ended_by": holder(place.ended_by),
        }
    )
