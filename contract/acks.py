"""Application acks: the centre says what it has committed or refused; only then may a gateway forget."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from contract.times import Utc


class Ack(Struct, frozen=True, kw_only=True):
    """One answer for one message: `id` is the CloudEvents id; `rejected` is final and carries the reason."""

    id: str
    result: Literal["stored", "duplicate", "rejected"]
    reason: str = ""


class Acks(Struct, frozen=True, kw_only=True):
    """The answers of one committed batch for one gateway."""

    at: Utc
    acks: Annotated[tuple[Ack, ...], Meta(max_length=1000)]
