"""Packets replayed (A3): a series of a day that comes again on another day, value by value.

Of every series the check sum decides whether it is remembered (one in `KEEP_ONE_IN`), so that a replay is recognised at
whatever minute of the day it comes. Series with few distinct values (nothing cooks, a frozen probe) say nothing.
"""

from __future__ import annotations

import zlib
from struct import pack

from msgspec import Struct

KEEP_ONE_IN = 16
DISTINCT = 12
_MOST = 2**31 - 1


class Series(Struct, frozen=True, kw_only=True):
    """The last values in thousandths, and the remembered series: check sum and local date."""

    recent: tuple[int, ...] = ()
    remembered: tuple[tuple[int, str], ...] = ()
    hits: tuple[str, ...] = ()
    hits_on: str = ""


def with_value(series: Series, value: float, date: str, *, samples: int, remembered: int) -> Series:
    """The memory after one value of `date`; `hits` gains the date of the day whose series came again."""
    recent = (*series.recent, min(round(value * 1000), _MOST))[-samples:]
    hits = series.hits if series.hits_on == date else ()
    if len(recent) < samples or len(set(recent)) < DISTINCT:
        return Series(recent=recent, remembered=series.remembered, hits=hits, hits_on=date)
    check = zlib.crc32(pack(f"<{samples}i", *recent))
    if check % KEEP_ONE_IN:
        return Series(recent=recent, remembered=series.remembered, hits=hits, hits_on=date)
    earlier = next((day for known, day in series.remembered if known == check and day != date), None)
    if earlier is not None:
        return Series(recent=recent, remembered=series.remembered, hits=(*hits, earlier)[-50:], hits_on=date)
    kept = (*series.remembered, (check, date))[-remembered:]
    return Series(recent=recent, remembered=kept, hits=hits, hits_on=date)
