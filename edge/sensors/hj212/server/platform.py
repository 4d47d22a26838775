"""The server: listens, lets in, ticks, and ends together; links, seats and the store are its parts."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from contract.errors import StoreError
from edge.sensors.hj212.decoder import overdue_splits
from edge.sensors.hj212.memory import Devices
from edge.sensors.hj212.message import NO_KEYS
from edge.sensors.hj212.server.doorman import Doorman
from edge.sensors.hj212.server.group_commit import GroupCommit
from edge.sensors.hj212.server.limits import Limits
from edge.sensors.hj212.server.link import NS_PER_S, Link, Streams
from edge.sensors.hj212.server.presence import ClonedNumber, Heard, Presence, Seat
from edge.sensors.hj212.server.rows import reject_row
from edge.sensors.hj212.server.store import RawFrame, RawStore
from edge.sensors.hj212.values import CHINA

log = logging.getLogger(__name__)
TICK_S: Final = 1.0
BACKLOG: Final = 1024
SEND_BUFFER_BYTES: Final = 64 * 1024  # of the kernel, a link: answers are short
TLS_HANDSHAKE_S: Final = 10.0
KEEP_ALL_BYTES: Final = 2**62


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """Where the server listens (port 0: any free one), with what bounds, SM4 keys by MN or `*`, and TLS or none."""

    host: str = "127.0.0.1"
    port: int = 0
    limits: Limits = field(default_factory=Limits)
    keys: Mapping[str, bytes] = field(default_factory=lambda: NO_KEYS)
    tls: ssl.SSLContext | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Readers:
    """Who lives on the rows. `bound`: the numbers that belong to premises (None: every number is taken for bound);
    `on_kept` is told of whom rows were kept; `judged_to` tells up to which row a device's are judged, so that none goes
    before; `history`: by which command a device is asked for what it stored, where not by 2051."""

    bound: frozenset[str] | None = None
    on_kept: Callable[[frozenset[str]], None] = lambda _mns: None
    judged_to: Callable[[], Mapping[str, int]] = dict
    history: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Stranger:
    """A number that nobody bound: when it was first and last heard, and from where last; UTC nanoseconds."""

    first_ns: int
    last_ns: int
    peer: str
    frames: int = 0


class Platform:
    """One listening server over one store. `now_ns` is the wall clock, `monotonic_s` a clock that never jumps."""

    def __init__(
        self,
        store: RawStore,
        listening: Listening,
        *,
        now_ns: Callable[[], int],
        monotonic_s: Callable[[], float],
        readers: Readers = Readers(),
    ) -> None:
        self._listening = listening
        self.readers = readers
        self.strangers: dict[str, Stranger] = {}
        self._tidied_s = monotonic_s()
        self.limits = listening.limits
        self.keys = listening.keys
        self.now_ns = now_ns
        self.monotonic_s = monotonic_s
        self.commit = GroupCommit(store)
        self.devices = Devices(self.limits.max_devices)
        self.presence = Presence(self.limits)
        self._doorman = Doorman(self.limits)
        self._links: dict[int, Link] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._ordinal = 0
        self.port = 0

    async def run(self, stop: asyncio.Event, *, on_listening: Callable[[int], None] = lambda _port: None) -> None:
        """Serves until `stop` is set; `on_listening` is told the port. Everything kept and counted is on disk after."""
        place = self._listening
        server = await asyncio.start_server(
            self._accept,
            place.host,
            place.port,
            limit=self.limits.read_bytes,
            backlog=BACKLOG,
            ssl=place.tls,
            ssl_handshake_timeout=TLS_HANDSHAKE_S if place.tls else None,
        )
        self.port = server.sockets[0].getsockname()[1]
        on_listening(self.port)
        try:
            while not stop.is_set():
                with suppress(TimeoutError):
                    async with asyncio.timeout(TICK_S):
                        await stop.wait()
                await self._tick()
        finally:
            server.close()
            tasks = list(self._tasks)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self.commit.end()

    def count(self, name: str, count: int = 1) -> None:
        """Counts; on disk with the next batch."""
        self.commit.count(name, count)

    def moment(self, at_ns: int) -> datetime:
        """A wall clock time as devices tell it, +08:00."""
        return datetime.fromtimestamp(at_ns / NS_PER_S, tz=CHINA)

    def cloned(self) -> list[ClonedNumber]:
        """The alarms of cloned numbers that stand."""
        return self.presence.cloned(at_s=self.monotonic_s())

    def kept(self, rows: Sequence[RawFrame]) -> None:
        """These rows are on disk: their readers are told, and numbers that are nobody's are remembered."""
        bound = self.readers.bound
        for row in rows if bound is not None else ():
            if row.mn not in (bound or ()):
                self.count("frames_of_strangers")
                self._note_stranger(row)
        self.readers.on_kept(frozenset(row.mn for row in rows))

    def _note_stranger(self, row: RawFrame) -> None:
        known = self.strangers.get(row.mn)
        if known is None:
            if len(self.strangers) >= self.limits.max_strangers:
                self.count("strangers_not_remembered")
                return
            known = self.strangers[row.mn] = Stranger(row.received_ns, row.received_ns, row.peer)
            log.warning("unbound_mn mn=%r peer=%s", row.mn, row.peer)
        known.last_ns, known.peer, known.frames = row.received_ns, row.peer, known.frames + 1

    def fill_gap(self, mn: str, begin: datetime, end: datetime, *, cn: str) -> None:
        """Asks a device for what it stored in a time; counted, and forgotten when it was never heard."""
        seat = self.presence.seats.get(mn)
        if seat is None:
            self.count("gaps_of_unheard_devices")
            return
        seat.conversation.fill(begin, end, cn=cn)
        self.count("gaps_asked")

    async def last_heard(self, mns: set[str]) -> dict[str, int]:
        """When these devices were heard before; asked of the store only for those that have no seat yet."""
        known: dict[str, int] = {}
        for mn in mns:
            seat = self.presence.seats.get(mn)
            last_ns = (
                seat.last_ns if seat is not None else await asyncio.to_thread(self.commit.store.last_received_ns, mn)
            )
            if last_ns is not None:
                known[mn] = last_ns
        return known

    def heard(self, mn: str, link: Link, host: str, *, at_s: float) -> Heard:
        """Seats a device; the link it had before is closed when it speaks for nobody else."""
        heard = self.presence.heard(mn, link.ordinal, host, at_s=at_s)
        self.presence.seats[mn].last_ns = self.now_ns()
        if heard.is_superseded:
            self.count("superseded_speech")
        if heard.is_new_alarm:
            self.count("cloned_mn_alarms")
            log.warning("cloned_mn mn=%r hosts=%s", mn, ",".join(self.presence.seats[mn].hosts))
        old = None if heard.replaced is None else self._links.get(heard.replaced)
        if old is not None:
            self.count("links_replaced")
            old.mns.discard(mn)
            if not old.mns:
                old.close()
        return heard

    def speak(self, seat: Seat, *, clock: datetime, at_s: float) -> None:
        """Sends what is due to a device; without a link it counts as sent and is repeated like any lost command."""
        if seat.target is None:
            return
        frame = seat.conversation.say(seat.target, clock=clock, at_s=at_s)
        for exchange in seat.conversation.ended:
            self.count(f"command_{exchange.phase.name.lower()}")
        seat.conversation.ended.clear()
        self.count("commands_dropped", seat.conversation.dropped)
        seat.conversation.dropped = 0
        link = self._links.get(seat.link)
        if frame is not None:
            self.count("commands_sent")
            if link is not None:
                link.write(frame)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A socket came; its task is held here until its end."""
        task = asyncio.create_task(self._admit(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _admit(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One accepted socket, from the door to its end."""
        name = writer.get_extra_info("peername")
        host, peer = (str(name[0]), f"{name[0]}:{name[1]}") if name else ("?", "?")
        admission = self._doorman.admit(host, at_s=self.monotonic_s())
        if admission.refused:
            self.count(admission.refused)
            writer.transport.abort()
            return
        self.count("links")
        try:
            with suppress(OSError):  # closed meanwhile: the first read tells
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
            if admission.wait_s:
                self.count("accepts_delayed")
                await asyncio.sleep(admission.wait_s)
            self._ordinal += 1
            link = self._links[self._ordinal] = Link(self, Streams(reader, writer, host, peer), self._ordinal)
            try:
                await link.run()
            finally:
                del self._links[link.ordinal]
        except Exception:
            # A mistake in the program: this link ends, the others go on.
            self.count("links_failed")
            log.exception("link_failed peer=%s", peer)
        finally:
            writer.transport.abort()
            self._doorman.leave(host)

    async def _tick(self) -> None:
        """What is due by time alone: commands, split messages that stay open, counters."""
        at_s, now_ns = self.monotonic_s(), self.now_ns()
        clock = self.moment(now_ns)
        for seat in self.presence.seats.values():
            if not seat.conversation.is_idle:
                self.speak(seat, clock=clock, at_s=at_s)
        left = overdue_splits(self.devices, at_s=at_s)
        await self._tidy(at_s, now_ns)
        try:
            await self.commit.keep((), [reject_row(one, received_ns=now_ns, peer="", mn=None) for one in left])
        except StoreError:
            self.count("not_kept", len(left))

    async def _tidy(self, at_s: float, now_ns: int) -> None:
        """Old rows go, and rows above the bound; those that nobody judged yet stay whatever their age."""
        limits = self.limits
        if at_s - self._tidied_s < limits.tidy_every_s or (limits.keep_s is None and limits.keep_bytes is None):
            return
        self._tidied_s = at_s
        before_ns = 0 if limits.keep_s is None else now_ns - round(limits.keep_s * NS_PER_S)
        keep_bytes = KEEP_ALL_BYTES if limits.keep_bytes is None else limits.keep_bytes
        try:
            await self.commit.let_go(before_ns=before_ns, keep_bytes=keep_bytes, unjudged=self.readers.judged_to())
        except StoreError as error:
            log.warning("rows_not_let_go reason=%r", str(error))
