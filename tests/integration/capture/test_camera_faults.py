"""Each fault of a camera becomes a state with words, and passes when the camera comes back; the others go on."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.capture.watching import Watched, camera, needs_gstreamer
from tests.ports import unused_port
from tests.rtsp_server.clips import encode_clip, encode_reordered_clip
from tests.rtsp_server.server import Plan, RtspServer

HURRIED = {"read_timeout_s": 1.0, "no_keyframe_s": 1.0}
"""For faults that are silences: the others keep the gateway's own patience, which a busy machine may need."""
SMALL = encode_clip(seconds=2, gop=10)
LARGE = encode_clip(seconds=1, gop=10, size_px=(640, 480))
HEVC = encode_clip("hevc", seconds=1, gop=10)

REORDERED = encode_reordered_clip()


@pytest.fixture(params=["pyav", pytest.param("gstreamer", marks=needs_gstreamer)])
def engine(request: pytest.FixtureRequest) -> str:
    """Every fault is the same fault with both engines."""
    return str(request.param)


@pytest.fixture(scope="module")
def server() -> Iterator[RtspServer]:
    plans = {
        "good": Plan(SMALL),
        "hevc": Plan(HEVC),
        "locked": Plan(SMALL, credentials=("eye", "s3cret/@:")),
        "broken": Plan(answer=503),
        "garbage": Plan(answer="garbage"),
        "silent": Plan(answer="silent"),
        "stops": Plan(SMALL, pictures_max=20, ending="silent"),
        "closes": Plan(SMALL, pictures_max=20, ending="close"),
        "no-keyframe": Plan(SMALL.without_keyframes()),
        "derails": Plan(SMALL, pictures_max=20, ending="garbage"),
        "reordered": Plan(REORDERED),
        "resizes": Plan(SMALL.then(LARGE), ending="silent"),
    }
    with RtspServer(plans) as running:
        yield running


def test_a_good_stream_is_live_and_its_keyframes_come_as_frames(server: RtspServer, engine: str) -> None:
    with Watched(camera(server.url("good"), engine=engine)) as seen:
        seen.until_frames(4)
        status = seen.feed.status()
        assert status.state == "live"
        assert (status.codec, status.frame_px, status.engine) == ("h264", (320, 240), engine)
        steps = [b.at_ns - a.at_ns for a, b in itertools.pairwise(seen.frames)]
        assert all(step == pytest.approx(4e8, abs=1e6) for step in steps)
        assert all(frame.is_keyframe and frame.image_bgr.shape == (240, 320, 3) for frame in seen.frames)
        clip = seen.feed.ring.snapshot(seen.frames[1].at_ns, seen.frames[3].at_ns)
        assert clip[0].is_keyframe
        assert (clip[0].at_ns, clip[-1].at_ns) == (seen.frames[1].at_ns, seen.frames[3].at_ns)
    assert seen.states()[-1] == "stopped"


def test_h265_is_live(server: RtspServer, engine: str) -> None:
    with Watched(camera(server.url("hevc"), engine=engine)) as seen:
        seen.until_frames(3)
        assert seen.feed.status().codec == "hevc"


def test_pictures_sent_in_another_order_than_shown_keep_their_own_times(server: RtspServer, engine: str) -> None:
    with Watched(camera(server.url("reordered"), engine=engine, full_decode_fps=60)) as seen:
        seen.until_frames(2)
        seen.feed.ask_full_decode(seen.frames[-1].at_ns + 2_000_000_000)
        seen.until_frames(40)
        steps = {round((b.at_ns - a.at_ns) / 1e7) for a, b in itertools.pairwise(seen.frames[2:])}
        assert steps == {4}
        assert round((seen.frames[1].at_ns - seen.frames[0].at_ns) / 1e7) == 100
        clip = seen.feed.ring.snapshot(0, 2**62)
        assert all(packet.pts is not None and packet.dts is not None and packet.dts <= packet.pts for packet in clip)
        shown_ns = sorted(packet.at_ns for packet in clip[:30])
        assert {round((b - a) / 1e7) for a, b in itertools.pairwise(shown_ns)} == {4}


def test_full_decode_on_request_gives_the_pictures_between_keyframes_at_the_capped_rate(
    server: RtspServer, engine: str
) -> None:
    with Watched(camera(server.url("good"), engine=engine, full_decode_fps=8)) as seen:
        seen.until_frames(2)
        seen.feed.ask_full_decode(seen.frames[-1].at_ns + 2_000_000_000)
        seen.until(lambda one: sum(not frame.is_keyframe for frame in one.frames) >= 8)
        times = [frame.at_ns for frame in seen.frames]
        assert times == sorted(set(times))
        between = [b - a for a, b in itertools.pairwise(times[2:])]
        assert min(between) >= 1e9 / 8 * 0.85


@pytest.mark.parametrize(
    ("path", "state", "words"),
    [
        ("locked", "unauthorized", "credentials"),
        ("nowhere", "not_found", "path"),
        ("broken", "unreachable", "error"),
        ("garbage", "garbage", "no stream"),
        ("silent", "stalled", "sends nothing"),
        ("no-keyframe", "no_keyframe", "no keyframe for 1 s"),
    ],
)
def test_a_fault_becomes_its_state_and_the_others_go_on(
    server: RtspServer, engine: str, path: str, state: str, words: str
) -> None:
    with (
        Watched(camera(server.url("good"), engine=engine)) as good,
        Watched(camera(server.url(path), engine=engine, id="cam-2", **HURRIED)) as bad,
    ):
        assert words in bad.until_state(state).detail
        bad.until(lambda one: one.feed.status().counters["losses"] >= 1)
        before = len(good.frames)
        good.until_frames(before + 2)
        assert good.feed.status().state == "live"
        assert not bad.frames


def test_a_refused_connection_and_an_unknown_name_are_unreachable(engine: str) -> None:
    for url in (f"rtsp://127.0.0.1:{unused_port()}/x", "rtsp://no-such-camera.invalid/x"):
        with Watched(camera(url, engine=engine)) as seen:
            seen.until_state("unreachable")


def test_the_right_password_opens_and_never_shows(server: RtspServer, engine: str, tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("s3cret/@:\n")
    config = camera(server.url("locked"), engine=engine, username="eye", password_file=str(secret))
    with Watched(config) as seen:
        seen.until_state("live")
        secret.write_text("wrong")
    with Watched(config) as refused:
        refused.until_state("unauthorized")
    assert "s3cret" not in repr(seen.statuses) + repr(refused.statuses)


def test_a_camera_that_stops_sending_is_stalled_and_live_again_after_it_comes_back(
    server: RtspServer, engine: str
) -> None:
    with Watched(camera(server.url("stops"), engine=engine, **HURRIED)) as seen:
        seen.until(lambda one: "stalled" in one.states() and one.states()[-1] == "live")
        assert seen.feed.status().counters["connections"] >= 2
        times = [frame.at_ns for frame in seen.frames]
        assert times == sorted(set(times))


def test_garbage_in_the_middle_of_a_stream_is_a_loss_and_the_camera_comes_back(server: RtspServer, engine: str) -> None:
    with Watched(camera(server.url("derails"), engine=engine)) as seen:
        seen.until(lambda one: {"stalled", "garbage"} & set(one.states()) != set() and one.states()[-1] == "live")
        assert seen.feed.status().counters["connections"] >= 2


def test_a_peer_that_closes_is_a_loss_not_an_end(server: RtspServer, engine: str) -> None:
    with Watched(camera(server.url("closes"), engine=engine)) as seen:
        assert "closed the stream" in seen.until_state("stalled").detail
        seen.until(lambda one: one.feed.status().counters["connections"] >= 3)


def test_a_new_resolution_is_live_with_new_stream_info_and_a_ring_of_its_own(server: RtspServer, engine: str) -> None:
    with Watched(camera(server.url("resizes"), engine=engine, frame_px=(320, 240), ring_s=60)) as seen:
        seen.until(lambda one: any(frame.image_bgr.shape == (480, 640, 3) for frame in one.frames))
        seen.until(lambda one: "640x480, expected 320x240" in one.feed.status().detail)
        info = seen.feed.stream_info
        assert info is not None
        assert (info.width, info.height) == (640, 480)
        first_large = next(frame for frame in seen.frames if frame.image_bgr.shape[0] == 480)
        assert seen.feed.ring.oldest_ns == first_large.at_ns
        assert seen.feed.status().state == "live"
        assert seen.feed.status().counters["resized"] == 1


def test_the_ring_and_its_clip_go_on_over_a_reconnect_of_the_same_stream(server: RtspServer, engine: str) -> None:
    with Watched(camera(server.url("closes"), engine=engine)) as seen:
        seen.until(lambda one: one.feed.status().counters["connections"] >= 3 and len(one.frames) >= 5)
        clip = seen.feed.ring.snapshot(0, 2**62)
        stamps = [packet.dts for packet in clip if packet.dts is not None]
        assert stamps == sorted(set(stamps))
        assert clip[0].at_ns == seen.frames[0].at_ns


def test_another_stream_at_the_same_address_starts_the_ring_anew(server: RtspServer, engine: str) -> None:
    server.plans["swapped"] = Plan(SMALL, pictures_max=20, ending="close")
    with Watched(camera(server.url("swapped"), engine=engine)) as seen:
        seen.until_frames(2)
        server.plans["swapped"] = Plan(HEVC)
        seen.until(lambda one: one.feed.status().codec == "hevc")
        before = len(seen.frames)
        seen.until_frames(before + 2)
        oldest_ns = seen.feed.ring.oldest_ns
        assert oldest_ns is not None
        assert oldest_ns > seen.frames[1].at_ns
        assert seen.feed.ring.counters()["ring_forgotten"] > 0


def test_a_silent_camera_stops_within_its_read_timeout(server: RtspServer, engine: str) -> None:
    with Watched(camera(server.url("silent"), engine=engine, **HURRIED)) as seen:
        seen.until_state("stalled")
        seen.stop.set()
        assert seen.ended_within(2.5)


def test_a_mistake_of_ours_is_a_state_and_a_count_and_the_feed_goes_on(server: RtspServer, engine: str) -> None:
    with Watched(camera(server.url("good"), engine=engine)) as seen:
        seen.until_frames(1)
        seen.next_frame_fails = True
        seen.until(lambda one: one.feed.status().counters["internal_errors"] == 1)
        assert "ZeroDivisionError" in seen.until_state("stalled").detail
        before = len(seen.frames)
        seen.until_frames(before + 2)
        assert seen.feed.status().state == "live"
