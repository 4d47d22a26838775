"""One frame understood: header, values, quality marks, and every tolerance it needed; the strict verdict is none."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

from msgspec import Struct

from edge.sensors.hj212 import crc
from edge.sensors.hj212.dialects import (
    COMMANDS,
    KNOWN_COMMANDS,
    MEASURING,
    NAMED_MARKS,
    REAL_TIME,
    UPLOADS,
)
from edge.sensors.hj212.header import Header, parse_header
from edge.sensors.hj212.items import Items, Value, parse_items
from edge.sensors.hj212.pieces import Frame, Loss, Lost
from edge.sensors.hj212.sealing import is_sealed, unseal
from edge.sensors.hj212.tolerances import Tolerance
from edge.sensors.hj212.values import SKEW_LIMIT

MAX_DATA_STRICT: Final = 1024
MAX_CP_STRICT: Final = 950
NO_KEYS: Final[Mapping[str, bytes]] = MappingProxyType({})
_AIR_AND_WATER: Final = frozenset({"21", "22", "23", "24", "25", "26", "27", "39"})
_TWO_MEANINGS: Final = frozenset({"a01001", "a01002"})  # weather in the standard, NMHC and particulate on fume loggers
_MAY_BE_NEGATIVE: Final = frozenset({"a01001", "a01012", "a01013", "w01001", "w01010", "S03", "S08"})
_SEALED_ITEMS: Final = Items(())


class Message(Struct, frozen=True):
    """A genuine message. `raw_reason` None: data; else why only the raw text is kept: unknown-cn, encrypted, no-data.

    `data` is the plain data segment, of a merged message those of its parts, one a line; `quality` are the marks that
    stored data must carry. Whoever stores keeps the frame's raw bytes beside it.
    """

    header: Header
    items: Items
    data: bytes
    variant: crc.Variant | None
    slips: frozenset[Tolerance]
    raw_reason: str | None = None
    quality: tuple[str, ...] = ()

    @property
    def values(self) -> tuple[Value, ...]:
        """What it measured."""
        return self.items.values

    @property
    def conforms(self) -> bool:
        """The strict verdict: nothing had to be forgiven."""
        return not self.slips

    @property
    def sha256(self) -> str:
        """Of the plain data segment."""
        return hashlib.sha256(self.data).hexdigest()


def read(
    frame: Frame, *, clock: datetime | None = None, keys: Mapping[str, bytes] = NO_KEYS, uploaded: bool = True
) -> Message | Lost:
    """The message in a frame. `clock`: the server's at receipt (None: no skew test); `keys`: SM4, 16 bytes by MN,
    `"*"` for every other; `uploaded`: from device to server."""
    data, variant, slips = frame.data, frame.variant, set(frame.slips)
    text = _decoded(data, slips)
    parsed = parse_header(text)
    if isinstance(parsed, str):
        return Lost(Loss.BAD_FIELD, frame.raw)
    header, begin, more = parsed
    if sealed := is_sealed(data):
        key = keys.get(header.mn) or keys.get("*")
        plain = unseal(data, key) if key else None
        if plain is not None:
            variant = crc.recognise(plain, frame.crc)
            if variant is None:
                return Lost(Loss.BAD_CRC, frame.raw)
            slips |= _of_unsealed(frame, plain, variant)
            data, text, sealed = plain, _decoded(plain, slips), False
    if not text.endswith("&&") or len(text) < begin + 2:
        return Lost(Loss.BAD_FIELD, frame.raw)
    slips |= more
    if sealed:
        return Message(header, _SEALED_ITEMS, data, variant, frozenset(slips), "encrypted")
    items = parse_items(text[begin:-2], header.dialect)
    if items.conflict:
        return Lost(Loss.BAD_FIELD, frame.raw)
    slips |= items.slips
    raw_reason = _judge_command(header, items, slips, uploaded=uploaded)
    if len(data) > MAX_DATA_STRICT or len(data) - data.find(b"&&") - 4 > MAX_CP_STRICT:
        slips.add(Tolerance.OVERLONG)
    quality = _quality(header, items, clock, slips) if uploaded else ()
    return Message(header, items, data, variant, frozenset(slips), raw_reason, quality)


def _of_unsealed(frame: Frame, plain: bytes, variant: crc.Variant) -> set[Tolerance]:
    """Slips that only the plain text can prove; the length may be that of the plain or of the sent text."""
    slips = set()
    if variant is not crc.Variant.HJ:
        slips.add(Tolerance.CRC_VARIANT)
    if frame.declared not in (len(plain), len(frame.data)):
        slips.add(Tolerance.LENGTH)
    return slips


def _decoded(data: bytes, slips: set[Tolerance]) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        slips.add(Tolerance.CHARSET)
        try:
            return data.decode("gb18030")
        except UnicodeDecodeError:
            return data.decode("utf-8", "backslashreplace")


def _judge_command(header: Header, items: Items, slips: set[Tolerance], *, uploaded: bool) -> str | None:
    """Why only the raw text is kept, or None; a command of another version or of vendors is T17."""
    if header.cn not in COMMANDS[header.dialect]:
        if header.cn not in KNOWN_COMMANDS:
            return "unknown-cn"
        slips.add(Tolerance.CODE)
    if not uploaded or header.cn not in UPLOADS:
        return None
    if not items.values and (header.cn in MEASURING or items.data_time_text is None):
        return "no-data" if header.part is None else None
    if items.data_time_text is None and header.part is None:
        slips.add(Tolerance.TIME)
    return None


def _quality(header: Header, items: Items, clock: datetime | None, slips: set[Tolerance]) -> tuple[str, ...]:
    """Marks that stored data must carry: of their clock, of codes with two meanings, of the instrument, of values."""
    marks = []
    if clock and items.data_time and _is_now(header) and abs(items.data_time - clock) > SKEW_LIMIT:
        marks.append("clock-skew")
        slips.add(Tolerance.TIME)
    if header.st not in _AIR_AND_WATER and any(value.code in _TWO_MEANINGS for value in items.values):
        marks.append("profile-needed")
    marks += [f"flag-{mark}" for mark in dict.fromkeys(items.marks) if mark in NAMED_MARKS]
    if items.unread:
        marks.append("null-value")
    if any(
        value.value is not None and value.value < 0 and value.code not in _MAY_BE_NEGATIVE for value in items.values
    ):
        marks.append("below-zero")
    return tuple(marks)


def _is_now(header: Header) -> bool:
    """Whether the data claim to be of now; minute, hour and day data and late data are history."""
    return header.cn in REAL_TIME and not header.late
