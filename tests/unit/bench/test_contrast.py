"""What of a drawn fire counts as seen: what stands out from what lies behind it, and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime

from msgspec.structs import replace

from ground.camera import Aim, Calibration
from ground.local import Spot
from tantou.tower.picture import Painter
from tantou.tower.world import NS, Fog, Head, Plume, World
from tests.bench.straw_days.contrast import contrast_share, painters_of

NOON_NS = int(datetime(2026, 10, 20, 4, tzinfo=UTC).timestamp()) * NS
LATER_NS = NOON_NS + 90 * NS
HEAD = Head(aim=Aim(pan_deg=10.0, tilt_deg=2.0), calibration=Calibration(frame_px=(640, 360), focal_px=1200.0))
FIRE = Plume(name="fire", at_m=(350.0, 1500.0), begin_ns=NOON_NS, end_ns=LATER_NS, size_m=20, thickness=0.95, grey=0.05)
WORLD = World(seed=3, tower=Spot(lat=30.0, lon=120.0), plumes=(FIRE,))
DENSE_FOG = Fog(begin_ns=NOON_NS, end_ns=NOON_NS + 600 * NS, visibility_m=300)


def seen(world: World, fire: Plume, at_ns: int = LATER_NS) -> float:
    return contrast_share(painters_of(world, fire), HEAD, at_ns)


def test_dark_smoke_stands_out_over_most_of_what_it_covers() -> None:
    covered = Painter(WORLD).share(HEAD, FIRE, LATER_NS)
    assert covered / 2 < seen(WORLD, FIRE) < covered * 1.2


def test_smoke_behind_dense_fog_covers_and_is_not_seen() -> None:
    assert seen(replace(WORLD, fogs=(DENSE_FOG,)), FIRE) == 0


def test_before_it_burns_nothing_of_it_is_seen() -> None:
    assert seen(WORLD, FIRE, NOON_NS - NS) == 0


def test_only_the_one_plume_that_is_asked_for_counts() -> None:
    beside = replace(FIRE, name="beside", at_m=(100.0, 1500.0))
    both = replace(WORLD, plumes=(FIRE, beside))
    assert abs(seen(both, FIRE) - seen(WORLD, FIRE)) < 0.1 * seen(WORLD, FIRE)
