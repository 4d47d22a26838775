"""Clips and single pictures out of the packet ring: by stream copy, re-encoded where there are private places."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from io import BytesIO
from pathlib import Path

import av
import av.video.stream

from contract.errors import CaptureError, EvidenceError
from contract.times import NS
from edge.capture.ring import PacketRing
from edge.capture.types import Image, Packet, Picture, PictureDecoder, StreamInfo
from edge.evidence.annexb import annexb_packets

MP4_OPTIONS = {"movflags": "+faststart", "fflags": "+bitexact"}
# Masked clips are rare and made while the camera is judged: speed before size.
MASKED_OPTIONS = {"preset": "ultrafast", "crf": "23", "threads": "1"}
MASKED_TIME_BASE = Fraction(1, 90_000)
_TAGS = {"hevc": "hvc1"}  # many players refuse hev1


@dataclass(frozen=True, slots=True)
class Footage:
    """Where the pictures of one camera come from; `paint` covers private places in place, None: the camera has none."""

    ring: PacketRing
    stream_info: Callable[[], StreamInfo | None]
    decoder: Callable[[StreamInfo], PictureDecoder]
    paint: Callable[[Image], None] | None = None

    def picture_at(self, at_ns: int) -> Image | None:
        """The picture of exactly that capture time, painted; None when the ring no longer holds it."""
        info = self.stream_info()
        if info is None:
            return None
        for shown_at_ns, image in _pictures(self, info, self.ring.snapshot(at_ns, at_ns), only_at_ns=at_ns):
            if shown_at_ns == at_ns:
                return image
        return None


@dataclass(frozen=True, slots=True)
class Covered:
    """Capture times of the first and last picture that a clip shows."""

    from_ns: int
    to_ns: int


def cut(footage: Footage, from_ns: int, to_ns: int) -> tuple[Covered, Callable[[Path], None]]:
    """What the ring has of [from_ns, to_ns], and what writes it as MP4; both may raise EvidenceError."""
    info = footage.stream_info()
    packets = footage.ring.snapshot(from_ns, to_ns)
    if info is None or not info.has_clip or not packets or packets[-1].at_ns < from_ns:
        raise EvidenceError("no pictures of that time in the ring")
    covered = Covered(min(packet.at_ns for packet in packets), max(packet.at_ns for packet in packets))

    def write(path: Path) -> None:
        try:
            if footage.paint is None:
                _copy(path, packets, info)
            else:
                _encode_painted(path, packets, footage, info)
        except (av.FFmpegError, ValueError) as error:
            raise EvidenceError(f"the clip could not be written: {type(error).__name__}: {error}") from error

    return covered, write


def _copy(path: Path, packets: Sequence[Packet], info: StreamInfo) -> None:
    coded = list(annexb_packets(packets, info))
    # The muxer learns codec, size and parameter sets from the first keyframe, as from any raw stream.
    with (
        av.open(BytesIO(coded[0]), format=info.codec) as head,
        av.open(str(path), "w", format="mp4", options=MP4_OPTIONS) as container,
    ):
        stream = container.add_stream_from_template(head.streams.video[0])
        stream.time_base = packets[0].time_base
        if info.codec in _TAGS:
            stream.codec_context.codec_tag = _TAGS[info.codec]
        start = _first_stamp(packets)
        for packet, data in zip(packets, coded, strict=True):
            copy = av.Packet(data)
            copy.time_base = packet.time_base
            copy.pts = None if packet.pts is None else packet.pts - start
            copy.dts = None if packet.dts is None else packet.dts - start
            copy.duration = packet.duration
            copy.is_keyframe = packet.is_keyframe
            copy.stream = stream
            container.mux(copy)


def _first_stamp(packets: Sequence[Packet]) -> int:
    stamps = (packet.dts if packet.dts is not None else packet.pts for packet in packets)
    return next((stamp for stamp in stamps if stamp is not None), 0)


def _encode_painted(path: Path, packets: Sequence[Packet], footage: Footage, info: StreamInfo) -> None:
    pictures = _pictures(footage, info, packets)
    first = next(pictures, None)
    if first is None:
        raise EvidenceError("none of the pictures of that time can be decoded")
    start_ns, image = first
    with av.open(str(path), "w", format="mp4", options=MP4_OPTIONS) as container:
        stream = container.add_stream("libx264", rate=25, options=MASKED_OPTIONS)
        # 4:2:0 halves both sides, so an odd last row or column goes.
        stream.width, stream.height = image.shape[1] // 2 * 2, image.shape[0] // 2 * 2
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = MASKED_TIME_BASE
        _encode(container, stream, start_ns, image, start_ns)
        for at_ns, later in pictures:
            _encode(container, stream, at_ns, later, start_ns)
        container.mux(stream.encode(None))


def _encode(
    container: av.container.OutputContainer,
    stream: av.video.stream.VideoStream,
    at_ns: int,
    image: Image,
    start_ns: int,
) -> None:
    frame = av.VideoFrame.from_ndarray(image[: stream.height, : stream.width], format="bgr24")
    frame.pts = round(Fraction(at_ns - start_ns, NS) / MASKED_TIME_BASE)
    frame.time_base = MASKED_TIME_BASE
    container.mux(stream.encode(frame))


def _pictures(
    footage: Footage, info: StreamInfo, packets: Sequence[Packet], *, only_at_ns: int | None = None
) -> Iterator[tuple[int, Image]]:
    """Decoded and painted pictures with their capture time; with `only_at_ns` no other is converted."""
    decoder = footage.decoder(info)
    try:
        for packet in (*packets, None):
            for picture in _decoded(decoder, packet):
                if only_at_ns is not None and picture.at_ns != only_at_ns:
                    continue
                image = picture.bgr()
                if footage.paint is not None:
                    footage.paint(image)
                yield picture.at_ns, image
    finally:
        decoder.close()


def _decoded(decoder: PictureDecoder, packet: Packet | None) -> Sequence[Picture]:
    try:
        return decoder.drain() if packet is None else decoder.decode(packet)
    except CaptureError:
        # A damaged packet costs its picture, not the clip.
        return ()
