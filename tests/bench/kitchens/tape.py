"""A day's arrays as the records that a rule is told: reports, silences, late history, repeats."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import numpy as np

from contract.observations import Elapsed, FactorSeen, Reported
from contract.times import NS
from tests.bench.kitchens.cooking import DAY_BEGINS_MIN, MINUTES, Told
from tests.bench.kitchens.plan import FIRST_DAY, Kitchen

MINUTE_NS = 60 * NS
_MACHINES = (
    ("fan_state", "fan_state", "state"),
    ("fan_a", "fan_a", "A"),
    ("purifier_state", "purifier_state", "state"),
    ("purifier_a", "purifier_a", "A"),
    ("temperature_c", "temperature", "Cel"),
    ("humidity_pct", "humidity", "%"),
)


def day_begins_ns(day: int) -> int:
    """04:00 local time of the day after so many, in UTC nanoseconds."""
    return int((FIRST_DAY + timedelta(days=day, minutes=DAY_BEGINS_MIN)).timestamp()) * NS


def records(kitchen: Kitchen, day: int, told: Told) -> Iterator[Reported | Elapsed]:
    """The day as it arrives at the gateway."""
    begin_ns = day_begins_ns(day)
    repeats = kitchen.rng(2, day).random(MINUTES) < 0.002
    columns = _columns(kitchen, told)
    marks = told.mark.tolist()
    owed: list[int] = []
    for minute in range(MINUTES):
        at_ns = begin_ns + minute * MINUTE_NS
        if not told.here[minute]:
            owed += [minute] if told.filled[minute] else []
            if minute % 5 == 0:
                yield Elapsed(device=f"fume-{kitchen.number}", at_ns=at_ns)
            continue
        one = _report(kitchen, columns, marks, minute, at_ns=at_ns, clock_off=bool(told.clock_off[minute]))
        yield one
        if repeats[minute]:
            yield one
        if owed:
            for late in owed:
                yield _report(
                    kitchen, columns, marks, late, at_ns=begin_ns + late * MINUTE_NS, received_ns=at_ns + 20 * NS
                )
            owed = []


def _columns(kitchen: Kitchen, told: Told) -> list[tuple[str, str, list[float | None], bool]]:
    named = [("fume_mg_m3", told.fume, "mg/m3", True)]
    if kitchen.three_pollutants:
        named += [("particulate_mg_m3", told.particulate, "mg/m3", True), ("nmhc_mg_m3", told.nmhc, "mg/m3", True)]
    named += [(name, getattr(told, column), unit, False) for name, column, unit in _MACHINES]
    made: list[tuple[str, str, list[float | None], bool]] = []
    for name, column, unit, is_pollutant in named:
        if np.isnan(column).all():
            continue
        made.append((name, unit, column.tolist(), is_pollutant))
    return made


def _report(
    kitchen: Kitchen,
    columns: list[tuple[str, str, list[float | None], bool]],
    marks: list[str],
    minute: int,
    *,
    at_ns: int,
    received_ns: int | None = None,
    clock_off: bool = False,
) -> Reported:
    mark = marks[minute]
    ahead_ns = round(kitchen.clock_ahead_s * NS)
    return Reported(
        device=f"fume-{kitchen.number}",
        at_ns=at_ns + ahead_ns - (3 * 3600 * NS if clock_off else 0),
        received_ns=at_ns + 2 * NS if received_ns is None else received_ns,
        interval_s=60.0,
        factors=tuple(
            [
                FactorSeen(
                    factor=name, statistic="Rtd", value=values[minute], unit=unit, mark=mark if pollutant else "N"
                )
                for name, unit, values, pollutant in columns
            ]
        ),
        doubts=("T12",) if clock_off else (),
        back_filled=received_ns is not None,
    )
