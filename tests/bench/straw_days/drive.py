"""The day driven: the patrol's own fold with a head that turns in no real time, each look drawn, detected, judged."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import numpy as np
from msgspec import Struct, structs

from contract.geometry import BboxPx
from contract.observations import Observation
from detectors import straw_burning as rule
from detectors.fold import LookSooner, Zone
from detectors.straw_burning.config import Config, KnownPlace
from edge.capture.types import Frame
from edge.inference.plumes_look import TowerLooker
from edge.patrol import tour
from edge.patrol.plan import HeadSeen, Looked, Order, Plan, Pose, Registered, Stay, Stop
from tantou.tower.picture import Painter, seen_at
from tantou.tower.world import FRAME_PX, NS, Plume, PlumeTruth
from tests.bench.straw_days.day import STOPS, Day

POLL_NS = NS // 2
TURN_S = 1.0  # from one stop to the next: 26 degrees
DEVICE = "tower"


class Alarm(Struct, frozen=True, kw_only=True):
    """An event as it was opened: what of the world it lies on ("" nothing), and of which kind that is."""

    at_ns: int
    preset: str
    onset_ns: int
    name: str
    kind: str
    hour: float
    fires: tuple[str, ...] = ()


class Call(Struct, frozen=True, kw_only=True):
    """Detections of one place over the card's own score, within ten minutes of each other: what one frame would say."""

    at_ns: int
    preset: str
    name: str
    kind: str


class FireTold(Struct, frozen=True, kw_only=True):
    """A fire: when it was first visible, its largest share of the picture, its alarm, how long its preset was watched
    from first visible until the alarm."""

    name: str
    preset: str
    distance_m: float
    hour: float
    seen_ns: int | None
    tenth_ns: int | None
    largest: float
    alarm_ns: int | None = None
    looking_s: float = 0.0


class DayTold(Struct, frozen=True, kw_only=True):
    """What a day gave."""

    number: int
    hours: float
    begin_hour: float
    looks: int
    cycles_s: tuple[float, ...]
    fires: tuple[FireTold, ...]
    alarms: tuple[Alarm, ...]
    calls: tuple[Call, ...]
    counts: tuple[tuple[str, int], ...]


class Looks(Protocol):
    """What looks at a frame."""

    def look(self, frame: Frame, *, preset: str) -> Observation:
        """The observation."""
        ...


class _Painted:
    """The look that was painted last, with its truth."""

    def __init__(self) -> None:
        self.truth: tuple[PlumeTruth, ...] = ()


def drive(one: Day, looker: TowerLooker, *, surety: float) -> DayTold:
    """The day's hours; `surety` from which one frame alone would call."""
    painter, shown = Painter(one.world), _Painted()
    config = Config(known_places=tuple(_known(one)), stare_every_s=1.0)
    zone = Zone(town="bench", device=DEVICE, zone="fields", matter="straw_burning")
    state = rule.initial_state()
    alarms: list[Alarm] = []
    calls: list[tuple[Call, BboxPx]] = []
    looked: list[tuple[str, int]] = []
    patrol = _Patrol(one, begin_ns=one.begin_ns)
    for preset, at_ns in patrol.looks(one.end_ns):
        shot = painter.shot(one.heads[preset], at_ns)
        shown.truth = shot.truth
        seen = looker.look(Frame(DEVICE, at_ns, shot.image_bgr, True), preset=preset)
        looked.append((preset, at_ns))
        _note_calls(calls, seen, shot.truth, surety)
        stepped = rule.step(state, seen, zone, config)
        state = stepped.state
        for ask in stepped.asks:
            if isinstance(ask, LookSooner):
                patrol.stay(Stay(at_ns=at_ns, every_s=ask.every_s, until_ns=ask.until_ns))
        for finding in stepped.findings:
            if finding.phase == "opened" and finding.bbox_xyxy_px is not None:
                name, kind = _what(finding.bbox_xyxy_px, shot.truth)
                hour = (at_ns - one.midnight_ns) / NS / 3600
                burning = tuple(one.name for one in shot.truth if _is_shown(one, finding.bbox_xyxy_px))
                alarm = Alarm(at_ns=at_ns, preset=preset, onset_ns=finding.onset_ns, name=name, kind=kind, hour=hour)
                alarms.append(structs.replace(alarm, fires=burning))
    fires = tuple(_fire(one, plume, painter, alarms, looked) for plume in one.world.plumes if plume.open_fire)
    return DayTold(
        number=one.number,
        hours=(one.end_ns - one.begin_ns) / NS / 3600,
        begin_hour=(one.begin_ns - one.midnight_ns) / NS / 3600,
        looks=len(looked),
        cycles_s=tuple(patrol.cycles_s),
        fires=fires,
        alarms=tuple(alarms),
        calls=tuple(call for call, _ in calls),
        counts=tuple(sorted(state.counts.items())),
    )


class _Patrol:
    """The fold of `edge.patrol.tour`, told by a head that arrives after its turn; stops that are not drawn pass."""

    def __init__(self, one: Day, *, begin_ns: int) -> None:
        stops = tuple(Stop(preset=f"p{index}", token=str(index)) for index in range(STOPS))
        self._plan = Plan(stops=stops)
        self._drawn = frozenset(one.heads)
        self._now_ns = begin_ns
        self._state, orders = tour.step(tour.State(), HeadSeen(at_ns=begin_ns, pose=None, is_moving=False), self._plan)
        self._go(orders)
        self.cycles_s: list[float] = []

    def stay(self, told: Stay) -> None:
        """The rule wants to look longer here."""
        self._state, _ = tour.step(self._state, told, self._plan)

    def looks(self, end_ns: int) -> Iterator[tuple[str, int]]:
        """Each look's preset and time."""
        last_ns = 0
        while self._now_ns < end_ns:
            self._now_ns += POLL_NS
            before = self._state.index
            self._tell(
                HeadSeen(at_ns=self._now_ns, pose=Pose(pan=0, tilt=0), is_moving=self._now_ns < self._arrives_ns)
            )
            if self._state.phase == "verifying":
                self._tell(Registered(at_ns=self._now_ns, quality=1.0))
            if self._state.index == 0 and before != 0 and self._state.last_cycle_s is not None:
                self.cycles_s.append(self._state.last_cycle_s)
            every_ns = round((self._state.every_s or 2.0) * NS)
            if self._state.phase == "looking" and self._now_ns - last_ns >= every_ns:
                last_ns = self._now_ns
                preset = tour.stop_of(self._state, self._plan).preset
                if preset in self._drawn:
                    yield preset, self._now_ns
                self._tell(Looked(at_ns=self._now_ns))

    def _tell(self, told: HeadSeen | Registered | Looked) -> None:
        self._state, orders = tour.step(self._state, told, self._plan)
        self._go(orders)

    def _go(self, orders: tuple[Order, ...]) -> None:
        if orders:
            self._arrives_ns = self._now_ns + round(TURN_S * NS)


def _known(one: Day) -> Iterator[KnownPlace]:
    """Known smoke as a person draws it: a box around the top of the chimney, of each view that shows it."""
    width, height = FRAME_PX
    for plume in one.world.plumes:
        for preset, head in one.heads.items():
            foot = seen_at(head, one.world, plume.at_m, plume.lift_m) if plume.name in one.known else None
            if foot is not None and 0 <= foot[0] < width and 0 <= foot[1] < height:
                x, y, r = foot[0] / width, foot[1] / height, 0.06
                left, right, top, bottom = max(0, x - r), min(1, x + r), max(0, y - 2 * r), min(1, y + r)
                polygon = ((left, top), (right, top), (right, bottom), (left, bottom))
                yield KnownPlace(name=plume.name, kind="chimney", preset=preset, polygon=polygon)


def _what(box: BboxPx, truth: tuple[PlumeTruth, ...]) -> tuple[str, str]:
    """What of the world this box lies on: a fire before anything else."""
    touching = [one for one in truth if _meets(box, one.bbox_xyxy_px)]
    best = min(touching, key=lambda one: (one.kind != "straw", one.distance_m), default=None)
    return ("", "nothing") if best is None else (best.name, best.kind)


def _meets(one: BboxPx, other: BboxPx, slack: float = 4.0) -> bool:
    return (
        one[0] < other[2] + slack
        and one[2] > other[0] - slack
        and one[1] < other[3] + slack
        and one[3] > other[1] - slack
    )


def _is_shown(one: PlumeTruth, box: BboxPx) -> bool:
    """Whether the box of an event covers a third of this fire: two that burn side by side are one event."""
    left, top, right, bottom = one.bbox_xyxy_px
    width = min(right, box[2]) - max(left, box[0])
    height = min(bottom, box[3]) - max(top, box[1])
    is_covered = width > 0 and height > 0 and width * height >= (right - left) * (bottom - top) / 3
    return one.kind == "straw" and is_covered


def _note_calls(
    calls: list[tuple[Call, BboxPx]], seen: Observation, truth: tuple[PlumeTruth, ...], surety: float
) -> None:
    for plume in seen.plumes:
        if plume.seen_in == "change" or plume.surety < surety or seen.preset is None:
            continue
        for index, (call, box) in enumerate(calls):
            is_near = call.preset == seen.preset and seen.at_ns - call.at_ns < 600 * NS
            if is_near and _meets(box, plume.bbox_xyxy_px):
                calls[index] = (structs.replace(call, at_ns=seen.at_ns), box)
                break
        else:
            name, kind = _what(plume.bbox_xyxy_px, truth)
            calls.append((Call(at_ns=seen.at_ns, preset=seen.preset, name=name, kind=kind), plume.bbox_xyxy_px))


def _fire(one: Day, plume: Plume, painter: Painter, alarms: list[Alarm], looked: list[tuple[str, int]]) -> FireTold:
    """The truth of a fire in the view that shows it best, and what came of it."""
    found: dict[str, list[tuple[int, float]]] = {}
    for preset, head in one.heads.items():
        times = range(plume.begin_ns, plume.end_ns, 5 * NS)
        shares = [(at_ns, painter.share(head, plume, at_ns)) for at_ns in times]
        if any(share for _, share in shares):
            found[preset] = shares
    preset = max(found, key=lambda name: max(share for _, share in found[name]), default="")
    shares = found.get(preset, [])
    seen_ns = next((at_ns for at_ns, share in shares if share >= 0.0001), None)
    alarm = min((one.at_ns for one in alarms if plume.name in (one.name, *one.fires)), default=None)
    until_ns = alarm or plume.end_ns
    watched = [at for name, at in looked if name == preset and seen_ns is not None and seen_ns <= at <= until_ns]
    gaps = np.diff(watched) if len(watched) > 1 else np.array([])
    return FireTold(
        name=f"{one.number}/{plume.name}",
        preset=preset,
        distance_m=float(np.hypot(*plume.at_m)),
        hour=(plume.begin_ns - one.midnight_ns) / NS / 3600,
        seen_ns=seen_ns,
        tenth_ns=next((at_ns for at_ns, share in shares if share >= 0.001), None),
        largest=max((share for _, share in shares), default=0.0),
        alarm_ns=alarm,
        looking_s=float(sum(gap for gap in gaps if gap <= 5 * NS) / NS + 2.0 * int((gaps > 5 * NS).sum() + 1)),
    )
