"""Old readings are let go in steps and counted; what an act needs stays, on both databases."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from contract import codec
from contract.readings import Reading
from store import Store, arrivals, events, retention
from store.arrivals import ReadingArrival, Reject
from store.retention import Place
from store.tables import readings
from tests.integration import acts

HOUR_S = 3600.0
DAY_S = 24 * HOUR_S


def measured(store: Store, hours: Sequence[float], *, device: str = "kitchen-1", gateway: str = "gw-1") -> None:
    """A fume reading at each of these hours after the tests' beginning of time."""
    coming = []
    for hour in hours:
        at = acts.at(hour * HOUR_S)
        reading = Reading(device=device, at=at, received=at, factor="fume_mg_m3", value=1.0, unit="mg/m3", mark="N")
        body = codec.encode(codec.Message(id=f"{device}/{at}", source="/x", time=at, data=reading))
        coming.append(
            ReadingArrival(gateway=gateway, town="demo", message_id=f"{device}/{at}", reading=reading, body=body)
        )
    with store.write() as conn:
        arrivals.take_readings(conn, coming, at=acts.at(0))


def act(store: Store, onset_h: float, last_h: float, *, phase: str = "closed", revision: int = 1) -> None:
    """An act of kitchen-1 comes in."""
    told = acts.event(
        0,
        revision,
        device="kitchen-1",
        onset=acts.at(onset_h * HOUR_S),
        last_seen=acts.at(last_h * HOUR_S),
        phase=phase,
    )
    with store.write() as conn:
        events.take_in(conn, [acts.arrival(told)], at=acts.at(0))


def round_of(store: Store, before_h: float, *, rows: int = retention.ROWS_A_STEP) -> list[int]:
    """A whole round; returns what each of its steps let go."""
    place: Place | None = Place()
    steps = []
    while place is not None:
        with store.write() as conn:
            place, let_go = retention.let_go_readings(conn, place, before=acts.at(before_h * HOUR_S), rows=rows)
        steps.append(let_go)
        assert len(steps) < 100, "a round must end"
    return steps


def left(store: Store, device: str = "kitchen-1") -> list[str]:
    with store.read() as conn:
        query = select(readings.c.at).where(readings.c.device == device).order_by(readings.c.at)
        return list(conn.execute(query).scalars())


def at_hours(*hours: float) -> list[str]:
    return [acts.at(hour * HOUR_S) for hour in hours]


def test_old_readings_of_every_sensor_go_and_younger_ones_stay(store: Store) -> None:
    measured(store, range(10))
    measured(store, range(5), device="kitchen-2")
    measured(store, [1, 9], device="kitchen-3", gateway="gw-2")
    assert sum(round_of(store, 8)) == 8 + 5 + 1
    assert left(store) == at_hours(8, 9)
    assert left(store, "kitchen-2") == []
    assert left(store, "kitchen-3") == at_hours(9)


def test_a_step_lets_no_more_go_than_its_rows_and_the_next_goes_on_there(store: Store) -> None:
    measured(store, range(10))
    steps = round_of(store, 8, rows=3)
    assert max(steps) == 3
    assert sum(steps) == 8
    assert left(store) == at_hours(8, 9)


def test_what_was_let_go_is_counted_by_gateway(store: Store) -> None:
    measured(store, range(4))
    measured(store, range(2), device="kitchen-3", gateway="gw-2")
    round_of(store, 8)
    round_of(store, 8)
    with store.read() as conn:
        told = arrivals.counters(conn)
        assert (told["gw-1", retention.LET_GO], told["gw-2", retention.LET_GO]) == (4, 2)
        assert retention.let_go_so_far(conn) == {"readings_let_go": 6, "rejects_let_go": 0}


def test_readings_around_an_act_stay_with_half_an_hour_on_each_side(store: Store) -> None:
    measured(store, [1, 1.49, 1.5, 2, 3, 3.49, 3.51, 4, 6])
    measured(store, [2], device="kitchen-2")
    act(store, 2, 3)
    round_of(store, 5)
    assert left(store) == at_hours(1.5, 2, 3, 3.49, 6)
    assert left(store, "kitchen-2") == []


def test_from_the_beginning_of_an_act_that_goes_on_everything_stays(store: Store) -> None:
    measured(store, range(10))
    act(store, 3, 4, phase="updated")
    round_of(store, 9)
    assert left(store) == at_hours(3, 4, 5, 6, 7, 8, 9)
    act(store, 3, 5, revision=2)
    round_of(store, 9)
    assert left(store) == at_hours(3, 4, 5, 9)


def test_a_long_line_of_acts_does_not_end_a_round_early(store: Store) -> None:
    hours = range(2 * retention.STRETCHES_A_STEP + 10)
    measured(store, [0.1 + hour for hour in hours], device="kitchen-0")
    for hour in hours:  # each of its own sensor: a step sees so many and the next goes on
        measured(store, [hour], device=f"kitchen-{1000 + hour}")
    assert sum(round_of(store, len(hours))) == 2 * len(hours)


def test_rejects_go_by_the_time_they_came_in(store: Store) -> None:
    with store.write() as conn:
        arrivals.keep_rejects(conn, [Reject(topic="t", reason="old", body=b"1")], at=acts.at(0))
        arrivals.keep_rejects(conn, [Reject(topic="t", reason="new", body=b"2")], at=acts.at(DAY_S))
    with store.write() as conn:
        assert retention.let_go_rejects(conn, before=acts.at(DAY_S)) == 1
    with store.read() as conn:
        assert [row.reason for row in arrivals.list_rejects(conn)] == ["new"]
        assert retention.let_go_so_far(conn)["rejects_let_go"] == 1
