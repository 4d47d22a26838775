"""One batch, one transaction: what is acked is committed, and no letter holds up another."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from contract import codec
from contract.acks import Ack
from contract.health import Will
from contract.readings import Reading
from ingest.batch import StoreAwayError, commit
from ingest.intake import Letter
from store import Store, arrivals, gateways, leads
from store.blobs import open_blobs
from tests.integration.acts import at, birth, born_zone, event, gateway, health, message

TOPIC = "tantou/v1/demo/gw-1/"
PLACE = ("demo", "gw-1")


def letter(channel: str, body: bytes) -> Letter:
    return Letter(TOPIC + channel, body)


def said(channel: str, data: codec.Payload, second: float = 1) -> Letter:
    source = "/towns/demo/gateways/gw-1/devices/s-1"
    return letter(
        channel, codec.encode(codec.Message(id=f"{channel}:{second}", source=source, time=at(second), data=data))
    )


def of_event(*args: Any, **changes: Any) -> Letter:
    return letter("event", message(event(*args, **changes)))


@pytest.fixture
def centre(store: Store) -> Store:
    """A store that knows gw-1 of the town demo."""
    with store.write() as conn:
        gateways.register(conn, gateway(), at=at(0))
    return store


def test_good_repeated_and_bad_messages_of_one_batch_each_get_their_own_answer(centre: Store) -> None:
    bad = letter("event", message(event(3)).replace(b'"phase":"opened"', b'"phase":"odd"'))
    answers = commit(centre, [of_event(1), bad, of_event(1), of_event(2), of_event(2, 2)], at=at(5))
    results = [(ack.id, ack.result) for ack in answers.acks[PLACE]]
    one, two, three = (event(number).event_id for number in (1, 2, 3))
    assert sorted(results) == sorted(
        [
            (f"{one}:1", "stored"),
            (f"{one}:1", "duplicate"),
            (f"{two}:1", "stored"),
            (f"{two}:2", "stored"),
            (f"{three}:1", "rejected"),
        ]
    )
    with centre.read() as conn:
        assert leads.find(conn, one) is not None
        (reject,) = arrivals.list_rejects(conn)
        counts = arrivals.counters(conn)
    assert (reject.gateway, reject.body) == ("gw-1", bad.body)
    assert "phase" in reject.reason
    assert counts == {
        ("gw-1", "events_opened"): 2,
        ("gw-1", "events_revised"): 1,
        ("gw-1", "events_duplicate"): 1,
        ("gw-1", "rejected_bad_message"): 1,
    }


def test_an_act_of_another_gateway_cannot_be_told_anew_and_its_lead_stays_as_it_was(centre: Store) -> None:
    with centre.write() as conn:
        gateways.register(conn, gateway(id="gw-2", town="rivertown", public_key_hex="cd" * 32), at=at(0))
    stranger = event(1, 9, town="rivertown", gateway="gw-2", event_id=event(1).event_id)
    forged = Letter("tantou/v1/rivertown/gw-2/event", message(stranger))
    unseen = event(2, 1, town="rivertown", gateway="gw-2", event_id=event(2).event_id)
    commit(centre, [of_event(1)], at=at(5))
    answers = commit(centre, [forged, of_event(2), Letter(forged.topic, message(unseen))], at=at(6))
    assert [(ack.id, ack.result) for ack in answers.acks["rivertown", "gw-2"]] == [
        (f"{event(1).event_id}:9", "rejected"),
        (f"{event(2).event_id}:1", "rejected"),
    ]
    with centre.read() as conn:
        for number in (1, 2):
            lead = leads.find(conn, event(number).event_id)
            assert lead is not None
            assert (lead.gateway, lead.town, lead.revision, lead.version) == ("gw-1", "demo", 1, 1)
        assert [row.gateway for row in arrivals.list_rejects(conn)] == ["gw-2", "gw-2"]


def test_an_unregistered_gateway_is_counted_and_neither_stored_nor_acked(store: Store) -> None:
    answers = commit(store, [of_event(1)], at=at(5))
    assert answers.acks == {}
    with store.read() as conn:
        assert leads.find(conn, event(1).event_id) is None
        assert arrivals.counters(conn) == {("gw-1", "unregistered"): 1}


def test_a_birth_with_another_key_is_refused_and_the_events_beside_it_are_not(centre: Store) -> None:
    answers = commit(centre, [said("birth", birth(public_key="cd" * 32)), of_event(1)], at=at(5))
    assert [ack.result for ack in answers.acks[PLACE]] == ["stored"]
    with centre.read() as conn:
        (reject,) = arrivals.list_rejects(conn)
        assert gateways.status(conn, "gw-1") is None
        assert arrivals.counters(conn)[("gw-1", "rejected_birth_key_differs")] == 1
    assert "public key" in reject.reason


def test_birth_health_will_and_readings_are_stored_and_only_readings_acked(centre: Store) -> None:
    reading = Reading(device="s-1", at=at(1), received=at(1), factor="a34004", value=2.0, unit="mg/m3", mark="N")
    letters = [
        said("birth", birth()),
        said("health", health()),
        said("reading", reading),
        said("reading", reading),
    ]
    answers = commit(centre, letters, at=at(5))
    assert answers.acks == {
        PLACE: [Ack(id="reading:1", result="stored"), Ack(id="reading:1", result="duplicate")],
    }
    with centre.read() as conn:
        status = gateways.status(conn, "gw-1")
    assert status is not None
    assert (status.online, status.birth, status.last_health) == (True, birth(), health())
    commit(centre, [said("will", Will(gateway="gw-1", town="demo", reason="lost"))], at=at(6))
    with centre.read() as conn:
        after = gateways.status(conn, "gw-1")
    assert after is not None
    assert not after.online


def test_an_event_of_a_demo_zone_is_a_demo_though_its_birth_comes_in_the_same_batch(centre: Store) -> None:
    commit(centre, [of_event(1), said("birth", birth(zones=(born_zone(demo=True),)))], at=at(5))
    with centre.read() as conn:
        lead = leads.find(conn, event(1).event_id)
    assert lead is not None
    assert lead.demo


def test_a_letter_that_the_database_refuses_does_not_hold_up_the_others(centre: Store) -> None:
    # a rule of the database that one of three events breaks stands in for whatever a database may not like
    with centre.write() as conn:
        if conn.dialect.name == "postgresql":
            conn.execute(text("ALTER TABLE leads ADD CONSTRAINT odd CHECK (zone <> 'zone-odd')"))
        else:
            conn.execute(
                text(
                    "CREATE TRIGGER odd BEFORE INSERT ON leads WHEN NEW.zone = 'zone-odd' "
                    "BEGIN SELECT RAISE(ABORT, 'odd'); END"
                )
            )
    answers = commit(centre, [of_event(1), of_event(2, zone="zone-odd"), of_event(3)], at=at(5))
    assert [(ack.id[:36], ack.result) for ack in answers.acks[PLACE]] == [
        (event(1).event_id, "stored"),
        (event(3).event_id, "stored"),
    ]
    with centre.read() as conn:
        (reject,) = arrivals.list_rejects(conn)
        assert arrivals.counters(conn)[("gw-1", "failed")] == 1
        assert leads.find(conn, event(2).event_id) is None
    assert reject.reason.startswith("failed:")


@pytest.mark.parametrize("url", ["postgresql://postgres@127.0.0.1:1/centre", "sqlite:////dev/null/centre.db"])
def test_a_database_that_is_away_stores_nothing_and_acks_nothing(url: str, tmp_path: Path) -> None:
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    with pytest.raises(StoreAwayError, match="database"):
        commit(Store(engine, open_blobs(str(tmp_path / "blobs"))), [of_event(1)], at=at(5))
