"""Where an open frame ends, and whether it is one: by its declared length, else by `&&` and a CRC that fits.

Order of belief: the declared end with a fitting CRC; a proved end elsewhere once the declared one is refuted, crossed
by another frame's start, or will never come; else a loss with its reason. Registers run on, so no byte is summed twice.
"""

from __future__ import annotations

import re
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from edge.sensors.hj212 import crc
from edge.sensors.hj212.pieces import Frame, Loss, Lost
from edge.sensors.hj212.tolerances import Tolerance

MAX_DATA: Final = 9999  # what four digits can declare
MAX_TAIL: Final = 16  # ## and length before the data, CRC and line end behind
START_SPAN: Final = 21  # a start shows itself within so many bytes
HEAD: Final = 6
CRC_DIGITS: Final = 4
UNREADABLE: Final = -1

START: Final = re.compile(
    rb"##(?:([0-9]{4})|[^#;=&\r\n]{0,8}?)\s{0,4}(?:QN|ST|CN|PW|MN|FLAG|PNUM|PNO|RF|CP)\s{0,2}=", re.IGNORECASE
)
_OPENING: Final = re.compile(rb"CP\s{0,4}=\s{0,4}\Z", re.IGNORECASE)
_OPENING_SPAN: Final = 12
_SEALED: Final = re.compile(rb"\{0x", re.IGNORECASE)
_SEALED_DATA: Final = re.compile(rb"CP\s{0,4}=\s{0,4}&&\{0x", re.IGNORECASE)
_END: Final = re.compile(rb"&&(?!&)([0-9A-Fa-f]{0,4})")
_HEX: Final = re.compile(rb"[0-9A-Fa-f]{0,4}")
_SOME_FIELD: Final = re.compile(rb"[0-9A-Fa-f]{4}|[0-9A-Za-z]{1,4}(?=[\r\n#])")
_CUT_FIELD: Final = re.compile(rb"[0-9A-Fa-f]{1,3}\Z")
_BARE_FIELD: Final = re.compile(rb"([0-9A-Fa-f]{4})(?=[\r\n])")
_SHUT: Final = re.compile(rb"&&[0-9A-Fa-f]{1,4}(?=[\r\n#])")
_STOPS: Final = frozenset(b"\r\n#")

Decided = tuple[Frame | Lost, int]  # a piece, and where the bytes behind it begin


class Search(Struct, frozen=True):
    """What is known of an open frame; positions count from its `##`, 0: not seen. `length`: declared or UNREADABLE."""

    length: int
    position: int = HEAD  # ends before it are judged
    summed: int = HEAD  # how far the two registers run
    hj: int = crc.START
    modbus: int = crc.START
    opened: int = 0  # behind the `&&` that opens the data area
    hashed: int = 2  # other starts before it are known
    others: tuple[int, ...] = ()  # the first two starts of other frames
    lost_data: int = 0  # the last end of data that no CRC fits
    lost_end: int = 0  # behind its field
    lost_field: bool = False  # whether there was one


def judge(buffer: bytes, at: int, search: Search, *, final: bool) -> tuple[Decided | None, Search | None]:
    """The frame that opens at `at` once it can be decided, else what is known; `final`: nothing more will come."""
    size, end = len(buffer), at + HEAD + search.length
    refuted = False
    if 0 <= search.length <= size - at - HEAD and buffer.find(b"##", at + HEAD, end) < 0:
        exact, refuted = _exact(buffer, at, end, final=final)
        if not refuted:
            return exact, search
    search = _open(buffer, at, _others(buffer, at, search))
    other = at + search.others[0] if search.others else None
    limit = min(size, at + HEAD + MAX_DATA + MAX_TAIL) if other is None else other
    over = final or limit < size
    if search.length == UNREADABLE:
        return _unreadable(buffer, at, limit, over=over), search
    if search.opened and _SEALED.match(buffer, at + search.opened):
        return _sealed(buffer, at, at + search.opened, limit, final=final), search
    crossed = other is not None and other < end
    if not refuted and not crossed and size >= end:
        exact, refuted = _exact(buffer, at, end, final=final)
        if not refuted:
            return exact, search
    if not (refuted or crossed or over):
        return None, search
    found, search = _seek(buffer, at, search, limit, final=final)
    if found or not over:
        return found, search
    if crossed and not search.lost_end:
        return _contested(buffer, at, search, final=final), search
    return _hopeless(buffer, at, search, limit), search


def _exact(buffer: bytes, at: int, end: int, *, final: bool) -> tuple[Decided | None, bool]:
    """What stands at the declared end, all of it being there: (piece, False), (None, False) for wait, (None, True)
    when it is no end."""
    if buffer[end - 2 : end] != b"&&" or end - at < HEAD + 2 or _opens_there(buffer, at, end):
        return None, True
    field = _HEX.match(buffer, end).group()  # type: ignore[union-attr]
    stop, size = end + len(field), len(buffer)
    whole = len(field) == CRC_DIGITS
    if stop == size and not whole and not final:
        return None, False
    stopped = stop < size and buffer[stop] in _STOPS
    if not field:
        return ((Lost(Loss.NO_CRC, buffer[at:end]), end), False) if stopped else (None, True)
    if whole or stopped or stop == size:
        data = buffer[at + HEAD : end]
        variant = crc.recognise(data, field)
        if variant:
            return framed(buffer, at, end, field, variant=variant, final=final), False
        if stop == size and not final:
            return None, False
        if (stopped or (whole and stop == size)) and not _SEALED_DATA.search(data):
            return (Lost(Loss.BAD_CRC, buffer[at:stop]), stop), False
    return None, True


def framed(
    buffer: bytes, at: int, end: int, field: bytes, *, variant: crc.Variant | None, final: bool
) -> Decided | None:
    """The frame whose data end at `end`, once its line end is there; None: wait for it."""
    stop = end + len(field)
    line = buffer[stop : stop + 2]
    declared = buffer[at + 2 : at + HEAD]
    slips: tuple[Tolerance, ...] = ()
    if line == b"\r\n":
        stop += 2
    elif line in (b"", b"\r") and not final:
        return None
    else:
        slips += (Tolerance.LINE_END,)
        stop += line[:1] in (b"\r", b"\n")
    if field != field.upper():
        slips += (Tolerance.CRC_CASE,)
    if variant not in (crc.Variant.HJ, None):
        slips += (Tolerance.CRC_VARIANT,)
    if len(field) < CRC_DIGITS:
        slips += (Tolerance.CRC_SHORT,)
    data = buffer[at + HEAD : end]
    if variant and int(declared) != len(data):
        slips += (Tolerance.LENGTH,)
    return Frame(data, buffer[at:stop], int(declared), field, variant, slips), stop


def _opens_there(buffer: bytes, at: int, end: int) -> bool:
    """Whether the `&&` before `end` is the one that opens the data area."""
    first = buffer.find(b"&&", at + HEAD, end)
    return first == end - 2 and _OPENING.search(buffer[max(at + HEAD, first - _OPENING_SPAN) : first]) is not None


def _others(buffer: bytes, at: int, search: Search) -> Search:
    """The search with the first two starts of other frames, as far as they can be seen."""
    hashed, others = at + search.hashed, search.others
    while len(others) < 2 and (found := buffer.find(b"##", hashed)) >= 0:
        start = START.search(buffer, found)
        if start is None:
            break
        others += (start.start() - at,)
        hashed = start.start() + 2
    settled = max(hashed, len(buffer) - START_SPAN) - at
    return replace(search, hashed=settled, others=others)


def _open(buffer: bytes, at: int, search: Search) -> Search:
    """The search with the place where the data area opens; where `&&` comes without `CP=` it is the header's end."""
    if search.opened:
        return search
    first = buffer.find(b"&&", at + search.position)
    if first < 0:
        return replace(search, position=max(search.position, len(buffer) - at - 1))
    opened = first + 2 if _OPENING.search(buffer[max(at + HEAD, first - _OPENING_SPAN) : first]) else first
    return replace(search, position=opened - at, opened=opened - at)


def _seek(buffer: bytes, at: int, search: Search, limit: int, *, final: bool) -> tuple[Decided | None, Search]:
    """The first proved end before `limit`, and how far it was searched; ends that no CRC fits are noted."""
    if not search.opened:
        return None, search
    state, size = search, len(buffer)
    while found := _END.search(buffer, at + state.position, limit):
        end, stop, field = found.start() + 2, found.end(), found[1]
        at_end, whole = stop == size, len(field) == CRC_DIGITS
        if at_end and not whole and not final:
            return None, replace(state, position=found.start() - at)
        stopped = not at_end and buffer[stop] in _STOPS
        if field and (whole or stopped or at_end):
            state = _summed(buffer, at, state, end)
            variant = crc.variant_of(int(field, 16), hj_value=state.hj, modbus_value=state.modbus)
            if variant and end - at - HEAD <= MAX_DATA:
                decided = framed(buffer, at, end, field, variant=variant, final=final)
                return decided, state if decided else replace(state, position=found.start() - at)
            if at_end and not final:
                return None, replace(state, position=found.start() - at)
        if stopped or (whole and at_end):
            state = replace(state, lost_data=end - at, lost_end=stop - at, lost_field=bool(field))
        state = replace(state, position=end - at)
    return None, replace(state, position=max(state.position, limit - at - 1))


def _summed(buffer: bytes, at: int, state: Search, end: int) -> Search:
    if at + state.summed >= end:
        return state
    chunk = buffer[at + state.summed : end]
    return replace(state, summed=end - at, hj=crc.hj(chunk, state.hj), modbus=crc.modbus(chunk, state.modbus))


def _contested(buffer: bytes, at: int, search: Search, *, final: bool) -> Decided | None:
    """A frame crossed by another start: a look-alike in a text if the declared end comes first and its CRC fits,
    cut off as soon as the other frame is whole, a third one starts, or the declared end is none."""
    end, other = at + HEAD + search.length, at + search.others[0]
    cut = (Lost(Loss.TRUNCATED, buffer[at:other]), other)
    if len(search.others) > 1 and at + search.others[1] < end:
        return cut
    head = START.match(buffer, other)
    other_end = other + HEAD + int(head[1]) if head and head[1] else end
    if other + HEAD < other_end < end and _fits(buffer, other, other_end, final=final):
        return cut
    if len(buffer) < end:
        return cut if final else None
    exact, refuted = _exact(buffer, at, end, final=final)
    return cut if refuted or (exact and isinstance(exact[0], Lost)) else exact


def _fits(buffer: bytes, at: int, end: int, *, final: bool) -> bool:
    if len(buffer) < end or buffer[end - 2 : end] != b"&&":
        return False
    field = _HEX.match(buffer, end).group()  # type: ignore[union-attr]
    stop = end + len(field)
    known = len(field) == CRC_DIGITS or (stop < len(buffer) and buffer[stop] in _STOPS) or final
    return bool(field) and known and crc.recognise(buffer[at + HEAD : end], field) is not None


def _sealed(buffer: bytes, at: int, opened: int, limit: int, *, final: bool) -> Decided | None:
    """A sealed data area ends at the first `&&` behind its brace; the CRC, of the plain text, proves nothing."""
    brace = buffer.find(b"}", opened, limit)
    shut = buffer.find(b"&&", brace, limit) if brace >= 0 else -1
    if shut >= 0:
        field = _HEX.match(buffer, shut + 2, limit).group()  # type: ignore[union-attr]
        stop = shut + 2 + len(field)
        if stop == len(buffer) and len(field) < CRC_DIGITS and not final:
            return None
        if not field:
            return Lost(Loss.NO_CRC, buffer[at:stop]), stop
        return framed(buffer, at, shut + 2, field, variant=None, final=final)
    if limit < len(buffer):
        return Lost(Loss.TRUNCATED, buffer[at:limit]), limit
    return (Lost(Loss.INCOMPLETE, buffer[at:]), limit) if final else None


def _unreadable(buffer: bytes, at: int, limit: int, *, over: bool) -> Decided | None:
    """A frame without a readable length reaches to its CRC field or to what comes next."""
    shut = _SHUT.search(buffer, at + 2, limit)
    if shut is None and not over:
        return None
    stop = shut.end() if shut else limit
    return Lost(Loss.BAD_HEADER, buffer[at:stop]), stop


def _hopeless(buffer: bytes, at: int, search: Search, limit: int) -> Decided:
    """Why an open frame is lost, and where: no more of it will come."""
    end = at + HEAD + search.length
    if search.lost_end:
        exact = search.lost_data == HEAD + search.length
        reason = Loss.NO_CRC if not search.lost_field else Loss.BAD_CRC if exact else Loss.BAD_LENGTH
        stop = at + search.lost_end
    elif end < limit and buffer[end - 2 : end] == b"&&" and not _opens_there(buffer, at, end):
        field = _SOME_FIELD.match(buffer, end)
        reason, stop = (Loss.BAD_CRC, field.end()) if field else (Loss.NO_CRC, end)
        if _CUT_FIELD.match(buffer, end):
            reason, stop = Loss.INCOMPLETE, limit
    elif end < limit and (bare := _BARE_FIELD.match(buffer, end)):
        fits = crc.recognise(buffer[at + HEAD : end], bare[1])
        reason, stop = (Loss.BAD_FIELD if fits else Loss.BAD_CRC), bare.end()
    elif search.others:
        reason, stop = Loss.TRUNCATED, limit
    elif limit < len(buffer):
        reason, stop = Loss.BAD_LENGTH, limit
    else:
        reason, stop = Loss.INCOMPLETE, limit
    return Lost(reason, buffer[at:stop]), stop
