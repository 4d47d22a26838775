"""Frames as the standard wants them, from plain values; what a simulator, a server's commands and the tests send."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from contract.errors import ContractError
from edge.sensors.hj212.crc import Variant, check_field
from edge.sensors.hj212.ends import MAX_DATA
from edge.sensors.hj212.message import MAX_CP_STRICT, MAX_DATA_STRICT

MAX_PARTS: Final = 9999


class Draft(Struct, frozen=True, kw_only=True):
    """The fields of a frame to be; `area` is the text between `&&` and `&&`; None leaves a field out."""

    mn: str
    cn: str
    st: str | None = None
    qn: str | None = None
    pw: str | None = None
    flag: int | None = None
    part: tuple[int, int] | None = None
    late: bool = False
    area: str = ""


def segment(draft: Draft) -> bytes:
    """The data segment, fields in the order of the standard, UTF-8."""
    number, count = draft.part or (None, None)
    fields = {
        "QN": draft.qn,
        "ST": draft.st,
        "CN": draft.cn,
        "PW": draft.pw,
        "MN": draft.mn,
        "Flag": draft.flag,
        "PNUM": count,
        "PNO": number,
        "RF": 1 if draft.late else None,
    }
    header = "".join(f"{name}={value};" for name, value in fields.items() if value is not None)
    return f"{header}CP=&&{draft.area}&&".encode()


def frame_of(data: bytes, *, variant: Variant = Variant.HJ, declared: int | None = None) -> bytes:
    """A data segment in its frame; `declared` is put as its length. Raises ContractError beyond four digits."""
    length = len(data) if declared is None else declared
    if not 0 <= length <= MAX_DATA:
        raise ContractError(f"HJ 212 frame: data segment of {length} bytes; at most {MAX_DATA}; split the message")
    return b"##%04d%b%b\r\n" % (length, data, check_field(data, variant))


def encode(draft: Draft, *, variant: Variant = Variant.HJ) -> bytes:
    """The frame of a draft; raises ContractError when it is too long."""
    return frame_of(segment(draft), variant=variant)


def split(draft: Draft) -> Iterator[Draft]:
    """The parts of a message that is too long, cut between items, DataTime repeated in each, within 950 and 1024 bytes;
    a message that fits is its own only part. Raises ContractError for an item that alone is too long."""
    header = len(segment(replace(draft, part=(MAX_PARTS, MAX_PARTS), area="")))
    max_area = min(MAX_CP_STRICT, MAX_DATA_STRICT - header)
    items = [item for item in draft.area.split(";") if item]
    head = items[0] if items and items[0].startswith("DataTime=") else None
    room = max_area - (len(head.encode()) + 1 if head else 0)
    areas: list[list[str]] = [[]]
    for item in items[1:] if head else items:
        if len(item.encode()) > room:
            raise ContractError(f"HJ 212 split: one item of {len(item.encode())} bytes; at most {room} in a part")
        if sum(len(one.encode()) + 1 for one in areas[-1]) + len(item.encode()) > room:
            areas.append([])
        areas[-1].append(item)
    if len(areas) > MAX_PARTS:
        raise ContractError(f"HJ 212 split: {len(areas)} parts; at most {MAX_PARTS}")
    if len(areas) == 1:
        yield draft
        return
    for number, area in enumerate(areas, 1):
        yield replace(draft, part=(number, len(areas)), area=";".join([head, *area] if head else area))
