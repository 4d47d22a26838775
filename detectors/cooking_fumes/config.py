"""The rule's table of a premises, `[zone.rule]`: what a town and a kitchen decide, every threshold as data.

Sources: the fumes reference (A3.1 limits, A3.3 signals, A3.5 rules); "proposal": no public text gives the number.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from contract.geometry import BboxPx, PolygonPx

Minutes = Annotated[float, Meta(ge=1, le=1440)]
Share = Annotated[float, Meta(ge=0, le=1)]
Days = Annotated[int, Meta(ge=1, le=14)]
Ampere = Annotated[float, Meta(ge=0, le=1000)]
ClockTime = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9](?!\n)$", description="local time as 17:30")]
Pixels = Annotated[int, Meta(ge=16, le=16384)]
LocalDate = Annotated[str, Meta(pattern=r"^[0-9]{4}-[01][0-9]-[0-3][0-9](?!\n)$", description="date as 2026-01-31")]
Weekday = Annotated[int, Meta(ge=1, le=7, description="1 Monday .. 7 Sunday")]


class _Table(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class Limit(_Table, frozen=True, kw_only=True):
    """A warning limit of one pollutant; the default is GB 18483-2001, 2.0 mg/m3 oil fume. Beijing: 1.0, 5.0, 10.0."""

    factor: str = "fume_mg_m3"
    limit: Annotated[float, Meta(gt=0, le=1000)] = 2.0
    unit: str = "mg/m3"
    source: str = "GB 18483-2001"
    range_max: Annotated[
        float, Meta(gt=0, le=10_000, description="above: no sample; probes end at 20 or 30 (A3.2)")
    ] = 30.0


class Hours(_Table, frozen=True, kw_only=True):
    """One business period; an end before its begin is on the next day. Three periods are usual (A3.3)."""

    begin: ClockTime
    end: ClockTime
    weekdays: Annotated[tuple[Weekday, ...], Meta(min_length=1)] = (1, 2, 3, 4, 5, 6, 7)


class Sensor(_Table, frozen=True, kw_only=True):
    """The device as registered; what is not given is not known, and the grade says so."""

    bound: Annotated[bool, Meta(description="bound to these premises by a person on site")] = False
    profile: str | None = None
    profile_version: str | None = None
    calibrated_on: LocalDate | None = None
    calibration_days: Annotated[int, Meta(ge=1, le=3650, description="in date this long; proposal")] = 365


class Signals(_Table, frozen=True, kw_only=True):
    """When a machine runs; per machine power (A3.3), so a profile or a town sets them. Between the two: unclear."""

    fan_on_a: Annotated[Ampere, Meta(description="fan 1-15 A (A3.3)")] = 0.8
    fan_off_a: Ampere = 0.3
    purifier_on_a: Annotated[Ampere, Meta(description="purifier 0.3-3 A (A3.3)")] = 0.2
    purifier_off_a: Ampere = 0.05


class PurifierOff(_Table, frozen=True, kw_only=True):
    """R1: fan on and purifier off for this long (A3.5); a longer silence between two samples ends the stretch."""

    minutes: Minutes = 10
    gap_s: Annotated[float, Meta(ge=10, le=3600, description="proposal: three reports of a minute")] = 180
    update_every_min: Minutes = 60


class Linkage(_Table, frozen=True, kw_only=True):
    """R2: purifier time / fan time (联动比) below `ratio` over a day with enough fan time, `days` running (A3.5)."""

    ratio: Share = 0.8
    fan_min: Minutes = 60
    days: Days = 2


class AboveLimit(_Table, frozen=True, kw_only=True):
    """R3: window means above the limit, `windows` in a day or `running` in a row, enough valid samples (A3.5).

    A highest sample that stands `alone` counts as the next one: the check of HJ 212 lets false numbers through (A1.3).
    """

    window_min: Annotated[int, Meta(ge=1, le=60)] = 10
    windows: Annotated[int, Meta(ge=1, le=144)] = 3
    running: Annotated[int, Meta(ge=1, le=144)] = 2
    alone: Annotated[float, Meta(ge=1, le=100, description="so many times the next highest of a window; proposal")] = 3
    valid_share: Share = 0.8


class Frozen(_Table, frozen=True, kw_only=True):
    """R4: the same value for so long with the fan on, or so many equal samples; a lead when the fan switched
    meanwhile or it repeats (A3.5). A1: the same for the purifier's current, to the last digit (A3.4)."""

    fan_on_min: Minutes = 60
    equal_samples: Annotated[int, Meta(ge=10, le=10_000)] = 200
    purifier_on_min: Annotated[Minutes, Meta(description="A1; proposal")] = 180
    fan_changes: Annotated[int, Meta(ge=1, le=100, description="fan switched so often at one value: a lead")] = 2
    days: Annotated[Days, Meta(description="repeated so many days running: a lead; proposal")] = 3


class TooLow(_Table, frozen=True, kw_only=True):
    """R5: never above `mg_m3` for whole meal periods with the fan on; a lead for an inspection after `days` (A3.5)."""

    mg_m3: Annotated[float, Meta(ge=0, le=10)] = 0.02
    fan_on_min: Annotated[Minutes, Meta(description="a meal with less fan time is not judged; proposal")] = 30
    valid_share: Share = 0.8
    days: Days = 3


class Offline(_Table, frozen=True, kw_only=True):
    """R6: no frame for so long in business hours; at meals only, `days` running: a lead (A3.5)."""

    minutes: Minutes = 30
    meal_share: Annotated[Share, Meta(description="so much of a meal silent makes it a silent meal; proposal")] = 0.5
    online_share: Annotated[Share, Meta(description="heard so much outside hours, else broken; proposal")] = 0.8
    days: Days = 3


class Cleaning(_Table, frozen=True, kw_only=True):
    """R7: cleaning due by days (Chongqing: at least monthly), fan hours or the purifier's current falling (A3.5)."""

    cleaned_on: LocalDate | None = None
    every_days: Annotated[int, Meta(ge=1, le=366)] = 30
    every_fan_h: Annotated[float, Meta(ge=1, le=5000, description="proposal")] = 300
    current_falls_to: Annotated[Share, Meta(description="daily mean against the best since cleaning; proposal")] = 0.7


class DeviceFault(_Table, frozen=True, kw_only=True):
    """R8: marks other than N, a clock off, a low conformity score (A3.5), for so long in hours; proposal."""

    minutes: Annotated[Minutes, Meta(description="bad for so long in business hours makes an item")] = 30
    share: Annotated[Share, Meta(description="share of bad reports meanwhile")] = 0.5


class Contradiction(_Table, frozen=True, kw_only=True):
    """R9: state on with current ~0, or fan off while the flue gets warmer (A3.5); A2: dilution (A3.4)."""

    minutes: Annotated[Minutes, Meta(description="contradicting for so long; proposal")] = 20
    warmer_c: Annotated[float, Meta(ge=1, le=100, description="above the coolest since the fan went off; proposal")] = (
        12
    )
    settles_c_h: Annotated[float, Meta(ge=0, le=30, description="a day's own warming is no cooking; proposal")] = 2
    days: Annotated[Days, Meta(description="so many days running make a lead without a camera; proposal")] = 3
    diluted_fan_ratio: Annotated[float, Meta(ge=1, le=10, description="fan current against its usual")] = 1.25
    diluted_fume_ratio: Annotated[Share, Meta(description="fume against its usual")] = 0.5
    diluted_cooler_c: Annotated[float, Meta(ge=1, le=50)] = 5
    usual_meals: Annotated[int, Meta(ge=3, le=14, description="earlier meals that make the usual; proposal")] = 7


class Repeated(_Table, frozen=True, kw_only=True):
    """A3: a series of a day that comes again on another day, value by value (A3.4: packets replayed); proposal."""

    samples: Annotated[int, Meta(ge=20, le=1440)] = 45
    hits: Annotated[int, Meta(ge=1, le=100, description="series found again in a day: a lead")] = 2
    remembered: Annotated[int, Meta(ge=10, le=2000, description="series of the last days that are remembered")] = 300


class Outlet(_Table, frozen=True, kw_only=True):
    """The camera at the outlet and the part of its picture to look at; it raises leads, never makes one (A3.6).

    `polygon_px` in pixels of `frame_px`, its lowest point being the outlet. A look takes `look_s` of video: when a lead
    opens, and each `every_s` while the fan runs in business hours.
    """

    camera: str
    polygon_px: Annotated[PolygonPx, Meta(min_length=3, max_length=100, description="in pixels of frame_px")]
    frame_px: tuple[Pixels, Pixels]
    look_s: Annotated[float, Meta(ge=10, le=30, description="video of one look (A3.6)")] = 20
    every_s: Annotated[float, Meta(ge=60, le=7200, description="proposal")] = 600
    moving_share: Annotated[Share, Meta(description="so much of the polygon drifts: something is there")] = 0.08
    reach: Annotated[Share, Meta(description="oil fume lingers and goes on; steam ends sooner")] = 0.5
    white: Annotated[Share, Meta(description="whiter than this may be steam")] = 0.8
    steam_humidity_pct: Annotated[float, Meta(ge=0, le=100, description="flue this damp: may be steam")] = 75
    near_s: Annotated[float, Meta(ge=10, le=7200, description="looks this near to a window count for it")] = 900

    @property
    def bbox_xyxy_px(self) -> BboxPx:
        """The box around the polygon."""
        across, down = zip(*self.polygon_px, strict=True)
        return (min(across), min(down), max(across), max(down))


class Config(_Table, frozen=True, kw_only=True):
    """What the town and the premises decide; without `hours` nothing is judged by hours and nothing is found."""

    premises: Annotated[str, Meta(min_length=1, max_length=200)]
    limits: Annotated[tuple[Limit, ...], Meta(min_length=1, max_length=3)] = (Limit(),)
    hours: Annotated[tuple[Hours, ...], Meta(max_length=12)] = (
        Hours(begin="10:30", end="14:00"),
        Hours(begin="16:30", end="21:00"),
    )
    closed_on: tuple[LocalDate, ...] = ()
    utc_offset_min: Annotated[int, Meta(ge=-720, le=840)] = 480
    day_begins: Annotated[ClockTime, Meta(description="a business day begins: after the last late supper")] = "04:00"
    sensor: Sensor = Sensor()
    signals: Signals = Signals()
    outlet: Outlet | None = None
    purifier_off: PurifierOff = PurifierOff()
    linkage: Linkage = Linkage()
    above_limit: AboveLimit = AboveLimit()
    frozen: Frozen = Frozen()
    too_low: TooLow = TooLow()
    offline: Offline = Offline()
    cleaning: Cleaning = Cleaning()
    device_fault: DeviceFault = DeviceFault()
    contradiction: Contradiction = Contradiction()
    repeated: Repeated = Repeated()
