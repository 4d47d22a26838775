"""One socket of a device: read, judge, keep, and only then answer; a bad frame never closes it."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from contract.errors import ContractError, StoreError
from edge.sensors.hj212.crc import Variant
from edge.sensors.hj212.decoder import Decoder, Fate, Outcome
from edge.sensors.hj212.framing import IDLE_S
from edge.sensors.hj212.message import Message
from edge.sensors.hj212.requests import Target
from edge.sensors.hj212.server.conversation import HISTORY
from edge.sensors.hj212.server.presence import Seat
from edge.sensors.hj212.server.rows import answer_bytes, frame_row, own_message, reject_row

if TYPE_CHECKING:
    from edge.sensors.hj212.server.platform import Platform

log = logging.getLogger(__name__)
NS_PER_S: Final = 1_000_000_000
MAX_MNS: Final = 256  # devices behind one forwarding link
_QUARANTINED: Final = frozenset({Fate.LOST, Fate.SPLIT_LEFT})


class Streams(NamedTuple):
    """The two ends of a socket, and whose it is."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    host: str
    peer: str


class Link:
    """A device's link; `ordinal` rises with each link of the server."""

    def __init__(self, platform: Platform, streams: Streams, ordinal: int) -> None:
        self._platform = platform
        self._streams = streams
        self.ordinal = ordinal
        self.mns: set[str] = set()
        self._decoder = Decoder(devices=platform.devices, keys=platform.keys)
        self._opened_s = self._heard_s = platform.monotonic_s()
        self._is_proven = False

    async def run(self) -> None:
        """Until the device, a limit or the server closes it."""
        try:
            while await self._turn():
                pass
        except OSError:
            self._platform.count("link_lost")
            at_s = self._platform.monotonic_s()
            with suppress(OSError):
                await self._judged(self._decoder.silence(at_s=at_s, clock=self._clock(), idle_s=0))
        finally:
            self.close()

    def close(self) -> None:
        """At once; what was kept stays kept."""
        self._streams.writer.transport.abort()

    def write(self, frame: bytes) -> None:
        """A command to the device; a link that does not read is closed by its own answers."""
        if not self._streams.writer.is_closing():
            self._streams.writer.write(frame)

    async def _turn(self) -> bool:
        """One read or one silence; whether the link goes on."""
        platform, limits = self._platform, self._platform.limits
        is_open = bool(self._decoder.link.held or self._decoder.link.noise)
        closes_s = self._heard_s + limits.silent_close_s
        if not self._is_proven:
            closes_s = min(closes_s, self._opened_s + limits.unproven_close_s)
        wait_s = closes_s - platform.monotonic_s()
        try:
            async with asyncio.timeout(min(IDLE_S, wait_s) if is_open else wait_s):
                data = await self._streams.reader.read(limits.read_bytes)
        except TimeoutError:
            at_s = platform.monotonic_s()
            await self._judged(self._decoder.silence(at_s=at_s, clock=self._clock()))
            if at_s >= closes_s:
                platform.count("closed_silent" if self._is_proven else "closed_unproven")
            return at_s < closes_s
        self._heard_s = platform.monotonic_s()
        if not data:
            await self._judged(self._decoder.silence(at_s=self._heard_s, clock=self._clock(), idle_s=0))
            return False
        await self._judged(self._decoder.feed(data, at_s=self._heard_s, clock=self._clock()))
        return True

    async def _judged(self, outcomes: list[Outcome]) -> None:
        """Keeps what came, then answers it; what cannot be kept is not answered, and the device will send it again."""
        platform, received_ns, peer = self._platform, self._platform.now_ns(), self._streams.peer
        genuine: list[tuple[Outcome, Message]] = []
        rejects = []
        for outcome in outcomes:
            if outcome.fate is Fate.NOISE:
                platform.count("noise")
            elif outcome.fate in _QUARANTINED:
                rejects.append(reject_row(outcome, received_ns=received_ns, peer=peer, mn=self._decoder.mn))
            else:
                genuine.append((outcome, own_message(outcome, platform.keys)))
        if not genuine and not rejects:
            return
        received = {"received": len(genuine) + sum(one.is_lost for one in rejects)}
        bound = platform.readers.bound
        rows = [frame_row(outcome, own, received_ns=received_ns, peer=peer, bound=bound) for outcome, own in genuine]
        last_ns = await platform.last_heard({row.mn for row in rows})
        try:
            await platform.commit.keep(rows, rejects, counts=received)
        except StoreError:
            platform.count("not_kept", len(rows) + len(rejects))
            return
        platform.kept(rows)
        await self._answer(genuine)
        for _, own in genuine:
            self._meet(own, last_ns.get(own.header.mn))
        self._is_proven = self._is_proven or bool(genuine)

    async def _answer(self, genuine: list[tuple[Outcome, Message]]) -> None:
        platform, writer = self._platform, self._streams.writer
        owed = 0
        for outcome, own in genuine:
            try:
                answer = answer_bytes(outcome, own)
            except ContractError as error:
                platform.count("unanswerable")
                log.warning("unanswerable peer=%s reason=%r", self._streams.peer, error.reason)
                continue
            if answer is not None:
                writer.write(answer)
                owed += 1
        if not owed:
            return
        platform.count("answers_owed", owed)
        try:
            async with asyncio.timeout(platform.limits.write_timeout_s):
                await writer.drain()
        except TimeoutError:
            platform.count("closed_not_reading")
            raise ConnectionAbortedError("the device does not read its answers") from None
        # Closed meanwhile, by the device or for a newer link: it was not answered and will come again.
        platform.count("answers_lost" if writer.is_closing() else "acked", owed)

    def _meet(self, own: Message, last_ns: int | None) -> None:
        """Who speaks here, and what the server wants of it."""
        platform, mn, at_s = self._platform, own.header.mn, self._platform.monotonic_s()
        if mn not in self.mns and len(self.mns) >= MAX_MNS:
            platform.count("devices_over_link_limit")
            return
        heard = platform.heard(mn, self, self._streams.host, at_s=at_s)
        seat = platform.presence.seats[mn]
        if heard.is_superseded:
            return
        self.mns.add(mn)
        clock = self._clock()
        seat.conversation.met(own, at_s=at_s, is_contact=heard.is_contact)
        if heard.is_contact and last_ns is not None:
            cn = platform.readers.history.get(mn, HISTORY)
            seat.conversation.missed(platform.moment(last_ns), clock, cn=cn)
        self._note_target(seat, own)
        platform.speak(seat, clock=clock, at_s=at_s)

    def _note_target(self, seat: Seat, own: Message) -> None:
        """As the device's own messages show it; an answer (ST=91) does not."""
        header = own.header
        if header.st is None or header.pw is None or (header.st == "91" and seat.target is not None):
            return
        seat.target = Target(
            mn=header.mn, st=header.st, pw=header.pw, version=header.dialect, variant=own.variant or Variant.HJ
        )

    def _clock(self) -> datetime:
        return self._platform.moment(self._platform.now_ns())
