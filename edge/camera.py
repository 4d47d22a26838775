"""One camera from stream to spool: its feed, its judge in a thread of its own, its evidence, its health.

The order that keeps the promises: evidence files are on disk (fsynced), then state, events and uploads are committed
together, then they are sent. If the judge crashes it begins again from the state that was committed last.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from contract import codec
from contract.errors import ContractError, StoreError
from contract.events import Clock
from contract.health import CameraState, DayCounts, DeviceHealth, MaintenanceItem
from contract.observations import Observation, PlateLooked, Seen, StreamLost, TapeStart
from contract.times import NS, utc_from_ns
from detectors.fold import FullDecode, LookSooner, ReadPlate, ZoomIn
from edge.capture.feed import CameraFeed
from edge.capture.masks import Masks
from edge.capture.pyav_engine import PyAvEngine
from edge.capture.types import CameraStatus, Frame
from edge.committing import commit_until_kept
from edge.config import CameraConfig
from edge.evidence.clips import Footage
from edge.evidence.files import EvidenceStore, FileEvidence
from edge.evidence.fires.files import NOTHING_NEAR
from edge.evidence.orders import NO_CUTS, Cuts
from edge.evidence.tape import Rotation, Tape
from edge.health import ClockCare, picture_problem
from edge.inference.plates import UNAVAILABLE, PlateAnswer, PlateService, no_look
from edge.judge import CameraJudge
from edge.spool import OutgoingEvent, Spool, Step
from edge.threads import WatchedThread
from edge.towers import Towers
from edge.waiting import Shown, Waiting

log = logging.getLogger(__name__)
RECORDS_WAITING_MAX = 3  # a waiting frame of 1080p holds 6 MB
LOOK_OVERDUE_S = 30.0
TOWER_OVERDUE_S = 300.0  # a person may have the head; the patrol counts what is not watched
TIME_BACK_NS = 12 * NS  # by less the rules wait until time has caught up
READS_PLATES = "illegal_parking"
CLOSE_VIEWS_MAX = 4
MAINTENANCE_MAX = 100  # of a heartbeat's device
_TICK_S = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the cameras of a gateway share; `plates` None: nobody reads plates; `towers` None: there is no tower."""

    spool: Spool
    store: EvidenceStore
    tapes: Path
    now_ns: Callable[[], int]
    monotonic_s: Callable[[], float]
    stop: threading.Event
    plates: PlateService | None = None
    towers: Towers | None = None


class Camera:
    """Everything of one camera; `feed_thread` and `judge_thread` are to be started by whoever made it."""

    def __init__(
        self, config: CameraConfig, start: TapeStart, around: Surroundings, *, on_frame: Callable[[Frame], None]
    ) -> None:
        self._config = config
        self._start = start
        self._around = around
        self._waiting = Waiting(RECORDS_WAITING_MAX)
        self._counts: Counter[str] = Counter()
        self._evidence_counts: Callable[[], dict[str, int]] = dict
        self._last_seen: Observation | None = None
        self._looked_s = 0.0
        self._was_live = False
        self._problems: dict[str, str] = {}
        self._told_state: tuple[CameraState, int] | None = None
        self._began_ns = around.now_ns()
        self._clock_care = ClockCare()
        self._found_by_rules: tuple[MaintenanceItem, ...] = ()
        self._day: DayCounts | None = None
        self._close_views: deque[tuple[str, Frame]] = deque(maxlen=CLOSE_VIEWS_MAX)
        self.feed = CameraFeed(
            config, on_frame=on_frame, on_state=self._note_state, now_ns=around.now_ns, stop=around.stop
        )
        self.feed_thread = self._thread("camera", lambda _stop: self.feed.run())
        self.judge_thread = self._thread("judge", self._judge)

    def take(self, observation: Observation, frame: Frame) -> None:
        """A look at this camera, for its judge; returns at once. The oldest look gives way when the judge is slow."""
        self._problems.pop("detector", None)
        self._looked_s = self._around.monotonic_s()
        self._waiting.put(observation, frame)

    def take_plate(self, answer: PlateAnswer) -> None:
        """What was seen of a plate that this camera's rule asked for; returns at once."""
        self._waiting.put_answer(answer.looked, answer.cuts)

    def take_close_view(self, event_id: str, frame: Frame) -> None:
        """The tower looked closely at an event; returns at once, the judge keeps it with its next look."""
        self._close_views.append((event_id, frame))

    def note_detector_failure(self, reason: str) -> None:
        """A frame of this camera could not be looked at."""
        self._problems["detector"] = reason

    def health(self) -> DeviceHealth:
        """The camera as it is now: what keeps it from being judged comes before the state of its stream."""
        found = self.feed.status().health()
        counters = {**found.counters, **self._counts, **self._evidence_counts()}
        counters["judge_skipped"] = self._waiting.skipped
        counters["plate_answers_skipped"] = self._waiting.answers_skipped
        found = msgspec.structs.replace(found, maintenance=self._maintenance(found.clock), day=self._day)
        counters |= {} if self._around.towers is None else self._around.towers.counters(self._config.id)
        counters |= {"feed_crashes": self.feed_thread.crashes, "judge_crashes": self.judge_thread.crashes}
        state, detail = self._state(found)
        now_ns = self._around.now_ns()
        if state == found.state:
            self._told_state = None
            return msgspec.structs.replace(found, detail=detail, counters=counters)
        if self._told_state is None or self._told_state[0] != state:
            self._told_state = (state, now_ns)
        since = utc_from_ns(self._told_state[1])
        return msgspec.structs.replace(found, state=state, since=since, detail=detail, counters=counters)

    def _maintenance(self, clock: Clock | None) -> tuple[MaintenanceItem, ...]:
        """What is to be mended: the gateway's own findings first, those of the rules after them."""
        at_head = () if self._around.towers is None else self._around.towers.maintenance(self._config.id)
        at_clock = self._clock_care.items(clock, self._around.now_ns())
        return (*self._unread(), *at_head, *at_clock, *self._found_by_rules)[:MAINTENANCE_MAX]

    def _unread(self) -> tuple[MaintenanceItem, ...]:
        """That plates cannot be read is said before somebody misses a number."""
        reader = self._around.plates.reader if self._around.plates is not None else None
        reads_plates = any(zone.matter == READS_PLATES for zone in self._start.zones)
        if reader is None or reader.eyes is not None or reader.problem != UNAVAILABLE or not reads_plates:
            return ()
        return (MaintenanceItem(kind=UNAVAILABLE, since=utc_from_ns(self._began_ns), detail=reader.detail),)

    def _state(self, found: DeviceHealth) -> tuple[CameraState, str]:
        problems = {**self._problems, "judge": self.judge_thread.problem, "feed": self.feed_thread.problem}
        for what, problem in problems.items():
            if problem:
                return "stalled", f"not judged, the {what} fails: {problem}"[:2000]
        if found.state != "live":
            return found.state, found.detail
        at_head = "" if self._around.towers is None else self._around.towers.problem(self._config.id)
        if at_head:
            state: CameraState = "unauthorized" if at_head.startswith("unauthorized") else "stalled"
            return state, f"not judged, its head does not answer the patrol: {at_head}"[:2000]
        unseen_s = self._around.monotonic_s() - self._looked_s
        towers = self._around.towers
        is_tower = towers is not None and self._config.id in towers.devices
        overdue_s = TOWER_OVERDUE_S if is_tower else LOOK_OVERDUE_S
        if unseen_s > max(overdue_s, 3 * self._config.analyse_every_s):
            return (
                "stalled",
                f"not judged, no look for {unseen_s:.0f} s: does the model hang, is the machine overloaded?",
            )
        picture = self._last_seen.picture if self._last_seen is not None else None
        return picture_problem(picture) or (found.state, found.detail)

    def _note_state(self, status: CameraStatus) -> None:
        """Called in the feed's thread: the judge must know from when on there was no picture."""
        log.info("camera_state device=%s state=%s detail=%r", status.device, status.state, status.detail)
        was_live, self._was_live = self._was_live, status.state == "live"
        if self._was_live and not was_live:
            self._looked_s = self._around.monotonic_s()
        if was_live and not self._was_live and status.last_frame_ns is not None and not self._around.stop.is_set():
            reason = f"{status.state}: {status.detail}"[:500]
            self._waiting.put(StreamLost(device=status.device, at_ns=status.last_frame_ns, reason=reason))

    def _judge(self, stop: threading.Event) -> None:
        """The body of the judge's thread."""
        is_anew = False
        while not stop.is_set():
            tape = Tape(self._around.tapes / self._config.id / "observations.jsonl", self._start, rotation=Rotation())
            try:
                self._judge_onto(tape, stop, is_anew=is_anew)
            finally:
                tape.close()
            is_anew = True

    def _judge_onto(self, tape: Tape, stop: threading.Event, *, is_anew: bool) -> None:
        """Until the stop event, or until time goes back: what was measured by that other time says nothing then."""
        towers = self._around.towers
        near = NOTHING_NEAR if towers is None else towers.near(self._config.id)
        maker = FileEvidence(self._start, store=self._around.store, footage=self._footage(), tape=tape, near=near)
        self._evidence_counts = maker.counters
        judge = CameraJudge(self._start, maker=maker) if is_anew else self._recalled(maker)
        if judge.last_at_ns is not None:
            # Nobody watched from there on: the time until the first look is no standing time.
            began = StreamLost(device=self._config.id, at_ns=judge.last_at_ns, reason="the judge began again")
            self._waiting.put_back(began)
        while not stop.is_set():
            arrived = self._waiting.take(_TICK_S)
            if arrived is None:
                continue
            record, shown = arrived
            if isinstance(record, PlateLooked):
                if judge.last_at_ns is None or record.looked_at_ns > judge.last_at_ns:
                    # Asked by a judge that began anew since.
                    self._counts["plate_answers_stale"] += 1
                    continue
                record = msgspec.structs.replace(record, at_ns=judge.last_at_ns)
            elif judge.last_at_ns is not None and record.at_ns < judge.last_at_ns - TIME_BACK_NS:
                self._waiting.put_back(record, shown if isinstance(shown, Frame) else None)
                self._counts["times_gone_back"] += 1
                log.error("judge_begins_anew device=%s reason='the clock of this gateway went back'", self._config.id)
                return
            self._keep_close_views(judge)
            step = self._step(judge, maker, record, shown)
            if self._around.towers is not None:
                self._around.towers.judged(self._config.id, record.at_ns)
            self._commit(step, stop)
            self._counts["plates_told" if isinstance(record, PlateLooked) else "judged"] += 1
            self._found_by_rules, self._day = judge.maintenance[:MAINTENANCE_MAX], judge.day
            self.judge_thread.note_progress()
            if not isinstance(record, PlateLooked):
                self._last_seen = record if isinstance(record, Observation) else None

    def _recalled(self, maker: FileEvidence) -> CameraJudge:
        state = self._around.spool.load_state(self._config.id)
        try:
            return CameraJudge(self._start, maker=maker, state=state)
        except ContractError as error:
            if state is None:
                raise
            # A state of another version must not keep the camera from being judged at all.
            self._counts["states_unreadable"] += 1
            log.error("judge_begins_anew device=%s reason=%r", self._config.id, error.reason)
            return CameraJudge(self._start, maker=maker)

    def _step(self, judge: CameraJudge, maker: FileEvidence, record: Seen, shown: Shown) -> Step:
        frame = shown if isinstance(shown, Frame) else None
        judged = judge.take(record, frame, shown if isinstance(shown, Cuts) else NO_CUTS)
        for ask in judged.asks:
            if isinstance(ask, FullDecode):
                self.feed.ask_full_decode(ask.until_ns)
            elif isinstance(ask, ReadPlate) and frame is not None:
                self._read_plate(ask, frame)
            elif isinstance(ask, LookSooner | ZoomIn) and self._around.towers is not None:
                self._look_closer(self._around.towers, ask, record)
        messages = [codec.event_message(event) for event in judged.events]
        for event in judged.events:
            log.info(
                "event device=%s id=%s revision=%d phase=%s", event.device, event.event_id, event.revision, event.phase
            )
        events = tuple(OutgoingEvent(message.id, codec.encode(message)) for message in messages)
        return Step(self._config.id, judged.state, events, maker.take_uploads())

    def _look_closer(self, towers: Towers, ask: LookSooner | ZoomIn, record: Seen) -> None:
        if isinstance(ask, LookSooner):
            self.feed.ask_full_decode(ask.until_ns)
        frame_px = record.frame_px if isinstance(record, Observation) else None
        towers.ask(self._config.id, ask, frame_px=frame_px)

    def _keep_close_views(self, judge: CameraJudge) -> None:
        while self._close_views:
            is_kept = judge.keep_close_view(*self._close_views.popleft())
            self._counts["close_views" if is_kept else "close_views_too_late"] += 1

    def _read_plate(self, ask: ReadPlate, frame: Frame) -> None:
        self._counts["plates_asked"] += 1
        if self._around.plates is None:
            self.take_plate(no_look(ask, frame, UNAVAILABLE))
        else:
            self._around.plates.put(ask, frame)

    def _commit(self, step: Step, stop: threading.Event) -> None:
        """Until it is on disk; new looks give way."""
        if commit_until_kept(self._around.spool, step, stop, self._not_committed):
            self._problems.pop("spool", None)

    def _not_committed(self, error: StoreError) -> None:
        self._counts["commit_failures"] += 1
        self._problems["spool"] = str(error)

    def _thread(self, what: str, body: Callable[[threading.Event], None]) -> WatchedThread:
        around = self._around
        return WatchedThread(f"{what}:{self._config.id}", body, stop=around.stop, monotonic_s=around.monotonic_s)

    def _footage(self) -> Footage:
        masks = self._config.masks
        return Footage(
            ring=self.feed.ring,
            stream_info=lambda: self.feed.stream_info,
            decoder=PyAvEngine(self._around.now_ns).decoder,
            paint=Masks(masks, self._config.frame_px).paint if masks else None,
        )
