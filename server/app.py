"""The application: the rooms' routers under `/api/v1`, problems, headers, the console's files."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute

import server.audit.routes
import server.cases.routes
import server.devices.routes
import server.evidence.routes
import server.fires.routes
import server.identity.routes
import server.leads.routes
import server.live.routes
import server.premises.routes
from server import console_files, headers, problems
from server.centre import Centre
from server.clockwork import Clockwork
from server.config import ServerConfig
from server.evidence.thumbnails import Thumbnails
from server.identity.access import Needs, Public
from server.identity.login import LoginGate
from server.identity.scopes import SCOPES
from server.leads import once
from server.live.feed import Feed
from store import Store

API = "/api/v1"
MAX_BODY_BYTES = 64 * 1024
ROUTERS: tuple[APIRouter, ...] = (
    server.identity.routes.router,
    server.leads.routes.router,
    server.cases.routes.router,
    server.fires.routes.router,
    server.evidence.routes.router,
    server.devices.routes.router,
    server.premises.routes.router,
    server.audit.routes.router,
    server.live.routes.router,
)


def create_app(
    config: ServerConfig, store: Store, now_ns: Callable[[], int], *, console: Path | None = None
) -> FastAPI:
    """The application on an open store; `console` is the folder of the built console (None: the one beside this file).

    Raises ValueError when a route names no scope: a route that forgot it must not start at all.
    """
    centre = Centre(
        config=config,
        store=store,
        now_ns=now_ns,
        gate=LoginGate(config.session, now_ns),
        feed=Feed(config.live, store),
        thumbnails=Thumbnails(),
    )
    once.prepare(store.engine)
    app = _bare(centre)
    app.state.centre = centre
    problems.install(app)
    for router in ROUTERS:
        app.include_router(router, prefix=API)
    app.include_router(console_files.router(console or Path(__file__).parent / "static"))
    app.add_middleware(headers.RequestLimits, max_bytes=MAX_BODY_BYTES)
    app.add_middleware(headers.SecurityHeaders)  # the outermost: also on what the limits refuse
    for route in api_routes():
        scope_of(route)
    return app


def _bare(centre: Centre) -> FastAPI:
    """An application without routes that runs the feed and the clockwork while it is up."""
    clockwork = Clockwork(centre)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with centre.feed.running(), clockwork.running():
            yield
        await centre.gate.finished()

    return FastAPI(title="Tantou", docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)


def api_routes() -> Iterator[APIRoute]:
    """Every route of the API; their paths are relative to `/api/v1`."""
    for router in ROUTERS:
        for route in router.routes:
            if not isinstance(route, APIRoute):
                raise ValueError(f"route {route!r}: only API routes may be served, they alone name a scope")
            yield route


def scope_of(route: APIRoute) -> str:
    """The one scope that a route declares; raises ValueError for none, two or an unknown one."""
    marks = [need.call for need in route.dependant.dependencies if isinstance(need.call, Needs | Public)]
    if len(marks) != 1 or marks[0].scope not in SCOPES:
        raise ValueError(f"route {route.methods} {route.path}: declares {len(marks)} scopes, expected exactly one")
    return marks[0].scope
