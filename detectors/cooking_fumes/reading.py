"""What one report says in the rules' own terms: values that may be evidence, and whether fan and purifier run."""

from __future__ import annotations

from typing import Final, Literal

from msgspec import Struct

from contract.matters.cooking_fumes import Switch
from contract.observations import FactorSeen, Reported
from contract.times import NS
from detectors.cooking_fumes import factors
from detectors.cooking_fumes.config import Config

STATE_BIT: Final = 1
CURRENT_BIT: Final = 2
BAD_MARKS: Final = frozenset("DBMCT")  # R8: fault, no link, maintenance, calibration, above range
DEFAULT_INTERVAL_S: Final = 60.0
AHEAD_NS: Final = 600 * NS  # a report from the future: its clock is off, whatever the codec said (T12)
Conflict = Literal["", "state_on_current_off", "state_off_current_on"]
Stream = Literal[0, 1, 2]  # signals only, moments (Rtd), means (Avg): the rules go by the highest that is heard


class Signal(Struct, frozen=True):
    """Whether a machine runs, by which of its signals (bits), its current in A, and what contradicts what."""

    switch: Switch = "not_reported"
    bits: int = 0
    current_a: float | None = None
    conflict: Conflict = ""


NOT_REPORTED: Final = Signal()


class Reading(Struct, frozen=True, kw_only=True):
    """One report. `pollutants` in the order of the configured limits; None: no valid sample (mark, range, absent).

    `at_ns` is the data time, or the receive time where the device's clock is off. `skew_ns`: receipt after the end of
    what the report covers; None where that says nothing of the clock.
    """

    at_ns: int
    interval_ns: int
    stream: Stream
    pollutants: tuple[float | None, ...]
    fume: float | None
    fan: Signal
    purifier: Signal
    temperature_c: float | None
    humidity_pct: float | None
    marks: tuple[str, ...]
    is_faulty: bool
    clock_off: bool
    is_weak: bool
    back_filled: bool
    skew_ns: int | None


def read(told: Reported, config: Config) -> Reading:
    """The report as a reading; of one factor the mean (Avg) goes before the moment (Rtd), other statistics are left."""
    best: dict[str, FactorSeen] = {}
    for one in told.factors:
        if one.statistic == "Avg" or (one.statistic == "Rtd" and one.factor not in best):
            best[one.factor] = one
    barred = any(doubt in factors.BARRED for doubt in told.doubts)
    good = {name: one.value for name, one in best.items() if one.mark == factors.GOOD_MARK and not barred}
    carried = [best[name] for name in factors.POLLUTANTS if name in best]
    clock_off = factors.CLOCK_OFF in told.doubts or told.at_ns > told.received_ns + AHEAD_NS
    clock_off = clock_off and not told.back_filled
    interval_ns = round((told.interval_s if told.interval_s > 0 else DEFAULT_INTERVAL_S) * NS)
    is_mean = any(one.statistic == "Avg" for one in carried)
    return Reading(
        at_ns=told.received_ns if clock_off else told.at_ns,
        interval_ns=interval_ns,
        stream=2 if is_mean else 1 if carried else 0,
        pollutants=tuple(_within(good.get(one.factor), one.range_max) for one in config.limits),
        fume=_within(good.get(factors.FUME), _fume_range(config)),
        fan=_signal(
            best,
            good,
            state=factors.FAN_STATE,
            current=factors.FAN_A,
            on_off=(config.signals.fan_on_a, config.signals.fan_off_a),
        ),
        purifier=_signal(
            best,
            good,
            state=factors.PURIFIER_STATE,
            current=factors.PURIFIER_A,
            on_off=(config.signals.purifier_on_a, config.signals.purifier_off_a),
        ),
        temperature_c=good.get(factors.TEMPERATURE),
        humidity_pct=good.get(factors.HUMIDITY),
        marks=tuple(one.mark for one in carried if one.mark != factors.GOOD_MARK),
        is_faulty=good.get(factors.FIELD_FAULT) == 1 or any(one.mark in BAD_MARKS for one in best.values()),
        clock_off=clock_off,
        is_weak=factors.SCORE_LOW in told.doubts,
        back_filled=told.back_filled,
        skew_ns=None if told.back_filled else told.received_ns - told.at_ns - (interval_ns if is_mean else 0),
    )


def _within(value: float | None, highest: float) -> float | None:
    """A probe has a range: what lies outside is no sample, one broken frame must not lift a mean."""
    return value if value is not None and 0 <= value <= highest else None


def _fume_range(config: Config) -> float:
    return next((one.range_max for one in config.limits if one.factor == factors.FUME), 30.0)


def _signal(
    best: dict[str, FactorSeen],
    good: dict[str, float | None],
    *,
    state: str,
    current: str,
    on_off: tuple[float, float],
) -> Signal:
    """State and current together; where they disagree, or one stands between, nobody knows (`unclear`)."""
    if state not in best and current not in best:
        return NOT_REPORTED
    by_state: Switch | None = None
    by_current: Switch | None = None
    said = good.get(state)
    amperes = good.get(current)
    if said is not None:
        by_state = "on" if said == 1 else "off" if said == 0 else "unclear"
    if amperes is not None and amperes >= 0:
        by_current = "on" if amperes >= on_off[0] else "off" if amperes <= on_off[1] else "unclear"
    else:
        amperes = None
    bits = (STATE_BIT if by_state is not None else 0) | (CURRENT_BIT if by_current is not None else 0)
    conflict: Conflict = ""
    if by_state == "on" and by_current == "off":
        conflict = "state_on_current_off"
    elif by_state == "off" and by_current == "on":
        conflict = "state_off_current_on"
    switches = {one for one in (by_state, by_current) if one is not None}
    switch = switches.pop() if len(switches) == 1 else "unclear"
    return Signal(switch, bits, amperes, conflict)
