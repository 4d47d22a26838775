"""Events are in effect once, whatever the wire repeats or reorders."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from contract.readings import Reading
from store import Store, arrivals, events, feed, files, gateways, leads
from tests.integration.acts import arrival, at, birth, born_zone, event, evidence, gateway


def test_a_first_revision_opens_an_alert_with_its_history_and_feed_row(store: Store) -> None:
    with store.write() as conn:
        assert events.take_in(conn, [arrival(event())], at=at(5)) == ["opened"]
    with store.read() as conn:
        lead = leads.find(conn, event().event_id)
        assert lead is not None
        assert (lead.state, lead.version, lead.revision, lead.opened_at) == ("alert", 1, 1, at(5))
        (row,) = leads.history(conn, lead.event_id)
        assert (row.seq, row.from_state, row.to_state, row.action) == (1, None, "alert", "opened")
        (change,) = feed.since(conn, 0)
        assert change.kind == "lead"
        assert change.key["event_id"] == lead.event_id


def test_a_repeat_is_a_duplicate_within_a_batch_and_across_batches(store: Store) -> None:
    with store.write() as conn:
        batch = [arrival(event(1)), arrival(event(1)), arrival(event(2))]
        assert events.take_in(conn, batch, at=at(5)) == ["opened", "duplicate", "opened"]
    with store.write() as conn:
        assert events.take_in(conn, batch, at=at(6)) == ["duplicate"] * 3
    with store.read() as conn:
        lead = leads.find(conn, event(1).event_id)
        assert lead is not None
        assert lead.version == 1
        assert len(feed.since(conn, 0)) == 2


def test_an_older_revision_is_stored_and_changes_nothing(store: Store) -> None:
    with store.write() as conn:
        assert events.take_in(conn, [arrival(event(revision=3))], at=at(5)) == ["opened"]
        assert events.take_in(conn, [arrival(event(revision=2))], at=at(6)) == ["older"]
    with store.read() as conn:
        lead = leads.find(conn, event().event_id)
        assert lead is not None
        assert (lead.revision, lead.version) == (3, 1)
        assert [stored.revision for stored in events.revisions(conn, lead.event_id)] == [2, 3]
        assert events.current_events(conn, [lead])[lead.event_id].revision == 3


def test_revisions_of_one_act_in_one_batch_move_its_lead_step_by_step(store: Store) -> None:
    with store.write() as conn:
        batch = [arrival(event(revision=number)) for number in (1, 2, 4, 3)]
        assert events.take_in(conn, batch, at=at(9)) == ["opened", "revised", "revised", "older"]
    with store.read() as conn:
        lead = leads.find(conn, event().event_id)
        assert lead is not None
        assert (lead.revision, lead.version, lead.last_seen) == (4, 3, event(revision=4).last_seen)
        history = leads.history(conn, lead.event_id)
        assert [row.action for row in history] == ["opened", "revised", "revised"]
        assert leads.broken_histories(conn) == {}


def test_a_revision_of_a_decided_lead_keeps_its_state(store: Store) -> None:
    act = leads.Act(who="user-1", at=at(10))
    with store.write() as conn:
        events.take_in(conn, [arrival(event())], at=at(5))
        lead = leads.claim(conn, event().event_id, act, lease_until=at(100))
        leads.verdict(conn, lead.event_id, act, version=lead.version, says="dismiss")
        assert events.take_in(conn, [arrival(event(revision=2))], at=at(20)) == ["revised"]
        moved = leads.find(conn, lead.event_id)
    assert moved is not None
    assert (moved.state, moved.revision, moved.dismissed_by) == ("dismissed", 2, "user-1")


def test_an_act_in_a_demo_zone_is_marked_also_when_it_overtakes_the_birth(store: Store) -> None:
    demo = birth(zones=(born_zone(demo=True),))
    with store.write() as conn:
        gateways.register(conn, gateway(), at=at(0))
        events.take_in(conn, [arrival(event(1))], at=at(1))
        gateways.take_birth(conn, demo, at=at(2))
        events.take_in(conn, [arrival(event(2)), arrival(event(3, zone="zone-9"))], at=at(3))
    with store.read() as conn:
        found = [leads.find(conn, event(number).event_id) for number in (1, 2, 3)]
    assert [lead.demo for lead in found if lead is not None] == [True, True, False]


def test_evidence_becomes_complete_when_the_last_file_is_there(store: Store) -> None:
    still, manifest, signature = b"still", b"manifest", b"signature"
    shown = event(evidence=evidence(still, manifest=manifest, signature=signature))
    ref = shown.evidence
    assert ref is not None
    hashes = [ref.items[0].sha256, ref.manifest_sha256, ref.signature_sha256]
    seen = []
    with store.write() as conn:
        events.take_in(conn, [arrival(shown)], at=at(5))
        lead = leads.find(conn, shown.event_id)
        assert lead is not None
        for sha256 in hashes:
            files.keep_blob(conn, sha256, "gw-1", size_bytes=5, at=at(6))
            found = events.evidence_of(conn, lead)
            assert found is not None
            seen.append((found.complete, found.files[0].available))
    with store.read() as conn:
        # each file told the feed, so that whoever looks at the lead sees it come in
        assert [change.kind for change in feed.since(conn, 0)] == ["lead"] * 4
    assert seen == [(False, True), (False, True), (True, True)]


def test_evidence_of_an_earlier_revision_stays_when_a_later_one_carries_none(store: Store) -> None:
    with store.write() as conn:
        batch = [arrival(event(evidence=evidence(b"a"))), arrival(event(revision=2))]
        events.take_in(conn, batch, at=at(5))
        lead = leads.find(conn, event().event_id)
        assert lead is not None
        found = events.evidence_of(conn, lead)
    assert found is not None
    assert (found.revision, lead.revision) == (1, 2)


def test_a_file_belongs_to_the_events_that_list_it_and_to_no_other(store: Store) -> None:
    listed = evidence(b"mine")
    sha256 = listed.items[0].sha256
    with store.write() as conn:
        events.take_in(conn, [arrival(event(1, evidence=listed)), arrival(event(2))], at=at(5))
        assert events.lists_file(conn, event(1).event_id, sha256)
        assert events.lists_file(conn, event(1).event_id, listed.manifest_sha256)
        assert not events.lists_file(conn, event(2).event_id, sha256)
        assert files.is_listed(conn, "gw-1", sha256)
        assert not files.is_listed(conn, "gw-2", sha256)


def test_files_that_overtook_their_event_count_against_the_quota_until_it_comes(store: Store) -> None:
    listed = evidence(b"mine")
    with store.write() as conn:
        files.keep_blob(conn, listed.items[0].sha256, "gw-1", size_bytes=4, at=at(1))
        files.keep_part(conn, listed.manifest_sha256, "gw-1", span=(3, 8), at=at(1))
        assert files.unlisted(conn, "gw-1") == files.Quota(files=2, bytes=12)
        events.take_in(conn, [arrival(event(1, evidence=listed))], at=at(5))
        assert files.unlisted(conn, "gw-1") == files.Quota(files=0, bytes=0)


def test_a_batch_that_fails_leaves_nothing_behind(store: Store) -> None:
    try:
        with store.write() as conn:
            events.take_in(conn, [arrival(event())], at=at(5))
            raise ConnectionAbortedError
    except ConnectionAbortedError:
        pass
    with store.read() as conn:
        assert leads.find(conn, event().event_id) is None
        assert events.revisions(conn, event().event_id) == []
        assert feed.since(conn, 0) == []


def test_writers_side_by_side_store_each_event_once_and_number_the_feed_in_commit_order(store: Store) -> None:
    batches = [[arrival(event(number)) for number in range(start, start + 20)] for start in (0, 10, 0, 10)]

    def take(batch: list[events.Arrival]) -> list[events.Effect]:
        with store.write() as conn:
            return events.take_in(conn, batch, at=at(99))

    with ThreadPoolExecutor(4) as pool:
        effects = [effect for found in pool.map(take, batches) for effect in found]
    assert (effects.count("opened"), effects.count("duplicate")) == (30, 50)
    with store.read() as conn:
        told = feed.since(conn, 0)
    assert len({change.key["event_id"] for change in told}) == len(told) == 30


def test_readings_are_stored_once_by_gateway_and_message(store: Store) -> None:
    reading = Reading(device="s-1", at=at(1), received=at(2), factor="a34004", value=None, unit="mg/m3", mark="D")
    one, other = (
        arrivals.ReadingArrival(gateway=name, town="demo", message_id="m1", reading=reading, body=b"{}")
        for name in ("gw-1", "gw-2")
    )
    with store.write() as conn:
        assert arrivals.take_readings(conn, [one, one, other], at=at(3)) == [True, False, True]
        assert arrivals.take_readings(conn, [one], at=at(4)) == [False]


def test_rejects_are_kept_with_their_reason_and_bounded(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrivals, "REJECTS_KEPT", 3)
    with store.write() as conn:
        for number in range(5):
            reject = arrivals.Reject(topic="a/b", reason=f"no\0 {number}", body=b"\0\xff", gateway=None)
            arrivals.keep_rejects(conn, [reject], at=at(number))
        kept = arrivals.list_rejects(conn)
    assert [row.reason[-1] for row in kept] == ["4", "3", "2"]
    assert kept[0].body == b"\0\xff"


def test_counters_add_up_over_transactions(store: Store) -> None:
    for more in ({("gw-1", "stored"): 2, ("-", "no_topic"): 1}, {("gw-1", "stored"): 3}):
        with store.write() as conn:
            arrivals.count(conn, more)
    with store.read() as conn:
        assert arrivals.counters(conn) == {("gw-1", "stored"): 5, ("-", "no_topic"): 1}
