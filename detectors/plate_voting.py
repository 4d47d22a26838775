"""One number for one standing vehicle out of several pictures, or the named reason why there is none.

A picture votes when its own reading stands (`plate_single`). A text wins with three pictures and no rival of a
quarter of the votes; where rivals differ in the province's glyph alone, which fails most, it needs four.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

from msgspec import Struct

from contract.geometry import BboxPx
from contract.plates import Abstention, PlateRead, PlateSeen
from detectors.plate_grammar import kinds_of

NS = 1_000_000_000


class VotingRules(Struct, frozen=True, kw_only=True):
    """How many pictures are asked and how many must agree; working reference, 3.3."""

    most_frames: int = 12
    apart_ns: int = 2 * NS
    least_votes: int = 3
    least_votes_province: int = 4
    rival_share: float = 0.25


class FrameRead(Struct, frozen=True, kw_only=True):
    """What one picture of the standing vehicle says, and how well the plate was to be seen in it."""

    at_ns: int
    read: PlateRead
    width_px: float
    sharpness: float


class Ballot(Struct, frozen=True, kw_only=True):
    """The outcome: a text or a reason, with every vote and the pictures that were counted, in order of time."""

    text: str | None = None
    kind: str | None = None
    reason: Abstention | None = None
    votes: tuple[tuple[str, int], ...] = ()
    frames_ns: tuple[int, ...] = ()


def of_this_vehicle(seen: PlateSeen, read: PlateRead, vehicle_px: BboxPx) -> PlateRead:
    """The reading, or `outside_vehicle` when a corner of the plate lies outside the vehicle's box."""
    x1, y1, x2, y2 = vehicle_px
    inside = all(x1 <= x <= x2 and y1 <= y <= y2 for x, y in seen.quad_px)
    return read if inside else PlateRead(reason="outside_vehicle")


def best_frames(frames: Sequence[FrameRead], rules: VotingRules) -> tuple[FrameRead, ...]:
    """The sharpest and widest pictures, each at least `apart_ns` from the others, in order of time.

    Pictures in quick succession repeat one error; apart, they are witnesses.
    """
    chosen: list[FrameRead] = []
    for frame in sorted(frames, key=lambda one: (-one.sharpness * one.width_px, one.at_ns)):
        if len(chosen) == rules.most_frames:
            break
        if all(abs(frame.at_ns - other.at_ns) >= rules.apart_ns for other in chosen):
            chosen.append(frame)
    return tuple(sorted(chosen, key=lambda one: one.at_ns))


def vote(frames: Sequence[FrameRead], *, exempt: Collection[str] = (), rules: VotingRules | None = None) -> Ballot:
    """The number of the standing spell; `exempt` names kinds of which no number is given out (police, rescue)."""
    rules = rules or VotingRules()
    counted = best_frames([frame for frame in frames if frame.read.text is not None], rules)
    votes = Counter(str(frame.read.text) for frame in counted)
    ranked = tuple(sorted(votes.items(), key=lambda entry: (-entry[1], entry[0])))
    outcome = Ballot(votes=ranked, frames_ns=tuple(frame.at_ns for frame in counted))
    if not ranked:
        return _without(outcome, _commonest_reason(frames))
    reason = _refused(ranked, rules)
    if reason is not None:
        return _without(outcome, reason)
    text = ranked[0][0]
    kind = next(frame.read.kind for frame in counted if frame.read.text == text)
    if kind in exempt:
        return _without(outcome, "kind_exempt")
    return Ballot(text=text, kind=kind, votes=ranked, frames_ns=outcome.frames_ns)


def _refused(ranked: tuple[tuple[str, int], ...], rules: VotingRules) -> Abstention | None:
    (text, count), rivals = ranked[0], ranked[1:]
    if not kinds_of(text):
        return "not_a_plate"
    total = count + sum(votes for _, votes in rivals)
    if any(votes >= rules.rival_share * total for _, votes in rivals):
        return "votes_split"
    same_but_province = any(rival[1:] == text[1:] for rival, _ in rivals)
    needed = rules.least_votes_province if same_but_province else rules.least_votes
    return "too_few_frames" if count < needed else None


def _commonest_reason(frames: Sequence[FrameRead]) -> Abstention:
    """Why most pictures could not vote; the first by name among equals."""
    reasons = Counter(frame.read.reason for frame in frames if frame.read.reason is not None)
    return min(reasons, key=lambda reason: (-reasons[reason], reason), default="no_plate")


def _without(outcome: Ballot, reason: Abstention) -> Ballot:
    return Ballot(reason=reason, votes=outcome.votes, frames_ns=outcome.frames_ns)
