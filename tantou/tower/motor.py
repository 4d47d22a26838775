"""The head of the virtual tower: presets, and moves that take time; positions in ONVIF's generic units, -1..1."""

from __future__ import annotations

import threading
from collections.abc import Callable
from math import sqrt
from typing import NamedTuple

from msgspec import structs

from ground.camera import Aim, Calibration
from tantou.tower.world import NS, Head

PAN_UNIT_DEG = 180.0  # pan -1..1 is -180..180 degrees
TILT_UNIT_DEG = 90.0  # tilt -1..1 is 90 down .. 90 up
ZOOM_MOST = 10.0  # zoom 0..1 is 1..10 times


class At(NamedTuple):
    """A position: pan, tilt, zoom in generic units."""

    pan: float
    tilt: float
    zoom: float


class Motor:
    """The head; any thread. `turn_deg_s` is its speed, `now_ns` its clock."""

    def __init__(self, calibration: Calibration, *, now_ns: Callable[[], int], turn_deg_s: float = 40.0) -> None:
        self.calibration = calibration
        self._now_ns = now_ns
        self._turn_deg_s = turn_deg_s
        self._lock = threading.Lock()
        self._from = self._to = At(0.0, -2.2 / TILT_UNIT_DEG, 0.0)
        self._began_ns = now_ns()
        self._speed: tuple[float, float, float] | None = None
        self.presets: dict[str, tuple[str, At]] = {}

    def at(self) -> tuple[At, bool]:
        """Where it is now, and whether it moves."""
        with self._lock:
            return self._now()

    def go(self, to: At) -> None:
        """Moves there at the head's speed."""
        with self._lock:
            self._from, _ = self._now()
            self._to = At(_turned(to.pan), max(-1.0, min(1.0, to.tilt)), max(0.0, min(1.0, to.zoom)))
            self._began_ns, self._speed = self._now_ns(), None

    def drive(self, pan: float, tilt: float, zoom: float) -> None:
        """Moves on and on at these shares of its speed; all 0 stops."""
        with self._lock:
            self._from, _ = self._now()
            self._to, self._began_ns = self._from, self._now_ns()
            self._speed = (pan, tilt, zoom) if pan or tilt or zoom else None

    def put(self, to: At) -> None:
        """Is there at once: power came back, or somebody knocked it."""
        with self._lock:
            self._from = self._to = to
            self._speed = None

    def head(self) -> tuple[Head, bool]:
        """Where the camera looks, for the painter; and whether it moves."""
        at, is_moving = self.at()
        return head_at(at, self.calibration), is_moving

    def _now(self) -> tuple[At, bool]:
        spent_s = (self._now_ns() - self._began_ns) / NS
        start, end = self._from, self._to
        if self._speed is not None:
            pan, tilt, zoom = self._speed
            degrees = self._turn_deg_s * spent_s
            at = At(
                _turned(start.pan + pan * degrees / PAN_UNIT_DEG),
                max(-1.0, min(1.0, start.tilt + tilt * degrees / TILT_UNIT_DEG)),
                max(0.0, min(1.0, start.zoom + zoom * spent_s / 3)),
            )
            return at, True
        pan = _turned(end.pan - start.pan)
        lasts_s = max(
            sqrt((pan * PAN_UNIT_DEG) ** 2 + ((end.tilt - start.tilt) * TILT_UNIT_DEG) ** 2) / self._turn_deg_s,
            abs(end.zoom - start.zoom) * 3,
        )
        if spent_s >= lasts_s:
            return end, False
        done = spent_s / lasts_s
        return At(
            _turned(start.pan + pan * done),
            start.tilt + (end.tilt - start.tilt) * done,
            start.zoom + (end.zoom - start.zoom) * done,
        ), True


def head_at(at: At, calibration: Calibration) -> Head:
    """Where a camera at this position looks."""
    zoomed = structs.replace(calibration, focal_px=calibration.focal_px * (1 + (ZOOM_MOST - 1) * at.zoom))
    return Head(aim=Aim(pan_deg=at.pan * PAN_UNIT_DEG, tilt_deg=-at.tilt * TILT_UNIT_DEG), calibration=zoomed)


def at_deg(pan_deg: float, tilt_deg: float, zoom: float = 0.0) -> At:
    """The position of an aim in degrees, tilt positive downwards."""
    return At(_turned(pan_deg / PAN_UNIT_DEG), -tilt_deg / TILT_UNIT_DEG, zoom)


def _turned(pan: float) -> float:
    """Pan within -1..1, the short way round."""
    return (pan + 1) % 2 - 1
