"""The rule's table of a zone, `[zone.rule]`: what the zone's owner decides and answers for."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from contract.geometry import PolygonPx
from contract.matters.illegal_parking import Authority

Vehicle = Literal["car", "bus", "truck", "motorcycle"]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Marking = Literal[
    "no_stopping_sign", "no_stopping_line", "no_parking_sign", "no_parking_line", "fire_lane", "pavement", "crossing",
    "bus_stop", "junction", "loading_bay", "other",
]  # fmt: skip
Facing = Literal["north", "northeast", "east", "southeast", "south", "southwest", "west", "northwest"]
ClockText = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$", description="a time as 07:30")]

DayTime = Annotated[
    str,
    Meta(
        pattern=r"^[0-9]{4}-[01][0-9]-[0-3][0-9] ([01][0-9]|2[0-3]):[0-5][0-9](?!\n)$",
        description="a moment as 2026-01-31 07:30",
    ),
]


class Hours(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When the zone is in force, Beijing time; an end before the begin is on the next day."""

    begin: ClockText
    end: ClockText
    days: Annotated[tuple[Weekday, ...], Meta(min_length=1)] = WEEKDAYS


class Suspension(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A stretch of Beijing time in which the zone holds nobody: road works, an officer's order, an event in the street,
    or a sign or line that nobody can read until it is mended."""

    begin: DayTime
    end: DayTime
    because: Literal["works", "order", "event", "worn_sign"]


Day = Annotated[
    str, Meta(pattern=r"^[0-9]{4}-[01][0-9]-[0-3][0-9](?!\n)$", description="a day in Beijing as 2026-01-31")
]


class Listed(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A vehicle that may stand here from `begin` to `end`, both days included. Plates stay on the gateway."""

    plate: str
    begin: Day
    end: Day
    because: Literal["resident", "permit", "delivery", "disabled_badge", "works"]


class Ground(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Points of the ground in the picture (pixels of the zone's frame_px) and where they lie in metres."""

    image_px: Annotated[PolygonPx, Meta(min_length=4, max_length=50)]
    metres: Annotated[PolygonPx, Meta(min_length=4, max_length=50)]


class Config(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the zone's owner decides; seconds are seconds of stream time, polygons in pixels of the zone's frame_px.

    `facing`: where the camera looks over this zone; it is written on every copy of its pictures.
    """

    grace_s: Annotated[float, Meta(ge=1, le=86_400, description="standing time that is tolerated")]
    classes: Annotated[tuple[Vehicle, ...], Meta(min_length=1)] = ("car", "bus", "truck")
    min_score: Annotated[float, Meta(gt=0, lt=1, description="detections below are not looked at")] = 0.3
    night_min_score: Annotated[float, Meta(gt=0, lt=1, description="in the dark: below, no lead")] = 0.5
    still_s: Annotated[float, Meta(ge=0.5, le=60, description="a box that keeps its place this long stands")] = 3.0
    left_after_s: Annotated[
        float, Meta(ge=2, le=120, description="not found on open ground this long: it has left")
    ] = 15.0
    cover_limit_s: Annotated[
        float, Meta(ge=2, le=600, description="covered, or without a picture, this long: nobody knows, so it has left")
    ] = 60.0
    gap_budget_s: Annotated[
        float, Meta(ge=0, le=3600, description="unseen and not known again by plate or looks: above, a lead only")
    ] = 60.0
    update_every_s: Annotated[float, Meta(ge=10, le=86_400, description="a standing act is told again")] = 300.0
    authority: Authority | None = None
    legal_ground: str | None = None
    marking: Marking | None = None
    marking_px: Annotated[PolygonPx, Meta(max_length=100, description="where sign or line is in the picture")] = ()
    surface: Literal["carriageway", "pavement"] | None = None
    facing: Facing | None = None
    hours: Annotated[tuple[Hours, ...], Meta(max_length=20, description="in force; none given: always")] = ()
    suspended: Annotated[tuple[Suspension, ...], Meta(max_length=100, description="holds nobody for so long")] = ()
    permitted_px: Annotated[tuple[PolygonPx, ...], Meta(max_length=50, description="marked bays in the zone")] = ()
    exempt: Annotated[tuple[Listed, ...], Meta(max_length=5000, description="residents and permit holders")] = ()
    flow_lane_px: Annotated[PolygonPx, Meta(max_length=100, description="where queues form; none: not asked")] = ()
    signal_red_s: Annotated[float, Meta(ge=1, le=600, description="longest red of a signal within 50 m")] | None = None
    queue_limit_s: Annotated[float, Meta(ge=30, le=7200, description="a queue that lasts longer is none")] = 600.0
    loading_limit_s: Annotated[float, Meta(ge=0, le=3600, description="people at the vehicle stop the clock")] = 0.0
    many_at_once: Annotated[int, Meta(ge=2, le=200, description="so many at once wait for a second grace")] = 6
    stationary_after_s: Annotated[float, Meta(ge=600, le=2_592_000, description="then a person looks at it")] = 86_400.0
    preset: Annotated[str, Meta(min_length=1, max_length=64, description="the only preset it holds at")] | None = None
    scene: Annotated[
        str, Meta(pattern=r"^[0-9a-f]{36}$", description="fingerprint of the valid view, by `zones show`")
    ] | None = None  # fmt: skip
    ground: Ground | None = None
