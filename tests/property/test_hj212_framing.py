"""Framing and decoding under any cut of any bytes: the same pieces, within bounds, without a failure."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.sensors.hj212.decoder import Decoder
from edge.sensors.hj212.framing import MAX_OPEN_BYTES, Link, Piece, expire, feed
from tests.unit.hj212.frames import FAULTS, NOW, Fault, Wire, compatible, together

FRAGMENTS = st.one_of(
    st.sampled_from(
        [Wire().sent(), Wire(more_length=12).sent(), Wire(crc=b"0001").sent(), Wire(crc=b"", end=b"").sent()]
    ),
    st.sampled_from(
        [b"#", b"##", b"##0", b"##0218", b"&&", b"&&C4", b"\r", b"\n", b"CP=&&{0x", b"}", b"QN=", b"www.usr.cn"]
    ),
    st.binary(max_size=12),
)


@st.composite
def streams(draw: st.DrawFn) -> bytes:
    """Frames, pieces of frames, slips and rubbish in a row, some bytes changed."""
    parts = []
    for fragment in draw(st.lists(FRAGMENTS, max_size=6)):
        keep = draw(st.integers(0, len(fragment))) if draw(st.booleans()) else len(fragment)
        parts.append(fragment[:keep])
    stream = bytearray(b"".join(parts))
    for _ in range(draw(st.integers(0, 3)) if stream else 0):
        stream[draw(st.integers(0, len(stream) - 1))] = draw(st.sampled_from(b"#&0;,=\r\nQ}{A"))
    return bytes(stream)


def pieces_of(stream: bytes, cuts: list[int]) -> list[Piece]:
    link, pieces, begin = Link(), [], 0
    for cut in [*sorted(cuts), len(stream)]:
        link, more = feed(link, stream[begin:cut], at_s=0.0)
        pieces += more
        begin = cut
        assert len(link.held) <= MAX_OPEN_BYTES
    link, more = expire(link, at_s=60.0)
    assert (link.held, link.noise) == (b"", 0)
    return pieces + more


@settings(max_examples=150, deadline=None)
@given(streams(), st.data())
def test_any_cut_gives_the_same_pieces(stream: bytes, data: st.DataObject) -> None:
    whole = pieces_of(stream, [])
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=8))
    assert pieces_of(stream, cuts) == whole
    assert pieces_of(stream, list(range(1, len(stream)))) == whole


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(FAULTS), max_size=4), st.data())
def test_faulty_frames_get_the_same_verdict_whole_and_in_pieces(faults: list[Fault], data: st.DataObject) -> None:
    if not compatible(*faults) or any(fault.tolerance == "T5" for fault in faults):
        return
    raw, verdict = together(*faults)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(raw)), max_size=8)))
    for ways in (cuts, range(1, len(raw))):
        decoder, outcomes, begin = Decoder(), [], 0
        for cut in [*ways, len(raw)]:
            outcomes += decoder.feed(raw[begin:cut], at_s=0.0, clock=NOW)
            begin = cut
        outcomes += decoder.silence(at_s=60.0, clock=NOW)
        assert [outcome.verdict for outcome in outcomes] == [verdict]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.one_of(streams(), st.binary(max_size=200)), max_size=4))
def test_no_bytes_make_the_decoder_fail(deliveries: list[bytes]) -> None:
    decoder = Decoder(keys={"*": b"0" * 16})
    for number, delivery in enumerate(deliveries):
        for outcome in decoder.feed(delivery, at_s=float(number), clock=NOW) + decoder.silence(at_s=number + 2.5):
            assert outcome.verdict


@pytest.mark.parametrize("seed", range(3))
def test_the_same_bytes_at_the_same_times_give_the_same_outcomes(seed: int) -> None:
    stream = b"".join(together(FAULTS[index])[0] for index in range(seed, len(FAULTS), 5))
    first, second = (Decoder().feed(stream, at_s=1.0, clock=NOW) for _ in range(2))
    assert [(one.verdict, one.message, one.raw) for one in first] == [
        (one.verdict, one.message, one.raw) for one in second
    ]
