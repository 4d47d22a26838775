"""What `server.toml` may say, and the process's whole context once it is open."""

from __future__ import annotations

import ipaddress
from typing import Annotated

from msgspec import Meta, Struct, field

from store.config import StoreConfig


class HttpConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the server listens."""

    host: Annotated[str, Meta(min_length=1, max_length=255)] = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535)] = 18080
    connections_max: Annotated[int, Meta(ge=10, le=100_000, description="open at once; more get 503")] = 3000


class SessionConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long a log-in lasts, and how much logging in at once is borne (argon2id takes 64 MB and 0.2 s a hash)."""

    idle_s: Annotated[float, Meta(ge=60, le=86_400, description="without a request")] = 7_200.0
    absolute_s: Annotated[float, Meta(ge=60, le=604_800, description="since the log-in; a shift")] = 43_200.0
    logins_at_once: Annotated[int, Meta(ge=1, le=64, description="hashes computed at one time")] = 2
    logins_waiting: Annotated[int, Meta(ge=0, le=1000, description="log-ins that wait for a hash; more get 429")] = 20
    failures_free: Annotated[int, Meta(ge=1, le=100, description="wrong passwords before the back-off begins")] = 5
    back_off_max_s: Annotated[float, Meta(ge=1, le=86_400)] = 300.0
    cookie_secure: bool | None = None


class PolicyConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The times of a lead's life."""

    undo_s: Annotated[float, Meta(ge=0, le=600, description="a verdict may be undone; then it is offered")] = 10.0
    lease_s: Annotated[float, Meta(ge=1, le=3600, description="a claim holds, unless renewed")] = 90.0
    known_place_days: Annotated[float, Meta(gt=0, le=3650, description="a dismissed chimney rings no more so long")] = (
        30.0
    )


class RetentionConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long the centre keeps what no lead rests on; readings around an act, events, evidence and the audit stay."""

    readings_days: Annotated[float, Meta(ge=30, le=3650, description="a sensor's readings, by their own time")] = 400.0
    rejects_days: Annotated[float, Meta(ge=30, le=3650, description="refused messages with their reason")] = 180.0


class LiveConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How live updates run; more clients than `clients_max` get 503, a client with a full queue gets `resync`."""

    poll_s: Annotated[float, Meta(ge=0.01, le=5)] = 0.1
    heartbeat_s: Annotated[float, Meta(ge=0.05, le=60)] = 15.0
    clients_max: Annotated[int, Meta(ge=1, le=100_000)] = 1000
    queue_max: Annotated[int, Meta(ge=1, le=100_000, description="events that wait for one client")] = 500
    replay_max: Annotated[int, Meta(ge=1, le=100_000, description="events sent again after Last-Event-ID")] = 1000


class ServerConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole of `server.toml`."""

    store: StoreConfig
    http: HttpConfig = field(default_factory=HttpConfig)
    session: SessionConfig = field(default_factory=SessionConfig)
    policy: PolicyConfig = field(default_factory=PolicyConfig)
    retention: RetentionConfig = field(default_factory=RetentionConfig)
    live: LiveConfig = field(default_factory=LiveConfig)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach that host; an unknown name counts as reachable from outside."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_cookie_secure(config: ServerConfig) -> bool:
    """Whether the session cookie is for HTTPS only: as told, else unless the server listens on loopback."""
    told = config.session.cookie_secure
    return not is_loopback(config.http.host) if told is None else told
