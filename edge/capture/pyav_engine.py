"""The default engine: PyAV (FFmpeg) for RTSP over TCP and for files; H.264, H.265, MJPEG."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from fractions import Fraction
from urllib.parse import quote, urlsplit, urlunsplit

import av
import numpy as np
from av.container import InputContainer
from av.packet import Packet as AvPacket
from av.stream import Stream
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from contract.errors import CaptureError
from contract.times import NS
from edge.capture.types import Address, Arrival, Image, Packet, Picture, PictureDecoder, Source, StreamInfo

CODECS = ("h264", "hevc", "mjpeg")
_NS_BASE = Fraction(1, NS)
_OPTIONS = {
    "rtsp_transport": "tcp",
    "allowed_media_types": "video",
    # What the stream is comes from its description and its first keyframe, not from a probe that takes a second.
    "probesize": "32",
    "analyzeduration": "0",
}


class PyAvEngine:
    """Opens streams with FFmpeg; `now_ns` stamps receipt."""

    name = "pyav"

    def __init__(self, now_ns: Callable[[], int]) -> None:
        self._now_ns = now_ns

    def open(self, address: Address) -> Source:
        """An open stream of an rtsp:// address or a file path; raises CaptureError."""
        is_live = "://" in address.url
        # FFmpeg's wait for data ends after twice the time it was given (measured, PyAV 18.1).
        limits = (address.read_timeout_s, address.read_timeout_s / 2) if is_live else (None, None)
        started_ns = self._now_ns()
        try:
            container = av.open(_with_credentials(address), options=_OPTIONS if is_live else {}, timeout=limits)
        except (av.FFmpegError, OSError, ValueError) as error:
            waited_s = (self._now_ns() - started_ns) / NS
            raise _why_not_open(error, waited_s, address.read_timeout_s) from None
        streams = container.streams.video
        if not streams or streams[0].codec_context is None or streams[0].codec_context.name not in CODECS:
            found = streams[0].codec_context.name if streams and streams[0].codec_context else "no video"
            container.close()
            raise CaptureError("codec_unsupported", f"the stream carries {found}, expected {', '.join(CODECS)}")
        return PyAvSource(container, streams[0], self._now_ns)

    def decoder(self, info: StreamInfo) -> PictureDecoder:
        """A software decoder in the caller's own thread."""
        return PyAvDecoder(info)


class PyAvSource:
    """One open FFmpeg input."""

    def __init__(self, container: InputContainer, stream: VideoStream, now_ns: Callable[[], int]) -> None:
        self._container = container
        self._stream = stream
        self._now_ns = now_ns
        context = stream.codec_context
        time_base = stream.time_base or Fraction(1, 90_000)
        self._info = StreamInfo(context.name, context.width, context.height, context.extradata or b"", time_base)

    @property
    def info(self) -> StreamInfo:
        """As the description tells it."""
        return self._info

    def arrivals(self) -> Iterator[Arrival]:
        """Packets until the peer closes (FFmpeg raises nothing then); raises CaptureError on silence or bad data."""
        try:
            for packet in self._container.demux(self._stream):
                if packet.size:
                    yield Arrival(
                        bytes(packet),
                        packet.pts,
                        packet.dts,
                        packet.duration or 0,
                        packet.is_keyframe,
                        self._now_ns(),
                        _sender_ns(packet),
                    )
        except (av.FFmpegError, OSError) as error:
            raise _why_broken(error) from None

    def close(self) -> None:
        """Ends the connection."""
        self._container.close()


class PyAvPicture:
    """A decoded FFmpeg frame; its stamp is the capture time."""

    def __init__(self, frame: VideoFrame) -> None:
        self._frame = frame

    @property
    def at_ns(self) -> int:
        """Capture time of the packet it came from."""
        return self._frame.pts or 0

    @property
    def size_px(self) -> tuple[int, int]:
        """Width and height."""
        return self._frame.width, self._frame.height

    def bgr(self) -> Image:
        """Converted now."""
        return np.asarray(self._frame.to_ndarray(format="bgr24"), dtype=np.uint8)


class PyAvDecoder:
    """One FFmpeg decoder context without threads of its own."""

    def __init__(self, info: StreamInfo) -> None:
        self._info = info
        self._context = self._new_context()

    def decode(self, packet: Packet) -> list[Picture]:
        """Pictures ready after this packet; raises CaptureError("garbage") on data that does not decode."""
        coded = AvPacket(packet.data)
        coded.pts = packet.at_ns
        coded.time_base = _NS_BASE
        return self._pictures(coded)

    def drain(self) -> list[Picture]:
        """What the context still holds; then it starts anew."""
        pictures = self._pictures(None)
        self._context.flush_buffers()
        return pictures

    def close(self) -> None:
        """The context goes with its last reference."""
        self._context.flush_buffers()

    def _pictures(self, coded: AvPacket[Stream] | None) -> list[Picture]:
        try:
            return [PyAvPicture(frame) for frame in self._context.decode(coded)]
        except (av.FFmpegError, OSError) as error:
            raise CaptureError("garbage", f"a packet does not decode: {type(error).__name__}") from None

    def _new_context(self) -> VideoCodecContext:
        context = av.CodecContext.create(self._info.codec, "r")
        assert isinstance(context, VideoCodecContext)  # noqa: S101 - CODECS are video
        context.thread_type = "NONE"
        if self._info.extradata:
            context.extradata = self._info.extradata
        return context


def _with_credentials(address: Address) -> str:
    if address.username is None or "://" not in address.url:
        return address.url
    parts = urlsplit(address.url)
    place = parts.netloc.rpartition("@")[2]
    secret = f"{quote(address.username, safe='')}:{quote(address.password or '', safe='')}"
    return urlunsplit(parts._replace(netloc=f"{secret}@{place}"))


def _why_not_open(error: Exception, waited_s: float, timeout_s: float) -> CaptureError:
    """The camera state of a failed open; FFmpeg's words may hold the URL with its password and stay inside."""
    kind = type(error).__name__
    if isinstance(error, av.HTTPUnauthorizedError | av.HTTPForbiddenError):
        return CaptureError("unauthorized", "the camera refuses these credentials; check username and password_file")
    if isinstance(error, av.HTTPNotFoundError | FileNotFoundError):
        return CaptureError("not_found", "there is no such stream at this address; check the path of the URL")
    if isinstance(error, av.HTTPError):
        return CaptureError("unreachable", f"the camera answers with an error ({kind})")
    # A server that accepts and never answers looks like bad data after the open timeout (measured, PyAV 18.1).
    if waited_s >= 0.9 * timeout_s or isinstance(error, TimeoutError | av.ExitError):
        return CaptureError("stalled", f"the camera accepts but sends nothing for {waited_s:.1f} s")
    if isinstance(error, ConnectionRefusedError):
        return CaptureError("unreachable", "the camera refuses the connection; check address, port and power")
    if isinstance(error, av.InvalidDataError):
        return CaptureError("garbage", "what the camera sends is no stream")
    return CaptureError("unreachable", f"the address cannot be reached ({kind}); check name and network")


def _why_broken(error: Exception) -> CaptureError:
    if isinstance(error, TimeoutError | av.ExitError):
        return CaptureError("stalled", "the camera stopped sending")
    if isinstance(error, av.InvalidDataError):
        return CaptureError("garbage", "what the camera sends is no stream any more")
    return CaptureError("stalled", f"the stream broke off ({type(error).__name__})")


def _sender_ns(packet: AvPacket[VideoStream]) -> int | None:
    """The sender's wall clock for this picture (FFmpeg makes it from RTCP sender reports), UTC ns."""
    if not packet.has_sidedata("prft"):
        return None
    wallclock_us: int = struct.unpack_from("<q", bytes(packet.get_sidedata("prft")))[0]
    return wallclock_us * 1000
