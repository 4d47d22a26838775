"""The single-picture rule holds whatever readers say: two of them, a plate's text, an allowed colour, or a reason."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from contract.plates import COLOURS, PlateSeen, RawRead
from detectors.plate_grammar import kind_of, tidy
from detectors.plate_single import Limits, read_one

LIMITS = Limits()
TEXTS = [
    "皖A12345",
    "皖A·12345",
    "琼A12345",
    "皖AD12345",
    "AD12345",
    "浙FA096警",
    "浙FA096",
    "皖A1234O",
    "",
    "使198476",
]

raw_reads = st.builds(
    lambda reader, rows, text, sure: RawRead(reader=reader, rows=rows, margin=0.0, text=text, sure=(sure,) * len(text)),
    st.sampled_from(["clp", "v4", "v6"]),
    st.sampled_from([1, 2]),
    st.sampled_from(TEXTS),
    st.floats(0.3, 1),
)
plates = st.builds(
    PlateSeen,
    quad_px=st.just(((0.0, 0.0), (100.0, 0.0), (100.0, 30.0), (0.0, 30.0))),
    corner_score=st.floats(0.3, 1),
    width_px=st.floats(40, 200),
    tilt_deg=st.floats(0, 45),
    colour=st.sampled_from([*COLOURS, None]),
    dark=st.floats(0, 1),
    bright=st.floats(0, 1),
    sharpness=st.floats(0, 40),
    reads=st.lists(raw_reads, max_size=8).map(tuple),
)


@given(plates)
def test_a_text_has_two_readers_a_grammar_and_a_colour_or_there_is_a_reason(seen: PlateSeen) -> None:
    read = read_one(seen)
    assert (read.text is None) == (read.kind is None) == (read.reason is not None)
    if read.text is not None:
        readers = {raw.reader for raw in seen.reads if tidy(raw.text) == read.text}
        assert len(readers) >= 2
        assert kind_of(read.text, seen.colour, 1) is not None
        assert seen.width_px >= LIMITS.least_width_px
        assert seen.sharpness >= LIMITS.least_sharpness


@given(plates, st.randoms(use_true_random=False))
def test_the_order_of_reads_changes_nothing(seen: PlateSeen, random: object) -> None:
    reads = list(seen.reads)
    random.shuffle(reads)  # type: ignore[attr-defined]
    shuffled = replace(seen, reads=tuple(reads))
    assert read_one(shuffled) == read_one(seen)


@given(plates)
def test_one_reader_alone_never_gives_a_text(seen: PlateSeen) -> None:
    alone = tuple(raw for raw in seen.reads if raw.reader == "clp")
    plate = replace(seen, reads=alone)
    assert read_one(plate).text is None
