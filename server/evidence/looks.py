"""Looks: nobody sees a file without a row in the audit that says who, what, why and when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from contract.times import utc_from_ns
from server.centre import Centre
from server.evidence.access import Listed, listed_file
from server.evidence.schemas import Purpose
from server.identity.access import Person
from server.leads.reading import seen_lead
from store import audit
from store.audit import AuditEntry


@dataclass(frozen=True, slots=True)
class Look:
    """Which file of which lead, and what for."""

    event_id: str
    sha256: str
    purpose: Purpose | Literal["thumbnail"]


def note_look(centre: Centre, who: Person, look: Look) -> Listed:
    """Check that the person may see the file and note the look; raises Problem not_found.

    Committed before the first byte leaves: a look that cannot be noted does not happen.
    """
    at = utc_from_ns(centre.now_ns())
    with centre.store.write() as connection:
        lead = seen_lead(connection, who, look.event_id)
        found = listed_file(connection, look.event_id, look.sha256)
        entry = AuditEntry(
            at=at,
            who=who.id,
            action=f"evidence.{look.purpose}",
            town=lead.town,
            event_id=look.event_id,
            detail={"sha256": look.sha256, "path": found.path},
        )
        audit.append(connection, entry)
    return found
