"""From bytes to pieces, incrementally: the same pieces whole, byte by byte and in any cut; time is an argument.

A piece is decided only on bytes that are there and would be decided alike whatever follows; what needs a silence to
be decided waits for `expire`. Nothing waits for a declared length across the start of another frame.
"""

from __future__ import annotations

import re
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from edge.sensors.hj212.ends import HEAD, MAX_DATA, MAX_TAIL, START, START_SPAN, UNREADABLE, Search, judge
from edge.sensors.hj212.pieces import Frame, Loss, Lost, Noise, Piece
from edge.sensors.hj212.tolerances import Tolerance

IDLE_S: Final = 2.0  # an open frame older than this much silence is over
MAX_OPEN_BYTES: Final = 16 * 1024  # what a link may hold between two reads
NOISE_SAMPLE_BYTES: Final = 64
_BLANK: Final = b"\r\n"
_CUT_START: Final = re.compile(rb"##[0-9]{0,4}")
_HOLD_SPAN: Final = START_SPAN + HEAD


class Link(Struct, frozen=True):
    """The state of one connection: bytes not yet decided, noise since the last piece, when it last spoke."""

    held: bytes = b""
    noise: int = 0
    sample: bytes = b""
    heard_s: float = 0.0
    search: Search | None = None


class _Scan:
    """One pass over held and new bytes."""

    __slots__ = ("buffer", "final", "link", "pieces", "position")

    def __init__(self, link: Link, buffer: bytes, *, final: bool) -> None:
        self.link, self.buffer, self.final = link, buffer, final
        self.position = 0
        self.pieces: list[Piece] = []

    def run(self) -> tuple[Link, list[Piece]]:
        noise, sample, search = self.link.noise, self.link.sample, self.link.search
        buffer = self.buffer
        while self.position < len(buffer):
            at, length = self.start() if search is None else (self.position, search.length)
            if at > self.position:
                gap = buffer[self.position : at].translate(None, _BLANK)
                noise, sample = noise + len(gap), (sample + gap)[:NOISE_SAMPLE_BYTES]
                self.position = at
            if length is None:
                break
            decided, search = judge(buffer, at, search or Search(length=length), final=self.final)
            if decided is None:
                break
            piece, self.position = decided
            self.pieces.append(_after_noise(piece) if noise else piece)
            noise, sample = 0, b""
            search = None
        held = buffer[self.position :]
        return Link(held=held, noise=noise, sample=sample, heard_s=self.link.heard_s, search=search), self.pieces

    def start(self) -> tuple[int, int | None]:
        """Where the next frame starts and its declared length (UNREADABLE: none); length None: it cannot be said yet,
        and everything before the position is noise."""
        buffer, final = self.buffer, self.final
        at = buffer.find(b"##", self.position)
        while at >= 0:
            while buffer.startswith(b"#", at + 2):
                at += 1
            if found := START.match(buffer, at):
                return at, UNREADABLE if found[1] is None else int(found[1])
            known = len(buffer) - at
            if known < _HOLD_SPAN and not final:
                return at, None
            if known >= HEAD and buffer[at + 2 : at + HEAD].isdigit():
                return at, int(buffer[at + 2 : at + HEAD])
            if (cut := _CUT_START.match(buffer, at)) and (
                START.match(buffer, cut.end()) or (final and cut.end() == len(buffer))
            ):
                return at, 0
            at = buffer.find(b"##", at + 2)
        hold = not final and buffer.endswith(b"#")
        return len(buffer) - hold, None


def feed(link: Link, data: bytes, *, at_s: float) -> tuple[Link, list[Piece]]:
    """The link after `data` arrived at `at_s` (any monotonic clock), and the pieces that are decided by it."""
    link, pieces = _Scan(link, link.held + data if link.held else data, final=False).run()
    return replace(link, heard_s=at_s), pieces


def expire(link: Link, *, at_s: float, idle_s: float = IDLE_S) -> tuple[Link, list[Piece]]:
    """The link after a silence: unchanged before `idle_s`, else everything held is decided and noise is told."""
    if at_s - link.heard_s < idle_s or not (link.held or link.noise):
        return link, []
    rest, pieces = _Scan(link, link.held, final=True).run()
    if rest.noise:
        pieces.append(Noise(rest.noise, rest.sample))
    return Link(heard_s=link.heard_s), pieces


def _after_noise(piece: Frame | Lost) -> Frame | Lost:
    if isinstance(piece, Frame):
        return replace(piece, slips=(Tolerance.NOISE, *piece.slips))
    return piece


assert MAX_DATA + MAX_TAIL < MAX_OPEN_BYTES  # noqa: S101 -- the bound of the link follows from that of a frame
__all__ = ["IDLE_S", "MAX_OPEN_BYTES", "Frame", "Link", "Loss", "Lost", "Noise", "Piece", "expire", "feed"]
