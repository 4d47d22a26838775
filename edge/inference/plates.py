"""The plate of one vehicle in the frame that was judged: looked at in full resolution, answered with its close-ups.

`PlateReader.look` is the same live and in a replay; `PlateService` is the thread that does it live, beside the looking
for vehicles and after it in rank.
"""

from __future__ import annotations

import logging
import os
import threading
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

import cv2
import msgspec
import numpy as np

from contract.errors import EvidenceError, ModelError
from contract.geometry import BboxPx
from contract.manifest import sha256_hex
from contract.observations import PlateLooked
from contract.plates import PlateSeen, Quad
from detectors.fold import ReadPlate
from detectors.plate_single import read_one
from edge.capture.types import Frame, Image
from edge.config import PlatesConfig
from edge.evidence.orders import NO_CUTS, CloseUp, Cuts
from models.plates.align import CUT_PX, sides_px, straighten
from models.plates.eyes import open_eyes
from models.registry import Registry

_log = logging.getLogger(__name__)
UNAVAILABLE = "plate_reader_unavailable"
SWITCHED_OFF = "plate_reading_off"
QUEUE_FULL = "plate_queue_full"
FAILED = "plate_look_failed"
MARGIN = 0.06  # of the vehicle's sides: boxes jump, and a plate at the edge must not be cut
MOST_PLATES = 4
CLOSE_UP_QUALITY = 95
PLATE_MARGIN = 0.12  # of the plate, around it in its close-up
TWO_ROWS_BELOW = 2.2  # width to height of a plate, under which its close-up has the shape of a double row
RANK_BELOW_LOOKING = 10  # of the thread: looking for vehicles comes first
MAX_WAIT_S = 1.0


class SeesPlates(Protocol):
    """What finds and reads plates: `models.plates.eyes.PlateEyes`, or another chain that tells what it saw."""

    def look(self, frame: Image, /) -> list[PlateSeen]:
        """Every plate of a picture, the surest corners first."""
        ...


@dataclass(frozen=True, slots=True)
class PlateAnswer:
    """The record for the rule, and what shows it."""

    looked: PlateLooked
    cuts: Cuts = NO_CUTS


@dataclass(frozen=True, slots=True, kw_only=True)
class PlateReader:
    """The chain of a gateway; without `eyes` every ask is answered with `problem`, and `detail` says what to do."""

    eyes: SeesPlates | None = None
    readers: tuple[str, ...] = ()
    problem: str = UNAVAILABLE
    detail: str = ""
    still_quality: int = 90

    def look(self, ask: ReadPlate, frame: Frame) -> PlateAnswer:
        """The vehicle's plates as seen in its part of the frame, in pixels of the frame, with the close-ups."""
        if self.eyes is None:
            return no_look(ask, frame, self.problem)
        left, top, right, bottom = _part(ask.vehicle_px, frame)
        vehicle = frame.image_bgr[top:bottom, left:right]
        seen = [_moved(plate, left, top) for plate in self.eyes.look(vehicle)] if vehicle.size else []
        own = [plate for plate in seen if _lies_in(plate.quad_px, ask.vehicle_px)]
        close_ups = _close_ups(frame, vehicle, own[0]) if own else ()
        is_read = any(read_one(plate).text is not None for plate in own)
        looked = PlateLooked(
            device=frame.device,
            at_ns=frame.at_ns,
            event_id=ask.event_id,
            looked_at_ns=frame.at_ns,
            vehicle_px=ask.vehicle_px,
            frame_px=_size_px(frame),
            plates=tuple([*own, *(plate for plate in seen if plate not in own)][:MOST_PLATES]),
            close_ups=tuple(cut.sha256 for cut in close_ups),
            readers=self.readers,
        )
        return PlateAnswer(looked, Cuts(close_ups, _jpeg(frame.image_bgr, self.still_quality) if is_read else None))


def no_look(ask: ReadPlate, frame: Frame, problem: str) -> PlateAnswer:
    """The answer that nobody looked, and why."""
    looked = PlateLooked(
        device=frame.device,
        at_ns=frame.at_ns,
        event_id=ask.event_id,
        looked_at_ns=frame.at_ns,
        vehicle_px=ask.vehicle_px,
        frame_px=_size_px(frame),
        problem=problem,
    )
    return PlateAnswer(looked)


def open_reader(config: PlatesConfig, *, still_quality: int, registry: Registry | None = None) -> PlateReader:
    """The configured chain from weights that are here already; a chain that cannot be had is a named degradation."""
    if not config.enabled:
        return PlateReader(problem=SWITCHED_OFF, detail="plates.enabled is false")
    registry = registry or Registry()
    try:
        eyes = open_eyes(
            registry, finder_card=config.corners, reader_cards=config.readers, threads=config.threads, fetch=False
        )
        cards = [registry.find(name).card for name in (config.corners, *config.readers)]
    except ModelError as error:
        _log.warning("plates_not_read reason=%r", str(error))
        return PlateReader(detail=str(error)[:1000])
    readers = tuple(f"{card.name} {card.version} {card.sha256[:16]}" for card in cards)
    return PlateReader(eyes=eyes, readers=readers, still_quality=still_quality)


class PlateService:
    """One for a gateway. An ask is answered in any case: read, refused by name when too many wait, or not looked at."""

    def __init__(
        self,
        reader: PlateReader,
        *,
        waiting_max: int,
        deliver: Callable[[PlateAnswer], None],
        monotonic_s: Callable[[], float],
    ) -> None:
        """`deliver` runs in the asker's or this thread and must be quick: it hands on to the camera's own judge."""
        self.reader = reader
        self._waiting_max = waiting_max
        self._deliver = deliver
        self._monotonic_s = monotonic_s
        self._asks: deque[tuple[ReadPlate, Frame]] = deque()
        self._changed = threading.Condition()
        self._counts: Counter[str] = Counter()

    def put(self, ask: ReadPlate, frame: Frame) -> None:
        """Take an ask in, return at once; the waiting asks hold their frames, so only so many may wait."""
        with self._changed:
            self._counts["asked"] += 1
            if self.reader.eyes is None:
                refused = self.reader.problem
            elif len(self._asks) >= self._waiting_max:
                refused = QUEUE_FULL
            else:
                self._asks.append((ask, frame))
                self._changed.notify()
                return
            self._counts[refused] += 1
        self._deliver(no_look(ask, frame, refused))

    def run(self, stop: threading.Event) -> None:
        """The thread's body, until `stop` is set."""
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), RANK_BELOW_LOOKING)
        while not stop.is_set():
            with self._changed:
                self._changed.wait_for(lambda: self._asks, MAX_WAIT_S)
                asked = self._asks.popleft() if self._asks else None
            if asked is not None:
                self._deliver(self._answer(*asked))

    def counters(self) -> dict[str, int]:
        """Asks `asked` and `read`, the milliseconds of all looks, how many wait, and what was refused or failed."""
        with self._changed:
            return {**self._counts, "waiting": len(self._asks)}

    def _answer(self, ask: ReadPlate, frame: Frame) -> PlateAnswer:
        began_s = self._monotonic_s()
        try:
            answer = self.reader.look(ask, frame)
        # The edge of the thread: one bad picture must not end the reading for every camera.
        except Exception as error:  # noqa: BLE001
            self._counts[FAILED] += 1
            _log.warning("device %s: a plate look failed: %s: %s", frame.device, type(error).__name__, error)
            return no_look(ask, frame, FAILED)
        self._counts["read"] += 1
        self._counts["ms"] += round((self._monotonic_s() - began_s) * 1e3)
        return answer


def _part(box: BboxPx, frame: Frame) -> tuple[int, int, int, int]:
    """The vehicle's part of the picture with its margin, whole pixels."""
    width, height = _size_px(frame)
    across, down = MARGIN * (box[2] - box[0]), MARGIN * (box[3] - box[1])
    left, top = max(0, int(box[0] - across)), max(0, int(box[1] - down))
    return left, top, min(width, int(box[2] + across) + 1), min(height, int(box[3] + down) + 1)


def _moved(plate: PlateSeen, left: int, top: int) -> PlateSeen:
    a, b, c, d = ((round(x + left, 1), round(y + top, 1)) for x, y in plate.quad_px)
    return msgspec.structs.replace(plate, quad_px=(a, b, c, d))


def _lies_in(quad: Quad, box: BboxPx) -> bool:
    return all(box[0] <= x <= box[2] and box[1] <= y <= box[3] for x, y in quad)


def _close_ups(frame: Frame, vehicle: Image, plate: PlateSeen) -> tuple[CloseUp, ...]:
    corners = np.array(plate.quad_px, np.float32)
    width_px, height_px = sides_px(corners)
    width, height = CUT_PX[2 if width_px < TWO_ROWS_BELOW * height_px else 1]
    straight = straighten(frame.image_bgr, corners, (2 * width, 2 * height), margin=PLATE_MARGIN)
    return _close_up("plate", straight), _close_up("vehicle", vehicle)


def _close_up(what: Literal["plate", "vehicle"], image: Image) -> CloseUp:
    jpeg = _jpeg(image, CLOSE_UP_QUALITY)
    return CloseUp(what, jpeg, sha256_hex(jpeg))


def _jpeg(image: Image, quality: int) -> bytes:
    done, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise EvidenceError("a close-up could not be encoded as JPEG")
    return data.tobytes()


def _size_px(frame: Frame) -> tuple[int, int]:
    return frame.image_bgr.shape[1], frame.image_bgr.shape[0]
