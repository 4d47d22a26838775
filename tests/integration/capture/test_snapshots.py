"""Cameras that only give pictures over HTTP."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.capture.http_camera import HttpCamera, HttpPlan
from tests.integration.capture.watching import Watched, camera


def test_snapshots_become_frames_at_the_wanted_pace_and_make_no_clip() -> None:
    with HttpCamera(HttpPlan()) as http, Watched(camera(f"{http.url}/snapshot.jpg", analyse_every_s=0.2)) as seen:
        seen.until_frames(4)
        status = seen.feed.status()
        assert (status.state, status.engine, status.frame_px) == ("live", "snapshot", (320, 240))
        assert all(frame.is_keyframe for frame in seen.frames)
        assert (seen.frames[3].at_ns - seen.frames[0].at_ns) / 1e9 == pytest.approx(0.6, abs=0.3)
        info = seen.feed.stream_info
        assert info is not None
        assert not info.has_clip


def test_basic_credentials_are_given_and_wrong_ones_are_unauthorized(tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("s3cret\n")
    with HttpCamera(HttpPlan(credentials=("eye", "s3cret"))) as http:
        url = f"{http.url}/snapshot.jpg"
        with Watched(camera(url, username="eye", password_file=str(secret))) as seen:
            seen.until_state("live")
        with Watched(camera(url)) as refused:
            refused.until_state("unauthorized")


@pytest.mark.parametrize(
    ("plan", "path", "state"),
    [
        (HttpPlan(body=b"<html>log in</html>"), "snapshot.jpg", "garbage"),
        (HttpPlan(), "nothing.jpg", "not_found"),
        (HttpPlan(silent=True), "snapshot.jpg", "stalled"),
    ],
)
def test_a_snapshot_fault_becomes_its_state(plan: HttpPlan, path: str, state: str) -> None:
    with HttpCamera(plan) as http, Watched(camera(f"{http.url}/{path}", read_timeout_s=1.0)) as seen:
        seen.until_state(state)


def test_a_jpeg_that_does_not_decode_is_garbage() -> None:
    http = HttpCamera(HttpPlan(body=b"\xff\xd8" + bytes(200)))
    with http, Watched(camera(f"{http.url}/snapshot.jpg", analyse_every_s=0.05)) as seen:
        seen.until_state("garbage")
