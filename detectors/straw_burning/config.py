"""The rule's table of a tower's zone, `[zone.rule]`: presets, known places, permits, and what the owner decides.

Polygons and horizons are drawn in shares (0..1, from the top left) of the preset's reference picture.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from contract.events import Text
from contract.times import Utc

Share = Annotated[float, Meta(ge=0, le=1)]
Outline = Annotated[tuple[tuple[Share, Share], ...], Meta(min_length=3, max_length=100)]
Line = Annotated[tuple[tuple[Share, Share], ...], Meta(min_length=2, max_length=200)]
PlaceKind = Literal["chimney", "steam", "kiln", "kitchen", "lamp", "other"]
Hour = Annotated[float, Meta(ge=0, le=24)]


class PresetView(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was drawn for one preset: its horizon (else the one found is used), and places that are never looked at."""

    preset: Text
    horizon: Line | None = None
    masks: Annotated[tuple[Outline, ...], Meta(max_length=50)] = ()


class KnownPlace(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A place that smokes or shines by right: what starts in it is counted, never alarmed, while the entry is valid.

    `hours` are local, from and to (may pass midnight). `learned_from` is the dismissed event that taught it.
    """

    name: Text
    kind: PlaceKind
    preset: Text
    polygon: Outline
    valid_from: Utc | None = None
    valid_to: Utc | None = None
    hours: tuple[Hour, Hour] | None = None
    learned_from: Text | None = None


class Permit(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A planned burn: in this polygon of a preset, or of the ground (lon, lat), between two times."""

    name: Text
    start: Utc
    end: Utc
    preset: Text | None = None
    polygon: Outline | None = None
    polygon_lonlat: Annotated[tuple[tuple[float, float], ...], Meta(min_length=3, max_length=200)] | None = None


class Config(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the zone's owner decides. Sureties are ln odds over the model card's own threshold: a new card fits in."""

    presets: Annotated[tuple[PresetView, ...], Meta(max_length=64)] = ()
    known_places: Annotated[tuple[KnownPlace, ...], Meta(max_length=500)] = ()
    permits: Annotated[tuple[Permit, ...], Meta(max_length=200)] = ()
    least_surety: Annotated[float, Meta(ge=-3, le=5, description="candidates below are not followed")] = -0.7
    sure_looks: Annotated[float, Meta(ge=0, le=20, description="sum of sureties over spaced looks to confirm")] = 2.0
    stare_s: Annotated[float, Meta(ge=4, le=120, description="how long the tower stays on a candidate")] = 20.0
    stare_every_s: Annotated[float, Meta(ge=0.2, le=5)] = 0.5
    stares_per_cycle: Annotated[int, Meta(ge=0, le=20, description="in 120 s; fog must not stop the patrol")] = 3
    widest: Annotated[float, Meta(gt=0, le=1, description="wider boxes are fog or cloud, share of the picture")] = 0.4
    night_brightness: Annotated[float, Meta(ge=0, le=255, description="darker pictures are night")] = 60.0
    low_contrast: Annotated[float, Meta(ge=0, le=1, description="less contrast than this: visibility is low")] = 0.5
    out_after_s: Annotated[float, Meta(ge=60, le=3600, description="no smoke for so long, in 3 visits: out")] = 300.0
    reopen_s: Annotated[float, Meta(ge=0, le=7200, description="an event that is out waits so long")] = 1800.0
    update_every_s: Annotated[float, Meta(ge=10, le=86_400)] = 60.0
    response_min: Annotated[tuple[float, float, float], Meta(description="answered, set out, on site")] = (1, 3, 15)
    utc_offset_h: Annotated[float, Meta(ge=-12, le=14)] = 8.0
    legal_ground: str | None = None
    weather_station: Annotated[Text | None, Meta(description="whose record belongs to the file of a fire")] = None
