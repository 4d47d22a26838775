"""The life of a lead: its states and the one table of what may change them; the database CHECK is made from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from contract.errors import LeadRefused

State = Literal[
    "alert",
    "claimed",
    "confirmed",
    "dismissed",
    "offered",
    "accepted",
    "returned",
    "handed_over",
    "case_opened",
    "closed",
    "withdrawn",
    "superseded",
    "permitted",
]
Action = Literal[
    "claim",
    "release",
    "expire",
    "confirm",
    "dismiss",
    "undo",
    "pass",
    "offer",
    "accept",
    "return",
    "hand_over",
    "open_case",
    "close",
    "withdraw",
    "supersede",
    "split",
    "permit",
    "ring",
    "respond",
]
Actor = Literal[
    "operator", "holder", "same_person", "case_officer", "clock", "policy", "connector", "correction", "responder"
]

STATES: tuple[State, ...] = get_args(State)
ACTIONS: tuple[Action, ...] = get_args(Action)
HANDED_ON: tuple[State, ...] = ("accepted", "handed_over", "case_opened", "closed")
"""From here on a lead shows the revision that the case officer accepted: what comes later is kept beside it."""
OPENED: Literal["opened"] = "opened"  # history's word for a lead's first row
REVISED: Literal["revised"] = "revised"  # history's word for a newer revision of the event: the state stays


@dataclass(frozen=True, slots=True)
class Transition:
    """One allowed change; `actor` is the kind of one who may make it."""

    action: Action
    before: State
    after: State
    actor: Actor


TRANSITIONS: tuple[Transition, ...] = (
    Transition("claim", "alert", "claimed", "operator"),
    Transition("claim", "claimed", "claimed", "operator"),  # only a lease that ran out, or one's own
    Transition("release", "claimed", "alert", "holder"),
    Transition("expire", "claimed", "alert", "clock"),
    Transition("confirm", "claimed", "confirmed", "holder"),
    Transition("dismiss", "claimed", "dismissed", "holder"),
    Transition("undo", "confirmed", "claimed", "same_person"),
    Transition("undo", "dismissed", "claimed", "same_person"),
    Transition("pass", "alert", "offered", "policy"),
    Transition("offer", "confirmed", "offered", "clock"),
    Transition("accept", "offered", "accepted", "case_officer"),
    Transition("return", "offered", "returned", "case_officer"),
    Transition("open_case", "accepted", "case_opened", "case_officer"),
    Transition("hand_over", "accepted", "handed_over", "connector"),
    Transition("open_case", "handed_over", "case_opened", "connector"),
    Transition("close", "case_opened", "closed", "connector"),
    Transition("withdraw", "alert", "withdrawn", "correction"),
    Transition("withdraw", "claimed", "withdrawn", "correction"),
    Transition("withdraw", "confirmed", "withdrawn", "correction"),
    Transition("withdraw", "offered", "withdrawn", "correction"),
    Transition("supersede", "alert", "superseded", "correction"),
    Transition("supersede", "claimed", "superseded", "correction"),
    Transition("supersede", "offered", "superseded", "correction"),
    Transition("split", "superseded", "alert", "operator"),  # it was another act after all
    Transition("permit", "alert", "permitted", "policy"),
    Transition("permit", "claimed", "permitted", "policy"),
    Transition("ring", "permitted", "alert", "policy"),  # what excused it does not cover it any more
    # A step of the response to a fire, noted beside the review: the state stays.
    Transition("respond", "alert", "alert", "responder"),
    Transition("respond", "claimed", "claimed", "responder"),
    Transition("respond", "confirmed", "confirmed", "responder"),
    Transition("respond", "offered", "offered", "responder"),
    Transition("respond", "accepted", "accepted", "responder"),
    Transition("respond", "handed_over", "handed_over", "responder"),
    Transition("respond", "case_opened", "case_opened", "responder"),
)
_AFTER: dict[tuple[Action, State], Transition] = {(t.action, t.before): t for t in TRANSITIONS}


def after(action: Action, state: State) -> State:
    """The state that `action` leads to from `state`; raises LeadRefused (code `wrong_state`) where none is allowed."""
    transition = _AFTER.get((action, state))
    if transition is None:
        allowed = ", ".join(actions_from(state)) or "nothing"
        raise LeadRefused("wrong_state", f"lead: cannot {action} from {state}; from there: {allowed}")
    return transition.after


def actions_from(state: State) -> tuple[Action, ...]:
    """The actions that the table allows from `state`, in the table's order; who may take them is another question."""
    return tuple(t.action for t in TRANSITIONS if t.before == state)
