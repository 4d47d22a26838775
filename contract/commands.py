"""Commands from the centre to a gateway."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from contract.times import Utc


class Command(Struct, frozen=True, kw_only=True):
    """Ask a gateway for something; `rebirth` asks for its birth message anew."""

    id: str
    at: Utc
    action: Literal["rebirth"]
