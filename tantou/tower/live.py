"""Live pictures over RTSP: painted and coded once, sent to whoever watches, with the demo's RTSP library.

The library serves files; a session of our own takes its packets from the painter instead. Nothing is painted while
nobody watches.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import re
import socket
import threading
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import av
from aio_rtsp_toolkit import server as rtsp
from aio_rtsp_toolkit.server_media import MediaSource, MediaTrackInfo
from aio_rtsp_toolkit.server_session import RtspServerSession
from aio_rtsp_toolkit.server_session_types import QueuedMediaPacket

from tantou.tower.land import Image

NAME = "tower"
PATH = f"{NAME}.mp4"
WAITING_MOST = 40  # coded pictures for one who reads slowly
KEYFRAME_S = 1.0
_START_CODE = re.compile(rb"\x00?\x00\x00\x01")


class Coded(NamedTuple):
    """One coded picture, its units with their lengths before them."""

    data: bytes
    is_keyframe: bool
    at_s: float


class LiveServer:
    """Serves `rtsp://127.0.0.1:PORT/tower.mp4`; threads of its own."""

    def __init__(self, picture: Callable[[], Image], *, port: int, fps: float) -> None:
        self._picture, self._fps = picture, fps
        self._watchers: dict[int, queue.Queue[Coded]] = {}
        self._changed = threading.Condition()
        self._stopped = threading.Event()
        self._port = port or _free_port()
        self._loop = asyncio.new_event_loop()
        self._threads = [threading.Thread(target=one, daemon=True) for one in (self._paint, self._serve)]

    @property
    def url(self) -> str:
        """Where the stream is."""
        return f"rtsp://127.0.0.1:{self._port}/{PATH}"

    def start(self) -> None:
        """Begins to serve."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Ends both threads."""
        self._stopped.set()
        with self._changed:
            self._changed.notify_all()
        self._loop.call_soon_threadsafe(self._end)
        for thread in self._threads:
            thread.join(5.0)

    def watch(self, number: int) -> queue.Queue[Coded]:
        """The coded pictures from the next keyframe on, for one more who watches."""
        with self._changed:
            waiting: queue.Queue[Coded] = queue.Queue(WAITING_MOST)
            self._watchers[number] = waiting
            self._changed.notify_all()
            return waiting

    def leave(self, number: int) -> None:
        """Watches no more."""
        with self._changed:
            self._watchers.pop(number, None)

    def _paint(self) -> None:
        began_s = time.monotonic()
        while not self._stopped.is_set():
            with self._changed:
                self._changed.wait_for(lambda: self._watchers or self._stopped.is_set())
            self._code_while_watched(began_s)

    def _code_while_watched(self, began_s: float) -> None:
        context: Any = av.CodecContext.create("libx264", "w")
        context.pix_fmt, context.thread_count = "yuv420p", 1
        context.time_base = Fraction(1, 1000)
        context.framerate = Fraction(self._fps).limit_denominator(100)
        context.gop_size = max(1, round(KEYFRAME_S * self._fps))
        context.options = {"preset": "ultrafast", "tune": "zerolatency", "crf": "23", "bf": "0", "sc_threshold": "0"}
        while self._watchers and not self._stopped.is_set():
            at_s = time.monotonic() - began_s
            image = self._picture()
            if not context.is_open:
                context.height, context.width = image.shape[:2]
            frame = av.VideoFrame.from_ndarray(image, format="bgr24")
            frame.pts, frame.time_base = round(at_s * 1000), context.time_base
            for packet in context.encode(frame):
                self._hand_out(Coded(_with_lengths(bytes(packet)), bool(packet.is_keyframe), at_s))
            left_s = 1 / self._fps - (time.monotonic() - began_s - at_s)
            self._stopped.wait(max(0.0, left_s))

    def _hand_out(self, coded: Coded) -> None:
        with self._changed:
            for waiting in self._watchers.values():
                if waiting.full():
                    waiting.get_nowait()  # a live stream does not wait
                waiting.put_nowait(coded)

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        rtsp.logger = logging.getLogger("tower")  # its own one prints each RTCP report
        served = self._loop.create_task(_Server(self, self._port).serve_forever())
        try:
            self._loop.run_until_complete(served)
        except asyncio.CancelledError:
            pass
        finally:
            self._loop.run_until_complete(self._loop.shutdown_default_executor())
            self._loop.close()

    def _end(self) -> None:
        for task in asyncio.all_tasks(self._loop):
            task.cancel()


class _Server(rtsp.RtspServer):  # type: ignore[misc]  # the library has no types
    def __init__(self, live: LiveServer, port: int) -> None:
        super().__init__("/", "127.0.0.1", port, session_name=NAME)
        self.live = live

    async def _handle_client(self, sock: Any) -> None:
        try:
            await _Session(self, sock).run()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            return

    def resolve_request_path(self, uri: str) -> Path:
        """The one stream there is."""
        if f"/{PATH}" not in uri:
            raise FileNotFoundError(uri)
        return Path(PATH)

    def load_media_source(self, file_path: Path) -> MediaSource:
        """Described without parameter sets: they come with each keyframe."""
        track = MediaTrackInfo(
            media_type="video",
            control="track1",
            codec_name="h264",
            payload_type=96,
            clock_rate=90_000,
            fmtp="packetization-mode=1",
        )
        return MediaSource(file_path=file_path, tracks=[track], session_name=NAME)


class _Session(RtspServerSession):  # type: ignore[misc]  # the library has no types
    server: _Server

    def _produce_container_packets(self, loop: Any, queue: asyncio.Queue[Any], stop_event: threading.Event) -> None:
        waiting = self.server.live.watch(id(self))
        began_s: float | None = None
        try:
            while not (self.closed or stop_event.is_set()):
                coded = _next(waiting)
                if coded is None or (began_s is None and not coded.is_keyframe):
                    continue
                began_s = coded.at_s if began_s is None else began_s
                packet = QueuedMediaPacket(
                    kind="video",
                    track_control="track1",
                    data=coded.data,
                    media_time=coded.at_s - began_s,
                    is_keyframe=coded.is_keyframe,
                )
                if not self._threadsafe_queue_put(loop, queue, packet, stop_event):
                    return
        finally:
            self.server.live.leave(id(self))


def _next(waiting: queue.Queue[Coded]) -> Coded | None:
    try:
        return waiting.get(timeout=0.2)
    except queue.Empty:
        return None


def _with_lengths(annexb: bytes) -> bytes:
    """Start codes replaced by lengths: what the library cuts fast."""
    units = [unit for unit in _START_CODE.split(annexb) if unit]
    return b"".join(len(unit).to_bytes(4, "big") + unit for unit in units)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
