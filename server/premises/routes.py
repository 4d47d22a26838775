"""Premises' routes."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query

from server.centre import Here
from server.identity.access import DevicesReader
from server.premises import views
from server.premises.schemas import Curve, PremisesList
from server.problems import problem_responses
from server.shapes import INSTANT

router = APIRouter(tags=["premises"])

NamePart = Annotated[str, Path(max_length=64)]
Moment = Annotated[str | None, Query(max_length=30, examples=[INSTANT])]


@router.get("/premises", operation_id="listPremises", responses=problem_responses("not_logged_in", "forbidden"))
def list_premises(who: DevicesReader, centre: Here) -> PremisesList:
    """Every premises of the person's towns that a sensor watches, as its gateway last told."""
    return PremisesList(items=views.premises(centre, who.towns))


@router.get(
    "/premises/{gateway}/{zone}/curve",
    operation_id="getCurve",
    responses=problem_responses("not_logged_in", "forbidden", "not_found", "invalid_request"),
)
def get_curve(
    who: DevicesReader,
    centre: Here,
    gateway: NamePart,
    zone: NamePart,
    begin: Annotated[Moment, Query(alias="from")] = None,
    end: Annotated[Moment, Query(alias="to")] = None,
) -> Curve:
    """What the zone's sensor measured: by default of the last 24 hours, of 8 days at most."""
    return views.curve(centre, who.towns, (gateway, zone), begin=begin, end=end)
