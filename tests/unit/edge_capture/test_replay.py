"""A recording played through the live decode policy: lock-step, the same each time, exact in time."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from contract.errors import CaptureError
from edge.capture.replay import Replay
from edge.capture.ring import PacketRing
from edge.capture.types import Frame
from edge.config import CameraConfig
from tests.rtsp_server.clips import write_file

NS = 1_000_000_000
START = 1_700_000_000 * NS


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clips")
    write_file(str(folder / "h264.mp4"), gop=25)
    write_file(str(folder / "hevc.mkv"), "hevc", gop=25)
    return folder


def camera(**more: Any) -> CameraConfig:
    return CameraConfig(id="cam-1", name="camera", url="rtsp://unused", **{"analyse_every_s": 1.0, **more})


def replay(path: Path, **more: Any) -> Replay:
    return Replay(path, start_ns=START, camera=camera(**more), ring=PacketRing(60, 10**8))


def seconds(frames: list[Frame]) -> list[float]:
    return [round((frame.at_ns - START) / NS, 6) for frame in frames]


@pytest.mark.parametrize("name", ["h264.mp4", "hevc.mkv"])
def test_only_keyframes_are_decoded_and_their_time_is_start_plus_pts(clips: Path, name: str) -> None:
    playing = replay(clips / name)
    assert seconds(list(playing)) == [0, 1, 2, 3]
    assert playing.counters()["pictures_decoded"] == 4


def test_a_recording_whose_stamps_do_not_begin_at_zero_begins_at_its_start_all_the_same(
    clips: Path, tmp_path: Path
) -> None:
    with av.open(str(clips / "h264.mp4")) as source, av.open(str(tmp_path / "cut.ts"), "w", format="mpegts") as cut:
        stream = cut.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.pts is not None and packet.dts is not None:
                packet.pts += round(5000 / packet.time_base)
                packet.dts += round(5000 / packet.time_base)
                packet.stream = stream
                cut.mux(packet)
    assert seconds(list(replay(tmp_path / "cut.ts"))) == [0, 1, 2, 3]


@pytest.mark.parametrize("name", ["h264.mp4", "hevc.mkv"])
def test_full_decode_asked_in_the_middle_starts_at_the_keyframe_before(clips: Path, name: str) -> None:
    playing = replay(clips / name, full_decode_fps=5)
    frames = []
    for frame in playing:
        frames.append(frame)
        if len(frames) == 1:
            playing.ask_full_decode(START + int(2.2 * NS))
    between = [frame for frame in frames if not frame.is_keyframe]
    assert len(between) >= 8
    steps = [b - a for a, b in zip(seconds(frames)[:11], seconds(frames)[1:11], strict=False)]
    assert all(0.18 <= step <= 0.22 for step in steps), seconds(frames)
    assert seconds(frames)[-1] == 3
    assert all(
        frame.is_keyframe == (second == int(second)) for frame, second in zip(frames, seconds(frames), strict=True)
    )


def test_a_mid_group_start_gives_what_lies_between_keyframe_and_now(clips: Path) -> None:
    asked = replay(clips / "h264.mp4", full_decode_fps=25, analyse_every_s=1.0)
    ring_only = replay(clips / "h264.mp4", analyse_every_s=1.0)
    frames: list[Frame] = []
    stepping = _packet_by_packet(asked, frames, ask_at=10)
    assert stepping == seconds(frames)
    assert seconds(frames)[:26] == [round(i * 0.04, 6) for i in range(26)]
    assert seconds(list(ring_only)) == [0, 1, 2, 3]


def _packet_by_packet(playing: Replay, frames: list[Frame], *, ask_at: int) -> list[float]:
    """Asks after `ask_at` packets, as a live detector does whose answer comes late."""
    stream = playing._stream
    take = stream.take
    taken = 0

    def counted(arrival: Any) -> list[Frame]:
        nonlocal taken
        taken += 1
        if taken == ask_at:
            stream.ask_full_decode(START + NS)
        return take(arrival)

    stream.take = counted  # type: ignore[method-assign]
    frames.extend(playing)
    return seconds(frames)


def test_two_replays_are_equal_to_the_bit(clips: Path) -> None:
    digests = []
    for _ in range(2):
        digest = hashlib.sha256()
        for frame in replay(clips / "h264.mp4"):
            digest.update(frame.at_ns.to_bytes(8))
            digest.update(frame.image_bgr.tobytes())
        digests.append(digest.hexdigest())
    assert digests[0] == digests[1]


def test_private_places_are_painted_before_anyone_sees_the_picture(clips: Path) -> None:
    mask = ((10.0, 10.0), (60.0, 10.0), (60.0, 60.0), (10.0, 60.0))
    plain = list(replay(clips / "h264.mp4"))
    for frame, open_frame in zip(replay(clips / "h264.mp4", masks=(mask,)), plain, strict=True):
        assert not frame.image_bgr[10:61, 10:61].any()
        assert np.array_equal(frame.image_bgr[80:], open_frame.image_bgr[80:])
        assert open_frame.image_bgr[20:50, 20:50].any()


def test_masks_drawn_on_a_larger_picture_are_scaled(clips: Path) -> None:
    mask = ((20.0, 20.0), (120.0, 20.0), (120.0, 120.0), (20.0, 120.0))
    frame = next(iter(replay(clips / "h264.mp4", masks=(mask,), frame_px=(640, 480))))
    assert not frame.image_bgr[10:61, 10:61].any()
    assert frame.image_bgr[70:, 70:].any()


def test_a_missing_file_and_a_file_that_is_no_video_are_typed_errors(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match="no such file"):
        list(replay(tmp_path / "nothing.mp4"))
    text = tmp_path / "text.mp4"
    text.write_text("this is no video")
    with pytest.raises(CaptureError):
        list(replay(text))


def test_a_truncated_recording_gives_what_it_holds_or_a_typed_error(clips: Path, tmp_path: Path) -> None:
    whole = (clips / "hevc.mkv").read_bytes()
    cut = tmp_path / "cut.mkv"
    cut.write_bytes(whole[: len(whole) * 2 // 3])
    assert seconds(list(replay(cut)))[:2] == [0, 1]
