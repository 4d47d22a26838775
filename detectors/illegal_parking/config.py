"""The rule's table of a zone, `[zone.rule]`."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

Vehicle = Literal["car", "bus", "truck", "motorcycle"]


class Config(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the zone's owner decides; seconds are seconds of stream time."""

    grace_s: Annotated[float, Meta(ge=1, le=86_400, description="standing time that is tolerated")]
    classes: Annotated[tuple[Vehicle, ...], Meta(min_length=1)] = ("car", "bus", "truck")
    min_score: Annotated[float, Meta(gt=0, lt=1, description="detections below are not looked at")] = 0.3
    still_s: Annotated[float, Meta(ge=0.5, le=60, description="a box that keeps its place this long stands")] = 3.0
    left_after_s: Annotated[
        float, Meta(ge=2, le=120, description="not found on open ground this long: it has left")
    ] = 15.0
    cover_limit_s: Annotated[
        float, Meta(ge=2, le=600, description="covered, or without a picture, this long: nobody knows, so it has left")
    ] = 60.0
    update_every_s: Annotated[float, Meta(ge=10, le=86_400, description="a standing act is told again")] = 300.0
    legal_ground: str | None = None
