"""Framing: nothing is waited for in vain, nothing is held for ever, time is an argument."""

from __future__ import annotations

import pytest

from edge.sensors.hj212.framing import IDLE_S, MAX_OPEN_BYTES, Frame, Link, Loss, Lost, Noise, Piece, expire, feed
from tests.unit.hj212.frames import Wire

GOOD = Wire().sent()


def fed(*deliveries: bytes) -> tuple[Link, list[Piece]]:
    link, pieces = Link(), []
    for data in deliveries:
        link, more = feed(link, data, at_s=0.0)
        pieces += more
    return link, pieces


def test_a_whole_frame_needs_no_silence() -> None:
    link, pieces = fed(GOOD)
    assert [type(piece) for piece in pieces] == [Frame]
    assert link.held == b""


@pytest.mark.parametrize("more", [4, 6, -7, -188])
def test_a_proved_end_that_the_length_misses_needs_no_silence(more: int) -> None:
    assert [type(piece) for piece in fed(Wire(more_length=more).sent())[1]] == [Frame]


def test_a_good_frame_behind_a_cut_one_is_not_held_back_by_its_length() -> None:
    _, pieces = fed(b"##9000" + GOOD[6:90], GOOD)
    assert [type(piece) for piece in pieces] == [Lost, Frame]


def test_a_wrong_length_beyond_the_next_frame_does_not_hold_it_back() -> None:
    _, pieces = fed(Wire(length=9000).sent(), GOOD)
    assert [type(piece) for piece in pieces] == [Frame, Frame]


def test_a_good_frame_behind_two_cut_ones_is_not_held_back() -> None:
    _, pieces = fed(b"##9000" + GOOD[6:90], b"##8000" + GOOD[6:50], GOOD)
    assert [getattr(piece, "reason", None) for piece in pieces] == [Loss.TRUNCATED, Loss.TRUNCATED, None]


def test_an_open_frame_lives_until_the_silence_is_long_enough() -> None:
    link, _ = feed(Link(), GOOD[:60], at_s=100.0)
    same, pieces = expire(link, at_s=100.0 + IDLE_S - 0.1)
    assert (same, pieces) == (link, [])
    rest, pieces = expire(link, at_s=100.0 + IDLE_S)
    assert rest.held == b""
    assert [piece.reason for piece in pieces if isinstance(piece, Lost)] == [Loss.INCOMPLETE]


def test_the_silence_counts_from_the_last_byte() -> None:
    link, _ = feed(Link(), GOOD[:60], at_s=100.0)
    link, _ = feed(link, GOOD[60:90], at_s=101.5)
    assert expire(link, at_s=103.0)[1] == []


def test_a_silence_on_a_quiet_link_says_nothing() -> None:
    assert expire(Link(), at_s=1e9) == (Link(), [])


@pytest.mark.parametrize(
    "flood",
    [
        b"#",
        b"##",
        b"##9999",
        b"##9999QN=",
        b"##0000QN=1;CP=&&",
        b"&&ABCD",
        b"##9999QN=1;CP=&&{0x",
        b"x",
        b"}&",
        b"&&&&12",
    ],
)
def test_a_flood_of_anything_is_held_within_the_bound(flood: bytes) -> None:
    link, size = Link(), 0
    stream = flood * (40_000 // len(flood))
    for begin in range(0, len(stream), 701):
        link, _ = feed(link, stream[begin : begin + 701], at_s=0.0)
        size = max(size, len(link.held))
        assert len(link.sample) <= 64
    assert size <= MAX_OPEN_BYTES


def test_a_frame_that_never_ends_is_lost_and_the_link_goes_on() -> None:
    endless = b"##9999" + GOOD[6:100] + b"x" * 12_000
    _, pieces = fed(endless, GOOD)
    assert [getattr(piece, "reason", None) for piece in pieces] == [Loss.BAD_LENGTH, None]


def test_noise_is_counted_and_a_sample_kept() -> None:
    link, _ = fed(b"AT+CSQ\r\n" * 100)
    _, pieces = expire(link, at_s=10.0)
    assert pieces == [Noise(600, (b"AT+CSQ" * 100)[:64])]


def test_each_cut_of_a_frame_before_the_next_one_loses_only_itself() -> None:
    for cut in range(6, len(GOOD) - 6):
        _, pieces = fed(GOOD[:cut] + GOOD)
        assert [type(piece) for piece in pieces] == [Lost, Frame], cut
        lost = pieces[0]
        assert isinstance(lost, Lost)
        assert lost.raw == GOOD[:cut], cut
