"""How far along its way a vehicle is at each moment: exact for one that parks, followed step by step for a lane."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Span = tuple[float, float]

BRAKES_MPS2, STARTS_MPS2, HARDEST_MPS2 = 2.5, 1.8, 4.0
LENGTH_M, GAP_M = 4.8, 2.2
STEP_S = 0.1
STANDS_MPS = 0.02


class Motion(Protocol):
    """Metres along a way over time, and when it stands."""

    @property
    def stands(self) -> tuple[Span, ...]:
        """From when to when it does not move."""
        ...

    def along_m(self, at_s: float) -> float | None:
        """Metres from the way's beginning; None before and after."""
        ...


@dataclass(frozen=True, slots=True)
class Stop:
    """Stands so far along its way, from the moment it halts to the moment it starts."""

    along_m: float
    from_s: float
    to_s: float


@dataclass(frozen=True, slots=True)
class Stopping:
    """Drives in at a speed, stands at its stops, drives on to the end of the way; smoothly between two stops."""

    stops: tuple[Stop, ...]
    length_m: float
    speed_mps: float = 8.0

    @property
    def stands(self) -> tuple[Span, ...]:
        """The stops' own times."""
        return tuple((stop.from_s, stop.to_s) for stop in self.stops)

    def along_m(self, at_s: float) -> float | None:
        """By constant braking before the first stop and constant starting after the last."""
        first, last = self.stops[0], self.stops[-1]
        if at_s < first.from_s:
            return _inside(first.along_m - _run_m(first.from_s - at_s, self.speed_mps, BRAKES_MPS2), self.length_m)
        for stop, later in zip(self.stops, (*self.stops[1:], None), strict=True):
            if at_s <= stop.to_s:
                return stop.along_m
            if later is not None and at_s < later.from_s:
                share = (at_s - stop.to_s) / (later.from_s - stop.to_s)
                return stop.along_m + (later.along_m - stop.along_m) * share * share * (3 - 2 * share)
        return _inside(last.along_m + _run_m(at_s - last.to_s, self.speed_mps, STARTS_MPS2), self.length_m)


@dataclass(frozen=True, slots=True)
class Steady:
    """Constant speed through one point of the way at one moment."""

    at_s: float
    there_m: float
    speed_mps: float
    length_m: float

    @property
    def stands(self) -> tuple[Span, ...]:
        """Never."""
        return ()

    def along_m(self, at_s: float) -> float | None:
        """In a straight line through time."""
        return _inside(self.there_m + (at_s - self.at_s) * self.speed_mps, self.length_m)


@dataclass(frozen=True, slots=True)
class Followed:
    """A drive as it was worked out step by step."""

    start_s: float
    metres: NDArray[np.float64]
    length_m: float

    @property
    def stands(self) -> tuple[Span, ...]:
        """Every stretch of at least a second without movement."""
        still = np.abs(np.diff(self.metres)) < STANDS_MPS * STEP_S
        edges = np.flatnonzero(np.diff(np.concatenate(([0], still.astype(np.int8), [0]))))
        spans = [
            (self.start_s + a * STEP_S, self.start_s + b * STEP_S) for a, b in zip(edges[::2], edges[1::2], strict=True)
        ]
        return tuple((float(a), float(b)) for a, b in spans if b - a >= 1.0)

    def along_m(self, at_s: float) -> float | None:
        """Between two steps in a straight line."""
        index = (at_s - self.start_s) / STEP_S
        if index < 0 or index > len(self.metres) - 1:
            return None
        return _inside(float(np.interp(index, np.arange(len(self.metres)), self.metres)), self.length_m)


@dataclass(frozen=True, slots=True)
class Lights:
    """A signal over a stop line: red for so long in each cycle; `is_red` is the phase."""

    line_m: float
    cycle_s: float
    red_s: float
    offset_s: float = 0.0

    def is_red(self, at_s: float) -> bool:
        """Whether nobody may pass the line now."""
        return (at_s + self.offset_s) % self.cycle_s < self.red_s


def follow_lane(
    starts_s: Sequence[float],
    speeds_mps: Sequence[float],
    *,
    length_m: float,
    seconds: float,
    lights: Lights | None = None,
    halts: Sequence[tuple[float, float, float]] = (),
) -> list[Followed]:
    """Vehicles behind each other in one lane: nobody runs into the one ahead or over a red line.

    `halts` (vehicle, from_s, to_s): it stands where it then is, as in a jam that goes by fits and starts.
    """
    done: list[Followed] = []
    ahead: Followed | None = None
    for number, (start_s, speed) in enumerate(zip(starts_s, speeds_mps, strict=True)):
        own = [(a, b) for who, a, b in halts if who == number]
        drive = _follow(start_s, speed, ahead, length_m=length_m, seconds=seconds, lights=lights, halts=own)
        done.append(drive)
        ahead = drive
    return done


def _follow(
    start_s: float,
    speed_mps: float,
    ahead: Followed | None,
    *,
    length_m: float,
    seconds: float,
    lights: Lights | None,
    halts: Sequence[Span],
) -> Followed:
    metres, speed, at_s = [0.0], speed_mps, start_s
    while metres[-1] < length_m and at_s < seconds:
        room = 1e9
        if ahead is not None:
            index = round((at_s - ahead.start_s) / STEP_S)
            if 0 <= index < len(ahead.metres):
                room = float(ahead.metres[index]) - LENGTH_M - GAP_M - metres[-1]
        if lights is not None and lights.is_red(at_s) and metres[-1] < lights.line_m:
            before_line = lights.line_m - metres[-1]
            is_too_late = speed > 3.0 and before_line < speed * speed / (2 * HARDEST_MPS2)
            room = room if is_too_late else min(room, before_line)
        wanted = min(speed_mps, speed + STARTS_MPS2 * STEP_S, np.sqrt(max(0.0, 2 * BRAKES_MPS2 * room)))
        wanted = min(wanted, max(0.0, room) / STEP_S) if room > 0.15 else 0.0
        if any(a <= at_s < b for a, b in halts):
            wanted = max(0.0, speed - BRAKES_MPS2 * STEP_S)
        speed = float(wanted)
        metres.append(metres[-1] + speed * STEP_S)
        at_s += STEP_S
    return Followed(start_s, np.array(metres), length_m)


def _run_m(for_s: float, speed_mps: float, change_mps2: float) -> float:
    """The distance within so many seconds of standing, at constant change up to a speed."""
    ramp_s = speed_mps / change_mps2
    if for_s <= ramp_s:
        return change_mps2 * for_s * for_s / 2
    return speed_mps * (for_s - ramp_s / 2)


def _inside(along_m: float, length_m: float) -> float | None:
    return along_m if 0 <= along_m < length_m else None
