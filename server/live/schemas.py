"""The data of each server-sent event; the event's name is in the comment of its type."""

from __future__ import annotations

from server.shapes import Answer, LeadState


class LiveLead(Answer):
    """Event `lead`: a lead is new or has changed."""

    event_id: str
    version: int
    state: LeadState
    matter: str
    town: str
    revision: int


class LiveDevice(Answer):
    """Event `device`: a device stands differently; state null: not known now."""

    gateway: str
    device: str
    state: str | None


class LiveResync(Answer):
    """Event `resync`: something was missed; load what you show anew."""

    reason: str
