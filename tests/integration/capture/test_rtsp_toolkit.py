"""The good path against a server that is not ours: aio-rtsp-toolkit, H.264 and H.265 files, several cameras at once."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from aio_rtsp_toolkit.server import RtspServer

from tests.integration.capture.watching import Watched, camera, needs_gstreamer
from tests.ports import unused_port
from tests.rtsp_server.clips import write_file
from tests.waiting import WITHIN_S


def _serve(folder: Path, port: int, started: threading.Event, loops: list[asyncio.AbstractEventLoop]) -> None:
    loop = asyncio.new_event_loop()
    # The server's default pool feeds as many clients as there are cores and four; the rest would hang.
    pool = ThreadPoolExecutor(16)
    loop.set_default_executor(pool)
    loops.append(loop)
    server = RtspServer(str(folder), "127.0.0.1", port)
    loop.run_until_complete(server.start())
    started.set()
    with suppress(RuntimeError, asyncio.CancelledError):
        loop.run_until_complete(server.serve_forever())
    for left in asyncio.all_tasks(loop):
        left.cancel()
        with suppress(asyncio.CancelledError):
            loop.run_until_complete(left)
    loop.close()
    pool.shutdown(wait=False, cancel_futures=True)


@pytest.fixture(scope="module")
def toolkit_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("clips")
    write_file(str(folder / "h264.mp4"), gop=25)
    write_file(str(folder / "h265.mp4"), "hevc", gop=25)
    port = unused_port()
    started = threading.Event()
    loops: list[asyncio.AbstractEventLoop] = []
    thread = threading.Thread(target=_serve, args=(folder, port, started, loops), daemon=True)
    thread.start()
    assert started.wait(WITHIN_S)
    yield f"rtsp://127.0.0.1:{port}"
    loops[0].call_soon_threadsafe(loops[0].stop)
    thread.join(10)


@pytest.mark.parametrize("engine", ["pyav", pytest.param("gstreamer", marks=needs_gstreamer)])
@pytest.mark.parametrize(("file", "codec"), [("h264.mp4", "h264"), ("h265.mp4", "hevc")])
def test_a_foreign_server_is_watched_over_its_loop_joint(toolkit_url: str, file: str, codec: str, engine: str) -> None:
    url = f"{toolkit_url}/{file}?play_count=0"
    with Watched(camera(url, engine=engine, analyse_every_s=1.0)) as seen:
        seen.until_frames(6)
        status = seen.feed.status()
        assert (status.state, status.codec, status.counters["losses"]) == ("live", codec, 0), seen.statuses
        times = [frame.at_ns for frame in seen.frames]
        assert times == sorted(set(times))
        assert (times[-1] - times[0]) / 1e9 == pytest.approx(5.0, abs=0.3)
        clip = seen.feed.ring.snapshot(times[0], times[-1])
        stamps = [packet.dts for packet in clip if packet.dts is not None]
        assert stamps == sorted(set(stamps))
