"""The fields before the data area: read strictly at once, else piece by piece with the slips named."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from edge.sensors.hj212.dialects import (
    ANSWER_BIT,
    MAX_FLAG,
    MN_FORM,
    PARTS_BIT,
    SYSTEMS,
    Version,
    version_of,
)
from edge.sensors.hj212.tolerances import Tolerance
from edge.sensors.hj212.values import is_qn

_STRICT: Final = re.compile(
    r"(?:QN=([0-9]{17});)?(?:ST=([0-9]{2});)CN=([0-9]{4});PW=([^;,=&\s]{1,64});MN=([^;,=&\s]{1,64});(?:Flag=([0-9]{1,3});)?"
    r"(?:PNUM=([0-9]{1,4});PNO=([0-9]{1,4});)?(?:RF=([0-9]);)?CP=&&"
)
_STRICT_QN: Final = re.compile(r"QN=[0-9]{17};")
_SOME_QN: Final = "QN=20000101000000000;"
QN_CHARS: Final = len(_SOME_QN)
CACHED_HEADERS: Final = 1024
LONGEST_CACHED_HEADER: Final = 256
_FIELDS: Final = ("QN", "ST", "CN", "PW", "MN", "Flag", "PNUM", "PNO", "RF")
_ORDERS: Final = (_FIELDS, ("QN", "PNUM", "PNO", "ST", "CN", "PW", "MN", "Flag", "RF"))  # the second: 2005
_CANONICAL: Final = {name.lower(): name for name in _FIELDS}
_OPENING: Final = re.compile(r"(CP)(\s{0,4})=(\s{0,4})&&", re.IGNORECASE)
_NEXT_NAME: Final = re.compile(
    r"(?:([;,\s]+)([A-Za-z]\w{0,31})|(QN|ST|CN|PW|MN|Flag|PNUM|PNO|RF))(\s*)\Z", re.IGNORECASE
)
_FLAG: Final = re.compile(r"[0-9]{1,3}")
_COUNT: Final = re.compile(r"[0-9]{1,4}")
_SYSTEM: Final = re.compile(r"[0-9A-Za-z]{1,8}")
_COMMAND: Final = re.compile(r"[0-9A-Za-z]{1,8}")
UNKNOWN_AS: Final = Version.HJ_2017  # how version bits that no standard defines are read
_MN: Final = re.compile(r"[^;,=&\x00-\x20]{1,64}")


class Header(Struct, frozen=True):
    """The fields as sent. `flag` None: absent or no number; `version` None: bits that no standard defines, and then
    `dialect` says how it is read; `part` (number, of how many) of a split message, None for a whole one."""

    mn: str
    cn: str
    st: str | None
    qn: str | None
    pw: str | None
    flag: int | None
    version: Version | None
    dialect: Version
    part: tuple[int, int] | None
    late: bool

    def __repr__(self) -> str:
        """Without the password."""
        return f"Header(mn={self.mn!r}, cn={self.cn!r}, st={self.st!r}, qn={self.qn!r}, flag={self.flag})"

    @property
    def wants_answer(self) -> bool:
        """The answer bit; no Flag: no."""
        return self.flag is not None and bool(self.flag & ANSWER_BIT)


class _Sent(Struct, frozen=True, gc=False):
    """The fields as they were sent, by `_FIELDS`; `order` their names as met, None: read strictly."""

    fields: tuple[str | None, ...]
    order: tuple[str, ...] | None = None

    @property
    def flag(self) -> str | None:
        return self.fields[5]

    @property
    def pnum(self) -> str | None:
        return self.fields[6]

    @property
    def late(self) -> str | None:
        return self.fields[8]


Parsed = tuple[Header, frozenset[Tolerance]]


def parse_header(text: str) -> tuple[Header, int, frozenset[Tolerance]] | str:
    """(header, where the data area begins, tolerances), or why there is no usable header (bad-field)."""
    opening = _OPENING.search(text)
    if opening is None:
        return "no CP"
    begin = opening.end()
    known = _behind_qn(text[QN_CHARS:begin]) if begin <= LONGEST_CACHED_HEADER and _STRICT_QN.match(text) else None
    if known is not None:
        header, slips = known
        qn = text[3:20]
        return replace(header, qn=qn), begin, slips if is_qn(qn) else slips | {Tolerance.TIME}
    parsed = _parsed(text[:begin])
    return parsed if isinstance(parsed, str) else (parsed[0], begin, parsed[1])


@lru_cache(CACHED_HEADERS)
def _behind_qn(rest: str) -> Parsed | None:
    """A clean header behind its QN: the same text in each frame of a device; None: not clean, read it whole."""
    text = f"{_SOME_QN}{rest}"
    parsed = _parsed(text) if _STRICT.fullmatch(text) else None
    return None if isinstance(parsed, str) else parsed


def _parsed(text: str) -> Parsed | str:
    """The header of a text that ends where the data area begins."""
    slips: set[Tolerance] = set()
    strict = _STRICT.fullmatch(text)
    sent = _Sent(strict.groups()) if strict else _loosely(text, slips)
    if isinstance(sent, str):
        return sent
    qn, st, cn, pw, mn, flag, pnum, pno, late = sent.fields
    part = _part(pnum, pno)
    if mn is None or cn is None:
        return "no MN or no CN"
    if isinstance(part, str) or not _usable(mn, cn, st):
        return part if isinstance(part, str) else "MN, CN or ST unusable"
    number = int(flag) if flag is not None and _FLAG.fullmatch(flag) and int(flag) <= MAX_FLAG else None
    version = version_of(number)
    header = Header(mn, cn, st, qn, pw, number, version, version or UNKNOWN_AS, part, late == "1")
    slips.update(slip for slip, needed in _NEEDED if needed(header, sent))
    return header, frozenset(slips)


def _usable(mn: str, cn: str, st: str | None) -> bool:
    return bool(_MN.fullmatch(mn) and _COMMAND.fullmatch(cn)) and (st is None or bool(_SYSTEM.fullmatch(st)))


def _flag_contradicts(header: Header, sent: _Sent) -> bool:
    """Undefined, no number, or against PNUM and PNO; in 2005 the parts bit stands in whole messages too."""
    if header.version is None:
        return True
    if header.flag is None:
        return sent.flag is not None or "Flag" in (sent.order or ())
    says_parts, has_parts = bool(header.flag & PARTS_BIT), sent.pnum is not None
    return says_parts != has_parts and (has_parts or header.dialect is not Version.HJT_2005)


def _lacks_or_misorders(header: Header, sent: _Sent) -> bool:
    lacks = header.pw is None or header.st is None or (header.qn is None and header.dialect is not Version.HJT_2005)
    return lacks or (sent.order is not None and not _ordered(sent.order, header.dialect))


def _of_another_version(header: Header, sent: _Sent) -> bool:
    foreign = header.st is not None and header.st not in SYSTEMS[header.dialect]
    return foreign or (sent.late is not None and header.dialect is not Version.HJ_2025)


_NEEDED: Final[tuple[tuple[Tolerance, Callable[[Header, _Sent], bool]], ...]] = (
    (Tolerance.HEADER, _lacks_or_misorders),
    (Tolerance.TIME, lambda header, _: header.qn is not None and not is_qn(header.qn)),
    (Tolerance.CODE, _of_another_version),
    (Tolerance.FLAG, _flag_contradicts),
    (Tolerance.MN_FORM, lambda header, _: not MN_FORM[header.dialect].fullmatch(header.mn)),
)


def _loosely(text: str, slips: set[Tolerance]) -> _Sent | str:
    """The fields piece by piece, every slip noted; or why they are unusable."""
    opening = _OPENING.search(text)
    if opening is None:
        return "no CP"
    fields = _fields(text[: opening.start()], slips)
    if isinstance(fields, str):
        return fields
    if opening[1] != "CP":
        slips.add(Tolerance.NAME_CASE)
    if opening[2] or opening[3]:
        slips.add(Tolerance.SEPARATORS)
    return _Sent(tuple(fields.get(name) or None for name in _FIELDS), tuple(fields))


def _part(pnum: str | None, pno: str | None) -> tuple[int, int] | str | None:
    """(PNO, PNUM) of a real part, None for a whole message, or why neither."""
    if pnum is None and pno is None:
        return None
    if pnum is None or pno is None or not _COUNT.fullmatch(pnum) or not _COUNT.fullmatch(pno):
        return None if pnum in ("1", None) and pno in ("1", None) else "PNUM or PNO unusable"
    count, number = int(pnum), int(pno)
    if not 1 <= number <= count:
        return f"PNO {number} of PNUM {count}"
    return (number, count) if count > 1 else None


def _fields(text: str, slips: set[Tolerance]) -> dict[str, str] | str:
    """Name -> value in the order met, or which field contradicts itself."""
    pieces = text.split("=")
    name = pieces[0].lstrip(";, \t\r\n")
    if name != pieces[0]:
        slips.add(Tolerance.SEPARATORS)
    found: dict[str, str] = {}
    for piece in pieces[1:-1]:
        following = _NEXT_NAME.search(piece)
        if following is None:
            slips.add(Tolerance.SEPARATORS)
            continue
        if following[1] != ";" or following[4]:
            slips.add(Tolerance.SEPARATORS)
        if not _take(found, name, piece[: following.start()], slips):
            return f"{name.strip()} twice with different values"
        name = following[2] or following[3]
    if len(pieces) > 1:
        last = pieces[-1].rstrip(";, \t\r\n")
        if pieces[-1][len(last) :] != ";":
            slips.add(Tolerance.SEPARATORS)
        if not _take(found, name, last, slips):
            return f"{name.strip()} twice with different values"
    return found


def _take(found: dict[str, str], raw_name: str, raw_value: str, slips: set[Tolerance]) -> bool:
    """Adds one field; False: it is there already with another value."""
    name, value = raw_name.strip(), raw_value.strip()
    if name != raw_name or value != raw_value:
        slips.add(Tolerance.SEPARATORS)
    known = _CANONICAL.get(name.lower())
    if known is None:
        slips.add(Tolerance.HEADER)
        known = name
    elif known != name:
        slips.add(Tolerance.NAME_CASE)
    if known in found:
        slips.add(Tolerance.SEPARATORS)
    return found.setdefault(known, value) == value


def _ordered(met: tuple[str, ...], dialect: Version) -> bool:
    """Whether the fields stand in the order of the standard."""
    names = [name for name in met if name in _FIELDS]
    orders = _ORDERS if dialect is Version.HJT_2005 else _ORDERS[:1]
    return any(names == [name for name in order if name in names] for order in orders)
