"""The values of capture: what an engine yields, what the ring keeps, what the judge's side gets to see."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from contract.events import Clock
from contract.health import CameraState, DeviceHealth
from contract.times import utc_from_ns

Image = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class StreamInfo:
    """What a decoder or muxer must know of a stream; width and height are 0 until a picture told them.

    `codec` is FFmpeg's name (h264, hevc, mjpeg); `has_clip` is false where packets make no playable clip (snapshots).
    """

    codec: str
    width: int
    height: int
    extradata: bytes
    time_base: Fraction
    has_clip: bool = True


@dataclass(frozen=True, slots=True)
class Packet:
    """One coded picture; pts and dts in `time_base` ticks, mended to rise over the feed; `at_ns`: capture, UTC."""

    data: bytes
    pts: int | None
    dts: int | None
    duration: int
    time_base: Fraction
    is_keyframe: bool
    at_ns: int


class Aimed(NamedTuple):
    """Where a tower's camera verifiably looked: its preset, and the head's degrees, tilt downwards; `zoom` in its own
    scale."""

    preset: str
    pan_deg: float
    tilt_deg: float
    zoom: float = 0.0


@dataclass(frozen=True, slots=True)
class Frame:
    """A decoded picture, private places already painted over; uint8, shape (height, width, 3), BGR; `at_ns` is UTC.

    `aimed`: of towers only, and only once it is known.
    """

    device: str
    at_ns: int
    image_bgr: Image
    is_keyframe: bool
    aimed: Aimed | None = None


class Arrival(NamedTuple):
    """A packet as an engine got it: the stream's own stamps (None: not told), the moment of receipt, UTC ns, and the
    sender's clock for this picture, UTC ns, where sender reports tell it."""

    data: bytes
    pts: int | None
    dts: int | None
    duration: int
    is_keyframe: bool
    received_ns: int
    sender_ns: int | None = None


@dataclass(frozen=True, slots=True)
class Address:
    """Where a stream is and how long to wait for it; the password never shows in a repr."""

    url: str
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    read_timeout_s: float = 5.0
    snapshot_every_s: float = 2.0


@dataclass(frozen=True, slots=True)
class CameraStatus:
    """How a camera is, as its feed sees it; counters count since the feed's start."""

    device: str
    state: CameraState
    since_ns: int
    detail: str = ""
    last_frame_ns: int | None = None
    codec: str | None = None
    frame_px: tuple[int, int] | None = None
    engine: str | None = None
    clock: Clock | None = None
    counters: dict[str, int] = field(default_factory=dict)

    def health(self) -> DeviceHealth:
        """The same as the contract's type, for heartbeats."""
        return DeviceHealth(
            device=self.device,
            state=self.state,
            since=utc_from_ns(self.since_ns),
            detail=self.detail[:2000],
            last_frame=None if self.last_frame_ns is None else utc_from_ns(self.last_frame_ns),
            codec=self.codec,
            frame_px=self.frame_px,
            engine=self.engine,
            clock=self.clock,
            counters=self.counters,
        )


class Picture(Protocol):
    """A decoded picture not converted yet: most are skipped, so conversion waits until it is asked for."""

    @property
    def at_ns(self) -> int:
        """Capture time, that of the packet it came from."""
        ...

    @property
    def size_px(self) -> tuple[int, int]:
        """Width and height."""
        ...

    def bgr(self) -> Image:
        """The pixels, a fresh array that the caller owns."""
        ...


class PictureDecoder(Protocol):
    """One codec context; pictures come out in order of presentation."""

    def decode(self, packet: Packet) -> list[Picture]:
        """The pictures that are ready after this packet; raises CaptureError on data that does not decode."""
        ...

    def drain(self) -> list[Picture]:
        """The pictures still inside; after it the decoder waits for a keyframe."""
        ...

    def close(self) -> None:
        """Gives its memory back."""
        ...


class Source(Protocol):
    """An open stream."""

    @property
    def info(self) -> StreamInfo:
        """What the stream is."""
        ...

    def arrivals(self) -> Iterator[Arrival]:
        """Packets until the stream ends; raises CaptureError when it breaks or falls silent."""
        ...

    def close(self) -> None:
        """Ends the connection."""
        ...


class Engine(Protocol):
    """A way to open streams and to decode what they carry; made once per camera."""

    @property
    def name(self) -> str:
        """The name in configuration and health."""
        ...

    def open(self, address: Address) -> Source:
        """An open stream; raises CaptureError whose state says why there is none."""
        ...

    def decoder(self, info: StreamInfo) -> PictureDecoder:
        """A fresh decoder for the stream."""
        ...
