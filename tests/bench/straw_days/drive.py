"""The day driven: the patrol's own fold with a head that turns in no real time, each look drawn, detected, judged.

Quiet looks are thinned when a day is long: where nothing is composed and nothing called at the last look, only every
n-th visit of a preset is drawn. A drawn view without any event differs from visit to visit by grain, light and cloud.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from contract.geometry import Position
from contract.times import NS
from detectors.fold import LookSooner, ZoomIn
from edge.capture.types import Aimed, Frame
from edge.config import TowerConfig
from edge.inference.plumes_look import TowerLooker
from edge.inference.sights import Sights
from edge.patrol import tour
from edge.patrol.plan import Closer, HeadSeen, Looked, MoveTo, Order, Plan, Pose, Registered, Stay, Stop, Told
from tantou.tower.picture import Painter, seen_at, visual_range_m
from tantou.tower.smoke import PUFF_LIFE_S
from tantou.tower.world import FRAME_PX, Head, Plume, World
from tests.bench.straw_days.contrast import contrast_share, painters_of
from tests.bench.straw_days.day import FOCAL_PX, STOPS, Day
from tests.bench.straw_days.judge import DEVICE, Judge
from tests.bench.straw_days.told import Burnt, Look

POLL_NS = NS // 2
TURN_S = 1.0  # from one stop to the next: 26 degrees
ZOOM_S = 2.0  # to the close view of an event, and back
WIDE, CLOSE = Pose(pan=0, tilt=0), Pose(pan=0, tilt=0, zoom=1)
FIRST_SHARE = 0.0001  # of the picture: visible to a person who knows where to look
TENTH_SHARE = 0.001
GROWING_STEP_S, GROWN_STEP_S = 5, 30
TILT_ERROR_DEG = 0.03  # of the calibration that the gateway has
BESIDE = 0.5  # of the picture: smoke whose foot is that far outside may blow into it

Shares = list[tuple[int, float]]


class Driven:
    """One day's looks, drawn as the patrol asks for them."""

    def __init__(self, one: Day, looker: TowerLooker, *, quiet_every: int) -> None:
        self._day, self._looker, self._quiet_every = one, looker, quiet_every
        self._painter, self._sights = Painter(one.world), _sights(one)
        self._quiet: defaultdict[str, int] = defaultdict(int)
        self.skipped = 0
        self.cycles_s: list[float] = []

    def looks(self, judge: Judge) -> Iterator[Look]:
        """Every look that is drawn, after the judge had it."""
        patrol = _Patrol(self._day, begin_ns=self._day.begin_ns)
        for preset, at_ns in patrol.looks(self._day.end_ns):
            if self._is_left_out(preset, at_ns):
                self.skipped += 1
                continue
            shot = self._painter.shot(self._day.heads[preset], at_ns)
            seen = self._looker.look(Frame(DEVICE, at_ns, shot.image_bgr, True), preset=preset)
            aim = self._day.heads[preset].aim
            seen = self._sights.placed(seen, Aimed(preset, aim.pan_deg, aim.tilt_deg))
            look = Look(seen=seen, truth=shot.truth)
            for ask in judge.look(look):
                patrol.ask(ask, at_ns)
            if any(plume.seen_in != "change" for plume in seen.plumes):
                self._quiet[preset] = 0
            yield look
        self.cycles_s = patrol.cycles_s

    def _is_left_out(self, preset: str, at_ns: int) -> bool:
        world, head = self._day.world, self._day.heads[preset]
        busy = (one for one in world.plumes if one.kind != "chimney" and _is_near_view(head, world, one))
        is_foggy = visual_range_m(world, at_ns) < world.haze_m
        if is_foggy or any(one.begin_ns <= at_ns < one.end_ns + round(PUFF_LIFE_S * NS) for one in busy):
            self._quiet[preset] = 0
            return False
        self._quiet[preset] += 1
        return (self._quiet[preset] - 1) % self._quiet_every != 0


def _sights(one: Day) -> Sights:
    """The calibration as the gateway knows it: off by what a good one is off."""
    tower = one.world.tower
    table = TowerConfig(focal_px=FOCAL_PX, mast_m=one.world.mast_m, tilt_zero_deg=TILT_ERROR_DEG)
    return Sights(table, position=Position(lat=tower.lat, lon=tower.lon, error_m=5.0), frame_px=FRAME_PX)


class _Patrol:
    """The fold of `edge.patrol.tour`, told by a head that arrives after its turn; stops that are not drawn pass."""

    def __init__(self, one: Day, *, begin_ns: int) -> None:
        stops = tuple(Stop(preset=f"p{index}", token=str(index)) for index in range(STOPS))
        self._plan = Plan(stops=stops)
        self._drawn = frozenset(one.heads)
        self._now_ns = begin_ns
        self._pose, self._is_close = WIDE, False
        self._state, orders = tour.step(tour.State(), HeadSeen(at_ns=begin_ns, pose=None, is_moving=False), self._plan)
        self._go(orders)
        self.cycles_s: list[float] = []

    def ask(self, ask: LookSooner | ZoomIn, at_ns: int) -> None:
        """The rule wants to look longer here, has seen enough, or wants a close view."""
        if isinstance(ask, LookSooner):
            self._tell(Stay(at_ns=at_ns, every_s=ask.every_s, until_ns=ask.until_ns))
        else:
            self._tell(Closer(at_ns=at_ns, event_id=ask.event_id, pose=CLOSE))

    def looks(self, end_ns: int) -> Iterator[tuple[str, int]]:
        """Each look's preset and time."""
        last_ns = 0
        while self._now_ns < end_ns:
            self._now_ns += POLL_NS
            before = self._state.index
            self._tell(HeadSeen(at_ns=self._now_ns, pose=self._pose, is_moving=self._now_ns < self._arrives_ns))
            if self._state.phase == "verifying":
                self._tell(Registered(at_ns=self._now_ns, quality=1.0))
            if self._state.phase == "zoomed":
                self._tell(Looked(at_ns=self._now_ns))
            if self._state.index == 0 and before != 0 and self._state.last_cycle_s is not None:
                self.cycles_s.append(self._state.last_cycle_s)
            every_ns = round((self._state.every_s or 2.0) * NS)
            if self._state.phase == "looking" and self._now_ns - last_ns >= every_ns:
                last_ns = self._now_ns
                preset = tour.stop_of(self._state, self._plan).preset
                if preset in self._drawn:
                    yield preset, self._now_ns
                self._tell(Looked(at_ns=self._now_ns))

    def _tell(self, told: Told) -> None:
        self._state, orders = tour.step(self._state, told, self._plan)
        self._go(orders)

    def _go(self, orders: tuple[Order, ...]) -> None:
        for order in orders:
            is_close = isinstance(order, MoveTo)
            self._pose = CLOSE if is_close else WIDE
            self._arrives_ns = self._now_ns + round((ZOOM_S if is_close or self._is_close else TURN_S) * NS)
            self._is_close = is_close


def burnt(one: Day) -> tuple[Burnt, ...]:
    """The truth of every fire of the day."""
    painter = Painter(one.world)
    return tuple(_burnt(one, plume, painter) for plume in one.world.plumes if plume.open_fire)


def _burnt(one: Day, plume: Plume, painter: Painter) -> Burnt:
    found = {
        preset: _shares(head, plume, painter)
        for preset, head in one.heads.items()
        if _is_near_view(head, one.world, plume)
    }
    preset = max(found, key=lambda name: max(share for _, share in found[name]), default="")
    shares = found.get(preset, [])
    clear = _clear_shares(one, preset, plume, shares)
    return Burnt(
        name=f"{one.number}/{plume.name}",
        preset=preset,
        distance_m=float(np.hypot(*plume.at_m)),
        hour=(plume.begin_ns - one.midnight_ns) / NS / 3600,
        begin_ns=plume.begin_ns,
        end_ns=plume.end_ns,
        seen_ns=next((at_ns for at_ns, share in shares if share >= FIRST_SHARE), None),
        largest=max((share for _, share in shares), default=0.0),
        clear_ns=next((at_ns for at_ns, share in clear if share >= FIRST_SHARE), None),
        clearest=max((share for _, share in clear), default=0.0),
    )


def _shares(head: Head, plume: Plume, painter: Painter) -> Shares:
    """How much of the picture the fire covers, finely until it reaches the share that counts."""
    shares: Shares = []
    at_ns = plume.begin_ns
    while at_ns < plume.end_ns:
        shares.append((at_ns, painter.share(head, plume, at_ns)))
        at_ns += (GROWING_STEP_S if shares[-1][1] < TENTH_SHARE else GROWN_STEP_S) * NS
    return shares


def _clear_shares(one: Day, preset: str, plume: Plume, shares: Shares) -> Shares:
    """The same times with the share that stands out from what lies behind."""
    painters = painters_of(one.world, plume)
    return [(at_ns, contrast_share(painters, one.heads[preset], at_ns) if share else 0.0) for at_ns, share in shares]


def _is_near_view(head: Head, world: World, plume: Plume) -> bool:
    """Whether its foot, at its begin or end, is in the view or so near beside it that its smoke may come in."""
    width = FRAME_PX[0]
    feet = (seen_at(head, world, plume.foot_m(at_ns), plume.lift_m) for at_ns in (plume.begin_ns, plume.end_ns))
    return any(foot is not None and -BESIDE * width <= foot[0] <= (1 + BESIDE) * width for foot in feet)
