"""Parameter sets found in the packets of real encoders."""

from __future__ import annotations

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.capture.bitstream import parameter_sets
from tests.rtsp_server.clips import encode_clip


@pytest.mark.parametrize("codec", ["h264", "hevc"])
def test_the_parameter_sets_of_a_keyframe_are_enough_to_decode_its_stripped_pictures(codec: str) -> None:
    clip = encode_clip(codec, seconds=0.4, gop=5)
    sets = parameter_sets(codec, clip.pictures[0].data)
    assert sets.startswith(b"\x00\x00\x00\x01")
    stripped = clip.pictures[0].data.replace(b"\x00\x00\x01", b"\x00\x00\x00\x01")
    assert len(sets) < len(stripped)
    context = av.CodecContext.create(codec, "r")
    context.extradata = sets
    frames = [*context.decode(av.Packet(clip.pictures[0].data)), *context.decode(None)]  # type: ignore[attr-defined]
    assert [(frame.width, frame.height) for frame in frames] == [(320, 240)]
    assert parameter_sets(codec, clip.pictures[1].data) == b""


@given(st.binary(max_size=300), st.sampled_from(["h264", "hevc", "mjpeg"]))
def test_any_bytes_give_sets_without_an_error(data: bytes, codec: str) -> None:
    sets = parameter_sets(codec, data)
    assert parameter_sets(codec, sets) == sets
