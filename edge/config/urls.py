"""Which addresses a gateway may speak to: no credentials inside, no plain text off this machine."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urlsplit

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
BROKER_PORTS = {"mqtt": 1883, "mqtts": 8883}
EVIDENCE_PORTS = {"http": 80, "https": 443}
CAMERA_PORTS = {"rtsp": 554, "rtsps": 322, "http": 80, "https": 443}


class Endpoint(NamedTuple):
    """A server's address, taken apart."""

    scheme: str
    host: str
    port: int
    path: str


def endpoint(url: str, ports: dict[str, int]) -> Endpoint:
    """The parts of a URL with one of the schemes of `ports`; raises ValueError that says what is wrong with it."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ValueError(f"is no address: {error}") from error
    if parts.scheme not in ports:
        raise ValueError(f"starts with {parts.scheme[:20]!r}, expected {' or '.join(f'{name}://' for name in ports)}")
    if not parts.hostname:
        raise ValueError("names no host")
    if parts.username is not None or parts.password is not None:
        raise ValueError("holds credentials: put them into username and a secret file")
    return Endpoint(parts.scheme, parts.hostname, port or ports[parts.scheme], parts.path)


def server_problem(url: str, ports: dict[str, int], plain_scheme: str) -> str | None:
    """What speaks against sending to a server; plain text is for this machine only."""
    try:
        found = endpoint(url, ports)
    except ValueError as error:
        return str(error)
    if found.scheme == plain_scheme and found.host not in LOOPBACK:
        return f"is not encrypted: {plain_scheme}:// is for this machine only, use {plain_scheme}s://"
    return None


def camera_problem(url: str) -> str | None:
    """What is wrong with a camera's address; a recording is no camera, `edge replay` judges it."""
    try:
        endpoint(url, CAMERA_PORTS)
    except ValueError as error:
        return str(error)
    return None
