"""The camera's clock is measured where it can be, with its uncertainty; what cannot be measured stays unknown."""

from __future__ import annotations

import threading
import time

import pytest

from contract.errors import CaptureError
from contract.events import Clock
from contract.times import NS
from edge.capture.clock_http import measure_http_date, measure_onvif
from edge.config import CameraClockConfig
from tests.integration.capture.http_camera import HttpCamera, HttpPlan
from tests.integration.capture.watching import Watched, camera, needs_gstreamer
from tests.rtsp_server.clips import encode_clip
from tests.rtsp_server.server import Plan, RtspServer

CLIP = encode_clip(seconds=1, gop=10)
OFFSETS_S = [0.0, 3.0, -40.0]
engines = pytest.mark.parametrize("engine", ["pyav", pytest.param("gstreamer", marks=needs_gstreamer)])


@engines
@pytest.mark.parametrize("offset_s", OFFSETS_S)
def test_sender_reports_tell_the_offset(offset_s: float, engine: str) -> None:
    server = RtspServer({"x": Plan(CLIP, sender_offset_s=offset_s)})
    with server, Watched(camera(server.url("x"), engine=engine)) as seen:
        # The least delayed picture tells it best; on a busy machine that may not be the first.
        seen.until(lambda one: one.feed.clock().source == "rtcp" and _is_within(one.feed.clock(), offset_s))


@engines
def test_without_reports_the_offset_is_unknown(engine: str) -> None:
    with RtspServer({"x": Plan(CLIP)}) as server, Watched(camera(server.url("x"), engine=engine)) as seen:
        seen.until_frames(3)
        clock = seen.feed.clock()
        assert (clock.source, clock.offset_s, clock.uncertainty_s) == ("none", None, None)


def test_a_sender_that_counts_from_its_own_start_has_no_wall_clock() -> None:
    server = RtspServer({"x": Plan(CLIP, sender_offset_s=-time.time() + 100)})
    with server, Watched(camera(server.url("x"))) as seen:
        seen.until_frames(3)
        assert seen.feed.clock().source == "none"


@pytest.mark.parametrize("offset_s", OFFSETS_S)
def test_onvif_and_http_date_tell_the_offset_within_their_uncertainty(offset_s: float) -> None:
    with HttpCamera(HttpPlan(clock_off_s=offset_s)) as http:
        for measured in (measure_onvif(http.url, time.time_ns), measure_http_date(http.url, time.time_ns)):
            assert _is_within(measured.clock, offset_s), measured.clock
            assert measured.clock.uncertainty_s is not None
            assert 0.5 <= measured.clock.uncertainty_s < 1.5


@pytest.mark.parametrize("body", [b"", b"<UTCDateTime><Hour>1</Hour></UTCDateTime>", b"<tt:UTCDateTime>" * 5000])
def test_an_answer_without_a_date_is_a_typed_error(body: bytes) -> None:
    with HttpCamera(HttpPlan(body=body)) as http, pytest.raises(CaptureError):
        measure_onvif(http.url, time.time_ns)


def test_a_feed_asks_onvif_first_and_falls_back_to_the_http_date() -> None:
    with RtspServer({"x": Plan(CLIP)}) as server, HttpCamera(HttpPlan(clock_off_s=7)) as http:
        dead = "http://127.0.0.1:9/onvif"
        for clock, source in (
            (CameraClockConfig(onvif_url=http.url, http_date_url=http.url), "onvif"),
            (CameraClockConfig(onvif_url=dead, http_date_url=http.url), "http_date"),
        ):
            with Watched(camera(server.url("x"), clock=clock)) as seen:
                seen.until(lambda one: one.feed.clock().source != "none")
                assert seen.feed.clock().source == source
                assert _is_within(seen.feed.clock(), 7), seen.feed.clock()


def test_a_clock_server_that_hangs_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.capture.clock_http.ASK_TIMEOUT_S", 600.0)  # it hangs for longer than this test waits
    with RtspServer({"x": Plan(CLIP)}) as server, HttpCamera(HttpPlan(silent=True)) as http:
        clock = CameraClockConfig(http_date_url="http://127.0.0.1:9/", onvif_url=http.url)
        with Watched(camera(server.url("x"), clock=clock)) as seen:
            seen.until_frames(3)
            assert seen.feed.clock().source == "none"


def _is_within(clock: Clock, offset_s: float) -> bool:
    assert clock.offset_s is not None
    assert clock.uncertainty_s is not None
    return abs(clock.offset_s - offset_s) <= clock.uncertainty_s + 0.05


@pytest.mark.parametrize("back_s", [60, 86_400])
def test_a_gateway_whose_clock_is_set_back_says_so_and_dates_pictures_by_the_new_one(back_s: int) -> None:
    is_back = threading.Event()

    def now_ns() -> int:
        return time.time_ns() - (back_s * NS if is_back.is_set() else 0)

    with RtspServer({"x": Plan(CLIP)}) as server, Watched(camera(server.url("x")), now_ns=now_ns) as seen:
        seen.until_frames(2)
        is_back.set()
        lost = seen.until_state("stalled")
        assert "clock was set back" in lost.detail
        seen.until(lambda one: one.feed.status().state == "live" and abs(one.frames[-1].at_ns - now_ns()) < 10 * NS)
        oldest_ns = seen.feed.ring.oldest_ns
        assert oldest_ns is not None
        assert oldest_ns < now_ns()
        assert seen.feed.status().counters["times_begun_anew"] == 1
