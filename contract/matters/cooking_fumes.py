"""Facts of cooking fumes (餐饮油烟): which rule, which windows were judged against which limit, and what was not seen.

The on-line value is a clue that sends an inspector or a sampler, never a legal measurement: each fact set says so.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from contract.times import Utc

RuleId = Literal["R1", "R2", "R3", "R4", "R5", "R6", "R9", "A1", "A2", "A3"]
LeadKind = Literal[
    "purifier_off",
    "linkage_low",
    "above_warning_limit",
    "value_frozen",
    "value_too_low",
    "offline_at_meals",
    "state_contradicted",
    "purifier_current_constant",
    "diluted",
    "series_repeated",
]
Wording = Literal[
    "online_value_above_warning_limit",
    "suspected_not_in_normal_use",
    "suspected_tampering",
    "suspected_sensor_not_measuring",
]
LegalNote = Literal["not_a_legal_measurement"]
Switch = Literal["on", "off", "unclear", "not_reported"]
Signals = Literal["state_and_current", "state_only", "current_only", "none"]
NotSeen = Literal[
    "fan_state",
    "fan_current",
    "purifier_state",
    "purifier_current",
    "temperature",
    "humidity",
    "gaps",
    "late_data",
    "calibration_date",
    "outlet_camera",
    "outlet_not_visible",
]
MAX_WINDOWS = 200


class Window(Struct, frozen=True, kw_only=True):
    """A stretch that was judged; `samples` were due in it, `valid` of them came with mark N, `share` is their quotient.

    `mean` and `highest` are of `factor` in `unit` over valid samples only; None where the rule judges no value.
    Currents are means in A over the window. `contradicts`: what contradicts what (R9), by code. `doubted`: reports
    whose clock was off.
    """

    begin: Utc
    end: Utc
    samples: Annotated[int, Meta(ge=0)]
    valid: Annotated[int, Meta(ge=0)]
    share: Annotated[float, Meta(ge=0, le=1)]
    factor: str | None = None
    statistic: str | None = None
    unit: str | None = None
    mean: float | None = None
    highest: float | None = None
    limit: float | None = None
    fan: Switch = "not_reported"
    fan_a: float | None = None
    purifier: Switch = "not_reported"
    purifier_a: float | None = None
    temperature_c: float | None = None
    humidity_pct: float | None = None
    contradicts: str | None = None
    back_filled: bool = False
    doubted: Annotated[int, Meta(ge=0)] = 0


class SensorFacts(Struct, frozen=True, kw_only=True):
    """The device behind the numbers as the town registered it; None is not registered."""

    device: str
    bound: bool = False
    profile: str | None = None
    profile_version: str | None = None
    calibrated_on: str | None = None


class ClockSeen(Struct, frozen=True, kw_only=True):
    """The device's clock over the lead: `doubtful` when any report of a window was off; worst skew in seconds."""

    level: Literal["good", "doubtful", "unknown"]
    worst_skew_s: float | None = None
    doubted_reports: Annotated[int, Meta(ge=0)] = 0


class Corroboration(Struct, frozen=True, kw_only=True):
    """What the outlet camera saw beside the lead: it raises a lead, is never one, and `nothing` speaks for nobody."""

    verdict: Literal["plume", "steam_possible", "nothing", "not_visible"]
    looks: Annotated[int, Meta(ge=1)]
    plumes: Annotated[int, Meta(ge=0)]
    first: Utc
    last: Utc


class Facts(Struct, frozen=True, kw_only=True):
    """One lead of one premises, one rule and one business day; later windows of that day are added to it.

    `fume_mean`, `fume_highest`: oil fume (mg/m3) over the windows' valid samples. `fan_s`, `purifier_s` and `linkage`
    (联动比: purifier time with the fan on / fan time) are of the day so far. `pattern_days`: local dates that make a
    pattern. `marks` counts the day's samples by mark other than N. `gap_s`: silence in business hours.
    """

    rule: RuleId
    kind: LeadKind
    wording: Wording
    premises: str
    day: str
    windows: Annotated[tuple[Window, ...], Meta(max_length=MAX_WINDOWS)] = ()
    windows_not_kept: Annotated[int, Meta(ge=0)] = 0
    limit: float | None = None
    limit_unit: str | None = None
    limit_source: str | None = None
    fume_mean: float | None = None
    fume_highest: float | None = None
    fan_signals: Signals = "none"
    purifier_signals: Signals = "none"
    fan_s: Annotated[float, Meta(ge=0)] = 0.0
    purifier_s: Annotated[float, Meta(ge=0)] = 0.0
    linkage: float | None = None
    pattern_days: tuple[str, ...] = ()
    corroboration: Corroboration | None = None
    sensor: SensorFacts
    clock: ClockSeen
    marks: dict[str, int] = {}
    gap_s: Annotated[float, Meta(ge=0)] = 0.0
    not_seen: tuple[NotSeen, ...] = ()
    legal_note: LegalNote = "not_a_legal_measurement"
