"""The memory of a vehicle's plate under any order of looks, answers and losses: bounded and repeatable."""

from __future__ import annotations

from itertools import pairwise

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.observations import PlateLooked
from contract.plates import PlateSeen, RawRead
from contract.times import NS
from detectors.illegal_parking import reading
from detectors.plate_voting import vote

BOX = (100.0, 100.0, 400.0, 300.0)
TEXTS = ("皖A12345", "皖A12346", "琼A12345", "皖A1234警", "12345", "")
DUE_NS = 60 * NS
moments = st.lists(
    st.tuples(
        st.sampled_from(["look", "answer", "late answer", "lost"]),
        st.sampled_from([0.2, 1.0, 2.0, 7.0, 31.0]),
        st.sampled_from(TEXTS),
        st.sampled_from([None, "plate_reader_unavailable"]),
    ),
    max_size=80,
)


def answer(looked_at_ns: int, text: str, problem: str | None) -> PlateLooked:
    reads = tuple(RawRead(reader=one, rows=1, margin=0.0, text=text, sure=(0.9,) * len(text)) for one in ("a", "b"))
    seen = PlateSeen(
        quad_px=((200.0, 200.0), (300.0, 200.0), (300.0, 230.0), (200.0, 230.0)),
        corner_score=0.9,
        width_px=100.0,
        tilt_deg=1.0,
        colour="white" if text.endswith("警") else "blue",
        dark=0.0,
        bright=0.0,
        sharpness=12.0,
        reads=reads if text else (),
    )
    return PlateLooked(
        device="cam-1",
        at_ns=looked_at_ns,
        event_id="00000000-0000-8000-8000-000000000000",
        looked_at_ns=looked_at_ns,
        vehicle_px=BOX,
        frame_px=(1280, 720),
        plates=() if problem else (seen,),
        problem=problem,
    )


def lived(told: list[tuple[str, float, str, str | None]], *, restored: bool, twice: bool) -> list[reading.PlateMemory]:
    """The memory after each moment."""
    memory, at_ns, states = reading.PlateMemory(), 30 * NS, []
    for what, later_s, text, problem in told:
        at_ns += round(later_s * NS)
        sight = reading.Sight(at_ns=at_ns, vehicle_px=BOX)
        if what == "look" and reading.wants_look(memory, sight, due_ns=DUE_NS, covered_ns=0):
            memory = reading.asked(memory, sight)
        elif what == "answer" and memory.asked is not None:
            looked = answer(memory.asked.at_ns, text, problem)
            memory = reading.answered(memory, looked, {})
            memory = reading.answered(memory, looked, {}) if twice else memory
        elif what == "late answer":
            memory = reading.answered(memory, answer(at_ns + NS, text, problem), {})
        elif what == "lost":
            memory = reading.seen_until(memory, at_ns - 3 * NS)
        if restored:
            memory = msgspec.json.decode(msgspec.json.encode(memory), type=reading.PlateMemory)
        states.append(memory)
    return states


@given(moments)
@settings(max_examples=200)
def test_looks_are_bounded_apart_and_one_at_a_time(told: list[tuple[str, float, str, str | None]]) -> None:
    asked_ns: list[int] = []
    for memory in lived(told, restored=False, twice=False):
        assert memory.asks <= reading.MOST_ASKS
        assert len(memory.frames) <= reading.MOST_ASKS
        if memory.last_asked_ns is not None and memory.last_asked_ns not in asked_ns:
            asked_ns.append(memory.last_asked_ns)
    assert all(later - earlier >= 2 * NS for earlier, later in pairwise(asked_ns))
    assert sum(at_ns < DUE_NS for at_ns in asked_ns) <= reading.ASKS_BEFORE_DUE
    assert all(at_ns >= DUE_NS - reading.AHEAD_NS for at_ns in asked_ns)


@given(moments)
@settings(max_examples=200)
def test_a_number_stands_on_three_votes_of_its_own_and_on_no_exempt_kind(
    told: list[tuple[str, float, str, str | None]],
) -> None:
    for memory in lived(told, restored=False, twice=False):
        frames = [frame.vote for frame in memory.frames]
        if frames:
            assert memory.ballot == vote(frames, exempt=reading.EXEMPT_KINDS, rules=reading.RULES)
        number = reading.number(memory)
        assert (number is None) == (reading.why_not(memory) is not None)
        if number is not None:
            assert sum(frame.read.text == number for frame in frames) >= 3
            assert not number.endswith("警")


@given(moments)
@settings(max_examples=100)
def test_saved_restored_and_answered_twice_it_is_the_same(told: list[tuple[str, float, str, str | None]]) -> None:
    plain = lived(told, restored=False, twice=False)
    assert lived(told, restored=True, twice=False) == plain
    assert lived(told, restored=False, twice=True) == plain
