"""What a day gives: its tape of looks, the fires with their truth, the rule's events, and what one frame calls."""

from __future__ import annotations

from msgspec import Struct

from contract.observations import Observation
from tantou.tower.world import PlumeTruth


class Look(Struct, frozen=True, kw_only=True):
    """One line of a day's tape: what the fold was told, and what was really in the picture."""

    seen: Observation
    truth: tuple[PlumeTruth, ...]


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


class Burnt(Struct, frozen=True, kw_only=True):
    """The truth of a fire in the view that shows it best: when it was first drawn on 0.01 %, what it covered.

    `clear_ns`, `clearest`: the same by what stands out from what lies behind it (see `contrast`).
    """

    name: str
    preset: str
    distance_m: float
    hour: float
    begin_ns: int
    end_ns: int
    seen_ns: int | None
    largest: float
    clear_ns: int | None
    clearest: float


class FireTold(Struct, frozen=True, kw_only=True):
    """A fire with its alarm, and how long its preset was watched from first visible until then."""

    truth: Burnt
    alarm_ns: int | None = None
    looking_s: float = 0.0


class DayTold(Struct, frozen=True, kw_only=True):
    """What a day gave; `stares_not_taped`: stares that were asked for on a tape that shows none there."""

    number: int
    hours: float
    begin_hour: float
    looks: int
    skipped: int
    cycles_s: tuple[float, ...]
    fires: tuple[FireTold, ...]
    alarms: tuple[Alarm, ...]
    calls: tuple[Call, ...]
    counts: tuple[tuple[str, int], ...]
    stares_not_taped: int = 0
