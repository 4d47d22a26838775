"""Serve until SIGTERM or Ctrl-C: stop listening, end the live streams, let running requests finish, exit 0."""

from __future__ import annotations

import os
import signal
import socket
from types import FrameType

import uvicorn
from fastapi import FastAPI

from contract.errors import ConfigError, Mistake
from server.centre import Centre
from server.config import HttpConfig

FINISH_WITHIN_S = 10


class _Server(uvicorn.Server):
    """Uvicorn waits for open answers when it stops; a live stream would never end by itself."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        centre: Centre = self.config.app.state.centre  # type: ignore[union-attr]
        centre.feed.close_clients()
        await super().shutdown(sockets)


def make_server(app: FastAPI, http: HttpConfig) -> uvicorn.Server:
    """A server that is not running yet."""
    config = uvicorn.Config(
        app,
        host=http.host,
        port=http.port,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=http.connections_max,
        timeout_graceful_shutdown=FINISH_WITHIN_S,
        lifespan="on",
    )
    return _Server(config)


def serve(app: FastAPI, http: HttpConfig) -> int:
    """Serve until told to stop; exit code 0, or 1 when the server could not start.

    Raises ConfigError for an address that cannot be had.
    """
    listener = _listen(http)
    # Uvicorn raises the signal again once it has stopped; a wanted stop is no failure.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _stop_is_done)
    server = make_server(app, http)
    with listener:
        server.run(sockets=[listener])
    return os.EX_OK if server.started else 1


def _listen(http: HttpConfig) -> socket.socket:
    family = socket.AF_INET6 if ":" in http.host else socket.AF_INET
    try:
        return socket.create_server((http.host, http.port), family=family, backlog=2048)
    except OSError as error:
        problem = f"{http.host} port {http.port} cannot be had: {error.strerror or error}"
        mistake = Mistake("http.port", None, problem, "is another server running there?")
        raise ConfigError("server.toml", (mistake,)) from error


def _stop_is_done(_number: int, _frame: FrameType | None) -> None:
    return None
