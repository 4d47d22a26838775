"""Whatever people and the clock do to leads in any order, nobody takes another's and the record stays whole."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from contract.errors import LeadRefused
from store import events, lead_lists, leads, open_store
from store.lead_states import HANDED_ON, TRANSITIONS
from tests.integration.acts import arrival, at, event

PEOPLE = st.sampled_from(["anna", "bert", "cora"])
ACTS = st.integers(0, 2)
LEASE_S = 90
UNDO_S = 10
STEPS = {(transition.action, transition.before, transition.after) for transition in TRANSITIONS}


class Leads(RuleBasedStateMachine):
    """Three acts, three people, one clock; every refusal must leave the lead as it was."""

    @initialize()
    def open(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="tantou-leads-"))
        self.store = open_store(f"sqlite:///{self.folder}/centre.db", str(self.folder / "blobs"))
        self.second = 100.0
        self.refusals: set[str] = set()
        with self.store.write() as conn:
            events.take_in(conn, [arrival(event(number)) for number in range(3)], at=at(0))

    def teardown(self) -> None:
        self.store.close()
        shutil.rmtree(self.folder)

    def lead(self, number: int) -> leads.Lead:
        with self.store.read() as conn:
            found = leads.find(conn, event(number).event_id)
        assert found is not None
        return found

    def do(self, what: Any, number: int, who: str, **more: Any) -> leads.Lead | None:
        """The lead after one function of `store.leads`; None when it was refused, and then nothing changed."""
        before = self.lead(number)
        try:
            with self.store.write() as conn:
                after: leads.Lead = what(conn, before.event_id, leads.Act(who=who, at=at(self.second)), **more)
        except LeadRefused as refusal:
            self.refusals.add(refusal.code)
            assert self.lead(number) == before
            return None
        assert self.lead(number) == after
        return after

    @rule(seconds=st.sampled_from([1.0, 5.0, 11.0, 91.0]))
    def time_passes(self, seconds: float) -> None:
        self.second += seconds

    @rule(number=ACTS, who=PEOPLE)
    def claim(self, number: int, who: str) -> None:
        before = self.lead(number)
        after = self.do(leads.claim, number, who, lease_until=at(self.second + LEASE_S))
        if after is not None and before.holder not in (None, who):
            assert before.lease_until is not None
            assert before.lease_until <= at(self.second)

    @rule(who=PEOPLE)
    def claim_next(self, who: str) -> None:
        with self.store.write() as conn:
            act = leads.Act(who=who, at=at(self.second))
            waiting = lead_lists.queue(conn, None, at=act.at).alerts
            got = leads.claim_next(conn, act, lease_until=at(self.second + LEASE_S), towns=None)
        assert (got is not None) == (waiting > 0)

    @rule(number=ACTS, who=PEOPLE)
    def release(self, number: int, who: str) -> None:
        before = self.lead(number)
        assert self.do(leads.release, number, who) is None or before.holder == who

    @rule(number=ACTS, who=PEOPLE, says=st.sampled_from(["confirm", "dismiss"]), stale=st.booleans())
    def judge(self, number: int, who: str, says: str, stale: bool) -> None:
        before = self.lead(number)
        after = self.do(leads.verdict, number, who, version=before.version - stale, says=says)
        assert after is None or (before.holder == who and not stale and after.holder is None)

    @rule(number=ACTS, who=PEOPLE)
    def undo(self, number: int, who: str) -> None:
        before = self.lead(number)
        more = {"lease_until": at(self.second + LEASE_S), "given_after": at(self.second - UNDO_S)}
        after = self.do(leads.undo, number, who, version=before.version, **more)
        assert after is None or who in (before.confirmed_by, before.dismissed_by)

    @rule()
    def clock_strikes(self) -> None:
        with self.store.write() as conn:
            act = leads.Act(who="clock", at=at(self.second))
            leads.expire_leases(conn, act)
            offered = leads.offer_due(conn, act, confirmed_before=at(self.second - UNDO_S))
        assert all(lead.confirmed_by is not None for lead in offered)

    @rule(number=ACTS, who=PEOPLE, case_number=st.sampled_from([None, "2026-1"]))
    def accept(self, number: int, who: str, case_number: str | None) -> None:
        before = self.lead(number)
        after = self.do(leads.accept, number, who, version=before.version, case_number=case_number)
        assert after is None or (before.state == "offered" and after.decided_by == who)

    @rule(number=ACTS, revision=st.integers(2, 9))
    def a_revision_comes(self, number: int, revision: int) -> None:
        before = self.lead(number)
        with self.store.write() as conn:
            events.take_in(conn, [arrival(event(number, revision))], at=at(self.second))
        after = self.lead(number)
        assert after == before if before.state in HANDED_ON else after.state == before.state

    @invariant()
    def the_record_is_whole(self) -> None:
        if not hasattr(self, "store"):
            return
        for number in range(3):
            lead = self.lead(number)
            with self.store.read() as conn:
                rows = leads.history(conn, lead.event_id)
                assert leads.broken_histories(conn) == {}
            assert len(rows) == lead.version
            assert rows[-1].to_state == lead.state
            assert (lead.holder is None) == (lead.lease_until is None) == (lead.state != "claimed")
            for row in rows:
                assert row.action in ("opened", "revised") or (row.action, row.from_state, row.to_state) in STEPS


TestLeads = Leads.TestCase
TestLeads.settings = settings(max_examples=12, stateful_step_count=25, deadline=None)
