"""Votes over frames: when a number stands, and why it does not."""

from __future__ import annotations

from contract.plates import PlateRead, PlateSeen
from detectors.plate_voting import NS, FrameRead, VotingRules, best_frames, of_this_vehicle, vote


def frames(*texts: str | None, reason: str = "too_small", apart_s: float = 3) -> list[FrameRead]:
    """One frame a text, in order; None abstains for the reason."""
    return [
        FrameRead(
            at_ns=round(index * apart_s * NS),
            read=PlateRead(text=text, kind="blue") if text else PlateRead(reason=reason),  # type: ignore[arg-type]
            width_px=100,
            sharpness=5,
        )
        for index, text in enumerate(texts)
    ]


def test_three_frames_that_agree_give_the_number() -> None:
    ballot = vote(frames("皖A12345", None, "皖A12345", "皖A12345"))
    assert (ballot.text, ballot.kind, ballot.reason) == ("皖A12345", "blue", None)
    assert ballot.votes == (("皖A12345", 3),)
    assert ballot.frames_ns == (0, 6 * NS, 9 * NS)


def test_two_frames_are_too_few() -> None:
    ballot = vote(frames("皖A12345", "皖A12345"))
    assert (ballot.text, ballot.reason, ballot.votes) == (None, "too_few_frames", (("皖A12345", 2),))


def test_a_rival_with_a_quarter_of_the_votes_splits_them() -> None:
    assert vote(frames(*["皖A12345"] * 3, "皖A12346")).reason == "votes_split"
    assert vote(frames(*["皖A12345"] * 4, "皖A12346")).text == "皖A12345"


def test_where_the_province_alone_differs_four_frames_must_agree() -> None:
    few = VotingRules(rival_share=0.5)
    assert vote(frames(*["皖A12345"] * 3, "琼A12345"), rules=few).reason == "too_few_frames"
    assert vote(frames(*["皖A12345"] * 3, "皖A12346"), rules=few).text == "皖A12345"
    assert vote(frames(*["皖A12345"] * 4, "琼A12345"), rules=few).text == "皖A12345"


def test_frames_in_quick_succession_are_one_witness() -> None:
    assert vote(frames(*["皖A12345"] * 12, apart_s=0.2)).reason == "too_few_frames"
    assert len(best_frames(frames(*["皖A12345"] * 12, apart_s=0.2), VotingRules())) == 2


def test_at_most_twelve_frames_are_counted_the_best_ones() -> None:
    many = [*frames(*["皖A12345"] * 20)]
    sharp = [
        FrameRead(at_ns=frame.at_ns, read=frame.read, width_px=200, sharpness=9) if index >= 10 else frame
        for index, frame in enumerate(many)
    ]
    counted = vote(sharp).frames_ns
    assert len(counted) == 12
    assert set(counted) >= {frame.at_ns for frame in sharp[10:]}


def test_without_a_vote_the_commonest_reason_is_told() -> None:
    assert vote(frames(None, None)).reason == "too_small"
    assert vote([*frames(None), *frames(None, None, reason="tilted")]).reason == "tilted"
    assert vote([]).reason == "no_plate"


def test_of_an_exempt_kind_no_number_is_given_out() -> None:
    ballot = vote(frames(*["皖A12345"] * 3), exempt={"blue"})
    assert (ballot.text, ballot.reason) == (None, "kind_exempt")


def test_a_plate_outside_the_vehicles_box_is_not_its_plate() -> None:
    seen = PlateSeen(
        quad_px=((10, 10), (110, 10), (110, 40), (10, 40)),
        corner_score=0.9,
        width_px=100,
        tilt_deg=0,
        colour="blue",
        dark=0,
        bright=0,
        sharpness=5,
        reads=(),
    )
    read = PlateRead(text="皖A12345", kind="blue")
    assert of_this_vehicle(seen, read, (0, 0, 200, 200)) == read
    assert of_this_vehicle(seen, read, (50, 0, 200, 200)).reason == "outside_vehicle"
