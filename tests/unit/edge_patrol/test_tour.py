"""The patrol's fold by itself: each thing told, each state and order that follow."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from edge.patrol import tour
from edge.patrol.plan import (
    Closer,
    GoTo,
    HeadFailed,
    HeadSeen,
    Learn,
    Looked,
    MoveTo,
    Order,
    Plan,
    Pose,
    Registered,
    Stay,
    Stop,
    Tick,
    Told,
)

S = 1_000_000_000
HOME = Pose(pan=0.1, tilt=-0.02)
AWAY = Pose(pan=0.3, tilt=-0.02)
PLAN = Plan(
    stops=(Stop(preset="a", token="1", dwell_s=2.0), Stop(preset="b", token="2", dwell_s=2.0)),
    settle_s=1.0,
    idle_s=120.0,
)


class Tape:
    """Tells one thing after the other, and keeps the orders."""

    def __init__(self) -> None:
        self.state = tour.State()
        self.orders: list[Order] = []

    def __call__(self, *things: Told) -> tour.State:
        for told in things:
            self.state, orders = tour.step(self.state, told, PLAN)
            self.orders += orders
        return self.state


def still(at_s: float, pose: Pose = HOME) -> HeadSeen:
    return HeadSeen(at_ns=round(at_s * S), pose=pose, is_moving=False)


def moving(at_s: float, pose: Pose = AWAY) -> HeadSeen:
    return HeadSeen(at_ns=round(at_s * S), pose=pose, is_moving=True)


def fits(at_s: float, quality: float = 0.9, shift: float = 0.0) -> Registered:
    return Registered(at_ns=round(at_s * S), quality=quality, shift=(shift, 0.0), pose=HOME)


def looking() -> Tape:
    """A patrol that watches its first preset since second 4."""
    tell = Tape()
    tell(still(1), moving(2), still(2.5), still(3), still(4), fits(4))
    assert tell.state.phase == "looking"
    return tell


def test_a_head_that_goes_to_none_of_its_presets_is_failed_and_to_one_of_them_is_watched() -> None:
    tell = Tape()
    tell(still(1.0))
    refused = [HeadFailed(at_ns=S, kind="refused", detail="NoToken", preset=stop.preset) for stop in PLAN.stops]
    assert tell(refused[0]).phase == "going"
    assert tell.orders[-1] == GoTo(token="2")
    state = tell(refused[1])
    assert state.phase == "failed"
    assert [preset for preset, _ in state.wrong_views] == ["a", "b"]
    assert tell(still(3.0)).phase == "going"
    assert tell.orders[-1] == GoTo(token="1")


def test_it_goes_settles_verifies_looks_and_goes_on() -> None:
    tell = Tape()
    phases = [tell(told).phase for told in (still(1), moving(2), still(2.5), still(3), still(3.4), still(4), fits(4.1))]
    assert phases == ["going", "going", "going", "settling", "settling", "verifying", "looking"]
    tell(Looked(at_ns=5 * S), still(6.2))
    assert tell.orders == [GoTo(token="1"), GoTo(token="2")]


def test_a_head_that_tells_no_motion_has_arrived_when_it_is_twice_at_one_place() -> None:
    tell = Tape()
    tell(still(1))
    at = [HeadSeen(at_ns=n * S, pose=pose, is_moving=None) for n, pose in ((2, AWAY), (3, HOME), (4, HOME))]
    assert [tell(told).phase for told in at] == ["going", "going", "settling"]


def test_the_first_picture_of_a_preset_becomes_its_reference() -> None:
    tell = Tape()
    tell(still(1), moving(2), still(2.5), still(3), still(4.1), Registered(at_ns=5 * S))
    assert tell.state.phase == "looking"
    assert tell.orders[-1] == Learn(preset="a")


def test_a_wrong_view_is_gone_to_again_then_by_position_then_told_and_left() -> None:
    tell = Tape()
    tell(still(1))
    for number in range(3):
        begin = 10 * number + 2
        tell(moving(begin), still(begin + 0.5), still(begin + 1), still(begin + 2.2), fits(begin + 3, 0.8, 0.06))
    assert tell.orders == [GoTo(token="1"), GoTo(token="1"), MoveTo(pose=HOME), GoTo(token="2")]
    assert [preset for preset, _ in tell.state.wrong_views] == ["a"]


def test_a_preset_reached_by_position_is_gone_to_by_position_from_then_on() -> None:
    tell = Tape()
    tell(still(1))
    for number, shift in enumerate((0.06, 0.06, 0.0)):
        begin = 10 * number + 2
        tell(moving(begin), still(begin + 0.5), still(begin + 1), still(begin + 2.2), fits(begin + 3, 0.8, shift))
    assert tell.state.phase == "looking"
    assert dict(tell.state.by_pose) == {"a": HOME}
    tell(Looked(at_ns=26 * S), still(28), moving(29), still(30), still(31), still(32.5), fits(33))
    tell(Looked(at_ns=34 * S), still(36))
    assert tell.orders[-2:] == [GoTo(token="2"), MoveTo(pose=HOME)]


def test_in_fog_the_head_s_own_word_verifies() -> None:
    tell = Tape()
    tell(still(1), moving(2), still(2.5), still(3), still(4.1))
    tell(Registered(at_ns=5 * S, quality=0.1, contrast=0.2, pose=HOME))
    assert tell.state.phase == "looking"
    assert dict(tell.state.counts)["verified_by_pose"] == 1


def test_it_does_not_leave_before_the_last_look_was_judged() -> None:
    tell = looking()
    tell(Looked(at_ns=5 * S, is_judged=False), still(7), still(8))
    assert tell.state.phase == "looking"
    tell(Looked(at_ns=5 * S), still(8.5))
    assert tell.orders[-1] == GoTo(token="2")


def test_it_leaves_in_the_end_when_nobody_judges() -> None:
    tell = looking()
    tell(Looked(at_ns=5 * S, is_judged=False), still(5 + PLAN.picture_limit_s))
    assert tell.orders[-1] == GoTo(token="2")


def test_a_rule_s_wish_to_stay_is_honoured_until_its_end() -> None:
    tell = looking()
    tell(Stay(at_ns=5 * S, every_s=0.5, until_ns=25 * S), Looked(at_ns=5 * S), still(24.9))
    assert (tell.state.phase, tell.state.every_s) == ("looking", 0.5)
    tell(still(25.1))
    assert tell.orders[-1] == GoTo(token="2")


def test_a_wish_that_ends_now_says_that_enough_was_seen() -> None:
    tell = looking()
    tell(Stay(at_ns=5 * S, every_s=0.5, until_ns=25 * S), Looked(at_ns=5 * S), still(10))
    assert tell.state.phase == "looking"
    tell(Stay(at_ns=10 * S, every_s=0.5, until_ns=10 * S), Looked(at_ns=10 * S), still(10.5))
    assert tell.orders[-1] == GoTo(token="2")


def test_a_later_wish_to_stay_wins_over_an_earlier_one() -> None:
    tell = looking()
    tell(Stay(at_ns=5 * S, every_s=0.5, until_ns=25 * S), Stay(at_ns=6 * S, every_s=0.5, until_ns=12 * S))
    tell(Looked(at_ns=6 * S), still(20))
    assert tell.state.phase == "looking"


def test_a_close_view_comes_after_the_look_and_then_the_same_preset_again() -> None:
    tell = looking()
    near = Pose(pan=0.12, tilt=-0.03, zoom=0.5)
    tell(Closer(at_ns=5 * S, event_id="e", pose=near), Looked(at_ns=5 * S), still(6.5))
    assert tell.orders[-1:] == [MoveTo(pose=near)]
    tell(moving(7), still(8, near), still(8.5, near), still(10, near))
    assert tell.state.phase == "zoomed"
    tell(Looked(at_ns=11 * S))
    assert tell.orders[-1:] == [GoTo(token="1")]


@pytest.mark.parametrize("seen", [moving(5), still(5, AWAY)])
def test_a_person_who_moves_the_head_pauses_it_at_once(seen: HeadSeen) -> None:
    tell = looking()
    before = len(tell.orders)
    tell(seen)
    assert tell.state.phase == "paused"
    tell(moving(60), still(61, AWAY), still(62, AWAY), still(179, AWAY))
    assert (tell.state.phase, len(tell.orders)) == ("paused", before)
    tell(still(182, AWAY))
    assert tell.orders[before:] == [GoTo(token="1")]
    assert dict(tell.state.unwatched_ns)["paused"] == 177 * S


def on_the_way(tell: Tape, at_s: float, *, left_at: Pose) -> tour.State:
    """A person takes the head while it goes, and lets go within seconds; the picture there is another one."""
    stands = [still(at_s + later_s, left_at) for later_s in (5, 6, 7.5)]
    return tell(moving(at_s), moving(at_s + 4), *stands, fits(at_s + 8, 0.1))


def test_a_person_who_takes_the_head_on_its_way_has_it_until_it_was_left_alone() -> None:
    tell = Tape()
    tell(still(1))
    assert on_the_way(tell, 2, left_at=AWAY).phase == "paused"
    tell(moving(60), still(61, AWAY), still(179, AWAY))
    assert (tell.state.phase, tell.orders) == ("paused", [GoTo(token="1")])
    tell(still(182, AWAY))
    assert tell.orders == [GoTo(token="1"), GoTo(token="1")]
    assert dict(tell.state.counts)["operator_took_over"] == 1


def test_a_preset_found_elsewhere_again_after_the_wait_is_corrected_and_a_person_is_minded_anew_after_that() -> None:
    tell = Tape()
    tell(still(1))
    on_the_way(tell, 2, left_at=AWAY)
    tell(still(130, AWAY))
    assert on_the_way(tell, 131, left_at=AWAY).phase == "going"
    assert dict(tell.state.counts)["views_corrected"] == 1
    tell(moving(150), still(151), still(152), still(153.5), fits(154))
    tell(Looked(at_ns=155 * S), still(157), moving(158), still(159), still(160), still(161.5), fits(162))
    tell(Looked(at_ns=163 * S), still(165))
    assert on_the_way(tell, 166, left_at=AWAY).phase == "paused"


def test_a_wrong_picture_where_the_head_should_stand_is_no_person_s_doing() -> None:
    tell = Tape()
    tell(still(1))
    assert on_the_way(tell, 2, left_at=HOME).phase == "going"
    assert dict(tell.state.counts) == {"views_corrected": 1}


def test_a_head_that_fails_is_a_trouble_until_it_answers_again() -> None:
    tell = looking()
    tell(HeadFailed(at_ns=5 * S, kind="unauthorized", detail="HTTP 401"))
    tell(HeadFailed(at_ns=7 * S, kind="unauthorized", detail="HTTP 401"))
    assert tell.state.trouble == tour.Trouble(kind="unauthorized", detail="HTTP 401", since_ns=5 * S)
    assert dict(tell.state.counts)["head_unauthorized"] == 1
    tell(still(9))
    assert tell.state.trouble is None
    assert tell.orders[-1:] == [GoTo(token="1")]


def test_slow_answers_are_a_trouble_and_stop_nothing() -> None:
    tell = looking()
    tell(HeadSeen(at_ns=5 * S, pose=HOME, is_moving=False, took_s=3.0))
    assert (tell.state.phase, tell.state.trouble and tell.state.trouble.kind) == ("looking", "slow")


def test_a_head_that_moves_and_moves_is_somebody_else_s() -> None:
    tell = Tape()
    tell(still(1), moving(5), moving(32))
    assert tell.state.phase == "paused"


_POSES = st.sampled_from([HOME, AWAY, None])
_TOLD = st.one_of(
    st.builds(HeadSeen, at_ns=st.just(0), pose=_POSES, is_moving=st.sampled_from([True, False, None])),
    st.builds(HeadFailed, at_ns=st.just(0), kind=st.sampled_from(["slow", "unreachable"]), detail=st.just("x")),
    st.builds(
        Registered, at_ns=st.just(0), quality=st.sampled_from([None, 0.1, 0.9]), pose=_POSES, contrast=st.just(1.0)
    ),
    st.builds(Looked, at_ns=st.just(0), is_judged=st.booleans()),
    st.builds(Tick, at_ns=st.just(0)),
)


@given(st.lists(st.tuples(_TOLD, st.floats(0, 40)), max_size=60))
def test_whatever_is_told_it_watches_only_after_a_verified_picture(things: list[tuple[Told, float]]) -> None:
    state, at_ns = tour.State(), 0
    phases = [state.phase]
    for told, later_s in things:
        at_ns += round(later_s * S)
        state, orders = tour.step(state, replace(told, at_ns=at_ns), PLAN)
        phases.append(state.phase)
        if state.phase == "looking" and phases[-2] != "looking":
            assert isinstance(told, Registered)
        assert len(orders) <= 1 or isinstance(orders[-1], Learn)
    assert all(before == "verifying" for before, after in pairwise(phases) if after == "looking" != before)
