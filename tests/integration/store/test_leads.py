"""A lead's life: who may do what, when, and that two people never get the same one."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import Connection, delete, select, update
from sqlalchemy.exc import IntegrityError

from contract.errors import LeadRefused
from store import Store, events, feed, lead_lists, leads, tables
from tests.integration.acts import arrival, at, event

ALL = frozenset({"demo"})


def act(who: str = "anna", second: float = 10, **why: str) -> leads.Act:
    return leads.Act(who=who, at=at(second), **why)


def take(store: Store, *numbers: int, **changes: Any) -> list[str]:
    """Alerts that came in at seconds 1, 2, ... in this order; their ids."""
    for second, number in enumerate(numbers, 1):
        with store.write() as conn:
            events.take_in(conn, [arrival(event(number, **changes))], at=at(second))
    return [event(number, **changes).event_id for number in numbers]


def offered(store: Store, number: int = 0) -> leads.Lead:
    """A lead that anna confirmed and the clock offered."""
    (event_id,) = take(store, number)
    with store.write() as conn:
        claimed = leads.claim(conn, event_id, act(), lease_until=at(100))
        leads.verdict(conn, event_id, act(second=20), version=claimed.version, says="confirm")
        (lead,) = leads.offer_due(conn, act("clock", 30), confirmed_before=at(20))
    return lead


def outbox_rows(conn: Connection) -> list[Any]:
    return list(conn.execute(select(tables.outbox)))


def refused(code: str) -> Any:
    return pytest.raises(LeadRefused, check=lambda error: error.code == code)


def test_the_oldest_alert_is_claimed_first_and_then_the_next(store: Store) -> None:
    ids = take(store, 7, 3, 5)
    with store.write() as conn:
        got = [leads.claim_next(conn, act(), lease_until=at(100), towns=ALL) for _ in range(4)]
    assert [lead and lead.event_id for lead in got] == [*ids, None]
    assert got[0] is not None
    assert (got[0].state, got[0].holder, got[0].lease_until) == ("claimed", "anna", at(100))


def test_a_lease_that_ran_out_is_claimable_at_its_old_place(store: Store) -> None:
    first, second = take(store, 1, 2)
    with store.write() as conn:
        leads.claim(conn, first, act(), lease_until=at(50))
        before = leads.claim_next(conn, act("bert", 49), lease_until=at(99), towns=ALL)
        again = leads.claim_next(conn, act("cora", 50), lease_until=at(99), towns=ALL)
    assert before is not None
    assert again is not None
    assert (before.event_id, again.event_id, again.holder) == (second, first, "cora")


def test_claims_keep_to_the_towns_and_the_matter_asked_for(store: Store) -> None:
    take(store, 1, town="west")
    (mine,) = take(store, 2)
    with store.write() as conn:
        assert leads.claim_next(conn, act(), lease_until=at(99), towns=ALL, matter="straw_burning") is None
        assert leads.claim_next(conn, act(), lease_until=at(99), towns=frozenset()) is None
        got = leads.claim_next(conn, act(), lease_until=at(99), towns=ALL)
    assert got is not None
    assert got.event_id == mine


def test_operators_side_by_side_never_get_the_same_alert(store: Store) -> None:
    ids = take(store, *range(12))

    def work(name: str) -> list[str]:
        mine: list[str] = []
        while True:
            with store.write() as conn:
                lead = leads.claim_next(conn, act(name), lease_until=at(100), towns=ALL)
            if lead is None:
                return mine
            mine.append(lead.event_id)

    with ThreadPoolExecutor(4) as pool:
        claimed = [event_id for mine in pool.map(work, "abcd") for event_id in mine]
    assert sorted(claimed) == sorted(ids)


def test_another_persons_running_claim_is_refused_and_names_the_holder(store: Store) -> None:
    (event_id,) = take(store, 1)
    with store.write() as conn:
        leads.claim(conn, event_id, act("anna"), lease_until=at(50))
        with pytest.raises(LeadRefused) as refusal:
            leads.claim(conn, event_id, act("bert", 49), lease_until=at(99))
        assert (refusal.value.code, refusal.value.holder) == ("claimed_by_other", "anna")
        own = leads.claim(conn, event_id, act("anna", 49), lease_until=at(80))
        taken = leads.claim(conn, event_id, act("bert", 80), lease_until=at(99))
    assert (own.lease_until, own.version, taken.holder) == (at(80), 2, "bert")


def test_only_the_holder_renews_releases_and_judges(store: Store) -> None:
    (event_id,) = take(store, 1)
    with store.write() as conn:
        lead = leads.claim(conn, event_id, act("anna"), lease_until=at(50))
        with refused("not_holder"):
            leads.renew(conn, event_id, act("bert"), lease_until=at(99))
        with refused("not_holder"):
            leads.release(conn, event_id, act("bert"))
        with refused("not_holder"):
            leads.verdict(conn, event_id, act("bert"), version=lead.version, says="confirm")
        assert leads.renew(conn, event_id, act("anna"), lease_until=at(70)).lease_until == at(70)
        released = leads.release(conn, event_id, act("anna"))
    assert (released.state, released.holder, released.lease_until) == ("alert", None, None)


def test_leases_that_ran_out_go_back_into_the_queue_by_the_clock(store: Store) -> None:
    early, late = take(store, 1, 2)
    with store.write() as conn:
        leads.claim(conn, early, act(), lease_until=at(50))
        leads.claim(conn, late, act(), lease_until=at(51))
        assert [lead.event_id for lead in leads.expire_leases(conn, act("clock", 50))] == [early]
        assert leads.history(conn, early)[-1].action == "expire"
        with refused("not_holder"):
            leads.verdict(conn, early, act(), version=3, says="confirm")


def test_a_verdict_on_a_version_that_is_not_the_newest_is_refused(store: Store) -> None:
    (event_id,) = take(store, 1)
    with store.write() as conn:
        lead = leads.claim(conn, event_id, act(), lease_until=at(50))
        events.take_in(conn, [arrival(event(1, revision=2))], at=at(12))
        with refused("version_conflict"):
            leads.verdict(conn, event_id, act(), version=lead.version, says="confirm")
        done = leads.verdict(conn, event_id, act(), version=lead.version + 1, says="confirm")
    assert (done.state, done.confirmed_by, done.confirmed_at, done.holder) == ("confirmed", "anna", at(10), None)


def test_a_dismissal_keeps_its_reason_in_the_history(store: Store) -> None:
    (event_id,) = take(store, 1)
    with store.write() as conn:
        lead = leads.claim(conn, event_id, act(), lease_until=at(50))
        why = act(reason="loading", note="crates")
        assert leads.verdict(conn, event_id, why, version=lead.version, says="dismiss").state == "dismissed"
        row = leads.history(conn, event_id)[-1]
    assert (row.action, row.reason, row.note, row.who) == ("dismiss", "loading", "crates", "anna")


@pytest.mark.parametrize("says", ["confirm", "dismiss"])
def test_the_same_person_takes_a_verdict_back_in_time_and_nobody_else_ever(store: Store, says: Any) -> None:
    (event_id,) = take(store, 1)
    with store.write() as conn:
        lead = leads.claim(conn, event_id, act(), lease_until=at(50))
        done = leads.verdict(conn, event_id, act(second=20), version=lead.version, says=says)
        for who, given_after in (("bert", at(20)), ("anna", at(20.001))):
            with refused("undo_over"):
                leads.undo(conn, event_id, act(who), version=done.version, lease_until=at(99), given_after=given_after)
        back = leads.undo(conn, event_id, act(), version=done.version, lease_until=at(99), given_after=at(20))
    assert (back.state, back.holder, back.confirmed_by, back.dismissed_by) == ("claimed", "anna", None, None)


def test_only_what_was_confirmed_long_enough_ago_is_offered_once(store: Store) -> None:
    lead = offered(store)
    assert lead.state == "offered"
    with store.write() as conn:
        assert leads.offer_due(conn, act("clock", 40), confirmed_before=at(40)) == []
        with refused("undo_over"):
            leads.undo(conn, lead.event_id, act(), version=lead.version, lease_until=at(99), given_after=at(0))


def test_accepting_writes_the_outbox_row_in_the_same_transaction(store: Store) -> None:
    lead = offered(store)
    try:
        with store.write() as conn:
            leads.accept(conn, lead.event_id, act("olga", 60), version=lead.version)
            raise ConnectionAbortedError
    except ConnectionAbortedError:
        pass
    with store.write() as conn:
        assert outbox_rows(conn) == []
        accepted = leads.accept(conn, lead.event_id, act("olga", 60), version=lead.version)
        (row,) = outbox_rows(conn)
    assert (accepted.state, accepted.decided_by) == ("accepted", "olga")
    assert (row.event_id, row.kind, row.sent_at) == (lead.event_id, "accepted_lead", None)
    assert json.loads(row.body)["revision"] == lead.revision


@pytest.mark.parametrize("case_number", [None, "2026-17"])
def test_a_revision_after_the_acceptance_is_kept_and_the_accepted_one_stays(
    store: Store, case_number: str | None
) -> None:
    lead = offered(store)
    with store.write() as conn:
        accepted = leads.accept(conn, lead.event_id, act("olga", 40), version=lead.version, case_number=case_number)
        assert events.take_in(conn, [arrival(event(0, 2)), arrival(event(0, 3))], at=at(50)) == ["late", "late"]
    with store.read() as conn:
        assert leads.find(conn, lead.event_id) == accepted
        assert [stored.revision for stored in events.revisions(conn, lead.event_id)] == [1, 2, 3]


def test_a_case_number_goes_straight_to_the_opened_case(store: Store) -> None:
    lead = offered(store)
    with store.write() as conn:
        done = leads.accept(conn, lead.event_id, act("olga", 60), version=lead.version, case_number="2026-17")
        assert outbox_rows(conn) == []
        steps = [row.to_state for row in leads.history(conn, lead.event_id)]
    assert (done.state, done.case_number) == ("case_opened", "2026-17")
    assert steps == ["alert", "claimed", "confirmed", "offered", "accepted", "case_opened"]


def test_device_evidence_needs_a_second_person(store: Store) -> None:
    lead = offered(store)
    with store.write() as conn:
        conn.execute(update(tables.leads).values(purpose="device_evidence"))
        with refused("same_person"):
            leads.accept(conn, lead.event_id, act("anna", 60), version=lead.version)
        assert leads.accept(conn, lead.event_id, act("olga", 60), version=lead.version).state == "accepted"


def test_a_returned_lead_stays_returned(store: Store) -> None:
    lead = offered(store)
    with store.write() as conn:
        done = leads.return_(conn, lead.event_id, act("olga", 60, reason="wrong_plate"), version=lead.version)
        with refused("wrong_state"):
            leads.accept(conn, lead.event_id, act("olga", 61), version=done.version)
    assert (done.state, done.decided_by) == ("returned", "olga")


def test_a_lead_taken_aside_ends_the_claim_on_it(store: Store) -> None:
    (event_id,) = take(store, 1)
    with store.write() as conn:
        leads.claim(conn, event_id, act(), lease_until=at(50))
        aside = leads.correct(conn, event_id, act("policy", reason="permit 4711"), action="permit")
    assert (aside.state, aside.holder) == ("permitted", None)


def test_every_change_has_a_history_row_in_one_whole_chain_and_a_feed_row(store: Store) -> None:
    lead = offered(store)
    with store.read() as conn:
        rows = leads.history(conn, lead.event_id)
        told = [change.key["version"] for change in feed.since(conn, 0)]
        assert leads.broken_histories(conn) == {}
    assert [row.seq for row in rows] == told == list(range(1, lead.version + 1))


def test_a_changed_or_missing_history_row_is_found_and_other_leads_stay_whole(store: Store) -> None:
    lead, other = offered(store, 0), offered(store, 1)
    own = tables.lead_history.c.event_id == lead.event_id
    for damage, expected in (
        (update(tables.lead_history).where(own, tables.lead_history.c.seq == 3).values(who="bert"), 3),
        (delete(tables.lead_history).where(own, tables.lead_history.c.seq == 2), 2),
    ):
        with store.write() as conn:
            conn.execute(damage)
            assert leads.broken_histories(conn) == {lead.event_id: expected}
            assert leads.history(conn, other.event_id)


def test_an_unknown_lead_is_not_found(store: Store) -> None:
    with store.write() as conn, refused("not_found"):
        leads.claim(conn, "no-such-lead", act(), lease_until=at(50))


def test_the_database_itself_refuses_a_state_that_is_none(store: Store) -> None:
    take(store, 1)
    with pytest.raises(IntegrityError), store.write() as conn:
        conn.execute(update(tables.leads).values(state="lost"))


def test_pages_follow_each_other_without_gap_or_repeat_in_both_orders(store: Store) -> None:
    ids = take(store, *range(7))
    with store.write() as conn:
        events.take_in(conn, [arrival(event(number)) for number in (20, 21, 22)], at=at(7))  # same instant as the last
    orders: tuple[Any, ...] = ("oldest", "newest")
    for order in orders:
        want = lead_lists.LeadFilter(towns=None, order=order)
        seen: list[leads.Lead] = []
        after: Any = None
        with store.read() as conn:
            for _ in range(4):
                found = lead_lists.page(conn, want, after=after, limit=3)
                seen += found.leads
                after = found.next_after
        assert after is None
        places = [(lead.opened_at, lead.event_id) for lead in seen]
        assert places == sorted(places, reverse=order == "newest")
        assert len(set(places)) == 10
        assert {lead.event_id for lead in seen} >= set(ids)


def test_a_list_shows_what_is_asked_for_and_only_the_towns_given(store: Store) -> None:
    take(store, 1, town="west")
    one, _two = take(store, 2, 3)
    with store.write() as conn:
        leads.claim(conn, one, act(), lease_until=at(50))

    def shown(**want: Any) -> list[str]:
        with store.read() as conn:
            page = lead_lists.page(conn, lead_lists.LeadFilter(**({"towns": ALL} | want)))
            return [lead.event_id for lead in page.leads]

    assert len(shown()) == 2
    assert len(shown(towns=None)) == 3
    assert shown(towns=frozenset()) == []
    assert shown(states=["claimed", "offered"]) == [one]
    assert shown(text=one[:13].upper()) == [one]
    assert shown(text="%") == []
    assert shown(grade="full") == shown(device="cam-9") == shown(matter="straw_burning") == []


def test_the_queue_counts_a_lease_that_ran_out_as_waiting(store: Store) -> None:
    one, _two = take(store, 1, 2)
    with store.write() as conn:
        leads.claim(conn, one, act(), lease_until=at(50))
        running = lead_lists.queue(conn, ALL, at=at(49))
        over = lead_lists.queue(conn, ALL, at=at(50))
        nothing = lead_lists.queue(conn, frozenset(), at=at(50))
    assert (running.alerts, running.oldest_at, running.claimed) == (1, at(2), 1)
    assert (over.alerts, over.oldest_at, over.claimed) == (2, at(1), 0)
    assert (nothing.alerts, nothing.oldest_at, nothing.cameras_total) == (0, None, 0)
