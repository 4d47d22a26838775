"""An event whose package could not be made: it says so, and its grade carries no further than what can be shown."""

from __future__ import annotations

from typing import Final

from msgspec import structs

from contract.events import CounterEvidence, Event, Grade, GradeLevel, Predicate
from contract.times import utc_from_ns

EVIDENCE_FAILED: Final = "evidence_failed"
_WEAKEST_FIRST: Final[tuple[GradeLevel, ...]] = ("lead_only", "partial", "full")


def unproved(event: Event, *, shown_revision: int | None, at_ns: int) -> Event:
    """The event flagged, its grade lowered: `shown_revision` is the last one with a package, None: there is none.

    Without any picture that can be shown to be unaltered it is a lead only; with those of before it is partial.
    """
    most: GradeLevel = "lead_only" if shown_revision is None else "partial"
    package = Predicate(
        id="package",
        required="signed package of this revision",
        found="none" if shown_revision is None else f"that of revision {shown_revision} only",
        met="not_met",
        source="行政处罚法 art. 41 (complete); evidence set E9",
    )
    failed = CounterEvidence(
        kind=EVIDENCE_FAILED,
        effect="flagged",
        reason=f"the gateway could not make the evidence of revision {event.revision}; its log says why",
        at=utc_from_ns(at_ns),
    )
    grade = event.grade
    level = min(grade.level, most, key=_WEAKEST_FIRST.index)
    return structs.replace(
        event,
        grade=Grade(level=level, predicates=(*grade.predicates, package)),
        counter_evidence=(*event.counter_evidence, failed),
    )
