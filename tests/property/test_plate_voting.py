"""Voting holds whatever frames come: in any order, and never with fewer witnesses than asked."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from contract.plates import PlateRead
from detectors.plate_voting import NS, FrameRead, VotingRules, best_frames, vote

TEXTS = ["皖A12345", "琼A12345", "皖A12346", "皖AD12345"]
RULES = VotingRules()

reads = st.one_of(
    st.sampled_from(TEXTS).map(lambda text: PlateRead(text=text, kind="blue")),
    st.sampled_from(["too_small", "tilted"]).map(lambda reason: PlateRead(reason=reason)),  # type: ignore[arg-type]
)
frame_lists = st.lists(
    st.builds(
        FrameRead,
        at_ns=st.integers(0, 90).map(lambda half_seconds: half_seconds * NS // 2),
        read=reads,
        width_px=st.floats(60, 200),
        sharpness=st.floats(0, 20),
    ),
    max_size=30,
    unique_by=lambda frame: frame.at_ns,
)


@given(frame_lists, st.randoms(use_true_random=False))
def test_the_order_of_frames_changes_nothing(frames: list[FrameRead], random: object) -> None:
    shuffled = list(frames)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert vote(shuffled) == vote(frames)


@given(frame_lists)
def test_a_number_has_its_witnesses_and_no_strong_rival(frames: list[FrameRead]) -> None:
    ballot = vote(frames)
    assert (ballot.text is None) != (ballot.reason is None)
    assert sum(votes for _, votes in ballot.votes) == len(ballot.frames_ns) <= RULES.most_frames
    if ballot.text is not None:
        votes = dict(ballot.votes)
        total = sum(votes.values())
        won = votes.pop(ballot.text)
        assert won >= RULES.least_votes
        assert all(count < RULES.rival_share * total for count in votes.values())
        said = Counter(frame.read.text for frame in frames)
        assert said[ballot.text] >= won


@given(frame_lists)
def test_chosen_frames_are_apart_and_of_the_list(frames: list[FrameRead]) -> None:
    chosen = best_frames(frames, RULES)
    assert all(later.at_ns - earlier.at_ns >= RULES.apart_ns for earlier, later in pairwise(chosen))
    assert all(frame in frames for frame in chosen)
