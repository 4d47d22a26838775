"""One fire is one lead, two fires stay two."""

from __future__ import annotations

from dataclasses import replace
from math import atan2, degrees, hypot

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.geometry import Ellipse, Sight
from contract.times import NS
from ground.camera import direction
from ground.fix import fix_of_one
from ground.local import Spot, metres_from, spot_at
from ground.terrain import on_plane
from server.fires.joining import SeenFire, find_joins, joint_place

TOWN = Spot(lat=29.21, lon=119.46)
MAST_M = 40.0
TOWERS = {"west": (0.0, 0.0), "east": (4000.0, 500.0)}
START_NS = 1_790_000_000 * NS


def sight(
    tower: str,
    fire_m: tuple[float, float],
    *,
    off_deg: tuple[float, float] = (0.0, 0.0),
    elevation_sd_deg: float = 0.05,
) -> Sight:
    """What a tower says of a fire, with a bearing good to 0.2 degrees and an elevation good to `elevation_sd_deg`."""
    east, north = fire_m[0] - TOWERS[tower][0], fire_m[1] - TOWERS[tower][1]
    azimuth_deg = degrees(atan2(east, north)) % 360 + off_deg[0]
    elevation_deg = -degrees(atan2(MAST_M, hypot(east, north))) + off_deg[1]
    fix = fix_of_one(
        direction(azimuth_deg, elevation_deg),
        lambda along: on_plane(along, MAST_M, curved=False),
        azimuth_sd_deg=0.2,
        elevation_sd_deg=elevation_sd_deg,
    )
    assert fix is not None
    place = spot_at(TOWN, fix.east_m + TOWERS[tower][0], fix.north_m + TOWERS[tower][1])
    (ee, en), (_, nn) = fix.cov_m2
    major_m, minor_m, bearing_deg = fix.axes_m()
    return Sight(
        azimuth_deg=azimuth_deg % 360,
        elevation_deg=elevation_deg,
        azimuth_sd_deg=0.2,
        elevation_sd_deg=elevation_sd_deg,
        lat=place.lat,
        lon=place.lon,
        cov_m2=(ee, en, nn),
        ellipse=Ellipse(major_m=major_m, minor_m=minor_m, bearing_deg=bearing_deg),
        method="flat",
    )


def act(name: str, tower: str, seen: Sight, *, after_s: float = 0, waits: bool = True) -> SeenFire:
    onset_ns = START_NS + round(after_s * NS)
    return SeenFire(
        event_id=name,
        tower=(f"gw-{tower}", f"tower-{tower}"),
        onset_ns=onset_ns,
        last_seen_ns=onset_ns + 120 * NS,
        sight=seen,
        is_waiting=waits,
    )


def metres(place: tuple[float, float]) -> tuple[float, float]:
    offset = metres_from(TOWN, Spot(lat=place[0], lon=place[1]))
    return float(offset[0]), float(offset[1])


def test_two_towers_see_one_fire_as_one_within_their_joint_ellipse() -> None:
    fire = (1800.0, 2600.0)
    draw = np.random.default_rng(7)
    inside = 0
    for _ in range(200):
        one = act("a", "west", sight("west", fire, off_deg=tuple(draw.normal(0, (0.2, 0.05)))))
        two = act("b", "east", sight("east", fire, off_deg=tuple(draw.normal(0, (0.2, 0.05)))), after_s=40)
        found = find_joins([(one,), (two,)])
        if not found:
            continue
        assert (found[0].younger, found[0].head) == ("b", "a")
        place = joint_place([one, two])
        assert place is not None
        assert place.axes_m[0] < 20
        ee, en, nn = place.cov_m2
        off = np.array(fire) - metres((place.lat, place.lon))
        inside += float(off @ np.linalg.solve(np.array([[ee, en], [en, nn]]), off)) <= 9.21
    assert inside >= 190  # 99 % each of being joined and of lying inside


@pytest.mark.parametrize(("elevation_sd_deg", "least_sure"), [(0.05, 0), (0.01, 100)])
def test_two_fires_three_hundred_metres_apart_stay_two_and_no_place_is_told_where_bearings_may_be_crossed(
    elevation_sd_deg: float, least_sure: int
) -> None:
    draw = np.random.default_rng(11)
    sure = 0
    for turn in range(100):
        bearing = draw.uniform(0, 2 * np.pi)
        fires = {"1": (1800.0, 2600.0)}
        fires["2"] = (1800.0 + 300 * np.sin(bearing), 2600.0 + 300 * np.cos(bearing))
        acts = []
        for after_s, (tower, name) in enumerate((t, n) for t in ("west", "east") for n in fires):
            off_deg = (draw.normal(0, 0.1), draw.normal(0, elevation_sd_deg / 2))
            seen = sight(tower, fires[name], off_deg=off_deg, elevation_sd_deg=elevation_sd_deg)
            acts.append(act(f"{tower}-{name}", tower, seen, after_s=after_s))
        found = find_joins([(one,) for one in acts])
        assert sorted(join.head for join in found) == ["west-1", "west-2"], turn
        told_as_one = [join for join in found if not join.ambiguous]
        assert all(join.younger[-1] == join.head[-1] for join in told_as_one), (turn, found)
        sure += len(told_as_one)
    assert sure >= least_sure


def test_one_tower_that_sees_two_fires_at_once_sees_two() -> None:
    seen = sight("west", (1800, 2600))
    near = sight("west", (1805, 2600))
    assert find_joins([(act("a", "west", seen),), (act("b", "west", near, after_s=30),)]) == []


def test_the_same_tower_again_within_ten_minutes_goes_on_with_its_fire() -> None:
    seen = sight("west", (1800, 2600))
    again = act("b", "west", seen, after_s=120 + 500)
    assert [one.head for one in find_joins([(act("a", "west", seen),), (again,)])] == ["a"]
    late = act("b", "west", seen, after_s=120 + 700)
    assert find_joins([(act("a", "west", seen),), (late,)]) == []


def test_across_towers_half_an_hour_is_the_limit() -> None:
    first = act("a", "west", sight("west", (1800, 2600)))
    for after_s, joins in ((1700, 1), (2000, 0)):
        assert len(find_joins([(first,), (act("b", "east", sight("east", (1800, 2600)), after_s=after_s),)])) == joins


def test_whom_somebody_works_on_stays_and_the_one_that_waits_is_joined() -> None:
    older = act("a", "west", sight("west", (1800, 2600)))
    younger = act("b", "east", sight("east", (1800, 2600)), after_s=40, waits=False)
    assert [(one.younger, one.head) for one in find_joins([(older,), (younger,)])] == [("a", "b")]
    both = [(act("a", "west", older.sight, waits=False),), (younger,)]
    assert find_joins(both) == []


def test_what_a_person_split_is_never_joined_again() -> None:
    acts = [(act("a", "west", sight("west", (1800, 2600))),), (act("b", "east", sight("east", (1800, 2600))),)]
    assert find_joins(acts, never={("b", "a")}) == []


def test_a_sight_without_a_place_joins_nothing() -> None:
    blind = Sight(azimuth_deg=34.7, elevation_deg=1.0)
    assert find_joins([(act("a", "west", sight("west", (1800, 2600))),), (act("b", "east", blind),)]) == []
    assert joint_place([act("b", "east", blind)]) is None


def only_a_bearing(seen: Sight) -> Sight:
    """The foot of the smoke is behind a ridge: the ray meets no ground."""
    return msgspec.structs.replace(seen, lat=None, lon=None, cov_m2=None, ellipse=None, method="none")


def standing(seen: SeenFire) -> SeenFire:
    """The same act of a tower that says where it stands."""
    spot = spot_at(TOWN, *TOWERS[seen.tower[1].removeprefix("tower-")])
    return replace(seen, at=Spot(lat=spot.lat, lon=spot.lon))


@pytest.mark.parametrize("waits", ["bearing", "place"])
def test_another_towers_bearing_through_a_fire_s_place_is_that_fire_and_makes_its_place_sharp(waits: str) -> None:
    fire = (1800.0, 2600.0)
    placed = standing(act("a", "west", sight("west", fire), after_s=0 if waits == "bearing" else 40))
    bearing = standing(act("b", "east", only_a_bearing(sight("east", fire)), after_s=0 if waits == "place" else 40))
    (found,) = find_joins([(placed,), (bearing,)])
    assert found.younger == ("b" if waits == "bearing" else "a")
    alone, both = joint_place([placed]), joint_place([placed, bearing])
    assert alone is not None
    assert both is not None
    assert both.towers == 2
    assert both.axes_m[0] < 15 < 200 < alone.axes_m[0]
    assert hypot(*(np.array(metres((both.lat, both.lon))) - fire)) < 20


def test_a_bearing_that_passes_beside_a_fire_s_place_is_another_fire() -> None:
    placed = standing(act("a", "west", sight("west", (1800.0, 2600.0), elevation_sd_deg=0.01)))
    beside = standing(act("b", "east", only_a_bearing(sight("east", (1500.0, 3300.0))), after_s=40))
    assert find_joins([(placed,), (beside,)]) == []


def test_two_bearings_alone_always_cross_and_join_nothing() -> None:
    fire = (1800.0, 2600.0)
    one, two = (standing(act(t[0], t, only_a_bearing(sight(t, fire)))) for t in ("west", "east"))
    assert find_joins([(one,), (two,)]) == []
    assert joint_place([one, two]) is None


def test_a_bearing_of_a_tower_that_never_said_where_it_stands_joins_nothing() -> None:
    fire = (1800.0, 2600.0)
    placed = standing(act("a", "west", sight("west", fire)))
    assert find_joins([(placed,), (act("b", "east", only_a_bearing(sight("east", fire))),)]) == []


@given(st.permutations([0, 1, 2, 3]))
def test_the_order_of_the_acts_does_not_matter(order: list[int]) -> None:
    acts = [
        act("a1", "west", sight("west", (1800, 2600))),
        act("b1", "east", sight("east", (1800, 2600)), after_s=5),
        act("a2", "west", sight("west", (2400, 1500)), after_s=9),
        act("b2", "east", sight("east", (2400, 1500)), after_s=13),
    ]
    expected = find_joins([(one,) for one in acts])
    assert {(one.younger, one.head) for one in expected} == {("b1", "a1"), ("b2", "a2")}
    assert find_joins([(acts[place],) for place in order]) == expected


def test_joint_place_of_one_is_its_own() -> None:
    fire = (1800.0, 2600.0)
    place = joint_place([act("a", "west", sight("west", fire))])
    assert place is not None
    assert metres((place.lat, place.lon)) == pytest.approx(fire, abs=0.1)
    assert place.towers == 1
