"""The little that must be read from coded bytes: the parameter sets that a keyframe carries in-band."""

from __future__ import annotations

from collections.abc import Iterator

_START = b"\x00\x00\x01"


def parameter_sets(codec: str, data: bytes) -> bytes:
    """The SPS and PPS (HEVC: VPS too) of an Annex B packet, as decoder extradata; empty when it carries none."""
    return b"".join(b"\x00" + _START + unit for unit in _units(data) if _is_parameter_set(codec, unit[0]))


def _units(data: bytes) -> Iterator[bytes]:
    start = data.find(_START)
    while start >= 0:
        start += len(_START)
        end = data.find(_START, start)
        unit = data[start : end if end >= 0 else len(data)].rstrip(b"\x00")
        if unit:
            yield unit
        start = end


def _is_parameter_set(codec: str, header: int) -> bool:
    if codec == "h264":
        return header & 0x1F in (7, 8)
    return codec == "hevc" and (header >> 1) & 0x3F in (32, 33, 34)
