"""A recording instead of a camera: in lock-step, as fast as the machine can; the same each time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from contract.errors import CaptureError
from contract.times import NS
from edge.capture.pyav_engine import PyAvEngine
from edge.capture.ring import PacketRing
from edge.capture.stream import Stream
from edge.capture.timeline import Timeline
from edge.capture.types import Address, Arrival, Frame, StreamInfo
from edge.config import CameraConfig


class Replay:
    """A file played through the same stream as a live camera: `at_ns = start_ns + pts - the first pts`.

    Iterating gives the frames; between two of them `ask_full_decode` takes effect at the next packet, as it does live.
    """

    def __init__(self, path: str | Path, *, start_ns: int, camera: CameraConfig, ring: PacketRing) -> None:
        self._path = Path(path)
        self._start_ns = start_ns
        self._engine = PyAvEngine(lambda: 0)
        self._stream = Stream(camera, self._engine, ring, Timeline())

    @property
    def stream_info(self) -> StreamInfo | None:
        """What the recording is; None before the first frame."""
        return self._stream.info

    def ask_full_decode(self, until_ns: int) -> None:
        """Decode every picture until stream time `until_ns`."""
        self._stream.ask_full_decode(until_ns)

    def counters(self) -> dict[str, int]:
        """Those of time, ring and decoding."""
        return self._stream.counters()

    def __iter__(self) -> Iterator[Frame]:
        """Frames in order; raises CaptureError for a file that is missing, no video or broken."""
        if not self._path.is_file():
            raise CaptureError("not_found", f"{self._path}: no such file")
        source = self._engine.open(Address(str(self._path)))
        ns_per_tick = NS * source.info.time_base
        first_ticks: int | None = None
        try:
            for arrival in source.arrivals():
                is_first = first_ticks is None
                # Transport streams, and what was cut out of a longer recording, do not begin at zero.
                first_ticks = _ticks(arrival) if first_ticks is None else first_ticks
                since_ns = (_ticks(arrival) - first_ticks) * ns_per_tick.numerator // ns_per_tick.denominator
                timed = arrival._replace(received_ns=self._start_ns + since_ns)
                yield from self._stream.begin(source.info, [timed]) if is_first else self._stream.take(timed)
            yield from self._stream.end()
        finally:
            source.close()


def _ticks(arrival: Arrival) -> int:
    """A recording has no delivery: each packet is received at its own stream time."""
    ticks = arrival.dts if arrival.pts is None else arrival.pts
    return ticks or 0
