"""When the plate of a standing vehicle is looked at, and what the looks come to: one number, or why there is none.

Reading is dear, so only vehicles that are about to be due or are overdue are read, one look at a time, at most
`MOST_ASKS` an act, apart from each other, and no more once pictures agree. Each look is one vote (`plate_voting`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
from msgspec import Struct

from contract.events import Met, Predicate
from contract.geometry import BboxPx
from contract.matters.illegal_parking import PlateRaw, PlateVote
from contract.observations import PlateLooked
from contract.plates import Colour, PlateRead, PlateSeen, RawRead
from contract.times import NS, utc_from_ns
from detectors.geometry import iou
from detectors.plate_single import read_one
from detectors.plate_voting import Ballot, FrameRead, VotingRules, of_this_vehicle, vote

EXEMPT_KINDS = frozenset({"police", "armed_police", "armed_police_double", "rescue"})
EXCUSES = {"kind_exempt": "exempt_vehicle", "permit_holder": "permit_holder"}
RULES = VotingRules()
MOST_ASKS = RULES.most_frames
ASKS_BEFORE_DUE = 8  # the rest is for after it: a lamp that goes on, a cover that drives off
AHEAD_NS = 24 * NS  # so long before it is due a vehicle is read, that the event can carry the number when it opens
OVERDUE_APART_NS = 10 * NS
MOST_APART_NS = 60 * NS
ANSWER_WITHIN_NS = 30 * NS  # an ask without an answer by then is forgotten, not repeated
LEAST_VEHICLE_PX = 120.0  # no plate is half as wide as its vehicle: below, none has 60 px
SAME_VEHICLE_IOU = 0.7
NEARER_SHARE = 0.03  # of the height: by so much lower on the picture stands the vehicle in front
MOST_RAW = 16
UNAVAILABLE = "plate_reader_unavailable"
NOT_ASKED = "not_asked"
TOO_SMALL = "vehicle_too_small"


class Sight(Struct, frozen=True, kw_only=True):
    """The vehicle as it was seen when its plate was asked for, and the others whose boxes reach into its own."""

    at_ns: int
    vehicle_px: BboxPx
    others_px: tuple[BboxPx, ...] = ()


class PlateFrame(Struct, frozen=True, kw_only=True):
    """One picture's vote with what it rests on; `listed`: why the zone's list lets its number stand there."""

    vote: FrameRead
    listed: str | None = None
    colour: Colour | None = None
    raw: tuple[PlateRaw, ...] = ()
    close_ups: tuple[str, ...] = ()


class PlateMemory(Struct, frozen=True, kw_only=True):
    """What was asked and answered about one standing vehicle; `asked` is the look under way, `ballot` what all looks
    so far come to, `told` the number that the last event gave (None: none)."""

    asks: int = 0
    asked: Sight | None = None
    last_asked_ns: int | None = None
    frames: tuple[PlateFrame, ...] = ()
    ballot: Ballot = Ballot()
    problem: str | None = None
    readers: tuple[str, ...] = ()
    told: str | None = None


def wants_look(plate: PlateMemory, sight: Sight, *, due_ns: int, covered_ns: int) -> bool:
    """Whether this look at the vehicle is one to read its plate in; `covered_ns`: when it was last out of sight."""
    if sight.at_ns < due_ns - AHEAD_NS or sight.vehicle_px[2] - sight.vehicle_px[0] < LEAST_VEHICLE_PX:
        return False
    is_due = sight.at_ns >= due_ns
    if plate.asks >= (MOST_ASKS if is_due else ASKS_BEFORE_DUE) or _is_under_way(plate, sight.at_ns):
        return False
    last_ns = plate.last_asked_ns
    if last_ns is None:
        return True
    if _is_settled(plate) and last_ns > covered_ns:
        return False
    return sight.at_ns - last_ns >= _apart_ns(plate, is_due=is_due)


def is_too_small(plate: PlateMemory, sight: Sight, *, due_ns: int) -> bool:
    """Whether it is to be said that the vehicle is too small for a readable plate, so that nobody looked."""
    is_small = sight.vehicle_px[2] - sight.vehicle_px[0] < LEAST_VEHICLE_PX
    return is_small and sight.at_ns >= due_ns - AHEAD_NS and not plate.frames and plate.problem != TOO_SMALL


def asked(plate: PlateMemory, sight: Sight) -> PlateMemory:
    """The memory with this look under way."""
    return msgspec.structs.replace(plate, asks=plate.asks + 1, asked=sight, last_asked_ns=sight.at_ns)


def answered(plate: PlateMemory, looked: PlateLooked, listed: Mapping[str, str]) -> PlateMemory:
    """The memory with the answer to the look under way; any other answer changes nothing. `listed`: who may stand."""
    sight = plate.asked
    if sight is None or sight.at_ns != looked.looked_at_ns:
        return plate
    done = msgspec.structs.replace(plate, asked=None, problem=looked.problem)
    if looked.problem is not None:
        return done
    frame = _frame(looked, sight)
    frame = msgspec.structs.replace(frame, listed=listed.get(frame.vote.read.text or ""))
    frames = (*plate.frames, frame)[-MOST_ASKS:]
    return msgspec.structs.replace(done, frames=frames, ballot=_ballot(frames), readers=looked.readers)


def seen_until(plate: PlateMemory, until_ns: int) -> PlateMemory:
    """The memory without what was read later, on pictures that nobody took."""
    if plate.asked is None and all(frame.vote.at_ns <= until_ns for frame in plate.frames):
        return plate
    frames = tuple(frame for frame in plate.frames if frame.vote.at_ns <= until_ns)
    still_asked = plate.asked if plate.asked is not None and plate.asked.at_ns <= until_ns else None
    return msgspec.structs.replace(plate, asked=still_asked, frames=frames, ballot=_ballot(frames))


def excuse(plate: PlateMemory) -> str | None:
    """The code of why the number on which pictures agree is counted and no lead; None: it is not."""
    return EXCUSES.get(plate.ballot.reason or "")


def may_be_listed(plate: PlateMemory) -> bool:
    """Whether some picture shows a number of the zone's list."""
    return any(frame.listed is not None for frame in plate.frames)


def number(plate: PlateMemory) -> str | None:
    """The number that stands, for joining two spells of one vehicle; None: none stands."""
    return plate.ballot.text


def why_not(plate: PlateMemory) -> str | None:
    """Why no number stands; None when one does."""
    if not plate.frames:
        return plate.problem or NOT_ASKED
    return plate.ballot.reason


def is_news(plate: PlateMemory) -> bool:
    """Whether the number differs from what was told last."""
    return number(plate) != plate.told


def told(plate: PlateMemory) -> PlateMemory:
    """The memory after an event gave the number as it stands."""
    return msgspec.structs.replace(plate, told=number(plate)) if is_news(plate) else plate


def votes(plate: PlateMemory) -> tuple[PlateVote, ...]:
    """Every picture that was looked at, in order of time, as facts; what an excused plate says is left out."""
    hidden = excuse(plate) is not None
    return tuple(
        PlateVote(
            at=utc_from_ns(frame.vote.at_ns),
            text=None if hidden else frame.vote.read.text,
            kind=frame.vote.read.kind,
            reason=plate.ballot.reason if hidden else frame.vote.read.reason,
            width_px=frame.vote.width_px,
            sharpness=frame.vote.sharpness,
            colour=frame.colour,
            raw=() if hidden else frame.raw,
            close_ups=frame.close_ups,
        )
        for frame in plate.frames
    )


def predicate(plate: PlateMemory) -> Predicate:
    """The grade's condition on the plate; it says how many pictures agree, never the number itself."""
    outcome = plate.ballot
    met: Met = "met" if outcome.text is not None else "not_seen"
    found = why_not(plate) or f"read alike in {outcome.votes[0][1]} of {len(plate.frames)} pictures"
    return Predicate(
        id="plate",
        required="plate readable in at least one picture",
        found=found,
        met=met,
        source="GA/T 832-2014 2.4",
    )


def _ballot(frames: Sequence[PlateFrame]) -> Ballot:
    outcome = vote([frame.vote for frame in frames], exempt=EXEMPT_KINDS, rules=RULES)
    if outcome.text is None or all(frame.listed is None for frame in frames if frame.vote.read.text == outcome.text):
        return outcome
    return Ballot(reason="permit_holder", votes=outcome.votes, frames_ns=outcome.frames_ns)


def _is_under_way(plate: PlateMemory, at_ns: int) -> bool:
    return plate.asked is not None and at_ns - plate.asked.at_ns < ANSWER_WITHIN_NS


def _is_settled(plate: PlateMemory) -> bool:
    """Whether more looks would change nothing: as many pictures agree as the hardest case needs, none differs."""
    counted = plate.ballot.votes
    return len(counted) == 1 and counted[0][1] >= RULES.least_votes_province


def _apart_ns(plate: PlateMemory, *, is_due: bool) -> int:
    """The pause before the next look: it doubles with each one that gave nothing, as the reason mostly stays."""
    if plate.problem is not None:
        return MOST_APART_NS
    in_vain = sum(frame.vote.read.text is None for frame in plate.frames)
    apart_ns: int = min(MOST_APART_NS, RULES.apart_ns << min(in_vain, 8))
    return max(apart_ns, OVERDUE_APART_NS) if is_due else apart_ns


def _frame(looked: PlateLooked, sight: Sight) -> PlateFrame:
    """The picture's vote: of the plates that are this vehicle's the one text, or the reason of the best of them."""
    judged = [(seen, _read(seen, sight)) for seen in looked.plates]
    own = [(seen, read) for seen, read in judged if read.reason != "outside_vehicle"]
    texts = {read.text for _, read in own} - {None}
    if len(texts) == 1:
        seen, read = next(pair for pair in own if pair[1].text is not None)
    elif own:
        seen, read = own[0]
        read = PlateRead(reason="readers_disagree") if texts else read
    elif judged:
        seen, read = judged[0]
    else:
        nothing = FrameRead(at_ns=sight.at_ns, read=PlateRead(reason="no_plate"), width_px=0.0, sharpness=0.0)
        return PlateFrame(vote=nothing, close_ups=looked.close_ups)
    return PlateFrame(
        vote=FrameRead(at_ns=sight.at_ns, read=read, width_px=seen.width_px, sharpness=seen.sharpness),
        colour=seen.colour,
        raw=_raw(seen.reads),
        close_ups=looked.close_ups,
    )


def _read(seen: PlateSeen, sight: Sight) -> PlateRead:
    read = of_this_vehicle(seen, read_one(seen), sight.vehicle_px)
    if any(_is_of_another(seen, sight.vehicle_px, other) for other in sight.others_px):
        return PlateRead(reason="outside_vehicle")
    return read


def _is_of_another(seen: PlateSeen, vehicle_px: BboxPx, other_px: BboxPx) -> bool:
    """Whether a plate that lies in both boxes may be the other's: it is this vehicle's only if that one is behind."""
    if iou(vehicle_px, other_px) >= SAME_VEHICLE_IOU:
        return False
    left, top, right, bottom = other_px
    in_both = all(left <= x <= right and top <= y <= bottom for x, y in seen.quad_px)
    lead_px = NEARER_SHARE * (vehicle_px[3] - vehicle_px[1])
    return in_both and vehicle_px[3] - bottom < lead_px


def _raw(reads: Sequence[RawRead]) -> tuple[PlateRaw, ...]:
    """Every text of every reader, the surest cut of it and how many cuts said it; by reader, surest first."""
    by_text: dict[tuple[str, str], list[RawRead]] = {}
    for read in reads:
        if read.text:
            by_text.setdefault((read.reader, read.text), []).append(read)
    told_raw = []
    for (reader, text), same in by_text.items():
        surest = max(same, key=lambda one: min(one.sure, default=0.0))
        told_raw.append(PlateRaw(reader=reader, text=text[:40], sure=surest.sure[:40], cuts=len(same)))
    told_raw.sort(key=lambda one: (one.reader, -min(one.sure, default=0.0), one.text))
    return tuple(told_raw[:MOST_RAW])
