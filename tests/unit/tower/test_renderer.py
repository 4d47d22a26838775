"""The virtual tower's pictures against its own truth: what it says is there is there, and nothing else changed."""

from __future__ import annotations

from datetime import UTC, datetime
from math import atan2, degrees, hypot

import numpy as np
import pytest
from msgspec.structs import replace

from ground.camera import Aim, Calibration, bearing_deg, ray
from ground.local import Spot
from ground.terrain import on_plane
from tantou.tower.picture import Painter
from tantou.tower.world import NS, Head, Plume, World

NOON_NS = int(datetime(2026, 10, 20, 4, tzinfo=UTC).timestamp()) * NS
HEAD = Head(aim=Aim(pan_deg=10.0, tilt_deg=2.0), calibration=Calibration(frame_px=(640, 360), focal_px=1200.0))
FIRE = Plume(name="fire", at_m=(350.0, 1500.0), begin_ns=NOON_NS, end_ns=NOON_NS + 600 * NS, size_m=20, thickness=0.9)
QUIET = World(seed=3, tower=Spot(lat=30.0, lon=120.0))
BURNING = replace(QUIET, plumes=(FIRE,))
LATER_NS = NOON_NS + 90 * NS


def test_the_same_seed_and_time_give_the_same_picture() -> None:
    one, other = (Painter(BURNING).shot(HEAD, LATER_NS) for _ in range(2))
    assert np.array_equal(one.image_bgr, other.image_bgr)
    assert one.truth == other.truth


def test_smoke_changes_the_picture_inside_its_true_box_and_nowhere_else() -> None:
    burning, quiet = (Painter(world).shot(HEAD, LATER_NS) for world in (BURNING, QUIET))
    (truth,) = burning.truth
    changed = np.abs(burning.image_bgr.astype(int) - quiet.image_bgr).max(axis=2) > 16
    left, top, right, bottom = (round(edge) for edge in truth.bbox_xyxy_px)
    assert changed[top:bottom, left:right].mean() > 0.2
    changed[top:bottom, left:right] = False
    assert changed.mean() < 1e-4
    assert quiet.truth == ()


def test_the_foot_of_a_fire_leads_back_to_where_it_burns() -> None:
    (truth,) = Painter(BURNING).shot(HEAD, LATER_NS).truth
    along = ray(HEAD.calibration, HEAD.aim, truth.foot_px)
    found = on_plane(along, BURNING.mast_m)
    assert found is not None
    assert (found.east_m, found.north_m) == pytest.approx(FIRE.at_m, abs=3)
    assert bearing_deg(along)[0] == pytest.approx(degrees(atan2(*FIRE.at_m)), abs=0.01)
    assert truth.distance_m == pytest.approx(hypot(*FIRE.at_m))


def test_a_fire_grows_and_ends() -> None:
    painter = Painter(BURNING)
    shares = [painter.share(HEAD, FIRE, NOON_NS + at_s * NS) for at_s in (-1, 10, 60, 120, 680)]
    assert shares[0] == shares[4] == 0
    assert shares[1] < shares[2] < shares[3]


def test_mist_is_gone_within_metres_while_smoke_drifts_on() -> None:
    mist = replace(FIRE, kind="mist", life_s=8.0)
    shares = [Painter(replace(QUIET, plumes=(one,))).share(HEAD, one, LATER_NS) for one in (FIRE, mist)]
    assert 0 < shares[1] < shares[0] / 2


def test_night_is_dark_and_a_moving_head_is_drawn_without_detail() -> None:
    painter = Painter(QUIET)
    day, night = (painter.shot(HEAD, at_ns).image_bgr for at_ns in (NOON_NS, NOON_NS + 12 * 3600 * NS))
    assert night.mean() < day.mean() / 5
    blurred = painter.blur(HEAD, NOON_NS)
    assert blurred.shape == day.shape
    assert abs(float(blurred.mean()) - float(day.mean())) < 6
