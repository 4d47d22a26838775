"""The border of the patrol: one thread speaks with the head, the feed offers pictures, the judge answers and asks.

A frame is handed on only when the head said after it that it still stands where it arrived: a person who takes the
head between two questions leaves no look of a moving picture behind.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from math import atan, degrees

from contract.geometry import BboxPx
from contract.health import MaintenanceItem
from contract.times import utc_from_ns
from detectors.fold import LookSooner, ZoomIn
from edge.capture.types import Aimed, Frame
from edge.config import PatrolConfig
from edge.patrol import tour
from edge.patrol.onvif import OnvifHead
from edge.patrol.plan import (
    Closer,
    GoTo,
    HeadFailed,
    HeadSeen,
    Learn,
    Looked,
    MoveTo,
    Order,
    Plan,
    Pose,
    Stay,
    Stop,
    Told,
)
from edge.patrol.references import References
from edge.patrol.register import KEPT_BELOW, Reference, register, small
from edge.patrol.soap import HeadError

_log = logging.getLogger(__name__)
PENDING_MOST = 6
FAILED_WAIT_S = 2.0
VERIFY_EVERY_NS = 300_000_000
ZOOM_SHARE = 0.3  # of the picture's width, for the box of a close view


@dataclass(frozen=True, slots=True, kw_only=True)
class Border:
    """What the patrol of one camera works with; `deliver` takes verified frames, `show` close views of an event."""

    device: str
    head: OnvifHead
    references: References
    deliver: Callable[[Frame], None]
    show: Callable[[str, Frame], None]
    now_ns: Callable[[], int]
    look_every_s: float
    focal_px: float | None = None


class Patrol:
    """The patrol of one camera; `run` is its thread's body, everything else may be called from any thread."""

    def __init__(self, config: PatrolConfig, border: Border) -> None:
        self._config, self._border = config, border
        self._lock = threading.RLock()
        self._state = tour.State()
        self._plan: Plan | None = None
        self._is_stale = False
        self._orders: deque[Order] = deque()
        self._pending: deque[Frame] = deque(maxlen=PENDING_MOST)
        self._taken_ns = self._tried_ns = 0
        self._grey: Reference | None = None
        self._counts: Counter[str] = Counter()

    def run(self, stop: threading.Event) -> None:
        """Asks the head, moves it, waits; until the stop event."""
        while not stop.is_set():
            self._turn()
            waits_s = FAILED_WAIT_S if self.state.phase == "failed" else self._config.poll_s
            stop.wait(waits_s)

    @property
    def state(self) -> tour.State:
        """As of now."""
        with self._lock:
            return self._state

    def offer(self, frame: Frame) -> None:
        """A picture of the stream, in the feed's thread; only one of a verified preset is looked at."""
        with self._lock:
            state, plan = self._state, self._plan
            if plan is None or state.phase not in ("verifying", "looking", "zoomed") or frame.at_ns < state.since_ns:
                self._counts["frames_not_watched"] += 1
            elif state.phase == "verifying":
                self._verify(frame, plan)
            elif state.phase == "zoomed" and state.closer is not None:
                event_id = state.closer.event_id
                self._tell(Looked(at_ns=frame.at_ns))
                self._border.show(event_id, frame)
            elif self._is_due(frame, state):
                self._taken_ns = frame.at_ns
                if len(self._pending) == PENDING_MOST:
                    self._counts["frames_crowded_out"] += 1
                self._pending.append(replace(frame, aimed=self._aimed(state, plan)))

    def judged(self, at_ns: int) -> None:
        """The look of this time was judged: its asks were told before."""
        with self._lock:
            self._tell(Looked(at_ns=at_ns))

    def ask(self, ask: LookSooner | ZoomIn, *, frame_px: tuple[int, int] | None = None) -> None:
        """What the rule wants of the head."""
        with self._lock:
            now_ns = self._border.now_ns()
            if isinstance(ask, LookSooner):
                self._tell(Stay(at_ns=now_ns, every_s=ask.every_s, until_ns=ask.until_ns))
                return
            pose = None if frame_px is None else self._close_pose(ask.bbox_xyxy_px, frame_px)
            if pose is None:
                self._counts["close_views_impossible"] += 1
            else:
                self._tell(Closer(at_ns=now_ns, event_id=ask.event_id, pose=pose))

    @property
    def standing_since_ns(self) -> int | None:
        """Since when the head stands at a verified preset; None: it does not."""
        state = self.state
        return state.since_ns if state.phase == "looking" else None

    @property
    def problem(self) -> str:
        """Why nothing is watched at all; empty while the head answers."""
        state = self.state
        if state.phase != "failed":
            return ""
        return "not asked yet" if state.trouble is None else f"{state.trouble.kind}: {state.trouble.detail}"

    def maintenance(self) -> tuple[MaintenanceItem, ...]:
        """What somebody should look at: a head that fails, wrong views, presets that the camera recalls wrongly."""
        state = self.state
        told = [(f"head_{state.trouble.kind}", state.trouble)] if state.trouble is not None else []
        told += [("wrong_view", trouble) for _, trouble in state.wrong_views]
        items = [
            MaintenanceItem(kind=kind, since=utc_from_ns(one.since_ns), detail=one.detail[:500]) for kind, one in told
        ]
        if state.by_pose:
            names = ", ".join(preset for preset, _ in state.by_pose)
            detail = f"recalled wrongly by the camera, reached by their positions: {names}; store them anew"
            items.append(MaintenanceItem(kind="presets_off", since=utc_from_ns(state.last_ns), detail=detail))
        return tuple(items)

    def counters(self) -> dict[str, int]:
        """What happened since the start; unwatched seconds by why."""
        state = self.state
        unwatched = {f"unwatched_{why}_s": spent_ns // 1_000_000_000 for why, spent_ns in state.unwatched_ns}
        told = {**dict(state.counts), **self._counts, **unwatched}
        return {f"patrol_{name}": count for name, count in told.items()}

    def _turn(self) -> None:
        """Orders first: a status of before they were carried out would say that the head has arrived."""
        going = ""
        try:
            if self._plan is None or self._is_stale:
                self._plan, self._is_stale = self._planned(), False
            while (order := self._next_order()) is not None:
                going = tour.stop_of(self._state, self._plan).preset if isinstance(order, GoTo) else ""
                self._carry_out(order)
                self._counts["moves"] += 1
            going = ""
            seen = self._border.head.status()
        except HeadError as error:
            self._fail(error, preset=going if error.kind == "refused" else "")
            return
        with self._lock:
            if not self._orders:  # what was ordered meanwhile is not what this status is about
                self._release(seen)
                self._tell(seen)

    def _carry_out(self, order: Order) -> None:
        head = self._border.head
        if isinstance(order, GoTo):
            if not order.token:
                raise HeadError("refused", "the camera has no preset of this name")
            head.go_to(order.token)
        elif isinstance(order, MoveTo):
            head.move_to(order.pose)

    def _fail(self, error: HeadError, *, preset: str) -> None:
        """`preset`: the one that was refused; the camera's list may be another now."""
        with self._lock:
            self._orders.clear()
            self._pending.clear()
            self._is_stale = bool(preset)
            now_ns = self._border.now_ns()
            self._tell(HeadFailed(at_ns=now_ns, kind=error.kind, detail=error.detail, preset=preset))

    def _next_order(self) -> Order | None:
        with self._lock:
            return self._orders.popleft() if self._orders else None

    def _planned(self) -> Plan:
        """The tour with the tokens of this camera; raises HeadError where it has none of its presets."""
        tokens = {one.name: one.token for one in self._border.head.presets()}
        stops = tuple(
            Stop(preset=stop.name, token=tokens.get(stop.name, ""), dwell_s=stop.dwell_s)
            for stop in self._config.presets
        )
        if not any(stop.token for stop in stops):
            names = ", ".join(stop.preset for stop in stops)
            raise HeadError("refused", f"the camera has no preset named {names[:200]}")
        return Plan(stops=stops, settle_s=self._config.settle_s, idle_s=self._config.idle_s)

    def _release(self, seen: HeadSeen) -> None:
        """The frames that this status vouches for go on their way."""
        state = self._state
        at = state.pose
        stands = not seen.is_moving and (at is None or seen.pose is None or at.is_near(seen.pose, 0.002))
        if not stands or state.phase != "looking":
            self._counts["looks_of_a_moving_head"] += len(self._pending)
            self._pending.clear()
            return
        while self._pending and self._pending[0].at_ns <= seen.at_ns:
            frame = self._pending.popleft()
            self._tell(Looked(at_ns=frame.at_ns, is_judged=False))
            self._counts["looks"] += 1
            self._border.deliver(frame)

    def _is_due(self, frame: Frame, state: tour.State) -> bool:
        every_s = state.every_s or self._border.look_every_s
        return frame.at_ns - self._taken_ns >= round(every_s * 0.9e9)

    def _verify(self, frame: Frame, plan: Plan) -> None:
        """One picture against the preset's references; a poor but right fit becomes one more reference."""
        if frame.at_ns - self._tried_ns < VERIFY_EVERY_NS:
            return
        self._tried_ns = frame.at_ns
        preset = tour.stop_of(self._state, plan).preset
        grey = small(frame.image_bgr)
        told = register(grey, self._border.references.of(preset), frame.at_ns)
        self._grey = Reference(grey, self._state.pose)
        self._tell(told)
        is_watched = self._state.phase == "looking"
        if is_watched and told.quality is not None and plan.quality_least <= told.quality < KEPT_BELOW:
            self._border.references.learn(preset, self._grey)

    def _tell(self, told: Told) -> None:
        if self._plan is None:
            # Nothing but its failure can be told of a head whose presets nobody knows.
            if isinstance(told, HeadFailed):
                nowhere = Plan(stops=(Stop(preset="", token=""),))
                self._state, _ = tour.step(self._state, told, nowhere)
            return
        before = self._state
        self._state, orders = tour.step(before, told, self._plan)
        if self._state.phase != before.phase:
            stop = tour.stop_of(self._state, self._plan)
            _log.debug("patrol device=%s preset=%s phase=%s", self._border.device, stop.preset, self._state.phase)
        for order in orders:
            if isinstance(order, Learn):
                if self._grey is not None:
                    self._border.references.learn(order.preset, self._grey)
            else:
                self._orders.append(order)

    def _aimed(self, state: tour.State, plan: Plan) -> Aimed:
        pose = state.pose or Pose(pan=0.0, tilt=0.0)
        return Aimed(
            tour.stop_of(state, plan).preset,
            pose.pan * self._config.pan_unit_deg,
            pose.tilt * self._config.tilt_unit_deg,
            pose.zoom,
        )

    def _close_pose(self, box: BboxPx, frame_px: tuple[int, int]) -> Pose | None:
        """The pose that shows this box large; None for a head that cannot, or a camera that nobody calibrated."""
        pose, focal_px = self._state.pose, self._border.focal_px
        if pose is None or focal_px is None or self._config.zoom_most <= 1:
            return None
        right = degrees(atan(((box[0] + box[2]) / 2 - frame_px[0] / 2) / focal_px))
        down = degrees(atan(((box[1] + box[3]) / 2 - frame_px[1] / 2) / focal_px))
        times = min(self._config.zoom_most, max(1.0, ZOOM_SHARE * frame_px[0] / max(box[2] - box[0], 1.0)))
        pan = (pose.pan + right / self._config.pan_unit_deg + 1) % 2 - 1
        zoom = (times - 1) / (self._config.zoom_most - 1)
        return Pose(pan=pan, tilt=pose.tilt + down / self._config.tilt_unit_deg, zoom=zoom)
