"""Device routes."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path

from server.centre import Here
from server.devices import views
from server.devices.schemas import Device, DeviceList
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
