"""A place on the ground and the vehicle that stands there: the memory of the rule."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec
from msgspec import Struct

from contract.events import CounterEvidence
from contract.geometry import BboxPx
from contract.matters.illegal_parking import Identity, SpanState
from contract.observations import Detection
from detectors.geometry import median_box
from detectors.illegal_parking.reading import PlateMemory, seen_until

MEDIAN_BOXES = 15
AGREES_PX = 1.0  # a box that lies so near the median of those before it does not move it
MAX_SPANS = 400
_WORSE: tuple[SpanState, ...] = (
    "seen",
    "reidentified_plate",
    "reidentified_patch",
    "held",
    "hidden",
    "suspended",
    "no_picture",
)
NOT_COUNTED: tuple[SpanState, ...] = ("no_picture", "suspended", "held")


class TimerSpan(Struct, frozen=True):
    """A stretch of the timer in stream time."""

    start_ns: int
    end_ns: int
    state: SpanState


def within(spans: Sequence[TimerSpan], states: Sequence[SpanState], *, until_ns: int | None = None) -> int:
    """How long the timer was in these states, up to a moment."""
    total_ns = 0
    for span in spans:
        if span.state in states and (until_ns is None or span.start_ns < until_ns):
            total_ns += (span.end_ns if until_ns is None else min(span.end_ns, until_ns)) - span.start_ns
    return total_ns


def later_than(spans: Sequence[TimerSpan], since_ns: int) -> tuple[TimerSpan, ...]:
    """What of the spans lies after a moment."""
    return tuple(TimerSpan(max(s.start_ns, since_ns), s.end_ns, s.state) for s in spans if s.end_ns > since_ns)


def earlier_than(spans: Sequence[TimerSpan], until_ns: int) -> tuple[TimerSpan, ...]:
    """What of the spans lies before a moment."""
    return tuple(TimerSpan(s.start_ns, min(s.end_ns, until_ns), s.state) for s in spans if s.start_ns < until_ns)


class Place(Struct, frozen=True, kw_only=True):
    """A vehicle's stay at one place, or its way there.

    `boxes`, `times_ns`, `scores`: of the last looks that found it; `box` is their median. `before_ns` is the look
    before the first at this place; None when there was none. A place where nothing was found may have held a car that
    was not found, so `arrival_seen` is a claim of its own: the vehicle was seen to move there. `patches` are its looks,
    newest last; `since_gap` those since a gap after which nothing proved that it is the same; `strange` those of late
    that are like none of them; `in_lane`: it came to stand where queues form.
    `uncounted_ns` is what does not count until the last sight, `uncounted_away_ns` what came after it.
    """

    event_id: str
    first_box: BboxPx
    anchor: BboxPx
    box: BboxPx
    boxes: tuple[BboxPx, ...]
    times_ns: tuple[int, ...]
    scores: tuple[float, ...]
    labels: tuple[str, ...]
    since_ns: int
    before_ns: int | None
    arrival_seen: bool
    last_seen_ns: int
    phase: Literal["arriving", "standing", "overdue", "excused"] = "arriving"
    due_ns: int | None = None
    told_ns: int = 0
    open_missing_ns: int = 0
    covered_missing_ns: int = 0
    spans: tuple[TimerSpan, ...] = ()
    uncounted_ns: int = 0
    uncounted_away_ns: int = 0
    patches: tuple[str, ...] = ()
    since_gap: tuple[str, ...] = ()
    strange: tuple[str, ...] = ()
    strange_since_ns: int = 0
    identity: Identity = "kept"
    away_ns: int = 0
    unproved_ns: int = 0
    unproved_from_ns: int | None = None
    known_again: Literal["reidentified_patch", "reidentified_plate"] | None = None
    hold: str | None = None
    shared_box: bool = False
    in_lane: bool = False
    counters: tuple[CounterEvidence, ...] = ()
    plate: PlateMemory = PlateMemory()

    def total_ns(self, *states: SpanState) -> int:
        """How long the timer was in these states, up to the last sight of the vehicle."""
        return within(self.spans, states, until_ns=self.last_seen_ns)

    @property
    def dwell_ns(self) -> int:
        """True standing time: from the first to the last sight, less what had no picture, was held or suspended."""
        return self.last_seen_ns - self.since_ns - self.uncounted_ns


class Bystander(Struct, frozen=True):
    """A vehicle in the picture that keeps its place since then, in the flow lane or not."""

    box: BboxPx
    since_ns: int
    last_seen_ns: int
    in_lane: bool = True


class Departed(Struct, frozen=True, kw_only=True):
    """Who stood here lately, so that who comes back is known."""

    event_id: str
    box: BboxPx
    left_ns: int
    patch: str | None = None
    plate: str | None = None


class State(Struct, frozen=True, kw_only=True):
    """What the fold remembers of one zone; boxes in pixels of `frame_px`.

    `vehicles` are the boxes of the last look, in the zone or not: an arrival comes from one of them, if both looks
    went to the same windows (`looked_px`). `lost_as` says what the time since `lost_at_ns` was. `scene`: where the
    camera looked; `shake`: the first and the last look of the last spell of shaking. `crowded_out` counts newcomers
    that found no room among the places remembered, `counts` by code those that may stand here.
    """

    places: tuple[Place, ...] = ()
    frame_px: tuple[int, int] | None = None
    vehicles: tuple[BboxPx, ...] = ()
    looked_px: tuple[BboxPx, ...] = ()
    last_at_ns: int | None = None
    lost_at_ns: int | None = None
    lost_as: SpanState = "no_picture"
    scene: str | None = None
    shake: tuple[int, int] | None = None
    bystanders: tuple[Bystander, ...] = ()
    departed: tuple[Departed, ...] = ()
    upkeep: tuple[str, ...] = ()
    crowded_out: int = 0
    counts: dict[str, int] = {}


def on_frame(place: Place, *, drawn_on: tuple[int, int], onto: tuple[int, int]) -> Place:
    """The place after the camera changed its picture size."""
    kx, ky = onto[0] / drawn_on[0], onto[1] / drawn_on[1]
    told = (place.first_box, place.anchor, place.box, *place.boxes)
    first_box, anchor, box, *boxes = ((x1 * kx, y1 * ky, x2 * kx, y2 * ky) for x1, y1, x2, y2 in told)
    return msgspec.structs.replace(place, first_box=first_box, anchor=anchor, box=box, boxes=tuple(boxes))


def blinded(state: State, from_ns: int, lost_as: SpanState = "no_picture") -> State:
    """The state when nothing was seen from `from_ns` on; what was counted past it is taken back."""
    if state.lost_at_ns is not None and state.lost_at_ns <= from_ns:
        return state
    places = (_seen_until(place, from_ns) for place in state.places if place.since_ns <= from_ns)
    last_at_ns = state.last_at_ns if state.last_at_ns is None else min(state.last_at_ns, from_ns)
    return msgspec.structs.replace(
        state, places=tuple(places), last_at_ns=last_at_ns, lost_at_ns=from_ns, lost_as=lost_as
    )


def _seen_until(place: Place, until_ns: int) -> Place:
    spans = earlier_than(place.spans, until_ns)
    place = msgspec.structs.replace(place, spans=spans, plate=seen_until(place.plate, until_ns))
    return seen_last(place, min(place.last_seen_ns, until_ns))


def with_span(spans: tuple[TimerSpan, ...], span: TimerSpan) -> tuple[TimerSpan, ...]:
    """Spans with one more; joined to the last when alike. Past the limit the worse state stands for both."""
    if span.end_ns <= span.start_ns:
        return spans
    last = spans[-1] if spans else None
    if last is not None and last.state == span.state:
        return (*spans[:-1], TimerSpan(last.start_ns, span.end_ns, span.state))
    if last is not None and len(spans) >= MAX_SPANS:
        worse = max(last.state, span.state, key=_WORSE.index)
        return (*spans[:-1], TimerSpan(last.start_ns, span.end_ns, worse))
    return (*spans, span)


def found_again(place: Place, found: Detection, span: TimerSpan, *, away_ns: int) -> Place:
    """The place with one more sight of its vehicle at the end of the span; `away_ns`: how long it was out of sight."""
    boxes = (*place.boxes, found.bbox_xyxy_px)[-MEDIAN_BOXES:]
    lasted_ns = span.end_ns - span.start_ns if span.state in NOT_COUNTED else 0
    return msgspec.structs.replace(
        place,
        boxes=boxes,
        box=place.box if _agree(found.bbox_xyxy_px, place.box) else median_box(boxes),
        times_ns=(*place.times_ns, span.end_ns)[-MEDIAN_BOXES:],
        scores=(*place.scores, found.score)[-MEDIAN_BOXES:],
        labels=(*place.labels, found.label)[-MEDIAN_BOXES:],
        last_seen_ns=span.end_ns,
        open_missing_ns=0,
        covered_missing_ns=0,
        shared_box=False,
        spans=with_span(place.spans, span),
        uncounted_ns=place.uncounted_ns + place.uncounted_away_ns + lasted_ns,
        uncounted_away_ns=0,
        away_ns=away_ns,
    )


def _agree(one: BboxPx, other: BboxPx) -> bool:
    (left, top, right, bottom), (x1, y1, x2, y2), near = one, other, AGREES_PX
    return (
        -near <= left - x1 <= near
        and -near <= top - y1 <= near
        and -near <= right - x2 <= near
        and -near <= bottom - y2 <= near
    )


def seen_in_shared_box(place: Place, span: TimerSpan) -> Place:
    """The place whose vehicle is seen, but in one box with its neighbour: nothing of it alone is known by this look."""
    lasted_ns = span.end_ns - span.start_ns if span.state in NOT_COUNTED else 0
    return msgspec.structs.replace(
        place,
        last_seen_ns=span.end_ns,
        open_missing_ns=0,
        covered_missing_ns=0,
        shared_box=True,
        identity="assumed" if place.identity == "kept" else place.identity,
        spans=with_span(place.spans, span),
        uncounted_ns=place.uncounted_ns + place.uncounted_away_ns + lasted_ns,
        uncounted_away_ns=0,
    )


def seen_last(place: Place, last_seen_ns: int) -> Place:
    """The place when its last sight was earlier than was thought, or its spans are others: everything counted anew."""
    uncounted_ns = within(place.spans, NOT_COUNTED, until_ns=last_seen_ns)
    away_ns = within(place.spans, NOT_COUNTED) - uncounted_ns
    return msgspec.structs.replace(
        place, last_seen_ns=last_seen_ns, uncounted_ns=uncounted_ns, uncounted_away_ns=away_ns
    )


def place_key(box: BboxPx, frame_px: tuple[int, int]) -> str:
    """A coarse name of the place: the box's centre in hundredths of the picture."""
    across = round(50 * (box[0] + box[2]) / frame_px[0])
    down = round(50 * (box[1] + box[3]) / frame_px[1])
    return f"{across}-{down}"
