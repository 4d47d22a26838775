"""What a place becomes when it is told: facts, grade and predicates, with what was not seen said plainly."""

from __future__ import annotations

from collections import Counter

from contract.events import Clock, Grade, Met, Phase, Predicate
from contract.matters.illegal_parking import Facts, Span
from contract.observations import Observation
from contract.times import NS, utc_from_ns
from detectors.fold import Finding
from detectors.illegal_parking import reading
from detectors.illegal_parking.config import Config
from detectors.illegal_parking.place import Place

MAX_CLOCK_OFFSET_S = 1.0
MIN_FRAME_PX = (1280, 720)
MIN_INTERVAL_S = 10.0


def tell(place: Place, seen: Observation, config: Config, *, phase: Phase) -> Finding:
    """The finding of an overdue place at this look; `closed` tells the last sight, not the look that missed it."""
    return Finding(
        event_id=place.event_id,
        phase=phase,
        onset_ns=place.since_ns,
        last_seen_ns=place.last_seen_ns,
        bbox_xyxy_px=place.box,
        frame_px=seen.frame_px,
        facts=_facts(place, config, left=phase == "closed"),
        grade=_grade(place, seen, config),
    )


def _facts(place: Place, config: Config, *, left: bool) -> Facts:
    spans = tuple(
        Span(start=utc_from_ns(s.start_ns), end=utc_from_ns(min(s.end_ns, place.last_seen_ns)), state=s.state)
        for s in place.spans
        if s.start_ns < place.last_seen_ns
    )
    due_ns = place.due_ns if place.due_ns is not None else place.last_seen_ns
    return Facts(
        vehicle=Counter(place.labels).most_common(1)[0][0],
        since=utc_from_ns(place.since_ns),
        due=utc_from_ns(due_ns),
        last_seen=utc_from_ns(place.last_seen_ns),
        dwell_s=_seconds(place.dwell_ns),
        grace_s=config.grace_s,
        hidden_s=_seconds(place.total_ns("hidden")),
        no_picture_s=_seconds(place.total_ns("no_picture")),
        arrival_seen=place.arrival_seen,
        left=utc_from_ns(place.last_seen_ns) if left else None,
        spans=spans,
        plate=reading.number(place.plate),
        plate_reason=reading.why_not(place.plate),
        plate_kind=place.plate.ballot.kind,
        plate_votes=reading.votes(place.plate),
        plate_readers=place.plate.readers,
        legal_ground=config.legal_ground,
    )


def _grade(place: Place, seen: Observation, config: Config) -> Grade:
    clock = _clock_predicate(seen.clock)
    size = _size_predicate(seen.frame_px)
    softer = (_arrival_predicate(place), _seen_predicate(place), reading.predicate(place.plate))
    dwell = Predicate(
        id="dwell",
        required=f"> {config.grace_s:g} s",
        found=f"{_seconds(place.dwell_ns):g} s",
        met="met" if _seconds(place.dwell_ns) >= config.grace_s else "not_met",
        source="实施条例 art. 63; zone configuration",
    )
    interval_s = _seconds((place.due_ns or place.last_seen_ns) - place.since_ns)
    interval = Predicate(
        id="interval",
        required=f">= {MIN_INTERVAL_S:g} s between pictures",
        found=f"{interval_s:g} s",
        met="met" if interval_s >= MIN_INTERVAL_S else "not_met",
        source="GA/T 832-2014 3.5",
    )
    hard = (dwell, interval, size, clock)
    if any(predicate.met != "met" for predicate in hard):
        return Grade(level="lead_only", predicates=(*hard, *softer))
    if any(predicate.met != "met" for predicate in softer):
        return Grade(level="partial", predicates=(*hard, *softer))
    return Grade(level="full", predicates=(*hard, *softer))


def _clock_predicate(clock: Clock | None) -> Predicate:
    known = clock is not None and clock.offset_s is not None
    met: Met = "not_seen"
    found = "unknown"
    if clock is not None and clock.offset_s is not None:
        doubt_s = clock.uncertainty_s or 0.0
        met = "met" if abs(clock.offset_s) + doubt_s <= MAX_CLOCK_OFFSET_S else "not_met"
        found = f"{clock.offset_s:+.2f} ± {doubt_s:.2f} s ({clock.source})"
    return Predicate(
        id="clock",
        required=f"offset <= {MAX_CLOCK_OFFSET_S} s",
        found=found if known else "unknown",
        met=met,
        source="GA/T 832-2014 3.2",
    )


def _size_predicate(frame_px: tuple[int, int]) -> Predicate:
    large = frame_px[0] >= MIN_FRAME_PX[0] and frame_px[1] >= MIN_FRAME_PX[1]
    return Predicate(
        id="picture_size",
        required=f">= {MIN_FRAME_PX[0]}x{MIN_FRAME_PX[1]}",
        found=f"{frame_px[0]}x{frame_px[1]}",
        met="met" if large else "not_met",
        source="GA/T 832-2014 3.4",
    )


def _arrival_predicate(place: Place) -> Predicate:
    return Predicate(
        id="arrival",
        required="arrival seen",
        found="seen" if place.arrival_seen else f"start not seen; there by {utc_from_ns(place.since_ns)}",
        met="met" if place.arrival_seen else "not_seen",
        source="evidence set E1",
    )


def _seen_predicate(place: Place) -> Predicate:
    hidden_s = _seconds(place.total_ns("hidden") + place.total_ns("no_picture"))
    return Predicate(
        id="watched",
        required="watched without a gap",
        found=f"{hidden_s:g} s not observed",
        met="met" if hidden_s == 0 else "not_seen",
        source="行政处罚法 art. 41 (complete)",
    )


def _seconds(duration_ns: int) -> float:
    return round(duration_ns / NS, 3)
