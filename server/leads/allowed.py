"""What a person may do to a lead right now; pure. The store refuses the same things again when it is asked."""

from __future__ import annotations

from dataclasses import dataclass

from contract.times import NS, Utc, ns_from_utc, utc_from_ns
from server.identity.scopes import Scope
from server.leads.schemas import AllowedAction
from store.leads import Lead

SPLIT_MATTER = "straw_burning"  # the one matter whose acts are joined and answered by a crew
ANSWERED = frozenset({"alert", "claimed", "confirmed", "offered", "accepted", "handed_over", "case_opened"})


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks, with which scopes, and when."""

    id: str
    scopes: frozenset[Scope]
    now: Utc


def undo_until(lead: Lead, undo_s: float) -> Utc | None:
    """Until when the verdict may be taken back; None when there is none to take back."""
    given = {"confirmed": lead.confirmed_at, "dismissed": lead.dismissed_at}.get(lead.state)
    return None if given is None else utc_from_ns(ns_from_utc(given) + round(undo_s * NS))


def is_held(lead: Lead, now: Utc) -> bool:
    """Whether somebody's lease on the lead still runs."""
    return lead.state == "claimed" and lead.lease_until is not None and lead.lease_until > now


def allowed(lead: Lead, viewer: Viewer, undo_s: float) -> list[AllowedAction]:
    """The actions open to this viewer, in the order that a page shows them."""
    found: list[AllowedAction] = []
    if "leads:review" in viewer.scopes:
        found += _operator(lead, viewer, undo_s)
    if "leads:decide" in viewer.scopes and lead.state == "offered":
        is_same = lead.purpose == "device_evidence" and lead.confirmed_by == viewer.id
        found += ["return"] if is_same else ["accept", "return"]
    if "leads:respond" in viewer.scopes and lead.matter == SPLIT_MATTER and lead.state in ANSWERED:
        found.append("respond")
    return found


def _operator(lead: Lead, viewer: Viewer, undo_s: float) -> list[AllowedAction]:
    if lead.state == "alert" or (lead.state == "claimed" and not is_held(lead, viewer.now)):
        return ["claim"]
    if lead.state == "claimed" and lead.holder == viewer.id:
        return ["release", "confirm", "dismiss"]
    if lead.state == "superseded" and lead.matter == SPLIT_MATTER:
        return ["split"]
    until = undo_until(lead, undo_s)
    by = {"confirmed": lead.confirmed_by, "dismissed": lead.dismissed_by}.get(lead.state)
    return ["undo"] if by == viewer.id and until is not None and viewer.now <= until else []
