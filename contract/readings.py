"""Readings of sensors: one value of one factor, with the mark that says whether it may be believed."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from contract.events import Name, Text
from contract.times import Utc

READINGS_AROUND_S: Final = 1800.0  # an act's readings reach this far before and after it, and are settled then


class Reading(Struct, frozen=True, kw_only=True):
    """A sensor's value; None when the sensor sent none, `mark` as sent (HJ 212 flag), unit spelled out."""

    device: Name
    at: Utc
    received: Utc
    factor: Text
    value: float | None
    unit: Text
    mark: Text
    raw_sha256: str | None = None
