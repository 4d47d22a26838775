"""Decoding with GStreamer: a template per codec and decoder; the same keyframe-first policy feeds it."""

from __future__ import annotations

import threading
from typing import Any, Literal

import numpy as np

from contract.errors import CaptureError
from contract.times import NS
from edge.capture import gst_library
from edge.capture.bitstream import parameter_sets
from edge.capture.types import Image, Packet, Picture, StreamInfo

DecoderName = Literal["software", "vaapi", "v4l2", "nvidia", "rockchip"]
DECODERS: dict[tuple[str, DecoderName], str] = {
    ("h264", "software"): "avdec_h264 max-threads=1",
    ("hevc", "software"): "avdec_h265 max-threads=1",
    ("h264", "vaapi"): "vah264dec",
    ("hevc", "vaapi"): "vah265dec",
    ("h264", "v4l2"): "v4l2h264dec",
    ("hevc", "v4l2"): "v4l2h265dec",
    ("h264", "nvidia"): "nvh264dec ! cudadownload",
    ("hevc", "nvidia"): "nvh265dec ! cudadownload",
    ("h264", "rockchip"): "mppvideodec",
    ("hevc", "rockchip"): "mppvideodec",
}
"""Only software has been run; the others are the elements their vendors name (GStreamer 1.22 and later)."""
_MEDIA = {"h264": "video/x-h264", "hevc": "video/x-h265"}
_PARSERS = {"h264": "h264parse", "hevc": "h265parse"}
IN_FLIGHT_MAX = 8
"""More packets than this inside the decoder: wait for a picture before the next goes in."""
_WAIT_NS = 2 * NS


def pipeline_text(codec: str, decoder: DecoderName) -> str:
    """The decoding pipeline of a codec; raises CaptureError for one that has no template."""
    if (codec, decoder) not in DECODERS:
        known = ", ".join(sorted({name for name, _decoder in DECODERS}))
        raise CaptureError(
            "codec_unsupported", f"GStreamer template for {codec!r} by {decoder}: none; known are {known}"
        )
    return (
        f"appsrc name=coded format=time caps={_MEDIA[codec]},stream-format=byte-stream,alignment=au"
        f" ! {_PARSERS[codec]} ! {DECODERS[codec, decoder]}"
        " ! videoconvert n-threads=1 ! video/x-raw,format=BGR ! appsink name=pictures sync=false"
    )


class GstPicture:
    """A decoded sample; copied out when asked for."""

    def __init__(self, gst: Any, sample: Any) -> None:
        self._gst = gst
        self._buffer = sample.get_buffer()
        shape = sample.get_caps().get_structure(0)
        self._size_px = (int(shape.get_value("width")), int(shape.get_value("height")))

    @property
    def at_ns(self) -> int:
        """Capture time of the packet it came from."""
        return int(self._buffer.pts)

    @property
    def size_px(self) -> tuple[int, int]:
        """Width and height."""
        return self._size_px

    def bgr(self) -> Image:
        """A copy without the padding of rows to four bytes."""
        width, height = self._size_px
        is_mapped, view = self._buffer.map(self._gst.MapFlags.READ)
        if not is_mapped:
            raise CaptureError("garbage", "GStreamer gives a picture that cannot be read")
        try:
            rows = np.frombuffer(view.data, np.uint8).reshape(height, -1)
            return rows[:, : width * 3].reshape(height, width, 3).copy()
        finally:
            self._buffer.unmap(view)


class GstDecoder:
    """One decoding pipeline; it works in threads of its own, so pictures may come out a few packets later."""

    def __init__(self, info: StreamInfo, decoder: DecoderName) -> None:
        self._gst = gst_library.load()
        self._info = info
        self._text = pipeline_text(info.codec, decoder)
        self._drained = threading.Event()
        self._in_flight = 0
        self._is_fresh = True
        self._build()

    def decode(self, packet: Packet) -> list[Picture]:
        """Pictures that are ready by now; raises CaptureError when the pipeline broke on the data."""
        data = packet.data
        if self._is_fresh and not parameter_sets(self._info.codec, data):
            data = self._info.extradata + data
        self._is_fresh = False
        buffer = self._gst.Buffer.new_wrapped(data)
        buffer.pts = packet.at_ns
        if not packet.is_keyframe:
            buffer.set_flags(self._gst.BufferFlags.DELTA_UNIT)
        self._coded.push_buffer(buffer)
        self._in_flight += 1
        pictures = self._pull(0)
        while self._in_flight > IN_FLIGHT_MAX and (late := self._pull(_WAIT_NS)):
            pictures += late
        self._raise_if_broken()
        return pictures

    def drain(self) -> list[Picture]:
        """Everything still inside. The end of a segment makes a decoder give it out, and the stream may go on (1.22);

        a gap event leaves reordered pictures inside, and after an end of stream appsrc takes no more.
        """
        self._drained.clear()
        self._coded.send_event(self._gst.Event.new_segment_done(self._gst.Format.TIME, 0))
        if not self._drained.wait(_WAIT_NS / NS):
            self._raise_if_broken()
            raise CaptureError("garbage", "the decoder does not answer")
        pictures = self._pull(0)
        self._in_flight = 0
        self._is_fresh = True
        self._raise_if_broken()
        return pictures

    def close(self) -> None:
        """Stops the pipeline's threads."""
        self._pipeline.set_state(self._gst.State.NULL)

    def _build(self) -> None:
        self._pipeline = self._gst.parse_launch(self._text)
        self._coded = self._pipeline.get_by_name("coded")
        self._sink = self._pipeline.get_by_name("pictures")
        pad = self._sink.get_static_pad("sink")
        pad.add_probe(self._gst.PadProbeType.EVENT_DOWNSTREAM, self._on_event)
        self._in_flight = 0
        self._is_fresh = True
        self._pipeline.set_state(self._gst.State.PLAYING)

    def _on_event(self, _pad: Any, probe: Any) -> Any:
        """Runs in GStreamer's thread: what has passed the decoder here has its pictures before it."""
        if probe.get_event().type == self._gst.EventType.SEGMENT_DONE:
            self._drained.set()
        return self._gst.PadProbeReturn.OK

    def _pull(self, wait_ns: int) -> list[Picture]:
        """What is ready; waits for the first only. Empty at the end of the stream."""
        pictures: list[Picture] = []
        while (sample := self._sink.try_pull_sample(0 if pictures else wait_ns)) is not None:
            pictures.append(GstPicture(self._gst, sample))
            self._in_flight = max(0, self._in_flight - 1)
        return pictures

    def _raise_if_broken(self) -> None:
        message = self._pipeline.get_bus().pop_filtered(self._gst.MessageType.ERROR)
        if message is not None:
            error, _debug = message.parse_error()
            # A pipeline that said ERROR stays broken; the next keyframe gets a new one.
            self.close()
            self._build()
            raise CaptureError("garbage", f"a packet does not decode: {error.message}")
