"""The packet ring: bounded, counted, and always good for a clip that starts at a keyframe."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from edge.capture.ring import PacketRing
from edge.capture.types import Packet

NS = 1_000_000_000


def packet(index: int, *, size: int = 100, gop: int = 10) -> Packet:
    """The index-th picture of a 10 fps stream."""
    return Packet(bytes(size), index, index, 1, Fraction(1, 10), index % gop == 0, index * NS // 10)


def filled(count: int, *, max_s: float = 3600, max_bytes: int = 10**9) -> PacketRing:
    ring = PacketRing(max_s, max_bytes)
    for index in range(count):
        ring.append(packet(index))
    return ring


def test_packets_older_than_the_ring_go_and_are_counted() -> None:
    counters = filled(100, max_s=2).counters()
    assert counters["ring_packets"] == 21
    assert counters["ring_evicted_by_age"] == 79


def test_packets_beyond_the_bytes_go_and_are_counted() -> None:
    counters = filled(100, max_bytes=1000).counters()
    assert (counters["ring_packets"], counters["ring_bytes"], counters["ring_evicted_by_bytes"]) == (10, 1000, 90)


def test_a_packet_larger_than_the_ring_is_refused_and_the_rest_stays() -> None:
    ring = filled(5, max_bytes=1000)
    ring.append(packet(5, size=1001))
    assert ring.counters()["ring_refused_too_big"] == 1
    assert ring.counters()["ring_packets"] == 5


def test_a_snapshot_reaches_back_to_the_keyframe_before_the_wanted_moment() -> None:
    clip = filled(100).snapshot(int(2.5 * NS), 4 * NS)
    assert (clip[0].at_ns, clip[0].is_keyframe, clip[-1].at_ns) == (2 * NS, True, 4 * NS)


def test_a_snapshot_of_what_is_gone_starts_at_the_oldest_keyframe() -> None:
    ring = filled(100, max_s=2.5)
    assert ring.oldest_ns == 8 * NS
    assert ring.snapshot(0, 9 * NS)[0].at_ns == 8 * NS


def test_reordered_pictures_stay_in_decoding_order_in_a_snapshot() -> None:
    ring = PacketRing(60, 10**6)
    for index, at in enumerate((0, 3, 1, 2, 6, 4, 5)):
        ring.append(Packet(b"x", at, index, 1, Fraction(1, 10), index == 0, at * NS))
    assert [one.at_ns // NS for one in ring.snapshot(0, 3 * NS)] == [0, 3, 1, 2]


def test_a_ring_without_a_keyframe_gives_no_clip() -> None:
    ring = PacketRing(60, 10**6)
    ring.append(packet(1))
    assert (ring.snapshot(0, 10 * NS), ring.since_keyframe(), ring.oldest_ns) == ([], [], None)


def test_since_keyframe_is_the_newest_group_of_pictures() -> None:
    assert [one.pts for one in filled(25).since_keyframe()] == [20, 21, 22, 23, 24]


@given(
    st.lists(st.tuples(st.integers(0, 400), st.booleans(), st.integers(0, 10**9)), max_size=80),
    st.integers(0, 20 * NS),
    st.integers(0, 20 * NS),
)
def test_no_order_of_packets_breaks_a_bound(packets: list[tuple[int, bool, int]], from_ns: int, length_ns: int) -> None:
    ring = PacketRing(5, 1000)
    at_ns = 0
    for size, is_keyframe, step_ns in packets:
        at_ns += step_ns
        ring.append(Packet(bytes(size), 0, 0, 0, Fraction(1, NS), is_keyframe, at_ns))
        assert ring.counters()["ring_bytes"] <= 1000
    clip = ring.snapshot(from_ns, from_ns + length_ns)
    assert not clip or clip[0].is_keyframe
    assert all(at_ns - one.at_ns <= 5 * NS and one.at_ns <= from_ns + length_ns for one in clip)


def test_a_cleared_ring_keeps_packets_of_an_earlier_time() -> None:
    ring = filled(100, max_s=2)
    ring.clear()
    for index in range(5):
        ring.append(packet(index))
    assert len(ring.snapshot(0, 10 * NS)) == 5
    assert ring.counters()["ring_forgotten"] == 21
