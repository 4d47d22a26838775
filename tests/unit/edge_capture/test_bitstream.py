"""Parameter sets found in the packets of real encoders."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.capture.bitstream import parameter_sets
from tests.rtsp_server.clips import encode_clip


@pytest.mark.parametrize(("codec", "count"), [("h264", 2), ("hevc", 3)])
def test_a_keyframe_gives_its_parameter_sets_and_another_picture_none(codec: str, count: int) -> None:
    clip = encode_clip(codec, seconds=0.4, gop=5)
    sets = parameter_sets(codec, clip.pictures[0].data)
    assert sets.startswith(b"\x00\x00\x00\x01")
    assert sets.count(b"\x00\x00\x01") == count
    assert len(sets) < len(clip.pictures[0].data) / 2
    assert parameter_sets(codec, clip.pictures[1].data) == b""


@given(st.binary(max_size=300), st.sampled_from(["h264", "hevc", "mjpeg"]))
def test_any_bytes_give_sets_without_an_error(data: bytes, codec: str) -> None:
    sets = parameter_sets(codec, data)
    assert parameter_sets(codec, sets) == sets
