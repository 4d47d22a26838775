"""What a stream of bytes falls into: frames, lost frames with the reason, and noise."""

from __future__ import annotations

from enum import Enum

from msgspec import Struct

from edge.sensors.hj212.crc import Variant
from edge.sensors.hj212.tolerances import Tolerance


class Loss(Enum):
    """Why a frame is not data. All but `INCOMPLETE` are rejections and go to quarantine; none is answered."""

    BAD_CRC = "bad-crc"
    BAD_LENGTH = "bad-length"
    BAD_HEADER = "bad-header"
    NO_CRC = "no-crc"
    TRUNCATED = "truncated"
    BAD_FIELD = "bad-field"
    INCOMPLETE = "incomplete"

    @property
    def verdict(self) -> str:
        """As verdicts spell it."""
        return self.value if self is Loss.INCOMPLETE else f"rejected({self.value})"


class Frame(Struct, frozen=True, gc=False):
    """One data segment whose end is proved. `crc` is the field as sent; `variant` None: sealed, provable with the key
    only; `slips` are the tolerances that framing needed; `raw` the bytes from `##` to the end of the line."""

    data: bytes
    raw: bytes
    declared: int
    crc: bytes
    variant: Variant | None
    slips: tuple[Tolerance, ...] = ()


class Lost(Struct, frozen=True, gc=False):
    """A frame that is none, with its bytes."""

    reason: Loss
    raw: bytes


class Noise(Struct, frozen=True, gc=False):
    """Bytes outside frames before a silence: how many, and the first of them."""

    count: int
    sample: bytes


Piece = Frame | Lost | Noise
