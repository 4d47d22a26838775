"""From arrivals to frames: stamps, ring and decoder in one place, the same live and in a replay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from edge.capture.bitstream import parameter_sets
from edge.capture.decoder import Decoder
from edge.capture.ring import PacketRing
from edge.capture.timeline import Timeline
from edge.capture.types import Arrival, Engine, Frame, Packet, StreamInfo
from edge.config import CameraConfig


class Stream:
    """Stamps each arrival, keeps it in the ring and decodes it when the policy says so.

    `info` becomes whole with the first picture; a picture of another size is another stream: the ring starts anew there
    and `resized` counts it.
    """

    def __init__(self, camera: CameraConfig, engine: Engine, ring: PacketRing, timeline: Timeline) -> None:
        self._camera = camera
        self._engine = engine
        self._ring = ring
        self._timeline = timeline
        self._decoder: Decoder | None = None
        self._full_until_ns = 0
        self._told: StreamInfo | None = None
        self.info: StreamInfo | None = None
        self.resized = 0
        self._past: dict[str, int] = {}

    def begin(self, info: StreamInfo, first: Sequence[Arrival]) -> list[Frame]:
        """A connection begins. The ring goes on when the stream is as it was, else it starts anew."""
        self.end()
        is_another = self.info is not None and info != self._told
        if self.info is None or is_another:
            self.info = info
        self._told = info
        self._decoder = Decoder(self._camera, lambda: self._engine.decoder(info), self._ring)
        self._decoder.ask_full_decode(self._full_until_ns)
        packets = self._timeline.begin(info.time_base, first)
        if packets and is_another:
            self._ring.forget_before(packets[0].at_ns)
        return [frame for packet in packets for frame in self._take(packet)]

    def take(self, arrival: Arrival) -> list[Frame]:
        """The frames that this arrival makes ready; raises CaptureError when the stream does not decode."""
        return self._take(self._timeline.stamp(arrival))

    def end(self) -> list[Frame]:
        """The connection is over; the ring stays."""
        if self._decoder is None:
            return []
        frames = self._decoder.finish()
        self._past = self._decode_counters()
        self._decoder.close()
        self._decoder = None
        return frames

    def ask_full_decode(self, until_ns: int) -> None:
        """Decode every picture until stream time `until_ns`, also across a reconnect."""
        self._full_until_ns = max(self._full_until_ns, until_ns)
        decoder = self._decoder
        if decoder is not None:
            decoder.ask_full_decode(until_ns)

    def counters(self) -> dict[str, int]:
        """Those of time, ring and decoding, over all connections."""
        return {
            **self._timeline.counters(),
            **self._ring.counters(),
            **self._decode_counters(),
            "resized": self.resized,
        }

    def _decode_counters(self) -> dict[str, int]:
        now = self._decoder.counters() if self._decoder is not None else {}
        return {name: self._past.get(name, 0) + now.get(name, 0) for name in {**self._past, **now}}

    def _take(self, packet: Packet) -> list[Frame]:
        assert self._decoder is not None and self.info is not None  # noqa: S101, PT018 - begun
        frames = self._decoder.take(packet)
        size_px = self._decoder.size_px
        if size_px is not None and size_px != (self.info.width, self.info.height):
            self._learn(self.info, size_px, packet)
        self._ring.append(packet)
        return frames

    def _learn(self, info: StreamInfo, size_px: tuple[int, int], packet: Packet) -> None:
        """The first picture tells its size; a later one of another size begins another stream at its keyframe."""
        keyframe = packet if packet.is_keyframe else next(iter(self._ring.since_keyframe()), packet)
        extradata = info.extradata
        if info.width:
            self.resized += 1
            self._told = None
            self._ring.forget_before(keyframe.at_ns)
            extradata = b""
        extradata = extradata or parameter_sets(info.codec, keyframe.data) or info.extradata
        self.info = replace(info, width=size_px[0], height=size_px[1], extradata=extradata)
