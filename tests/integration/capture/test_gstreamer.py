"""The GStreamer decoder itself, and what is said where there is no GStreamer."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from fractions import Fraction
from typing import get_args

import numpy as np
import pytest

from contract.errors import CaptureError
from edge.capture import gst_library
from edge.capture.gst_decoder import DECODERS, DecoderName, GstDecoder, pipeline_text
from edge.capture.pyav_engine import PyAvDecoder
from edge.capture.types import Packet, PictureDecoder, StreamInfo
from tests.integration.capture.watching import Watched, camera, needs_gstreamer
from tests.rtsp_server.clips import RTP_HZ, encode_clip

BASE = Fraction(1, RTP_HZ)
both_codecs = pytest.mark.parametrize("codec", ["h264", "hevc"])


def packets(codec: str) -> list[Packet]:
    clip = encode_clip(codec, seconds=1, gop=5)
    return [
        Packet(one.data, one.stamp, one.stamp, 0, BASE, one.is_keyframe, 10**18 + one.stamp * 10**9 // RTP_HZ)
        for one in clip.pictures
    ]


def pictures(decoder: PictureDecoder, stream: list[Packet]) -> dict[int, np.ndarray]:
    shown = [picture for packet in stream for picture in decoder.decode(packet)]
    return {picture.at_ns: picture.bgr() for picture in [*shown, *decoder.drain()]}


@needs_gstreamer
@both_codecs
def test_both_engines_show_the_same_pictures_at_the_same_times(codec: str) -> None:
    info = StreamInfo(codec, 0, 0, b"", BASE)
    make: tuple[Callable[[], PictureDecoder], ...] = (lambda: GstDecoder(info, "software"), lambda: PyAvDecoder(info))
    stream = packets(codec)
    shown = []
    for new in make:
        decoder = new()
        shown.append(pictures(decoder, stream))
        decoder.close()
    assert list(shown[0]) == list(shown[1]) == [packet.at_ns for packet in stream]
    for at_ns, picture in shown[0].items():
        assert np.abs(picture.astype(int) - shown[1][at_ns]).max() <= 6


@needs_gstreamer
@both_codecs
def test_each_keyframe_alone_gives_its_picture_at_once(codec: str) -> None:
    decoder = GstDecoder(StreamInfo(codec, 0, 0, b"", BASE), "software")
    keyframes = [packet for packet in packets(codec) if packet.is_keyframe]
    assert [list(pictures(decoder, [one])) for one in keyframes] == [[one.at_ns] for one in keyframes]
    decoder.close()


@needs_gstreamer
@both_codecs
def test_a_decoder_fed_with_rubbish_shows_the_next_good_keyframe(codec: str) -> None:
    decoder = GstDecoder(StreamInfo(codec, 0, 0, b"", BASE), "software")
    stream = packets(codec)
    for packet in stream:
        rubbish = Packet(packet.data[:60] + bytes(range(256)), 0, 0, 0, BASE, packet.is_keyframe, packet.at_ns)
        with suppress(CaptureError):
            decoder.decode(rubbish)
            decoder.drain()
    late = Packet(stream[0].data, 0, 0, 0, BASE, True, 2 * 10**18)
    assert 2 * 10**18 in pictures(decoder, [late])
    decoder.close()


def test_every_codec_has_a_template_for_every_decoder() -> None:
    for codec in ("h264", "hevc"):
        for decoder in get_args(DecoderName):
            assert DECODERS[codec, decoder] in pipeline_text(codec, decoder)
    with pytest.raises(CaptureError, match="mjpeg"):
        pipeline_text("mjpeg", "software")


def test_without_gstreamer_the_camera_says_what_brings_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gi", None)
    assert gst_library.why_missing() == gst_library.HOW_TO_GET_IT
    with Watched(camera("rtsp://127.0.0.1:9/x", engine="gstreamer")) as seen:
        status = seen.until_state("codec_unsupported")
    assert "apt-get install python3-gi" in status.detail
    assert status.health().state == "codec_unsupported"
