"""Stream time to UTC: exact differences inside a group of pictures, one anchor, mended stamps, no way back."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from edge.capture.timeline import Timeline
from edge.capture.types import Arrival, Packet

NS = 1_000_000_000
HZ = 90_000
BASE = Fraction(1, HZ)
T0 = 1_700_000_000 * NS


def arrival(pts: int | None, received_s: float, *, dts: int | None = None, key: bool = False) -> Arrival:
    return Arrival(b"x", pts, pts if dts is None else dts, 3600, key, T0 + round(received_s * NS))


def stream(start: int, count: int, from_s: float, *, late_s: float = 0.0, gop: int = 25) -> list[Arrival]:
    """25 fps, punctual but for `late_s`."""
    return [arrival(start + i * 3600, from_s + i * 0.04 + late_s, key=i % gop == 0) for i in range(count)]


def stamped(timeline: Timeline, first: list[Arrival], rest: list[Arrival]) -> list[Packet]:
    return timeline.begin(BASE, first) + [timeline.stamp(one) for one in rest]


def test_capture_time_follows_the_pts_whatever_the_network_does() -> None:
    jittered = [
        one._replace(received_ns=one.received_ns + (i * 7919) % 300_000_000)
        for i, one in enumerate(stream(777, 200, 0))
    ]
    packets = stamped(Timeline(), jittered[:10], jittered[10:])
    steps = {b.at_ns - a.at_ns for a, b in pairwise(packets)}
    assert steps == {40_000_000}


def test_a_burst_of_old_packets_is_dated_back_by_the_punctual_one_after_it() -> None:
    burst = [one._replace(received_ns=T0) for one in stream(0, 100, 0)]
    punctual = stream(0, 110, -4)[100:]
    packets = stamped(Timeline(), burst + punctual, [])
    assert abs(packets[0].at_ns - (T0 - 4 * NS)) < 1000
    assert abs(packets[-1].at_ns - punctual[-1].received_ns) < 1000


def test_the_first_packet_without_a_stamp_is_dated_by_the_next() -> None:
    packets = stamped(Timeline(), [arrival(None, 0.0, key=True), *stream(900_000, 10, 0.04)], [])
    assert [one.at_ns - packets[0].at_ns for one in packets[:3]] == [0, 40_000_000, 80_000_000]


def test_a_stream_that_starts_anew_goes_on_at_the_time_of_receipt() -> None:
    timeline = Timeline()
    before = stamped(timeline, stream(10**6, 50, 0), [])
    after = [timeline.stamp(one) for one in stream(0, 50, 10)]
    assert abs(after[0].at_ns - (T0 + 10 * NS)) < 20_000
    assert after[0].dts is not None
    assert before[-1].dts is not None
    assert after[0].dts > before[-1].dts
    assert timeline.counters()["anchors"] == 2


def test_a_stamp_that_runs_ahead_of_the_wall_clock_is_a_break() -> None:
    timeline = Timeline()
    stamped(timeline, stream(0, 50, 0), [])
    ahead = timeline.stamp(arrival(3600 * HZ, 2.0))
    assert abs(ahead.at_ns - (T0 + 2 * NS)) < 20_000


def test_a_wall_clock_that_was_set_back_does_not_take_capture_time_back() -> None:
    timeline = Timeline()
    before = stamped(timeline, stream(0, 50, 0), [])
    after = timeline.begin(BASE, stream(0, 10, -3600))
    assert before[-1].at_ns < after[0].at_ns < before[-1].at_ns + 20_000
    assert {b.at_ns - a.at_ns for a, b in pairwise(after)} == {40_000_000}


def test_a_reconnect_continues_the_line_even_with_another_time_base() -> None:
    timeline = Timeline()
    before = stamped(timeline, stream(0, 50, 0), [])
    after = timeline.begin(Fraction(1, 1000), [arrival(5, 30, key=True)])
    assert after[0].at_ns - T0 == 30 * NS
    assert after[0].dts is not None
    assert before[-1].dts is not None
    assert Fraction(after[0].dts, 1000) > Fraction(before[-1].dts, HZ)


def test_equal_dts_at_a_loop_joint_are_mended_and_counted() -> None:
    timeline = Timeline()
    packets = stamped(timeline, [arrival(0, 0, key=True)], [arrival(0, 0.04), arrival(3600, 0.08)])
    stamps = [one.dts for one in packets if one.dts is not None]
    assert stamps == sorted(set(stamps))
    assert timeline.counters()["mended_dts"] == 1


def test_a_crystal_off_by_fifty_ppm_is_followed_without_a_jump() -> None:
    timeline = Timeline()
    arrivals = [arrival(i * 3600, i * 0.04 * (1 + 50e-6), key=i % 50 == 0) for i in range(25 * 3600)]
    packets = stamped(timeline, arrivals[:10], arrivals[10:])
    assert timeline.counters()["reanchors"] == 0
    assert abs(packets[-1].at_ns - arrivals[-1].received_ns) < 10_000_000
    window = 300 * 25
    worst = max(abs(packets[i + window].at_ns - packets[i].at_ns - 300 * NS) for i in range(0, 80_000, 500))
    assert worst <= 30_000_000


def test_a_camera_whose_time_stands_still_is_anchored_anew() -> None:
    timeline = Timeline()
    packets = stamped(timeline, stream(0, 100, 0), stream(360_000, 1000, 104))
    assert timeline.counters()["reanchors"] == 1
    assert abs(packets[-1].at_ns - (T0 + round(143.96 * NS))) < 50_000_000


def test_untold_dts_of_reordered_pictures_stay_below_their_pts() -> None:
    order = [0, *(n for group in range(1, 60, 3) for n in (group + 2, group, group + 1))]
    arrivals = [Arrival(b"x", n * 3600, None, 3600, i == 0, T0 + i * 40_000_000) for i, n in enumerate(order)]
    packets = stamped(Timeline(), arrivals[:1], arrivals[1:])
    assert all(one.dts is not None and one.pts is not None and one.dts <= one.pts for one in packets)
    late = packets[4:]
    assert [one.at_ns - late[0].at_ns for one in late] == [(n - order[4]) * 40_000_000 for n in order[4:]]


ARRIVALS = st.lists(
    st.tuples(
        st.one_of(st.none(), st.integers(-(2**33), 2**33)), st.booleans(), st.integers(-5 * NS, 20 * NS), st.booleans()
    ),
    min_size=1,
    max_size=60,
)


@given(ARRIVALS, st.integers(1, 5))
def test_whatever_arrives_dts_rise_keyframes_never_go_back_and_one_line_holds_all(
    raw: list[tuple[int | None, bool, int, bool]], first: int
) -> None:
    received_ns = T0
    arrivals = []
    for pts, is_keyframe, step_ns, has_dts in raw:
        received_ns += step_ns
        arrivals.append(Arrival(b"x", pts, pts if has_dts else None, 3600, is_keyframe, received_ns))
    packets = stamped(Timeline(), arrivals[:first], arrivals[first:])
    dts = [one.dts for one in packets if one.dts is not None]
    assert len(dts) == len(packets)
    assert all(a < b for a, b in pairwise(dts))
    epochs = [one.at_ns - (one.pts or 0) * NS // HZ for one in packets]
    assert max(epochs) - min(epochs) <= 1
    assert all((one.pts or 0) >= (one.dts or 0) for one in packets)


@given(st.lists(st.tuples(st.integers(0, 2 * NS), st.integers(1, 10 * HZ)), min_size=2, max_size=200))
def test_a_stream_whose_own_time_rises_never_goes_back(steps: list[tuple[int, int]]) -> None:
    received_ns, pts, arrivals = T0, 0, []
    for index, (wait_ns, ticks) in enumerate(steps):
        received_ns += wait_ns
        pts += ticks
        arrivals.append(Arrival(b"x", pts, pts, 0, index % 3 == 0, received_ns))
    packets = stamped(Timeline(), arrivals[:1], arrivals[1:])
    assert all(a.at_ns < b.at_ns for a, b in pairwise(packets))


@given(ARRIVALS)
def test_the_same_arrivals_give_the_same_stamps(raw: list[tuple[int | None, bool, int, bool]]) -> None:
    arrivals = [Arrival(b"x", pts, pts, 0, key, T0 + step) for pts, key, step, _ in raw]
    assert stamped(Timeline(), arrivals[:1], arrivals[1:]) == stamped(Timeline(), arrivals[:1], arrivals[1:])
