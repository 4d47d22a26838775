"""What the case officer's routes take."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from server.shapes import Ask, Note

ReturnReason = Literal[
    "wrong_plate", "wrong_place", "evidence_incomplete", "not_an_offence", "other_authority", "duplicate", "other"
]


class Ticks(Ask):
    """真实 清晰 完整 准确: what the officer has looked at; all four are needed."""

    true: bool = False
    clear: bool = False
    complete: bool = False
    accurate: bool = False


class AcceptAsk(Ask):
    """Accept the lead; with a case number typed by hand the case counts as opened."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "ticks": {"true": True, "clear": True, "complete": True, "accurate": True},
                    "case_number": "粤综执2026-01733",
                    "note": "",
                }
            ]
        },
    )

    ticks: Ticks
    case_number: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    note: Note = ""


class ReturnAsk(Ask):
    """Return the lead; `other` needs a note."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        json_schema_extra={"examples": [{"reason": "wrong_plate", "note": "首位字母不符"}]},
    )

    reason: ReturnReason
    note: Note = ""
