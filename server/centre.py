"""What every route works with: the configuration, the store, the clock and the few things kept in memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request

from server.config import ServerConfig

if TYPE_CHECKING:
    from server.evidence.thumbnails import Thumbnails
    from server.identity.login import LoginGate
    from server.live.feed import Feed
    from store import Store


@dataclass(frozen=True, slots=True)
class Centre:
    """One server process from the inside; made once by `server.app.create_app`."""

    config: ServerConfig
    store: Store
    now_ns: Callable[[], int]
    gate: LoginGate
    feed: Feed
    thumbnails: Thumbnails


def centre_of(request: Request) -> Centre:
    """The centre that serves this request."""
    centre: Centre = request.app.state.centre
    return centre


Here = Annotated[Centre, Depends(centre_of)]
