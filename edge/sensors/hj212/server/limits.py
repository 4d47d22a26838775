"""The bounds of the server, each with its name; what is over one of them is refused or waits, and is counted."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Links: `max_links` in all and per peer address (behind a mobile carrier's one address many devices speak);
    accepts: `accepts_per_s` per peer after a burst of `accept_burst`, what is above waits unread, at most
    `max_accept_wait_s`; a link is closed after `silent_close_s` without a byte (a logger may send hourly) or
    `unproven_close_s` without any genuine message. Devices beyond `max_devices` push out the one silent longest. Rows
    go when they are older than `keep_s` and while all take more than `keep_bytes` (None: never), looked at each
    `tidy_every_s`; at most `max_strangers` numbers that nobody bound are remembered."""

    max_links: int = 8192
    max_links_per_peer: int = 512
    accepts_per_s: float = 20.0
    accept_burst: int = 200
    max_accept_wait_s: float = 30.0
    max_peers: int = 16_384
    silent_close_s: float = 3900.0
    unproven_close_s: float = 600.0
    write_timeout_s: float = 10.0
    read_bytes: int = 16 * 1024
    max_devices: int = 8192
    outage_s: float = 900.0
    back_fill_s: float = 10 * 86_400.0
    clock_again_s: float = 600.0
    keep_s: float | None = None
    keep_bytes: int | None = None
    tidy_every_s: float = 60.0
    max_strangers: int = 100
