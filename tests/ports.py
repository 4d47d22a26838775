"""Loopback ports for servers that are told their port before they bind it."""

from __future__ import annotations

import itertools
import os
import socket

_FIRST, _WORKERS, _EACH = 20_000, 12, 1_000
"""Below the range of which the kernel gives ports to `port 0` and to connections (32768 up): nobody else gets them."""
_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", f"gw{_WORKERS - 1}").removeprefix("gw")) % _WORKERS
# Each worker has a stretch of its own; two runs on one machine begin at different places of it.
_offsets = itertools.count(os.getpid())


def unused_port() -> int:
    """A port that nobody has and that no other test will get."""
    for _ in range(_EACH):
        port = _FIRST + _WORKER * _EACH + next(_offsets) % _EACH
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("every port of this worker is taken")


def listens(port: int) -> bool:
    """Whether somebody takes connections there."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except OSError:
        return False
    return True
