"""One day of one kitchen, minute by minute: what is true at the stove and in the flue, and what the sensor tells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tests.bench.kitchens.plan import Kitchen

MINUTES: Final = 1440
DAY_BEGINS_MIN: Final = 240  # minute 0 of a day here is 04:00 local time
HOURS: Final = ((390, 600), (750, 1020))  # 10:30-14:00 and 16:30-21:00 as minutes of this day
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass
class Truth:
    """What really happened: machines on or off, and what an exact probe without noise would have read."""

    fan: Bools
    purifier: Bools
    fume: Floats


@dataclass
class Told:
    """What the sensor says; NaN: not sent. `mark` of the pollutants; `here`: the report was delivered at its time;
    `filled`: it came later as history; `clock_off`: its clock was moved."""

    fume: Floats
    particulate: Floats
    nmhc: Floats
    fan_state: Floats
    fan_a: Floats
    purifier_state: Floats
    purifier_a: Floats
    temperature: Floats
    humidity: Floats
    mark: NDArray[np.str_]
    here: Bools
    filled: Bools
    clock_off: Bools


def cook(kitchen: Kitchen, day: int, *, earlier: Told | None) -> tuple[Truth, Told]:
    """The day; `earlier` is the day that a replay plays again."""
    rng = kitchen.rng(1, day)
    load, fan = _load(kitchen, rng, day)
    purifier = _purifier(fan, rng)
    tricked = day in kitchen.trick_days and kitchen.trick is not None
    if tricked and kitchen.trick in ("purifier_off", "purifier_off_state_only"):
        _switch_off(purifier, rng)
    if tricked and kitchen.trick in ("purifier_unplugged", "dummy_load"):
        purifier[:] = False
    fume = _flue(kitchen, rng, day, load=load, fan=fan, purifier=purifier, tricked=tricked)
    truth = Truth(fan=fan, purifier=purifier, fume=fume)
    told = _sense(kitchen, rng, day, truth=truth, load=load, tricked=tricked)
    if tricked:
        _play(kitchen, rng, told, truth, earlier=earlier)
    _deliver(kitchen, rng, told, tricked=tricked)
    return truth, told


def _load(kitchen: Kitchen, rng: np.random.Generator, day: int) -> tuple[Floats, Bools]:
    """How hard the stoves work, 0..1, and when the fan runs; a closed day has neither."""
    load = np.zeros(MINUTES)
    fan = np.zeros(MINUTES, dtype=bool)
    if kitchen.closed_weekday == day % 7:
        return load, fan
    weekend = 1.1 if day % 7 >= 5 else 1.0
    for begin, end in HOURS:
        on = begin + int(rng.integers(-25, 20))
        off = end + int(rng.integers(-25, 25))
        fan[on:off] = True
        span = np.arange(off - on)
        peak = (off - on) * rng.uniform(0.4, 0.6)
        hump = np.exp(-(((span - peak) / ((off - on) * 0.33)) ** 2))
        wander = np.convolve(rng.normal(0, 1, off - on + 12), np.ones(13) / 13, mode="valid")
        load[on:off] = np.clip(hump * (0.8 + 0.5 * wander) * weekend, 0.05, 1.2)
    return load, fan


def _purifier(fan: Bools, rng: np.random.Generator) -> Bools:
    """On with the fan, up to four minutes later, off up to three minutes before it."""
    on = fan.copy()
    edges = np.flatnonzero(np.diff(fan.astype(int)))
    for edge in edges:
        if fan[edge + 1]:
            on[edge + 1 : edge + 1 + int(rng.integers(0, 5))] = False
        else:
            on[edge - int(rng.integers(0, 4)) : edge + 1] = False
    return on


def _switch_off(purifier: Bools, rng: np.random.Generator) -> None:
    """Off for a whole meal, or for a part of one."""
    for begin, end in HOURS:
        kind = rng.integers(0, 3)
        if kind == 0:
            purifier[begin - 60 : end + 60] = False
        elif kind == 1:
            at = int(rng.integers(begin + 10, end - 70))
            purifier[at : at + int(rng.integers(15, 60))] = False


def _flue(
    kitchen: Kitchen,
    rng: np.random.Generator,
    day: int,
    *,
    load: Floats,
    fan: Bools,
    purifier: Bools,
    tricked: bool,
) -> Floats:
    """Oil fume behind the purifier in mg/m3: grease costs efficiency until the next cleaning."""
    since = day - max((one for one in kitchen.cleaning_days if one <= day), default=day)
    efficiency = kitchen.efficiency - 0.0012 * since
    if tricked and kitchen.trick == "cells_dirty":
        efficiency = 0.55
    raw = kitchen.raw_mg_m3
    if tricked and kitchen.trick == "above_limit":
        efficiency -= float(rng.uniform(0.05, 0.35))
        raw *= 1.4
    cleaned = np.where(purifier, 1 - efficiency, 1.0)
    puff = np.convolve(rng.gamma(2.0, 0.5, MINUTES + 2), np.ones(3) / 3, mode="valid")
    fume = np.where(fan, raw * load * cleaned * puff, 0.0)
    for minute in range(1, MINUTES):  # what hangs in the flue leaves it slowly
        fume[minute] = max(fume[minute], fume[minute - 1] * 0.7)
    return fume + 0.035


def _sense(kitchen: Kitchen, rng: np.random.Generator, day: int, *, truth: Truth, load: Floats, tricked: bool) -> Told:
    gain = 1 + kitchen.drift_per_day * (day % 45)
    noisy = truth.fume * gain * (1 + rng.normal(0, 0.04, MINUTES)) + rng.normal(0, 0.006, MINUTES)
    spikes = rng.random(MINUTES) < 0.0004
    noisy[spikes] += rng.uniform(3, 40, int(spikes.sum()))
    amperes = np.where(truth.fan, kitchen.fan_a * (1 + rng.normal(0, 0.012, MINUTES)), 0.02)
    grease = day - max((one for one in kitchen.cleaning_days if one <= day), default=day)
    strength = 0.5 if tricked and kitchen.trick == "cells_dirty" else 1 - 0.004 * grease
    draws = kitchen.purifier_a * strength * (1 + rng.normal(0, 0.02, MINUTES))
    warm = np.zeros(MINUTES)
    heat = 22 * load
    for minute in range(1, MINUTES):
        warm[minute] = warm[minute - 1] + (heat[minute] - warm[minute - 1]) * 0.12
    clock = (np.arange(MINUTES) + DAY_BEGINS_MIN) / 60
    ambient = 12 + 0.17 * day + 5 * np.sin((clock - 9) / 24 * 2 * np.pi) + rng.normal(0, 1.5)
    has = np.nan if not kitchen.has_current else 1.0
    return Told(
        fume=_rounded(np.clip(noisy, 0.021, None), kitchen.decimals),
        particulate=_rounded(np.clip(noisy * 2.1 * 0.9 / kitchen.limit, 0.01, None), 2),
        nmhc=_rounded(np.clip(noisy * 3.4 * 0.9 / kitchen.limit, 0.05, None), 2),
        fan_state=truth.fan.astype(float),
        fan_a=_rounded(amperes, 2),
        purifier_state=truth.purifier.astype(float),
        purifier_a=_rounded(np.where(truth.purifier, draws, 0.01) * has, 2),
        temperature=_rounded(ambient + warm + rng.normal(0, 0.3, MINUTES), 1),
        humidity=_rounded(np.clip(45 + 20 * load + rng.normal(0, 3, MINUTES), 5, 99), 0),
        mark=np.full(MINUTES, "N"),
        here=np.ones(MINUTES, dtype=bool),
        filled=np.zeros(MINUTES, dtype=bool),
        clock_off=np.zeros(MINUTES, dtype=bool),
    )


def _play(kitchen: Kitchen, rng: np.random.Generator, told: Told, truth: Truth, *, earlier: Told | None) -> None:
    """What a cheat does to the reports (A3.4 of the fumes reference)."""
    trick = kitchen.trick
    if trick in ("offline_at_meals", "clock_moved", "packets_replayed"):
        _play_with_packets(trick, rng, told, earlier)
    elif trick in ("purifier_unplugged", "dummy_load"):
        told.purifier_state[:] = truth.fan
        told.purifier_a[:] = (
            0.01 if trick == "purifier_unplugged" else np.where(truth.fan, round(kitchen.purifier_a, 2), 0)
        )
    elif trick == "probe_wrapped":
        told.fume[:] = _rounded(rng.uniform(0, 0.0199, MINUTES), kitchen.decimals)
    elif trick == "value_frozen":
        begin = int(rng.integers(380, 450))
        told.fume[begin:] = told.fume[begin]
    elif trick == "fan_wired_elsewhere":
        told.fan_state[:] = 0
        told.fan_a[:] = 0.02
    elif trick == "diluted":
        told.fume[:] = _rounded(np.clip(told.fume * 0.3, 0.021, None), kitchen.decimals)
        told.fan_a[:] = _rounded(np.where(truth.fan, told.fan_a * 1.45, told.fan_a), 2)
        told.temperature[:] = _rounded(told.temperature - np.where(truth.fan, 9, 0), 1)


def _play_with_packets(trick: str, rng: np.random.Generator, told: Told, earlier: Told | None) -> None:
    if trick == "offline_at_meals":
        for begin, end in HOURS:
            told.here[begin + int(rng.integers(-10, 15)) : end + int(rng.integers(-15, 20))] = False
    elif trick == "clock_moved":
        told.clock_off[:] = True
    elif earlier is not None:
        for begin, end in HOURS:
            told.fume[begin:end] = earlier.fume[begin:end]


def _deliver(kitchen: Kitchen, rng: np.random.Generator, told: Told, *, tricked: bool) -> None:
    """Honest trouble: lost reports, outages short and long (some filled in later), calibrations, faults."""
    if tricked and kitchen.trick == "offline_at_meals":
        return
    told.here &= rng.random(MINUTES) > 0.004
    for chance, shortest, longest in ((0.07, 4, 40), (0.012, 60, 400)):
        if rng.random() < chance:
            begin = int(rng.integers(0, MINUTES - longest))
            end = begin + int(rng.integers(shortest, longest))
            told.here[begin:end] = False
            told.filled[begin:end] = rng.random() < 0.6
    if rng.random() < 1 / 30:
        begin = int(rng.integers(300, 1100))
        told.mark[begin : begin + int(rng.integers(10, 40))] = "C"
    if rng.random() < 1 / 45:
        begin = int(rng.integers(0, 1300))
        told.mark[begin : begin + int(rng.integers(5, 120))] = "D"


def _rounded(values: Floats, decimals: int) -> Floats:
    """As the sensor sends them: so many decimals."""
    return np.asarray(np.round(values, decimals), dtype=np.float64)
