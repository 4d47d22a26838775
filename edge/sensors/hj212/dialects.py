"""What each version of the standard knows: commands, systems, marks, the form of an MN, and who answers what.

Sources: HJ 212-2017 Tables 3 to 9; what 2025 added and 2005 alone had: reference A1.1 and A1.4 (the text of 2025 and
the 2005 list of marks were not read in the original; the tables are data so that they can be set right in one line).
"""

from __future__ import annotations

import re
from enum import Enum
from typing import Final


class Version(Enum):
    """The standard that a frame declares; `value` is the version field of its Flag."""

    HJT_2005 = 0
    HJ_2017 = 1
    HJ_2025 = 2


ANSWER_BIT: Final = 0b01
PARTS_BIT: Final = 0b10
VERSION_SHIFT: Final = 2
MAX_FLAG: Final = 255


def version_of(flag: int | None) -> Version | None:
    """The declared version; no Flag means 2005; None: version bits that no standard defines."""
    if flag is None:
        return Version.HJT_2005
    return _VERSIONS.get(flag >> VERSION_SHIFT)


def _numbers(text: str) -> frozenset[str]:
    return frozenset(text.split())


_VERSIONS: Final = {version.value: version for version in Version}
_SHARED: Final = _numbers(
    "1000 1011 1012 1061 1062 1072 2011 2012 2021 2022 2031 2041 2051 2061 3011 3012 3013 3014 9011 9012 9013 9014"
)
_OF_2005: Final = _numbers("1001 1021 1022 1031 1032 1041 1042 2071 2072")
_OF_2017: Final = _numbers("1013 1063 1064 2081 3015 3016 3017 3018 3019 3020 3021")
_OF_2025: Final = _numbers("1001 1002 1014 2013 2052 2062 2111 3022 3024 9015")
_VENDOR: Final = _numbers("9015 9021 9022")

COMMANDS: Final = {
    Version.HJT_2005: _SHARED | _OF_2005,
    Version.HJ_2017: _SHARED | _OF_2017,
    Version.HJ_2025: _SHARED | _OF_2017 | _OF_2025,
}
KNOWN_COMMANDS: Final = frozenset().union(*COMMANDS.values(), _VENDOR)

_SYSTEMS: Final = _numbers("21 22 23 24 25 26 27 31 32 33 34 35 36 37 38 39 41 51 52 91")
SYSTEMS: Final = {
    Version.HJT_2005: _SYSTEMS,
    Version.HJ_2017: _SYSTEMS,
    Version.HJ_2025: _SYSTEMS | {"44", "45"},
}

_TABLE_8: Final = frozenset("NFMSDCTB")
MARKS: Final = {
    Version.HJT_2005: _TABLE_8 | frozenset("P0123456789"),
    Version.HJ_2017: _TABLE_8,
    Version.HJ_2025: _TABLE_8,
}
NORMAL_MARK: Final = "N"  # the only one that can be evidence
NAMED_MARKS: Final = _TABLE_8 - {NORMAL_MARK}

_MN_24: Final = re.compile(r"[0-9A-F]{24}")
MN_FORM: Final = {
    Version.HJT_2005: re.compile(r"[0-9A-Za-z]{14}"),
    Version.HJ_2017: _MN_24,
    Version.HJ_2025: _MN_24,
}
FACTORY_MNS: Final = frozenset({"88888880000001"})

# Uploads of measurements: without a value in CP there is nothing to measure with.
MEASURING: Final = _numbers("2011 2021 2031 2041 2051 2052 2061 2062 2071 2111")
UPLOADS: Final = MEASURING | _numbers("2081 3015 3017 3018 3019 3020 3022")
REAL_TIME: Final = _numbers("2011 2021")

DATA_ANSWER: Final = "9014"
NOTICE_ANSWER: Final = "9013"
_NOTICES: Final = _numbers("1013 2012 2022 9015 9021")
_NEVER_ANSWERED: Final = _numbers("9011 9012 9013 9014 9022")


def answer_to(command: str, flag: int | None) -> str | None:
    """The CN that a server owes the device for a stored message: by the answer bit alone, unknown commands too."""
    if flag is None or not flag & ANSWER_BIT or command in _NEVER_ANSWERED:
        return None
    return NOTICE_ANSWER if command in _NOTICES else DATA_ANSWER
