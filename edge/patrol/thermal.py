"""Hot spots of a thermal camera, as its ONVIF events tell them: a pull point, its messages, the spots that glow now.

A spot is one more observation of a look and never an alarm by itself: roofs, engines and stoves are hot, too.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from contract.geometry import BboxPx
from contract.health import MaintenanceItem
from contract.times import NS, utc_from_ns
from edge.config import ThermalConfig
from edge.patrol.markup import Element
from edge.patrol.soap import HeadError, Soap, path_of

_log = logging.getLogger(__name__)
_EVENTS: Final = "http://www.onvif.org/ver10/events/wsdl"
_NOTIFY: Final = "http://docs.oasis-open.org/wsn/b-2"
_PULL, _CREATE = (
    f"{_EVENTS}/PullPointSubscription/PullMessagesRequest",
    f"{_EVENTS}/EventPortType/CreatePullPointSubscriptionRequest",
)
PULL_S: Final = 2  # the camera answers at once when there is something
MESSAGES_MOST: Final = 50
SPOTS_MOST: Final = 20
STAY_AGAIN_NS: Final = 120 * NS  # a hot roof must not stop the patrol
GLOWS_NS: Final = 30 * NS  # without another word; a camera that died must not leave a fire behind
FAILED_WAIT_S: Final = 5.0
_ON: Final = ("true", "1", "active")
_STATES: Final = ("state", "isalarm", "alarmactive", "active", "alarm", "isfire")


@dataclass(frozen=True, slots=True)
class HotSpot:
    """One event: who says it (its source's items), whether it burns, and where in the thermal picture, in shares."""

    source: str
    is_hot: bool
    box: BboxPx | None


class Pull:
    """The pull point of one camera; one thread."""

    def __init__(self, soap: Soap) -> None:
        self._soap = soap
        self._path: str | None = None

    def messages(self) -> list[Element]:
        """What happened since the last call, after at most `PULL_S`; raises HeadError, and begins anew then."""
        try:
            if self._path is None:
                self._path = self._create()
            body = (
                f'<PullMessages xmlns="{_EVENTS}"><Timeout>PT{PULL_S}S</Timeout>'
                f"<MessageLimit>{MESSAGES_MOST}</MessageLimit></PullMessages>"
            )
            return self._soap.ask(self._path, body, action=_PULL).every("NotificationMessage")
        except HeadError:
            self._path = None
            self._soap.forget()
            raise

    def _create(self) -> str:
        events = self._soap.service("Events")
        if events is None:
            raise HeadError("refused", "the camera has no event service")
        body = (
            f'<CreatePullPointSubscription xmlns="{_EVENTS}"><InitialTerminationTime>PT60S</InitialTerminationTime>'
            "</CreatePullPointSubscription>"
        )
        reference = self._soap.ask(events, body, action=_CREATE).first("SubscriptionReference")
        address = None if reference is None else reference.text_of("Address")
        if not address:
            raise HeadError("garbage", "CreatePullPointSubscription: the answer names no address")
        return path_of(address)


def spot_of(message: Element, topics: tuple[str, ...]) -> HotSpot | None:
    """What a notification says of heat; None: it is of another kind, or says neither yes nor no."""
    topic = (message.text_of("Topic") or "").lower()
    if not any(word.lower() in topic for word in topics):
        return None
    items = {one.attributes.get("Name", ""): one.attributes.get("Value", "") for one in message.every("SimpleItem")}
    state = next((value for name, value in items.items() if name.lower() in _STATES), None)
    inner = next((one for one in message.every("Message") if "UtcTime" in one.attributes), None)
    if state is None or inner is None:
        return None
    source = inner.child("Source")
    names = [] if source is None else [one.attributes.get("Value", "") for one in source.every("SimpleItem")]
    is_hot = state.strip().lower() in _ON and inner.attributes.get("PropertyOperation") != "Deleted"
    return HotSpot(f"{topic} {' '.join(names)}"[:200], is_hot, _box(message))


def _box(message: Element) -> BboxPx | None:
    """ONVIF's normalised box (-1..1, upwards) as shares from the top left; None: none, or no box."""
    found = message.first("BoundingBox")
    try:
        left, top, right, bottom = (float(found.attributes[name]) for name in ("left", "top", "right", "bottom"))  # type: ignore[union-attr]
    except (AttributeError, KeyError, ValueError):
        return None
    box = ((left + 1) / 2, (1 - top) / 2, (right + 1) / 2, (1 - bottom) / 2)
    return box if 0 <= box[0] < box[2] <= 1 and 0 <= box[1] < box[3] <= 1 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class ThermalBorder:
    """What a thermal camera works with. `standing_since` is when the head arrived where it stands, by the gateway's
    clock, None while it moves; `stay` asks the tower to watch where it is now."""

    device: str
    soap: Soap
    now_ns: Callable[[], int]
    standing_since: Callable[[], int | None]
    stay: Callable[[], None]


class Thermal:
    """The thermal camera beside one tower's; `run` is its thread's body, everything else from any thread."""

    def __init__(self, config: ThermalConfig, border: ThermalBorder) -> None:
        self._config, self._border = config, border
        self._pull = Pull(border.soap)
        self._lock = threading.Lock()
        self._glowing: dict[str, tuple[int, BboxPx]] = {}
        self._counts: Counter[str] = Counter()
        self._trouble: tuple[str, str, int] | None = None
        self._stayed_ns = -STAY_AGAIN_NS

    @property
    def surety(self) -> float:
        """How far its spots are believed."""
        return self._config.surety

    def run(self, stop: threading.Event) -> None:
        """Asks and asks; until the stop event."""
        while not stop.is_set():
            try:
                told = self._pull.messages()
            except HeadError as error:
                self._fail(error)
                stop.wait(FAILED_WAIT_S)
            else:
                with self._lock:
                    self._trouble = None
                for message in told:
                    self._take(message)

    def glowing(self, at_ns: int, frame_px: tuple[int, int]) -> tuple[BboxPx, ...]:
        """The spots that were seen since the head stands where it stands, in pixels of this look."""
        since_ns = self._border.standing_since()
        left, top, right, bottom = self._config.field
        width, height = frame_px
        with self._lock:
            spots = [box for told_ns, box in self._glowing.values() if _holds(told_ns, at_ns, since_ns)]
        boxes = (
            (
                (left + box[0] * (right - left)) * width,
                (top + box[1] * (bottom - top)) * height,
                (left + box[2] * (right - left)) * width,
                (top + box[3] * (bottom - top)) * height,
            )
            for box in spots
        )
        return tuple(box for one in boxes if (box := _within(one, frame_px)) is not None)

    def maintenance(self) -> tuple[MaintenanceItem, ...]:
        """That it does not answer, and since when."""
        with self._lock:
            trouble = self._trouble
        if trouble is None:
            return ()
        kind, detail, since_ns = trouble
        return (MaintenanceItem(kind=f"thermal_{kind}", since=utc_from_ns(since_ns), detail=detail[:500]),)

    def counters(self) -> dict[str, int]:
        """What it told, by what became of it."""
        with self._lock:
            return {f"thermal_{name}": count for name, count in self._counts.items()}

    def _take(self, message: Element) -> None:
        spot = spot_of(message, self._config.topics)
        since_ns, now_ns = self._border.standing_since(), self._border.now_ns()
        with self._lock:
            if spot is None:
                self._counts["other_events"] += 1
                return
            if not spot.is_hot:
                self._glowing.pop(spot.source, None)
                return
            if since_ns is None:
                self._counts["spots_of_a_moving_head"] += 1
                return
            self._counts["spots"] += 1
            if spot.box is not None:
                self._glowing[spot.source] = (now_ns, spot.box)
                while len(self._glowing) > SPOTS_MOST:
                    self._glowing.pop(next(iter(self._glowing)))
                    self._counts["spots_crowded_out"] += 1
                return  # the rule sees it in the next look, and stays if it wants to
            self._counts["spots_without_place"] += 1
            if now_ns - self._stayed_ns < STAY_AGAIN_NS:
                return
            self._stayed_ns = now_ns
        self._border.stay()

    def _fail(self, error: HeadError) -> None:
        with self._lock:
            is_new = self._trouble is None or self._trouble[0] != error.kind
            if is_new:
                self._trouble = (error.kind, error.detail, self._border.now_ns())
                self._counts[f"failed_{error.kind}"] += 1
        if is_new:
            _log.warning("thermal device=%s problem=%r", self._border.device, str(error))


def _holds(told_ns: int, at_ns: int, since_ns: int | None) -> bool:
    return since_ns is not None and since_ns <= told_ns and -GLOWS_NS <= at_ns - told_ns <= GLOWS_NS


def _within(box: BboxPx, frame_px: tuple[int, int]) -> BboxPx | None:
    """The part of a box that this picture shows."""
    left, top = max(0.0, box[0]), max(0.0, box[1])
    right, bottom = min(float(frame_px[0]), box[2]), min(float(frame_px[1]), box[3])
    return (round(left, 1), round(top, 1), round(right, 1), round(bottom, 1)) if left < right and top < bottom else None
