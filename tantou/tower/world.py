"""What there is in the drawn country and what happens in it: data only, metres east and north of the tower's foot."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from ground.camera import Aim, Calibration
from ground.local import Spot

NS = 1_000_000_000
FRAME_PX = (1280, 720)
Metres = tuple[float, float]


class Plume(Struct, frozen=True, kw_only=True):
    """Smoke or vapour that rises from a point on the ground.

    `size_m` is the width of the young plume at its foot and `rate` how quickly it grows to full (per minute); `grey`
    0 black .. 1 white; `rise_m_s` its buoyancy; `life_s` how long a puff is seen: smoke thins out, drops and vapour
    are gone sooner. `flame_m`: how high its flames stand (0: it smoulders). `open_fire` is the truth: steam and
    chimneys are not.
    """

    name: str
    at_m: Metres
    begin_ns: int
    end_ns: int
    kind: Literal["straw", "chimney", "steam", "dust", "mist"] = "straw"
    size_m: Annotated[float, Meta(gt=0)] = 12.0
    rate: Annotated[float, Meta(gt=0)] = 1.0
    grey: Annotated[float, Meta(ge=0, le=1)] = 0.75
    thickness: Annotated[float, Meta(gt=0, le=1)] = 0.6
    rise_m_s: float = 2.5
    life_s: Annotated[float, Meta(gt=0, le=70)] = 70.0
    lift_m: float = 0.0
    flame_m: Annotated[float, Meta(ge=0, le=5)] = 0.0
    moves_m_s: Metres = (0.0, 0.0)

    @property
    def open_fire(self) -> bool:
        """Whether this is what the tower looks for."""
        return self.kind == "straw"

    def foot_m(self, at_ns: int) -> Metres:
        """Where its foot is at that time: a machine's dust moves along."""
        passed_s = (at_ns - self.begin_ns) / 1e9
        return self.at_m[0] + self.moves_m_s[0] * passed_s, self.at_m[1] + self.moves_m_s[1] * passed_s


class Light(Struct, frozen=True, kw_only=True):
    """A light that shines at night, `lift_m` above the ground at `at_m`, as strong as a lamp of so many candela.

    `period_s`: of a beacon's flash, a screen's picture, a welder's seam, a machine's way until it turns.
    """

    at_m: Metres
    name: str = "lamp"
    kind: Literal["lamp", "window", "vehicle", "machine", "beacon", "faulty_lamp", "welder", "screen"] = "lamp"
    colour: Literal["white", "warm", "sodium", "red", "blue"] = "warm"
    lift_m: float = 6.0
    candela: Annotated[float, Meta(gt=0)] = 2_000.0
    width_m: Annotated[float, Meta(gt=0)] = 0.4
    begin_ns: int = 0
    end_ns: int = 2**62
    moves_m_s: Metres = (0.0, 0.0)
    period_s: Annotated[float, Meta(gt=0)] = 2.0


class Fog(Struct, frozen=True, kw_only=True):
    """A bank of fog: everything beyond its near edge fades while it lasts."""

    begin_ns: int
    end_ns: int
    visibility_m: Annotated[float, Meta(gt=0)] = 900.0


class World(Struct, frozen=True, kw_only=True):
    """The country of one seed around a tower, its weather and all that happens.

    `sunrise_h`, `sunset_h`: hours of local time, `utc_offset_h` from UTC. `clouds` 0 clear .. 1 overcast; `haze_m` is
    the visual range on a clear day. `wind_m_s` blows towards east, north.
    """

    seed: int
    tower: Spot
    mast_m: Annotated[float, Meta(gt=0)] = 40.0
    plumes: tuple[Plume, ...] = ()
    lights: tuple[Light, ...] = ()
    fogs: tuple[Fog, ...] = ()
    wind_m_s: Metres = (1.5, 0.5)
    clouds: Annotated[float, Meta(ge=0, le=1)] = 0.35
    haze_m: Annotated[float, Meta(gt=0)] = 12_000.0
    sunrise_h: float = 6.0
    sunset_h: float = 18.0
    utc_offset_h: float = 8.0


class Head(Struct, frozen=True, kw_only=True):
    """Where the camera points and what it is: its calibration is the truth, which nobody tells the gateway."""

    aim: Aim
    calibration: Calibration


class PlumeTruth(Struct, frozen=True, kw_only=True):
    """What of a plume or a light is in a picture: its box, how much of the picture its visible smoke or light covers.

    `strongest`: the most that its smoke hides, or its light adds to a pixel, 0..1.
    """

    name: str
    kind: str
    bbox_xyxy_px: tuple[float, float, float, float]
    area_share: float
    foot_px: tuple[float, float]
    distance_m: float
    strongest: float
