"""What a place becomes when it is told: facts, evidence set and grade, with what was not seen said plainly."""

from __future__ import annotations

from collections import Counter
from typing import Literal

from contract.events import Phase
from contract.matters.illegal_parking import EvidencePart, Facts, Span
from contract.observations import Observation
from contract.times import utc_from_ns
from detectors.fold import Finding, Zone
from detectors.illegal_parking import counter, reading
from detectors.illegal_parking.config import Config
from detectors.illegal_parking.grade import grade
from detectors.illegal_parking.place import Place
from detectors.illegal_parking.saying import seconds


def tell(place: Place, seen: Observation, zone: Zone, config: Config, *, phase: Phase) -> Finding:
    """The finding of an overdue place at this look; `closed` tells the last sight, not the look that missed it."""
    return Finding(
        event_id=place.event_id,
        phase=phase,
        onset_ns=place.since_ns,
        last_seen_ns=place.last_seen_ns,
        bbox_xyxy_px=place.box,
        frame_px=seen.frame_px,
        facts=_facts(place, config, phase=phase),
        grade=grade(place, seen, zone, config, phase=phase),
        counter_evidence=place.counters,
    )


def _facts(place: Place, config: Config, *, phase: Phase) -> Facts:
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
        dwell_s=seconds(place.dwell_ns),
        grace_s=config.grace_s,
        hidden_s=seconds(place.total_ns("hidden")),
        no_picture_s=seconds(place.total_ns("no_picture")),
        held_s=seconds(place.total_ns("held")),
        suspended_s=seconds(place.total_ns("suspended")),
        arrival_seen=place.arrival_seen,
        identity=place.identity,
        left=utc_from_ns(place.last_seen_ns) if phase == "closed" else None,
        spans=spans,
        plate=reading.number(place.plate),
        plate_reason=reading.why_not(place.plate),
        plate_kind=place.plate.ballot.kind,
        plate_votes=reading.votes(place.plate),
        plate_readers=place.plate.readers,
        legal_ground=config.legal_ground,
        authority=config.authority,
        marking=config.marking,
        surface=config.surface,
        answers=counter.answers(place, config),
        evidence_set=evidence_set(place, config, phase=phase),
    )


def evidence_set(place: Place, config: Config, *, phase: Phase) -> tuple[EvidencePart, ...]:
    """E1 to E11: what of the set this revision has, as far as the rule knows; the manifest names what failed."""
    is_over = phase == "closed"
    number = reading.number(place.plate)
    arrival = "arrival seen" if place.arrival_seen else f"start not seen; there by {utc_from_ns(place.since_ns)}"
    return (
        _part("E1", "there" if place.arrival_seen else "missing", arrival),
        _part("E2", "there", f"first still {utc_from_ns(place.since_ns)}"),
        _part("E3", "missing" if place.due_ns is None else "there", "past the grace"),
        _part("E4", "there" if is_over else "later", "last sight" if is_over else "when it leaves"),
        _part("E5", "missing" if number is None else "there", reading.why_not(place.plate) or "plate and its frame"),
        _part("E6", "there" if config.marking_px else "missing", config.marking or "sign or line not drawn"),
        _part("E7", "later", "clips, once their post-roll is over"),
        _part("E8", "there", "times, place, model and rule in the event"),
        _part("E9", "there", "hashes and signature in the manifest"),
        _part("E10", "there", "answers and counter-evidence"),
        _part("E11", "later", "a person's review"),
    )


def _part(part: str, state: Literal["there", "missing", "later"], detail: str) -> EvidencePart:
    return EvidencePart(part=part, state=state, detail=detail)
