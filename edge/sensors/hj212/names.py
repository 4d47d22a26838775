"""The names inside a data area: `a34041-Rtd` is factor `a34041`, field `Rtd`, a number; letter case is mended.

An unknown factor or field is kept under its own name; nothing is dropped and nothing guessed.
"""

from __future__ import annotations

import re
from enum import Enum
from functools import lru_cache
from typing import Final

from msgspec import Struct

from edge.sensors.hj212.tolerances import Tolerance

CACHED_NAMES: Final = 4096
LONGEST_CACHED_NAME: Final = 64


class Kind(Enum):
    """How the text of a value is read."""

    NUMBER = "number"  # a measured or counted value: T11 when its form is off
    MARK = "mark"  # the quality mark of the factor
    TIME = "time"
    FREE = "free"  # anything; a number if it looks like one


class Name(Struct, frozen=True):
    """One name as the standard spells it; `field` None for names without a factor."""

    code: str
    field: str | None
    kind: Kind
    slips: tuple[Tolerance, ...] = ()


def _all(names: str, kind: Kind) -> dict[str, Kind]:
    return dict.fromkeys(names.split(), kind)


_FIELD_KINDS: Final = {
    **_all("Rtd Min Avg Max Cou ZsRtd ZsMin ZsAvg ZsMax ZsCou Ala RS RT Day Night", Kind.NUMBER),
    **_all("UpValue LowValue Ld Ln Ldn", Kind.NUMBER),
    **_all("Flag", Kind.MARK),
    **_all("SampleTime", Kind.TIME),
    **_all("EFlag Info SN", Kind.FREE),
}
_PLAIN_KINDS: Final = {
    **_all("DataTime BeginTime EndTime SystemTime RestartTime AlarmTime", Kind.TIME),
    **_all("PolId InfoId QN QnRtn ExeRtn OverTime ReCount RtdInterval MinInterval", Kind.FREE),
    **_all("NewPW VaseNo CstartTime Ctime Stime WarnTime AlarmTarget AlarmType CN", Kind.FREE),
}
_FIELDS: Final = {name.lower(): name for name in _FIELD_KINDS}
_PLAIN: Final = {name.lower(): name for name in _PLAIN_KINDS}
_UPPER_FACTOR: Final = re.compile(r"[A-Z][0-9]{5}")
_LOWER_DEVICE: Final = re.compile(r"sb[0-9]{1,3}")


def name_of(text: str) -> Name:
    """The name in a text, blanks and letter case mended (T8, T9)."""
    return _cached(text) if len(text) <= LONGEST_CACHED_NAME else _mended(text)


def _mended(text: str) -> Name:
    slips: set[Tolerance] = set()
    stripped = "".join(text.split())
    if stripped != text:
        slips.add(Tolerance.SEPARATORS)
    code, dash, field = stripped.rpartition("-")
    known = (_FIELDS if dash else _PLAIN).get(field.lower(), field)
    kind = (_FIELD_KINDS if dash else _PLAIN_KINDS).get(known, Kind.FREE)
    if known != field:
        slips.add(Tolerance.NAME_CASE)
    if _UPPER_FACTOR.fullmatch(code) or _LOWER_DEVICE.fullmatch(code):
        slips.add(Tolerance.NAME_CASE)
        code = code.swapcase()
    return Name(code, known, kind, tuple(slips)) if dash else Name(known, None, kind, tuple(slips))


_cached: Final = lru_cache(CACHED_NAMES)(_mended)
