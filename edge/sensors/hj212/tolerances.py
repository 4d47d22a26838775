"""What a good server forgives: the nineteen named slips of real devices, what each costs, and the score of a device.

The strict verdict is `no tolerance was needed`; names and list: reference on fumes and HJ 212, A2.3; costs: A2.4.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import Final


class Tolerance(Enum):
    """One slip. `value` is its name in verdicts, `penalty` its cost in the conformity score, `meaning` the slip."""

    NOISE = ("T1", 2, "noise outside frames: DTU registration text, AT text, NULs, a third #")
    LINE_END = ("T2", 2, "CR LF missing, LF or CR only")
    CRC_CASE = ("T3", 1, "CRC in lower or mixed case")
    CRC_VARIANT = ("T4", 5, "CRC of a known variant: MODBUS in either byte order, HJ swapped")
    CRC_SHORT = ("T5", 3, "CRC without its leading zeros")
    LENGTH = ("T6", 5, "wrong length where `&&` and a fitting CRC prove the end")
    HEADER = ("T7", 3, "header field absent (QN, ST, PW) or in another order")
    SEPARATORS = ("T8", 2, "slips of ; and ,, blanks, empty items, a field doubled with the same value")
    NAME_CASE = ("T9", 1, "letter case of names")
    CHARSET = ("T10", 2, "text that is not UTF-8: read as GB18030, the bytes kept")
    NUMBER = ("T11", 3, "number form: 1E-1, .5, +1, NaN, empty, units; parsed or null, never 0")
    TIME = ("T12", 4, "time form, impossible date, real-time data off the clock; both times kept")
    OVERLONG = ("T13", 2, "longer than 1024 (CP: 950), up to 9999")
    PART_ORDER = ("T14", 1, "parts of a split message out of order")
    QN_REUSED = ("T15", 3, "QN reused with other content; both kept")
    TEXT_BREAK = ("T16", 2, "&& or CR LF inside a value")
    CODE = ("T17", 1, "ST, CN, field or mark known in the wild, not in the declared version")
    FLAG = ("T18", 2, "Flag undefined or contradicting PNUM and PNO")
    MN_FORM = ("T19", 2, "MN not of the declared form")

    penalty: int
    meaning: str

    def __new__(cls, name: str, penalty: int, meaning: str) -> Tolerance:
        """Value is the short name; the rest are attributes and the docstring."""
        made = object.__new__(cls)
        made._value_ = name
        made.penalty = penalty
        made.meaning = made.__doc__ = meaning
        return made


_ORDER: Final = {tolerance: index for index, tolerance in enumerate(Tolerance)}
LOST_PENALTY: Final = 20  # a frame that was rejected or never completed
SCORED_FRAMES: Final = 200
_SCORE_WEIGHT: Final = 5


def in_order(tolerances: Iterable[Tolerance]) -> tuple[Tolerance, ...]:
    """T1 before T2 before T19, each once."""
    return tuple(sorted(set(tolerances), key=_ORDER.__getitem__))


def penalty(tolerances: Iterable[Tolerance]) -> int:
    """What one stored frame costs."""
    return sum(tolerance.penalty for tolerance in set(tolerances))


def conformity(penalties: Iterable[int]) -> float:
    """The score of a device, 0..100: 100 less five times the mean penalty of its last 200 frames; 100 with none."""
    last = list(penalties)[-SCORED_FRAMES:]
    return max(0.0, 100.0 - _SCORE_WEIGHT * sum(last) / len(last)) if last else 100.0
