"""The readings around an act as JSON lines: what was understood of each frame beside the frame as it came."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import msgspec

from contract.observations import Reported
from contract.times import utc_from_ns
from edge.sensors.hj212.escapes import escaped
from edge.sensors.hj212.server.store import StoredFrame

SCHEMA: Final = "tantou.readings/1"
NOT_LEGAL: Final = {
    "zh": "在线监测数值是检查或采样的线索，不是法定监测结果；是否超过排放限值，以实验室按标准方法的测定为准。",
    "en": "The on-line value is a clue for an inspection or a sampling, not a legal measurement; whether the emission "
    "limit is exceeded is for the laboratory to measure by the standard method.",
}


class KeptReading(NamedTuple):
    """A row and what it told (None: it measures nothing, or is a part of a message that came whole later)."""

    row: StoredFrame
    reported: Reported | None


def readings_jsonl(head: dict[str, Any], kept: Sequence[KeptReading]) -> bytes:
    """A first line that says whose they are, then one line a kept frame; raw bytes as `hj212 decode` reads them."""
    first = {"schema": SCHEMA, **head, "frames": len(kept), "legal_note": NOT_LEGAL}
    return b"".join(msgspec.json.encode(line) + b"\n" for line in (first, *(_line(one) for one in kept)))


def _line(kept: KeptReading) -> dict[str, Any]:
    row, reported = kept
    return {
        "row": row.id,
        "received": utc_from_ns(row.received_ns),
        "data_time": row.data_time,
        "at": None if reported is None else utc_from_ns(reported.at_ns),
        "peer": row.peer,
        "cn": row.cn,
        "qn": row.qn,
        "part": row.part,
        "verdict": row.verdict,
        "tolerances": _split(row.tolerances),
        "marks": _split(row.marks),
        "doubts": () if reported is None else reported.doubts,
        "back_filled": reported is not None and reported.back_filled,
        "factors": () if reported is None else reported.factors,
        "raw_sha256": row.raw_sha256.hex(),
        "raw": escaped(row.raw),
    }


def _split(text: str) -> list[str]:
    return text.split(",") if text else []
