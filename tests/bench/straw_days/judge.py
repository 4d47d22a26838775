"""The rule over the looks of a day, as they are taken or from its tape; and what came of each fire and trap."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from msgspec import structs

from contract.geometry import BboxPx
from contract.times import NS
from detectors import straw_burning as rule
from detectors.fold import LookSooner, Zone, ZoomIn
from detectors.straw_burning.config import Config, KnownPlace
from tantou.tower.picture import seen_at
from tantou.tower.world import FRAME_PX, PlumeTruth
from tests.bench.straw_days.day import Day
from tests.bench.straw_days.told import Alarm, Burnt, Call, DayTold, FireTold, Look

DEVICE = "tower"
STARE_EVERY_S = 1.0


class Judge:
    """The fold of one day; remembers what it opened, what single frames would have called, and where it looked."""

    def __init__(self, one: Day, *, surety: float) -> None:
        self._day, self._surety = one, surety
        self._config = Config(known_places=tuple(_known(one)), stare_every_s=STARE_EVERY_S)
        self._zone = Zone(town="bench", device=DEVICE, zone="fields", matter="straw_burning")
        self._calls: list[tuple[Call, BboxPx]] = []
        self.state = rule.initial_state()
        self.alarms: list[Alarm] = []
        self.looked: list[tuple[str, int]] = []
        self.stares: list[tuple[str, LookSooner]] = []

    def look(self, look: Look) -> tuple[LookSooner | ZoomIn, ...]:
        """One more look judged; what it asks of the head."""
        seen, at_ns = look.seen, look.seen.at_ns
        preset = seen.preset or ""
        self.looked.append((preset, at_ns))
        self._note_calls(look)
        stepped = rule.step(self.state, seen, self._zone, self._config)
        self.state = stepped.state
        for finding in stepped.findings:
            if finding.phase == "opened" and finding.bbox_xyxy_px is not None:
                box = finding.bbox_xyxy_px
                name, kind = _what(box, look.truth)
                alarm = Alarm(
                    at_ns=at_ns,
                    preset=preset,
                    onset_ns=finding.onset_ns,
                    name=name,
                    kind=kind,
                    hour=(at_ns - self._day.midnight_ns) / NS / 3600,
                    fires=tuple(one.name for one in look.truth if _is_shown(one, box)),
                )
                self.alarms.append(alarm)
        asked = tuple(ask for ask in stepped.asks if isinstance(ask, LookSooner | ZoomIn))
        for ask in asked:
            if isinstance(ask, LookSooner):
                self._note_stare(preset, ask, at_ns)
        return asked

    def _note_stare(self, preset: str, ask: LookSooner, at_ns: int) -> None:
        """One that ends now was answered: what lay in its second half need not be on the tape."""
        if ask.until_ns > at_ns:
            self.stares.append((preset, ask))
            return
        self.stares = [
            (name, structs.replace(one, until_ns=min(one.until_ns, at_ns)) if name == preset else one)
            for name, one in self.stares
        ]

    def told(self, burnt: Sequence[Burnt], *, cycles_s: Sequence[float], skipped: int) -> DayTold:
        """What the day gave."""
        one = self._day
        return DayTold(
            number=one.number,
            hours=(one.end_ns - one.begin_ns) / NS / 3600,
            begin_hour=(one.begin_ns - one.midnight_ns) / NS / 3600,
            looks=len(self.looked),
            skipped=skipped,
            cycles_s=tuple(cycles_s),
            fires=tuple(self._fire(fire) for fire in burnt),
            alarms=tuple(self.alarms),
            calls=tuple(call for call, _ in self._calls),
            counts=tuple(sorted(self.state.counts.items())),
            stares_not_taped=sum(not self._was_watched(preset, ask) for preset, ask in self.stares),
        )

    def _was_watched(self, preset: str, ask: LookSooner) -> bool:
        """Whether there are looks in the second half of a stare that was asked for."""
        middle_ns = ask.until_ns - 10 * NS
        return any(name == preset and middle_ns <= at_ns <= ask.until_ns for name, at_ns in self.looked)

    def _fire(self, fire: Burnt) -> FireTold:
        named = fire.name.split("/")[-1]
        alarm = min((one.at_ns for one in self.alarms if named in (one.name, *one.fires)), default=None)
        until_ns = alarm or fire.end_ns
        seen_ns = fire.seen_ns
        watched = [
            at for name, at in self.looked if name == fire.preset and seen_ns is not None and seen_ns <= at <= until_ns
        ]
        gaps = np.diff(watched) if len(watched) > 1 else np.array([])
        looking_s = float(sum(gap for gap in gaps if gap <= 5 * NS) / NS + 2.0 * int((gaps > 5 * NS).sum() + 1))
        return FireTold(truth=fire, alarm_ns=alarm, looking_s=looking_s)

    def _note_calls(self, look: Look) -> None:
        seen = look.seen
        for plume in seen.plumes:
            if plume.seen_in == "change" or plume.surety < self._surety or seen.preset is None:
                continue
            for index, (call, box) in enumerate(self._calls):
                is_near = call.preset == seen.preset and seen.at_ns - call.at_ns < 600 * NS
                if is_near and _meets(box, plume.bbox_xyxy_px):
                    self._calls[index] = (structs.replace(call, at_ns=seen.at_ns), box)
                    break
            else:
                name, kind = _what(plume.bbox_xyxy_px, look.truth)
                call = Call(at_ns=seen.at_ns, preset=seen.preset, name=name, kind=kind)
                self._calls.append((call, plume.bbox_xyxy_px))


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
