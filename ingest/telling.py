"""What the centre knows of a gateway beyond its devices, and what it refused, for people at a command line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from contract.errors import StoreError
from store import Store, arrivals, gateways


def gateway(store: Store, name: str) -> dict[str, Any]:
    """One gateway: its last heartbeat without the devices, and what the centre counted of its messages.

    `heartbeat` is None before the first one. Raises StoreError for a gateway that is not registered.
    """
    with store.read() as conn:
        known = gateways.by_id(conn, name)
        status = gateways.status(conn, name)
        counted = arrivals.counters(conn)
    if known is None:
        raise StoreError(f"gateway {name[:64]!r}: not registered; `tantou gateways list` tells those that are")
    birth, heartbeat = (None, None) if status is None else (status.birth, status.last_health)
    told = None if heartbeat is None else msgspec.to_builtins(heartbeat)
    if told is not None:
        del told["devices"]
    return {
        "id": name,
        "town": known.town,
        "online": None if status is None else status.online,
        "at": None if status is None else status.at,
        "software": None if birth is None else birth.software,
        "config_sha256": None if birth is None else birth.config_sha256,
        "heartbeat": told,
        "taken_in": {what: count for (whose, what), count in sorted(counted.items()) if whose == name},
    }


def rejects(store: Store, limit: int) -> Iterator[dict[str, Any]]:
    """The newest messages that were refused for good, each with its reason; bytes that are no text as `\\xNN`."""
    with store.read() as conn:
        rows = arrivals.list_rejects(conn, limit)
    for row in rows:
        yield {
            "received_at": row.received_at,
            "gateway": row.gateway,
            "topic": row.topic,
            "reason": row.reason,
            "body": row.body.decode("utf-8", "backslashreplace"),
        }
