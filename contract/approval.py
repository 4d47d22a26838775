"""The approval record of a monitoring device (行政处罚法 art. 41): a record without one is for statistics only."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

Day = Annotated[str, Meta(pattern=r"^[0-9]{4}-[01][0-9]-[0-3][0-9](?!\n)$", description="a day as 2026-01-31")]
Words = Annotated[str, Meta(min_length=1, max_length=300)]


class Approval(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who reviewed the device and when, where its place was published, its sign, until when its calibration holds."""

    number: Words
    reviewed_on: Day
    published_in: Words
    published_on: Day
    calibrated_until: Day
    sign_photo: Words | None = None
