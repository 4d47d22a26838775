"""One camera, one thread: opens its stream, reads it, comes back after every loss, and always says how it is."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import cast

from contract.errors import CaptureError
from contract.events import Clock
from contract.health import CameraState
from contract.times import NS
from edge.capture.backoff import Backoff
from edge.capture.clock import ClockWatch
from edge.capture.engines import engine_for
from edge.capture.ring import PacketRing
from edge.capture.stream import Stream
from edge.capture.timeline import SETTLE_NS, Timeline
from edge.capture.types import Address, Arrival, CameraStatus, Engine, Frame, Source, StreamInfo
from edge.config import CameraConfig

TIME_AHEAD_NS = 12 * NS
"""Stream time further ahead of the gateway's clock: the clock was set back, and time begins anew."""
_LOG = logging.getLogger(__name__)
_MB = 1_000_000


class CameraFeed:
    """The feed of one camera; `run` is the body of its thread, everything else may be called from any thread.

    `on_frame` and `on_state` are called in the feed's thread; `on_state` at each change of state or detail.
    """

    def __init__(
        self,
        config: CameraConfig,
        *,
        on_frame: Callable[[Frame], None],
        on_state: Callable[[CameraStatus], None],
        now_ns: Callable[[], int],
        stop: Event,
        backoff: Backoff = Backoff(),  # noqa: B008 - frozen
    ) -> None:
        self._config = config
        self._on_frame = on_frame
        self._on_state = on_state
        self._now_ns = now_ns
        self._stop = stop
        self._backoff = backoff
        self.ring = PacketRing(config.ring_s, config.ring_mb * _MB)
        self._timeline = Timeline()
        self._engine: Engine | None = None
        self._stream: Stream | None = None
        self._clock = ClockWatch(config.clock, now_ns)
        self._full_until_ns = 0
        self._is_time_over = False
        self._state: CameraState = "starting"
        self._detail = ""
        self._since_ns = now_ns()
        self._last_frame_ns: int | None = None
        self._keyframe_received_ns = 0
        self._counts = {
            "connections": 0,
            "losses": 0,
            "times_begun_anew": 0,
            "packets": 0,
            "bytes": 0,
            "internal_errors": 0,
        }

    @property
    def stream_info(self) -> StreamInfo | None:
        """What the stream is; None before the first connection."""
        return None if self._stream is None else self._stream.info

    def clock(self) -> Clock:
        """The camera's clock against UTC as last measured; unknown stays unknown."""
        return self._clock.clock()

    def ask_full_decode(self, until_ns: int) -> None:
        """Decode every picture until stream time `until_ns`, at most `full_decode_fps` of them are handed on."""
        self._full_until_ns = max(self._full_until_ns, until_ns)
        if self._stream is not None:
            self._stream.ask_full_decode(until_ns)

    def status(self) -> CameraStatus:
        """How the camera is now."""
        info = self.stream_info
        counters = {} if self._stream is None else self._stream.counters()
        return CameraStatus(
            device=self._config.id,
            state=self._state,
            since_ns=self._since_ns,
            detail=self._detail,
            last_frame_ns=self._last_frame_ns,
            codec=None if info is None else info.codec,
            frame_px=(info.width, info.height) if info is not None and info.width else None,
            engine=None if self._engine is None else self._engine.name,
            clock=self.clock(),
            counters={**self._counts, **counters},
        )

    def run(self) -> None:
        """Until the stop event: connect, watch, and after each loss wait a little longer before the next try."""
        draw = random.Random()  # noqa: S311 - jitter is no secret
        failures = 0
        self._tell("starting", "")
        while not self._stop.is_set():
            frames_before = self._last_frame_ns
            try:
                self._watch()
            except CaptureError as error:
                self._lose(error.state, error.detail)
            except Exception as error:  # noqa: BLE001 - the thread's edge: our mistake must not be its silence
                self._counts["internal_errors"] += 1
                _LOG.exception("camera %s: mistake in the program", self._config.id)
                self._lose("stalled", f"mistake in the program ({type(error).__name__}); see the log")
            failures = 1 if self._last_frame_ns != frames_before else failures + 1
            self._stop.wait(self._backoff.delay_s(failures, draw))
        self._tell("stopped", "")

    def _watch(self) -> None:
        """One connection; returns only when stopped, raises CaptureError for every other end."""
        if self._is_time_over:
            self._begin_time_anew()
        if self._engine is None:
            self._engine = engine_for(self._config, self._now_ns, self._stop)
        if self._stream is None:
            self._stream = Stream(self._config, self._engine, self.ring, self._timeline)
            self._stream.ask_full_decode(self._full_until_ns)
        assert self._stream is not None  # noqa: S101 - made with the engine
        self._clock.ask()
        source = self._engine.open(address_of(self._config))
        self._counts["connections"] += 1
        opened_ns = self._keyframe_received_ns = self._now_ns()
        try:
            self._read(source, self._stream)
        finally:
            source.close()
            self._hand_on(self._stream.end())
        if not self._stop.is_set():
            lasted_s = (self._now_ns() - opened_ns) / NS
            raise CaptureError("stalled", f"the camera closed the stream after {lasted_s:.1f} s")

    def _read(self, source: Source, stream: Stream) -> None:
        first: list[Arrival] | None = []
        for arrival in source.arrivals():
            if self._stop.is_set():
                return
            self._note(arrival)
            if first is None:
                frames = stream.take(arrival)
            else:
                # Nothing is stamped before a punctual packet tells how late the first ones are.
                first.append(arrival)
                if arrival.received_ns - first[0].received_ns < SETTLE_NS and not _is_snapshot(source):
                    continue
                frames = stream.begin(source.info, first)
                first = None
            self._hand_on(frames)
            self._check_time(arrival.received_ns)
        if first:
            self._hand_on(stream.begin(source.info, first))

    def _check_time(self, received_ns: int) -> None:
        ahead_ns = self._timeline.latest_ns - received_ns
        if ahead_ns > TIME_AHEAD_NS:
            self._is_time_over = True
            problem = "this gateway's clock was set back, or the camera's runs fast; time begins anew"
            raise CaptureError("stalled", f"stream time is {ahead_ns / NS:.0f} s ahead: {problem}")

    def _begin_time_anew(self) -> None:
        """What was stamped before, and whatever was asked for in that time, says nothing any more."""
        self._is_time_over = False
        self._timeline = Timeline()
        self._stream = None
        self._full_until_ns = 0
        self.ring.clear()
        self._counts["times_begun_anew"] += 1

    def _note(self, arrival: Arrival) -> None:
        self._counts["packets"] += 1
        self._counts["bytes"] += len(arrival.data)
        if arrival.sender_ns is not None:
            self._clock.note_sender(arrival.sender_ns, arrival.received_ns)
        if arrival.is_keyframe:
            self._keyframe_received_ns = arrival.received_ns
            self._clock.ask()
        elif arrival.received_ns - self._keyframe_received_ns > self._config.no_keyframe_s * NS:
            raise CaptureError("no_keyframe", f"no keyframe for {self._config.no_keyframe_s:g} s, though packets come")

    def _hand_on(self, frames: list[Frame]) -> None:
        for frame in frames:
            self._last_frame_ns = frame.at_ns
            height, width = frame.image_bgr.shape[:2]
            self._tell("live", self._live_detail(width, height))
            self._on_frame(frame)

    def _live_detail(self, width: int, height: int) -> str:
        expected = self._config.frame_px
        if expected is None or expected == (width, height):
            return ""
        same_shape = abs(width * expected[1] - height * expected[0]) <= max(width, height)
        shape = "the same shape" if same_shape else "another shape: zones and masks may be off"
        return f"the picture is {width}x{height}, expected {expected[0]}x{expected[1]} ({shape})"

    def _lose(self, state: str, detail: str) -> None:
        self._counts["losses"] += 1
        self._tell(cast(CameraState, state), detail)

    def _tell(self, state: CameraState, detail: str) -> None:
        if state == self._state and detail == self._detail and state != "starting":
            return
        if state != self._state:
            self._since_ns = self._now_ns()
        self._state = state
        self._detail = detail
        self._on_state(self.status())


def _is_snapshot(source: Source) -> bool:
    return not source.info.has_clip


def address_of(config: CameraConfig) -> Address:
    """Where the stream is; the password is read at each connection: a changed one needs no restart."""
    password = None
    if config.password_file is not None:
        try:
            password = Path(config.password_file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            problem = f"password_file cannot be read ({type(error).__name__})"
            raise CaptureError("unauthorized", problem) from None
    return Address(config.url, config.username, password, config.read_timeout_s, config.analyse_every_s)
