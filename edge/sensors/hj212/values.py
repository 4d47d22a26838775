"""The text of one value turned into a number or a time, or into None: what cannot be read is never 0 and never guessed.

Each answer says beside the value whether the form was the standard's.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from math import isfinite
from typing import Final

CHINA: Final = timezone(timedelta(hours=8), "+08:00")  # every time on this wire
SKEW_LIMIT: Final = timedelta(minutes=10)

_NUMBER: Final = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_LOOSE_NUMBER: Final = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
_TIME: Final = re.compile(r"[0-9]{14}")
_LOOSE_TIME: Final = re.compile(
    r"([0-9]{4})[-/. ]?([0-9]{2})[-/. ]?([0-9]{2})[T ]?([0-9]{2})[:. ]?([0-9]{2})[:. ]?([0-9]{2})(?:[.,: ]?[0-9]{3})?"
)
_QN: Final = re.compile(r"[0-9]{17}")
MAX_NUMBER_CHARS: Final = 64


def number(text: str) -> tuple[float | None, bool]:
    """(value, form is the standard's). NaN, infinities, units and empty text give None."""
    if _NUMBER.fullmatch(text) and len(text) <= MAX_NUMBER_CHARS:
        return float(text), True
    if _LOOSE_NUMBER.fullmatch(text) and len(text) <= MAX_NUMBER_CHARS:
        value = float(text)
        return (value if isfinite(value) else None), False
    return None, False


def moment(text: str) -> tuple[datetime | None, bool]:
    """(time at +08:00, form is YYYYMMDDhhmmss and a possible date). 17 digits and separated digits are read too."""
    clean = _TIME.fullmatch(text) is not None
    found = _LOOSE_TIME.fullmatch(text)
    if found is None:
        return None, False
    try:
        year, month, day, hour, minute, second = map(int, found.groups())
        return datetime(year, month, day, hour, minute, second, tzinfo=CHINA), clean
    except ValueError:
        return None, False


def is_qn(text: str) -> bool:
    """Whether a request number is a possible YYYYMMDDhhmmsszzz."""
    return _QN.fullmatch(text) is not None and moment(text[:14])[1]
