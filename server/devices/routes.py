"""Device routes."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path

from server import retention
from server.centre import Here
from server.devices import views
from server.devices.schemas import Device, DeviceList, Retention
from server.identity.access import DevicesReader
from server.problems import problem_responses

router = APIRouter(tags=["devices"])

NamePart = Annotated[str, Path(max_length=64)]


@router.get("/devices", operation_id="listDevices", responses=problem_responses("not_logged_in", "forbidden"))
def list_devices(who: DevicesReader, centre: Here) -> DeviceList:
    """Every device of the person's towns as its gateway last told."""
    return DeviceList(items=views.devices(centre, who.towns))


@router.get(
    "/devices/{gateway}/{device}",
    operation_id="getDevice",
    responses=problem_responses("not_logged_in", "forbidden", "not_found", "invalid_request"),
)
def get_device(who: DevicesReader, centre: Here, gateway: NamePart, device: NamePart) -> Device:
    """One device."""
    return views.device(centre, who.towns, gateway, device)


@router.get(
    "/retention", operation_id="getRetention", responses=problem_responses("not_logged_in", "forbidden", "unavailable")
)
def get_retention(_who: DevicesReader, centre: Here) -> Retention:
    """How long readings are kept, and how many rows the centre let go because they were old."""
    let_go = retention.let_go_so_far(centre)
    return Retention(readings_kept_days=centre.config.retention.readings_days, **let_go)
