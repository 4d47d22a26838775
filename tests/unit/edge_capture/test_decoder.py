"""The decode policy over a real decoder: what is looked at, what is skipped, and what a broken stream becomes."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest

from contract.errors import CaptureError
from edge.capture.decoder import Decoder
from edge.capture.pyav_engine import PyAvDecoder
from edge.capture.ring import PacketRing
from edge.capture.types import Address, Frame, Packet, StreamInfo
from edge.config import CameraConfig
from tests.rtsp_server.clips import encode_clip

NS = 1_000_000_000
BASE = Fraction(1, 90_000)
INFO = StreamInfo("h264", 0, 0, b"", BASE)


def packets(seconds: float, gop: int, fps: int = 10) -> list[Packet]:
    clip = encode_clip(seconds=seconds, gop=gop, fps=fps)
    return [
        Packet(one.data, one.stamp, one.stamp, 9000, BASE, one.is_keyframe, one.stamp * NS // 90_000)
        for one in clip.pictures
    ]


def decoder(ring: PacketRing | None = None, **more: Any) -> Decoder:
    settings = {"analyse_every_s": 1.0, **more}
    config = CameraConfig(id="cam-1", name="camera", url="rtsp://unused", **settings)
    return Decoder(config, lambda: PyAvDecoder(INFO), ring or PacketRing(60, 10**8))


def play(one: Decoder, stream: list[Packet]) -> list[Frame]:
    return [frame for packet in stream for frame in one.take(packet)]


@pytest.mark.parametrize(
    ("gop", "every_s", "expected_s"),
    [
        (10, 1.0, [0, 1, 2, 3]),
        (5, 1.0, [0, 1, 2, 3]),
        (20, 1.0, [0, 2]),
        (10, 2.0, [0, 2]),
    ],
)
def test_keyframes_are_looked_at_as_often_as_wanted_and_no_more(
    gop: int, every_s: float, expected_s: list[float]
) -> None:
    one = decoder(analyse_every_s=every_s)
    frames = play(one, packets(4, gop))
    seconds = [frame.at_ns / NS for frame in frames]
    # The interval is not known before the second keyframe, so one early look is allowed.
    assert [second for second in seconds if second >= 1 or second == 0] == expected_s
    assert one.counters()["pictures_decoded"] == len(frames)


def test_three_bad_keyframes_are_borne_and_more_are_garbage() -> None:
    stream = packets(5, 5)
    broken = [replace(one, data=one.data[:30] + bytes(20)) if one.is_keyframe else one for one in stream]
    one = decoder(analyse_every_s=0.04)
    with pytest.raises(CaptureError) as caught:
        play(one, broken)
    assert caught.value.state == "garbage"
    healed = decoder(analyse_every_s=0.04)
    assert play(healed, broken[:15] + stream[15:])


def test_frames_never_exceed_the_asked_rate_in_full_decode() -> None:
    one = decoder(full_decode_fps=4)
    one.ask_full_decode(10 * NS)
    frames = play(one, packets(4, 10))
    assert 12 <= len(frames) <= 17
    assert one.counters()["pictures_decoded"] >= 38


def test_a_stream_whose_keyframes_are_far_apart_is_still_looked_at() -> None:
    ring = PacketRing(60, 10**8)
    one = decoder(ring, analyse_every_s=2.0)
    seen: list[float] = []
    for packet in packets(36, 240):  # a keyframe each 24 s
        seen += [frame.at_ns / NS for frame in one.take(packet)]
        ring.append(packet)
    pauses = [later - earlier for earlier, later in pairwise([*seen, 36.0])]
    assert max(pauses) < 3
    assert len(seen) <= 19


def test_keyframes_ten_seconds_apart_cost_no_decoding_between_them() -> None:
    one = decoder(analyse_every_s=2.0)
    play(one, packets(31, 100))
    assert one.counters()["pictures_decoded"] == 4


def test_a_password_never_shows_in_an_address() -> None:
    assert "s3cret" not in repr(Address("rtsp://camera/1", "eye", "s3cret"))
