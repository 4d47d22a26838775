"""Field types that several rooms' answers share."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

INSTANT = "2026-11-24T08:30:00.000000000Z"
EVENT_ID = "6f1f7e6a-8f0e-8c3b-9d57-2f6f0c4f9a11"
SHA256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

Instant = Annotated[str, Field(description="UTC instant, RFC 3339, nine decimals", examples=[INSTANT])]
HexSha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", examples=[SHA256])]
Note = Annotated[str, Field(max_length=1000, description="what the person wants to add")]

LeadState = Literal[
    "alert",
    "claimed",
    "confirmed",
    "dismissed",
    "offered",
    "accepted",
    "returned",
    "handed_over",
    "case_opened",
    "closed",
    "withdrawn",
    "superseded",
    "permitted",
]


class Answer(BaseModel):
    """What the server answers: made here, frozen."""

    model_config = ConfigDict(frozen=True)


class Ask(BaseModel):
    """What a request's body says: unknown fields are refused, so that a misspelt one is never a silent default."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @field_validator("*")
    @classmethod
    def refuse_nul(cls, value: object) -> object:
        """PostgreSQL holds no NUL in text."""
        if isinstance(value, str) and "\0" in value:
            raise ValueError("a NUL character is not text")
        return value


class GroundPosition(Answer):
    """A WGS 84 position with the radius within which it holds."""

    lat: float
    lon: float
    error_m: float
