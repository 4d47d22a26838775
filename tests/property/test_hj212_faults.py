"""Two random faults in each frame: nothing crashes, no wrong check is taken strictly, both tolerances are named."""

from __future__ import annotations

import re
from dataclasses import replace
from random import Random

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from edge.sensors.hj212.crc import recognise
from edge.sensors.hj212.decoder import Decoder, Outcome
from tests.unit.hj212.frames import FAULTS, NOW, Fault, Wire, compatible
from tests.unit.hj212.test_crc import by_the_letter

_FRAME = re.compile(rb"##(\d{4})(.*)([0-9A-F]{4})\r\n", re.DOTALL)
ITEMS = st.lists(
    st.builds(
        "a25{:03d}-Rtd={}.{:02d},a25{:03d}-Flag=N".format,
        st.just(101),
        st.integers(0, 99),
        st.integers(0, 99),
        st.just(101),
    ),
    max_size=1,
)
PAIRS = st.lists(st.sampled_from(FAULTS), min_size=2, max_size=2, unique_by=lambda fault: fault.name)


def made(faults: list[Fault], items: list[str]) -> Wire:
    """The clean frame with some more factors, then with the faults."""
    more = b"".join(item.encode() + b";" for item in items)
    wire = Wire()
    wire = replace(wire, data=wire.data.replace(b"SB1-RS", more + b"SB1-RS", 1))
    for fault in faults:
        wire = fault.make(wire)
    return wire


def fed(raw: bytes, cuts: list[int]) -> list[Outcome]:
    """What a fresh link says to these bytes in pieces, then to a silence."""
    decoder, outcomes, begin = Decoder(), [], 0
    for cut in [*sorted(cut % (len(raw) + 1) for cut in cuts), len(raw)]:
        outcomes += decoder.feed(raw[begin:cut], at_s=0.0, clock=NOW)
        begin = cut
    return [*outcomes, *decoder.silence(at_s=5.0, clock=NOW)]


def conforms(raw: bytes) -> bool:
    """Length, end and check of a frame by the letter of the standard alone."""
    found = _FRAME.fullmatch(raw)
    return found is not None and int(found[1]) == len(found[2]) and int(found[3], 16) == by_the_letter(found[2])


@settings(max_examples=300, deadline=None)
@given(PAIRS, ITEMS, st.lists(st.integers(0, 2000), max_size=5))
def test_two_tolerances_of_a_frame_are_both_named_however_it_comes(
    faults: list[Fault], items: list[str], cuts: list[int]
) -> None:
    assume(compatible(*faults))
    names = sorted({fault.tolerance for fault in faults}, key=lambda name: int(name[1:]))
    outcomes = fed(made(faults, items).sent(), cuts)
    assert [one.verdict for one in outcomes] == [f"accepted-tolerant({','.join(names)})"]


@settings(max_examples=300, deadline=None)
@given(PAIRS, ITEMS, st.integers(0, 0xFFFF), st.lists(st.integers(0, 2000), max_size=3))
def test_a_check_that_no_variant_gives_is_never_taken(
    faults: list[Fault], items: list[str], check: int, cuts: list[int]
) -> None:
    assume(compatible(*faults))
    wire = replace(made(faults, items), crc=b"%04X" % check, short=False, lower=False)
    assume(recognise(wire.data, b"%04X" % check) is None)
    assume(not any("text2" in fault.places for fault in faults))  # the && of a text may prove another end
    outcomes = fed(wire.sent(), cuts)
    assert not [one.verdict for one in outcomes if one.verdict.startswith(("accepted", "stored", "partial", "merged"))]
    assert any(one.verdict.startswith(("rejected", "incomplete")) for one in outcomes)


@settings(max_examples=300, deadline=None)
@given(PAIRS, ITEMS, st.integers(1, 4), st.randoms(use_true_random=False))
def test_what_is_accepted_strictly_conforms_by_the_letter_whatever_was_done_to_it(
    faults: list[Fault], items: list[str], changes: int, chance: Random
) -> None:
    """Any two faults, also of one place, and then bytes changed, lost or put in on the way."""
    try:
        raw = bytearray(made(faults, items).sent())
    except AssertionError:  # the first fault took away what the second one changes
        assume(False)
    for _ in range(changes):
        at = chance.randrange(len(raw))
        match chance.randrange(3):
            case 0:
                raw[at] ^= 1 << chance.randrange(8)
            case 1:
                del raw[at]
            case _:
                raw.insert(at, chance.choice(b"0;,=&#\r\nN"))
    for outcome in fed(bytes(raw), []):
        if outcome.verdict == "accepted":
            assert conforms(outcome.raw), outcome.raw
