"""What a patrol is told beforehand, and what it hears and orders while it runs; data only."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

FailureKind = Literal["unauthorized", "unreachable", "slow", "refused", "garbage"]
Seconds = Annotated[float, Meta(ge=0, le=86_400)]


class Pose(Struct, frozen=True, kw_only=True):
    """Where a head points, in its own units (ONVIF's generic space: -1..1, zoom 0..1)."""

    pan: float
    tilt: float
    zoom: float = 0.0

    def is_near(self, other: Pose, within: float) -> bool:
        """Whether the two differ by no more than that in any axis; pan goes around at -1 = 1."""
        pan = abs(self.pan - other.pan)
        return max(min(pan, abs(2 - pan)), abs(self.tilt - other.tilt), abs(self.zoom - other.zoom)) <= within


class Stop(Struct, frozen=True, kw_only=True):
    """One preset of the tour: its configured name, the camera's token of it (empty: it has none), how long to watch."""

    preset: str
    token: str
    dwell_s: Seconds = 2.0


class Plan(Struct, frozen=True, kw_only=True):
    """A tour and its limits."""

    stops: Annotated[tuple[Stop, ...], Meta(min_length=1, max_length=64)]
    settle_s: Seconds = 1.5
    idle_s: Seconds = 120.0
    move_limit_s: Seconds = 30.0
    picture_limit_s: Seconds = 15.0
    shift_most: float = 5 / 1920  # of the picture's width
    quality_least: float = 0.35
    contrast_least: float = 0.6
    pose_within: float = 0.002
    close_within: float = 0.02
    slow_s: Seconds = 2.0


class HeadSeen(Struct, frozen=True, kw_only=True):
    """The head answered; `is_moving` None: it does not say. `pose` None: it tells no position."""

    at_ns: int
    pose: Pose | None
    is_moving: bool | None
    took_s: float = 0.0


class HeadFailed(Struct, frozen=True, kw_only=True):
    """The head did not answer, or refused; `preset`: it refused to go to that one only."""

    at_ns: int
    kind: FailureKind
    detail: str
    preset: str = ""


class Registered(Struct, frozen=True, kw_only=True):
    """How a picture lies on the references of its preset.

    `shift` right and down in shares of the picture's width; `quality` 0..1 of the best reference, None: there is no
    reference yet. `contrast` by the reference's; `pose` is the head's when the reference was taken.
    """

    at_ns: int
    shift: tuple[float, float] = (0.0, 0.0)
    quality: float | None = None
    contrast: float = 1.0
    pose: Pose | None = None


class Looked(Struct, frozen=True, kw_only=True):
    """A picture of the watched preset was handed on, or judged already; or the zoomed one was taken."""

    at_ns: int
    is_judged: bool = True


class Stay(Struct, frozen=True, kw_only=True):
    """The rule wants to look each `every_s` until then."""

    at_ns: int
    every_s: float
    until_ns: int


class Closer(Struct, frozen=True, kw_only=True):
    """The rule wants a close view for an event."""

    at_ns: int
    event_id: str
    pose: Pose


class Tick(Struct, frozen=True, kw_only=True):
    """Time passed."""

    at_ns: int


Told = HeadSeen | HeadFailed | Registered | Looked | Stay | Closer | Tick


class GoTo(Struct, frozen=True, kw_only=True):
    """Recall this preset of the camera."""

    token: str


class MoveTo(Struct, frozen=True, kw_only=True):
    """Point there."""

    pose: Pose


class Learn(Struct, frozen=True, kw_only=True):
    """The picture that was registered last becomes a reference of this preset."""

    preset: str


Order = GoTo | MoveTo | Learn
