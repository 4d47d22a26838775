"""What a scene is before it is drawn: who drives where, what the weather and the camera do. Data only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tests.bench.compose.ground import Way
from tests.bench.compose.motion import Motion, Span

FPS = 2
MADE_GOOD_PX = 8.0  # parking reference 2.5: a global shift of less is compensated
LIGHTS = ("day", "dusk", "night", "rain")


@dataclass(frozen=True, slots=True)
class Plate:
    """A drawn number plate; `middle` of it and its width as shares of the vehicle's box."""

    text: str
    kind: str
    face: NDArray[np.uint8]
    middle: tuple[float, float]
    width: float


@dataclass(frozen=True, slots=True)
class Actor:
    """A cut that follows its way; `zone` names the zone it stands in, if any; `height_m` sizes a cut of another camera.

    `expect`: whether its standing must become an event; None: when it stands for the grace. `because` says why not.
    """

    id: str
    cut: str
    way: Way
    motion: Motion
    role: str = "passes"
    zone: str | None = None
    expect: bool | None = None
    because: str = ""
    lamps: str = ""
    height_m: float | None = None
    plate: Plate | None = None


@dataclass(frozen=True, slots=True)
class Prop:
    """A thing that is no vehicle: `pool` of light, `puddle`, `board`, `shade`; box in source pixels."""

    kind: str
    box: tuple[float, float, float, float]
    from_s: float = 0.0
    to_s: float = 1e9


@dataclass(frozen=True, slots=True)
class Shake:
    """The camera trembles by so many pixels of the clip."""

    from_s: float
    to_s: float
    amplitude_px: float


@dataclass(frozen=True, slots=True)
class Script:
    """One scene; spans in seconds of the scene. In a `gap` the stream brings nothing, in `frozen` the same picture."""

    name: str
    stage: str
    seconds: float
    difficulties: tuple[str, ...]
    actors: tuple[Actor, ...]
    zones: tuple[str, ...] = ("kerb",)
    grace_s: float = 40.0
    light: str = "day"
    flow: str = ""  # the polygon of the stage in which queues form
    rule: tuple[tuple[str, float], ...] = ()  # more lines of the zone's table
    props: tuple[Prop, ...] = ()
    shakes: tuple[Shake, ...] = ()
    turned: tuple[Span, ...] = ()
    frozen: tuple[Span, ...] = ()
    gaps: tuple[Span, ...] = ()
    haze: tuple[Span, ...] = ()
    restarts_s: tuple[float, ...] = ()
    drift: float = 0.03
    drift_period_s: float = 90.0
    light_steps: tuple[tuple[float, float], ...] = ()
    clouds: bool = False

    @property
    def unwatched(self) -> tuple[Span, ...]:
        """When nobody can know what stands there; a shake that is too large to make good suspends the zone."""
        shaken = ((shake.from_s, shake.to_s) for shake in self.shakes if shake.amplitude_px > MADE_GOOD_PX)
        return (*self.turned, *self.frozen, *self.gaps, *shaken)
