"""The second engine: GStreamer, for gateways whose hardware decoders it knows; RTSP over TCP, H.264 and H.265."""

from __future__ import annotations

import base64
import binascii
import re
import threading
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

from contract.errors import CaptureError
from contract.times import NS
from edge.capture import gst_library
from edge.capture.gst_decoder import DecoderName, GstDecoder
from edge.capture.types import Address, Arrival, PictureDecoder, Source, StreamInfo

_CODECS = {"H264": "h264", "H265": "hevc"}
_DEPAYLOADERS = {"h264": "rtph264depay", "hevc": "rtph265depay"}
_MEDIA = {"h264": "video/x-h264", "hevc": "video/x-h265"}
_PARAMETER_SETS = ("sprop-parameter-sets", "sprop-vps", "sprop-sps", "sprop-pps")
_NTP_EPOCH_NS = 2_208_988_800 * NS
_TIME_BASE = Fraction(1, 90_000)
_WAITING_MAX = 250
"""Pictures waiting between GStreamer's thread and ours; more hold the connection back."""
_STEP_NS = NS // 10
_ANSWERED = re.compile(r"\(\d{3}\)")
"""An RTSP status in the words of rtspsrc."""


class GstEngine:
    """Opens RTSP addresses with rtspsrc; `decoder_name` chooses the template of `gst_decoder.DECODERS`."""

    name = "gstreamer"

    def __init__(self, now_ns: Callable[[], int], decoder_name: DecoderName = "software") -> None:
        gst_library.load()
        self._now_ns = now_ns
        self._decoder_name = decoder_name

    def open(self, address: Address) -> Source:
        """An open stream of an rtsp:// address; raises CaptureError."""
        source = GstSource(address, self._now_ns)
        try:
            source.connect()
        except CaptureError:
            source.close()
            raise
        return source

    def decoder(self, info: StreamInfo) -> PictureDecoder:
        """A decoding pipeline."""
        return GstDecoder(info, self._decoder_name)


class GstSource:
    """`rtspsrc ! depayloader ! appsink`: whole coded pictures in Annex B with the sender's own stamps."""

    def __init__(self, address: Address, now_ns: Callable[[], int]) -> None:
        gst = self._gst = gst_library.load()
        self._now_ns = now_ns
        self._timeout_s = address.read_timeout_s
        self._info: StreamInfo | None = None
        self._described = threading.Event()
        self._pipeline = gst.Pipeline.new(None)
        source = gst.ElementFactory.make("rtspsrc", None)
        source.set_property("location", address.url)
        source.set_property("protocols", 4)  # TCP
        source.set_property("latency", 0)
        source.set_property("buffer-mode", 0)  # the sender's stamps as they are
        source.set_property("add-reference-timestamp-meta", True)
        source.set_property("tcp-timeout", int(address.read_timeout_s * 1e6))
        source.set_property("timeout", int(address.read_timeout_s * 1e6))
        if address.username is not None:
            source.set_property("user-id", address.username)
            source.set_property("user-pw", address.password or "")
        source.connect("select-stream", lambda _source, _number, caps: _is_video(caps))
        source.connect("pad-added", self._on_pad)
        source.connect("no-more-pads", lambda _source: self._described.set())
        self._sink = gst.ElementFactory.make("appsink", None)
        self._sink.set_property("sync", False)
        self._sink.set_property("max-buffers", _WAITING_MAX)
        self._pipeline.add(source)
        self._pipeline.add(self._sink)
        self._ntp = gst.Caps.from_string("timestamp/x-ntp")

    @property
    def info(self) -> StreamInfo:
        """As the description tells it; the size comes with the first picture."""
        assert self._info is not None  # noqa: S101 - connected
        return self._info

    def connect(self) -> None:
        """Asks for the stream; raises CaptureError when it is not described in time."""
        self._pipeline.set_state(self._gst.State.PLAYING)
        started_ns = self._now_ns()
        while not self._described.wait(_STEP_NS / NS):
            self._raise_if_broken()
            if self._now_ns() - started_ns > self._timeout_s * NS:
                problem = f"the camera accepts but sends nothing for {self._timeout_s:.1f} s"
                raise CaptureError("stalled", problem)
        if self._info is None:
            raise CaptureError("codec_unsupported", "the stream carries no H.264 and no H.265 video")

    def arrivals(self) -> Iterator[Arrival]:
        """Packets until the peer closes; raises CaptureError on silence or a broken connection."""
        last_ns = self._now_ns()
        while True:
            sample = self._sink.try_pull_sample(_STEP_NS)
            now_ns = self._now_ns()
            if sample is not None:
                last_ns = now_ns
                yield self._arrival(sample.get_buffer(), now_ns)
                continue
            self._raise_if_broken()
            if self._sink.is_eos():
                return
            if now_ns - last_ns > self._timeout_s * NS:
                raise CaptureError("stalled", f"the camera sends nothing for {self._timeout_s:.1f} s")

    def close(self) -> None:
        """Ends the connection and its threads."""
        self._pipeline.set_state(self._gst.State.NULL)

    def _on_pad(self, _source: Any, pad: Any) -> None:
        """Runs in GStreamer's thread, once the camera has described the stream."""
        caps = pad.get_current_caps().get_structure(0)
        codec = _CODECS.get(str(caps.get_string("encoding-name")).upper())
        if codec is None or self._info is not None:
            return
        text = f"{_DEPAYLOADERS[codec]} ! capsfilter caps={_MEDIA[codec]},stream-format=byte-stream,alignment=au"
        chain = self._gst.parse_bin_from_description(text, True)
        self._pipeline.add(chain)
        chain.link(self._sink)
        chain.sync_state_with_parent()
        self._info = StreamInfo(codec, 0, 0, _described_parameter_sets(caps), _TIME_BASE)
        pad.link(chain.get_static_pad("sink"))

    def _arrival(self, buffer: Any, received_ns: int) -> Arrival:
        clock_none = self._gst.CLOCK_TIME_NONE
        is_keyframe = not buffer.has_flags(self._gst.BufferFlags.DELTA_UNIT)
        reference = buffer.get_reference_timestamp_meta(self._ntp)
        return Arrival(
            buffer.extract_dup(0, buffer.get_size()),
            None if buffer.pts == clock_none else _ticks(buffer.pts),
            None,
            0 if buffer.duration == clock_none else _ticks(buffer.duration),
            is_keyframe,
            received_ns,
            None if reference is None else reference.timestamp - _NTP_EPOCH_NS,
        )

    def _raise_if_broken(self) -> None:
        message = self._pipeline.get_bus().pop_filtered(self._gst.MessageType.ERROR)
        if message is not None:
            error, debug = message.parse_error()
            raise _why(self._gst, error, debug or "")


def _ticks(at_ns: int) -> int:
    """RTP counts video in 90 kHz: rounding gives back the sender's own stamp."""
    return round(at_ns * _TIME_BASE.denominator / NS)


def _is_video(caps: Any) -> bool:
    return bool(caps.get_structure(0).get_string("media") == "video")


def _described_parameter_sets(caps: Any) -> bytes:
    """The parameter sets of the description as Annex B, for cameras that do not repeat them in the stream."""
    texts = [caps.get_string(name) or "" for name in _PARAMETER_SETS if caps.has_field(name)]
    try:
        units = [base64.b64decode(one, validate=True) for text in texts for one in text.split(",") if one]
    except binascii.Error:
        return b""
    return b"".join(b"\x00\x00\x00\x01" + unit for unit in units)


def _why(gst: Any, error: Any, debug: str) -> CaptureError:
    """The camera state of a GStreamer error (1.22); its own words may hold the address, so they stay inside."""
    code = gst.ResourceError
    if error.matches(code.quark(), code.NOT_AUTHORIZED):
        return CaptureError("unauthorized", "the camera refuses these credentials; check username and password_file")
    if error.matches(code.quark(), code.NOT_FOUND):
        return CaptureError("not_found", "there is no such stream at this address; check the path of the URL")
    if "Timeout" in debug:
        return CaptureError("stalled", "the camera accepts but sends nothing in time")
    if "Parse error" in debug:
        return CaptureError("garbage", "what the camera sends is no stream")
    if error.matches(code.quark(), code.READ) and not _ANSWERED.search(debug):
        return CaptureError("stalled", "the stream broke off")
    return CaptureError("unreachable", "the camera cannot be reached or answers with an error; check address and power")
