"""H.264 and H.265 packets as every muxer takes them: start codes, parameter sets before the first picture.

Cameras send start codes; files hold lengths and keep the parameter sets aside (ISO/IEC 14496-15, avcC and hvcC).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from contract.errors import EvidenceError
from edge.capture.types import Packet, StreamInfo

START_CODE = b"\x00\x00\x00\x01"


def annexb_packets(packets: Sequence[Packet], info: StreamInfo) -> Iterator[bytes]:
    """The packets' data, the first one with the stream's parameter sets before it; other codecs as they are."""
    if info.codec not in ("h264", "hevc"):
        yield from (packet.data for packet in packets)
        return
    # The first byte of avcC and hvcC is the version, 1; a start code begins with 0.
    boxed = info.extradata[:1] == b"\x01"
    try:
        sets, length_bytes = _parameter_sets(info) if boxed else (info.extradata, 0)
        for index, packet in enumerate(packets):
            data = _start_coded(packet.data, length_bytes) if length_bytes else packet.data
            yield sets + data if index == 0 else data
    except IndexError as error:
        raise EvidenceError(f"{info.codec} stream: parameter sets that end too early") from error


def _parameter_sets(info: StreamInfo) -> tuple[bytes, int]:
    """Parameter sets with start codes, and how many bytes each length in the packets has."""
    box = info.extradata
    out = bytearray()
    if info.codec == "h264":
        at = 5
        for mask in (0x1F, 0xFF):
            count, at = box[at] & mask, at + 1
            at = _append_units(out, box, at, count)
        return bytes(out), (box[4] & 3) + 1
    at = 23
    for _ in range(box[22]):
        at = _append_units(out, box, at + 3, int.from_bytes(box[at + 1 : at + 3], "big"))
    return bytes(out), (box[21] & 3) + 1


def _append_units(out: bytearray, box: bytes, at: int, count: int) -> int:
    for _ in range(count):
        size = (box[at] << 8) + box[at + 1]
        out += START_CODE + box[at + 2 : at + 2 + size]
        at += 2 + size
    return at


def _start_coded(data: bytes, length_bytes: int) -> bytes:
    out = bytearray()
    at = 0
    while at + length_bytes <= len(data):
        size = int.from_bytes(data[at : at + length_bytes], "big")
        at += length_bytes
        out += START_CODE + data[at : at + size]
        at += size
    return bytes(out)
