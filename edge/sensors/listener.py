"""The port that HJ 212 devices come to, as one thread of the gateway, and a device of its own in health.

What comes here and is nobody's is seen here: unbound and factory numbers, clones, rejects, and the counters that show
received = stored = acked.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from contract.errors import DeliveryError
from contract.health import DeviceHealth, MaintenanceItem
from contract.times import utc_from_ns
from edge.config import LISTENER_ID, ListenerConfig
from edge.sensors.hj212.dialects import FACTORY_MNS
from edge.sensors.hj212.server.limits import Limits
from edge.sensors.hj212.server.platform import Listening, Platform, Readers
from edge.sensors.hj212.server.presence import ClonedNumber
from edge.sensors.hj212.server.process import allow_sockets, tls_of
from edge.sensors.hj212.server.store import RawStore

log = logging.getLogger(__name__)
STOP_LOOK_S: Final = 0.2
DAY_S: Final = 86_400
_MB: Final = 1_000_000
MAX_ITEMS: Final = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class Clocks:
    """The two clocks of the process: the wall's, and one that never jumps."""

    now_ns: Callable[[], int]
    monotonic_s: Callable[[], float]


@dataclass(slots=True)
class _Running:
    """What the loop's thread shows to others."""

    loop: asyncio.AbstractEventLoop
    platform: Platform
    since_ns: int
    port: int = 0


@dataclass(slots=True)
class Listener:
    """One listening server; `run` is the body of its thread, the rest may be called from any."""

    config: ListenerConfig
    store: RawStore
    keys: Mapping[str, bytes]
    readers: Readers
    clocks: Clocks
    _running: _Running | None = None
    problem: str = ""
    _since_ns: int = 0

    def run(self, stop: threading.Event) -> None:
        """Until the stop event; raises DeliveryError when the port cannot be had, ConfigError for a certificate."""
        allow_sockets()
        try:
            asyncio.run(self._serve(stop))
        except OSError as error:
            where = f"{self.config.host}:{self.config.port}"
            self.problem = f"cannot listen on {where}: {error.strerror or error}"
            raise DeliveryError(f"hj212: {self.problem}; is the port another program's?") from error
        finally:
            self._running, self._since_ns = None, self.clocks.now_ns()

    @property
    def port(self) -> int:
        """Where it listens now; 0: nowhere."""
        running = self._running
        return 0 if running is None else running.port

    def fill_gap(self, mn: str, begin_ns: int, end_ns: int, *, cn: str) -> None:
        """Asks a device for what it stored in a time; returns at once."""
        running = self._running
        if running is None:
            return
        begin, end = (running.platform.moment(at_ns) for at_ns in (begin_ns, end_ns))
        running.loop.call_soon_threadsafe(lambda: running.platform.fill_gap(mn, begin, end, cn=cn))

    def cloned(self, mn: str) -> ClonedNumber | None:
        """The alarm that stands for a number; None: there is none."""
        running = self._running
        found = [] if running is None else running.platform.cloned()
        return next((one for one in found if one.mn == mn), None)

    def links_of(self, mn: str) -> tuple[str, ...]:
        """The addresses that a number came from, newest last."""
        running = self._running
        seat = None if running is None else running.platform.presence.seats.get(mn)
        return () if seat is None else tuple(seat.hosts)

    def health(self) -> DeviceHealth:
        """The port as a device: live while it listens."""
        running = self._running
        items = () if running is None else tuple(self._items(running.platform))
        return DeviceHealth(
            device=LISTENER_ID,
            state="unreachable" if running is None else "live",
            since=utc_from_ns(self._since_ns if running is None else running.since_ns),
            detail=self.problem if running is None else f"listens on {self.config.host}:{running.port}",
            counters=self.store.counters(),
            maintenance=items[:MAX_ITEMS],
        )

    async def _serve(self, stop: threading.Event) -> None:
        listening = Listening(
            host=self.config.host,
            port=self.config.port,
            limits=limits_of(self.config),
            keys=self.keys,
            tls=tls_of(_path(self.config.tls_cert), _path(self.config.tls_key)),
        )
        clocks = self.clocks
        platform = Platform(
            self.store, listening, now_ns=clocks.now_ns, monotonic_s=clocks.monotonic_s, readers=self.readers
        )
        running = _Running(asyncio.get_running_loop(), platform, clocks.now_ns())
        ended = asyncio.Event()

        def listens(port: int) -> None:
            running.port, self.problem = port, ""
            self._running = running
            log.info("hj212_listens host=%s port=%d", self.config.host, port)

        async def watch() -> None:
            while not stop.is_set():  # noqa: ASYNC110 -- a thread's event, of another world
                await asyncio.sleep(STOP_LOOK_S)
            ended.set()

        watching = asyncio.create_task(watch())
        try:
            await platform.run(ended, on_listening=listens)
        finally:
            watching.cancel()

    def _items(self, platform: Platform) -> Iterator[MaintenanceItem]:
        """Numbers that nobody bound; those that devices leave the factory with are told apart."""
        for mn, stranger in list(platform.strangers.items()):
            is_factory = mn in FACTORY_MNS
            words = (
                "a number that devices leave the factory with: give the device its own"
                if is_factory
                else "no sensor of the configuration has this number; its frames are kept and are nobody's evidence"
            )
            yield MaintenanceItem(
                kind="factory_mn" if is_factory else "unknown_mn",
                since=utc_from_ns(stranger.first_ns),
                detail=f"{mn}: {words}",
                values={"mn": mn, "peer": stranger.peer, "frames": stranger.frames},
            )


def limits_of(config: ListenerConfig) -> Limits:
    """The server's bounds as configured."""
    return Limits(
        max_links=config.max_links,
        max_links_per_peer=config.max_links_per_peer,
        accepts_per_s=config.accepts_per_s,
        keep_s=float(config.keep_days * DAY_S),
        keep_bytes=config.keep_mb * _MB,
    )


def _path(name: str | None) -> Path | None:
    return None if name is None else Path(name)
