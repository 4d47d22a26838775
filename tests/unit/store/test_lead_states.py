"""The transition table is the one truth about a lead's life."""

from __future__ import annotations

import itertools

import pytest

from contract.errors import LeadRefused
from store.lead_states import ACTIONS, STATES, TRANSITIONS, actions_from, after


def test_every_pair_is_either_in_the_table_or_refused_with_what_is_allowed() -> None:
    table = {(transition.action, transition.before): transition.after for transition in TRANSITIONS}
    for action, state in itertools.product(ACTIONS, STATES):
        if (action, state) in table:
            assert after(action, state) == table[(action, state)]
        else:
            with pytest.raises(LeadRefused, match=f"cannot {action} from {state}") as refusal:
                after(action, state)
            assert refusal.value.code == "wrong_state"


def test_the_table_names_each_pair_once() -> None:
    pairs = [(transition.action, transition.before) for transition in TRANSITIONS]
    assert len(pairs) == len(set(pairs))


def test_every_state_is_reached_from_an_alert_and_every_action_is_used() -> None:
    reached = {"alert"}
    while True:
        more = {transition.after for transition in TRANSITIONS if transition.before in reached} - reached
        if not more:
            break
        reached |= more
    assert reached == set(STATES)
    assert {transition.action for transition in TRANSITIONS} == set(ACTIONS)


def test_no_way_leads_to_a_case_without_a_case_officer() -> None:
    without = [transition for transition in TRANSITIONS if transition.actor != "case_officer"]
    reached = {"alert"}
    for _ in STATES:
        reached |= {transition.after for transition in without if transition.before in reached}
    assert not reached & {"accepted", "handed_over", "case_opened", "closed"}


@pytest.mark.parametrize("state", ["returned", "closed", "withdrawn"])
def test_an_end_is_an_end(state: str) -> None:
    assert actions_from(state) == ()  # type: ignore[arg-type]


def test_what_was_permitted_may_only_ring_again() -> None:
    assert actions_from("permitted") == ("ring",)


def test_what_was_superseded_may_only_be_split_off_again() -> None:
    assert actions_from("superseded") == ("split",)
