"""Facts of open straw burning (秸秆露天焚烧): what a tower saw, where it stands, how the sequence verified it."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from contract.events import Text
from contract.geometry import Sight
from contract.times import Utc

FireState = Literal["growing", "still", "out"]
CheckId = Literal[
    "persistence",
    "background",
    "growth",
    "base",
    "ground",
    "drift",
    "wind",
    "translucency",
    "decorrelation",
    "colour",
    "flicker",
    "known_places",
    "view",
]
Outcome = Literal["passed", "failed", "not_applicable"]


class SequenceCheck(Struct, frozen=True, kw_only=True):
    """One check over the sequence of looks; `not_applicable` says why in `found` (looks too far apart, unmeasured).

    `found` and `required` are English; `said` is the stable code of what was found and `values` are the numbers of
    both, shares of 1, for whoever says it in another language.
    """

    id: CheckId
    outcome: Outcome
    required: Text
    found: Text
    said: str = ""
    values: Annotated[dict[str, float], Meta(max_length=10)] = {}


class GrowthPoint(Struct, frozen=True, kw_only=True):
    """The size of the smoke at one look; `area_share` of the picture, `score` the detector's."""

    at: Utc
    area_share: Annotated[float, Meta(ge=0, le=1)]
    score: Annotated[float, Meta(ge=0, le=1)]


class Deadline(Struct, frozen=True, kw_only=True):
    """One step of the response rule, such as 1-3-15: answered, set out, on site."""

    step: Literal["answer", "set_out", "on_site"]
    due: Utc


class Weather(Struct, frozen=True, kw_only=True):
    """The station whose record belongs to the file, and the wind across the view (to the right), where it is known."""

    station: Text
    wind_right_m_s: float | None = None


class Facts(Struct, frozen=True, kw_only=True):
    """One fire as one tower sees it; who burnt it is fixed on site and is never guessed.

    `onset` is the first look that shows it, `confirmed` the look at which the sequence had verified it. `base_px` is
    where the smoke meets the ground in the picture of `last_seen`; `sight` its direction and, when calibrated, place.
    `urgency` urgent rings at once: an open fire that the sequence confirmed; `held` is seen and must not ring (a known
    place, a permit). `interval_s` is the median time between looks, `looks` how many showed it.
    """

    what: Literal["smoke", "fire"]
    tower: Text
    preset: Text | None
    presets: Annotated[tuple[Text, ...], Meta(max_length=64)] = ()
    onset: Utc
    confirmed: Utc
    last_seen: Utc
    out: Utc | None = None
    fire_state: FireState
    urgency: Literal["urgent", "normal", "held"]
    urgency_reason: Text
    deadlines: Annotated[tuple[Deadline, ...], Meta(max_length=10)] = ()
    is_night: bool | None = None
    base_px: tuple[float, float] | None
    sight: Sight | None = None
    score: Annotated[float, Meta(ge=0, le=1)]
    area_share: Annotated[float, Meta(ge=0, le=1)] | None
    largest_area_share: Annotated[float, Meta(ge=0, le=1)] | None
    looks: Annotated[int, Meta(ge=1)]
    interval_s: Annotated[float, Meta(ge=0)] | None
    growth: Annotated[tuple[GrowthPoint, ...], Meta(max_length=200)] = ()
    checks: Annotated[tuple[SequenceCheck, ...], Meta(max_length=20)] = ()
    known_place: Text | None = None
    legal_ground: Text | None = None
    weather: Weather | None = None
