"""What the rules ought to have found on a day, from the truth alone."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from tests.bench.kitchens.cooking import HOURS, Bools, Told, Truth
from tests.bench.kitchens.plan import Kitchen

R1_MIN: Final = 10
WINDOW_MIN: Final = 10
LYING_MACHINES: Final = ("purifier_unplugged", "dummy_load", "fan_wired_elsewhere")
LYING_VALUE: Final = ("probe_wrapped", "value_frozen", "diluted", "packets_replayed", "offline_at_meals")
EXPECTED_RULE: Final = {
    "purifier_off": "R1",
    "purifier_off_state_only": "R1",
    "purifier_unplugged": "R9",
    "probe_wrapped": "R5",
    "value_frozen": "R4",
    "fan_wired_elsewhere": "R9",
    "dummy_load": "A1",
    "cells_dirty": "R3",
    "diluted": "A2",
    "offline_at_meals": "R6",
    "packets_replayed": "A3",
    "above_limit": "R3",
}
EXPECTED_ITEM: Final = {
    "purifier_unplugged": "R9_state_contradicted",
    "fan_wired_elsewhere": "R9_state_contradicted",
    "probe_wrapped": "R5_value_too_low",
    "value_frozen": "R4_value_frozen",
    "dummy_load": "A1_purifier_current_constant",
    "cells_dirty": "R7_cleaning_due",
    "diluted": "A2_diluted",
    "offline_at_meals": "R6_offline",
    "clock_moved": "R8_clock",
    "packets_replayed": "A3_series_repeated",
}


@dataclass(frozen=True)
class Span:
    """Minutes [begin, end) of a day; `reported`: the sensor told all but a tenth of it."""

    begin: int
    end: int
    reported: bool


def purifier_off_spans(kitchen: Kitchen, day: int, truth: Truth, told: Told) -> list[Span]:
    """R1: fan on and purifier off for ten minutes in hours, where the signals do not lie (they are R9's and A1's)."""
    if day in kitchen.trick_days and kitchen.trick in LYING_MACHINES:
        return []
    heard = told.here | told.filled
    spans = []
    for begin, end in HOURS:
        off = truth.fan[begin:end] & ~truth.purifier[begin:end]
        edges = np.flatnonzero(np.diff(np.concatenate(([0], off.astype(int), [0]))))
        for first, last in zip(edges[::2], edges[1::2], strict=True):
            if last - first > R1_MIN:
                spans.append(_span(begin + int(first), begin + int(last), heard))
    return spans


def above_limit_windows(kitchen: Kitchen, day: int, truth: Truth, told: Told) -> list[Span]:
    """R3: windows whose true mean is above the limit, on days that have three of them or two running."""
    if day in kitchen.trick_days and kitchen.trick in LYING_VALUE:
        return []
    found = true_windows(kitchen, truth)
    running = any(one + WINDOW_MIN == other for one, other in pairwise(found))
    if len(found) < 3 and not running:
        return []
    heard = (told.here | told.filled) & (told.mark == "N")
    return [_span(begin, begin + WINDOW_MIN, heard) for begin in found]


def true_windows(kitchen: Kitchen, truth: Truth) -> list[int]:
    """The first minutes of all windows in hours whose true mean is above the limit."""
    starts = [begin for first, last in HOURS for begin in range(first, last, WINDOW_MIN)]
    return [begin for begin in starts if truth.fume[begin : begin + WINDOW_MIN].mean() > kitchen.limit]


def item_is_right(kind: str, kitchen: Kitchen, day: int, told: Told, fan_h: float) -> bool:
    """Whether a maintenance item that appears on this day has a reason in the truth."""
    tricked = any(one in kitchen.trick_days for one in (day, day - 1))
    if kind == "R6_offline":
        return any(_longest_silence(told.here[max(0, begin - 30) : end + 30]) >= 30 for begin, end in HOURS)
    if kind == "R8_device_fault":
        return int((told.mark != "N").sum()) >= 10
    if kind == "R7_cleaning_due":
        last = max((one for one in kitchen.cleaning_days if one <= day), default=0)
        return day - last >= 30 or fan_h > 290 or (kitchen.trick == "cells_dirty" and tricked)
    return tricked and EXPECTED_ITEM.get(kitchen.trick or "") == kind


def _longest_silence(here: Bools) -> int:
    edges = np.flatnonzero(np.diff(np.concatenate(([0], (~here).astype(int), [0]))))
    return max((int(last - first) for first, last in zip(edges[::2], edges[1::2], strict=True)), default=0)


def _span(begin: int, end: int, heard: Bools) -> Span:
    return Span(begin, end, bool(heard[begin:end].mean() >= 0.9))
