"""The virtual tower at night: flames, what they light, and a town's lights, as light itself would have it."""

from __future__ import annotations

import numpy as np
import pytest
from msgspec.structs import replace

from ground.camera import Aim, Calibration
from ground.local import Spot
from tantou.tower.lights import level, place_m
from tantou.tower.picture import Painter, Shot
from tantou.tower.world import NS, Fog, Head, Light, Plume, PlumeTruth, World
from tests.unit.tower.test_renderer import NOON_NS

NIGHT_NS = NOON_NS + 9 * 3600 * NS
HEAD = Head(aim=Aim(pan_deg=0.0, tilt_deg=2.0), calibration=Calibration(frame_px=(640, 360), focal_px=2400.0))
FIRE = Plume(
    name="fire", at_m=(10.0, 1500.0), begin_ns=NIGHT_NS - 300 * NS, end_ns=NIGHT_NS + 300 * NS, size_m=20, flame_m=1.5
)
DARK = World(seed=3, tower=Spot(lat=30.0, lon=120.0))
LAMP = Light(name="new", at_m=(-60.0, 1500.0), candela=3_000.0)
KINDS = ("lamp", "window", "vehicle", "machine", "beacon", "faulty_lamp", "welder", "screen")


def shot(*things: Plume | Light, at_ns: int = NIGHT_NS, head: Head = HEAD, **differs: object) -> Shot:
    plumes = tuple(one for one in things if isinstance(one, Plume))
    lights = tuple(one for one in things if isinstance(one, Light))
    return Painter(replace(DARK, plumes=plumes, lights=lights, **differs)).shot(head, at_ns)


def only(told: Shot) -> PlumeTruth:
    (truth,) = told.truth
    return truth


def lit(told: Shot) -> int:
    """Pixels that are brighter than grain makes them."""
    return int((told.image_bgr.max(axis=2) > 60).sum())


def test_flames_shine_at_night_inside_their_true_box_and_are_warm() -> None:
    told = shot(FIRE)
    left, top, right, bottom = (round(edge) for edge in only(told).bbox_xyxy_px)
    bright = told.image_bgr.max(axis=2) > 60
    assert bright[top:bottom, left:right].mean() > 0.2
    bright[top:bottom, left:right] = False
    assert bright.sum() == 0
    part = told.image_bgr[top:bottom, left:right].astype(float)
    assert part[..., 2].mean() > 1.5 * part[..., 0].mean()
    assert only(told).strongest > 0.9


def test_a_front_of_flames_is_as_wide_as_the_foot_of_its_smoke() -> None:
    still = replace(FIRE, grey=0.0, thickness=0.01)  # hardly any smoke to light
    told = shot(still)
    bright = np.flatnonzero((told.image_bgr.min(axis=2) > 150).any(axis=0))
    assert bright[-1] - bright[0] == pytest.approx(20 * 2400 / 1500, rel=0.2)


def test_flames_flicker_and_a_time_is_the_same_whenever_it_is_painted() -> None:
    lights = [lit(shot(FIRE, at_ns=NIGHT_NS + round(at_s * NS))) for at_s in np.arange(0, 6, 0.5)]
    assert np.std(lights) / np.mean(lights) > 0.03
    assert np.array_equal(shot(FIRE).image_bgr, shot(FIRE).image_bgr)


def test_daylight_drowns_flames() -> None:
    by_day = replace(FIRE, begin_ns=NOON_NS - 300 * NS, end_ns=NOON_NS + 300 * NS)
    burning, smouldering = (shot(one, at_ns=NOON_NS) for one in (by_day, replace(by_day, flame_m=0.0)))
    assert np.array_equal(burning.image_bgr, smouldering.image_bgr)
    assert burning.truth == smouldering.truth


def test_fog_dims_flames_until_nothing_of_them_is_left() -> None:
    def fog(visibility_m: float) -> Shot:
        return shot(FIRE, fogs=(Fog(begin_ns=0, end_ns=2**62, visibility_m=visibility_m),))

    assert lit(fog(12_000)) > lit(fog(2_000)) > 0
    assert lit(fog(250)) == 0


def test_flames_light_the_smoke_above_them() -> None:
    smoky, clear = (only(shot(replace(FIRE, thickness=thick, grey=0.8))) for thick in (0.9, 0.01))
    assert smoky.bbox_xyxy_px[1] < clear.bbox_xyxy_px[1] - 10


def test_a_fire_that_is_over_shines_no_more() -> None:
    assert lit(shot(FIRE, at_ns=FIRE.end_ns + NS)) == 0


@pytest.mark.parametrize("kind", KINDS)
def test_each_light_of_a_town_is_told_by_its_kind_and_shines_at_night_only(kind: str) -> None:
    one = replace(LAMP, kind=kind)
    times = [NIGHT_NS + n * NS // 3 for n in range(60)]
    told = [truth for at_ns in times for truth in shot(one, at_ns=at_ns).truth]
    assert {truth.kind for truth in told} == {kind}
    assert shot(one, at_ns=NOON_NS).truth == ()


def test_a_lamp_is_steady_a_beacon_blinks_and_a_broken_lamp_does_neither() -> None:
    times = [NIGHT_NS + n * NS // 10 for n in range(200)]
    steady, blinking, broken, welding = (
        np.array([level(replace(LAMP, kind=kind, period_s=2.0), at_ns) for at_ns in times])
        for kind in ("lamp", "beacon", "faulty_lamp", "welder")
    )
    assert np.std(steady) < 0.02
    assert set(blinking) == {0.0, 1.0}
    assert np.array_equal(blinking[:180], blinking[20:])
    assert not np.array_equal(broken[:180], broken[20:])
    assert np.std(broken) > 0.2
    assert len(set(welding)) > 20


def test_what_drives_passes_and_a_machine_turns() -> None:
    moves = replace(LAMP, moves_m_s=(10.0, 0.0), begin_ns=NIGHT_NS, period_s=10.0)
    cars, machines = (
        [place_m(replace(moves, kind=kind), NIGHT_NS + at_s * NS)[0] for at_s in (0, 10, 20)]
        for kind in ("vehicle", "machine")
    )
    assert cars == [-60.0, 40.0, 140.0]
    assert machines == [-60.0, 40.0, -60.0]
