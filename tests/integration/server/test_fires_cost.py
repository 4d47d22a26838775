"""What the centre reads of its fires twice a second, in acts and questions: what changed, never all there are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import event as hooks

from server.clockwork import Clockwork
from store import events, feed, known_places
from tests.integration.server.fires import Smoke, smoke_event
from tests.integration.server.site import Site, decide
from tests.integration.server.test_fires import burn

FIRES = 40


@dataclass
class Read:
    """Questions to the database, and acts whose body was read."""

    statements: list[str] = field(default_factory=list)
    acts: int = 0


@contextmanager
def reading(site: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[Read]:
    read = Read()
    of_body = events.event_from

    def counted(body: bytes) -> Any:
        read.acts += 1
        return of_body(body)

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        read.statements += [statement] if statement.startswith("SELECT") else []

    with monkeypatch.context() as patched:
        patched.setattr(events, "event_from", counted)
        hooks.listen(site.store.engine, "before_cursor_execute", note)
        try:
            yield read
        finally:
            hooks.remove(site.store.engine, "before_cursor_execute", note)


def fires_without_a_place(site: Site, count: int) -> list[Smoke]:
    told = [Smoke(number=number, preset=f"p{number}") for number in range(count)]
    site.take_in(*(smoke_event(one, site.clock.ns) for one in told))
    return told


def test_a_turn_in_which_nothing_changed_reads_no_act_however_many_wait(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    clockwork = Clockwork(site.centre)
    fires_without_a_place(site, FIRES)
    with reading(site, monkeypatch) as first:
        clockwork.turn()
    assert first.acts >= FIRES, "the first turn looks at all"
    with reading(site, monkeypatch) as idle:
        clockwork.turn()
    assert idle.acts == 0
    assert len(idle.statements) <= 4
    assert not any("FROM events" in one for one in idle.statements)


def test_a_turn_reads_for_the_known_places_only_the_acts_that_changed(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    clockwork = Clockwork(site.centre)
    told = fires_without_a_place(site, FIRES)
    clockwork.turn()
    operator = site.person("op", "operator")
    for lead in operator.get("/leads", params={"state": "alert", "limit": 100}).json()["items"]:
        assert operator.post(f"/leads/{lead['event_id']}/claim").status_code == 200
        assert decide(operator, lead["event_id"], verdict="dismiss", reason="cloud_fog").status_code == 200
    site.take_in(smoke_event(Smoke(number=FIRES, preset="new"), site.clock.ns))
    with reading(site, monkeypatch) as turned:
        clockwork.turn()
    # Once for the known places, once for joining; not the forty that people decided.
    assert turned.acts <= 2
    assert len(told) == FIRES


def test_changes_of_other_matters_read_no_fire(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    clockwork = Clockwork(site.centre)
    fires_without_a_place(site, 3)
    clockwork.turn()
    site.alert()
    with reading(site, monkeypatch) as turned:
        clockwork.turn()
    assert turned.acts == 0


def test_a_place_that_is_taught_ends_or_runs_out_is_looked_at_in_all_acts(site: Site) -> None:
    clockwork, operator = Clockwork(site.centre), site.person("op", "operator")
    boss = site.person("boss", "shift_lead")
    first, second = smoke_event(Smoke(), site.clock.ns), smoke_event(Smoke(number=1), site.clock.ns)
    site.take_in(first, second)
    clockwork.turn()
    operator.post(f"/leads/{first.event_id}/claim")
    assert decide(operator, first.event_id, verdict="dismiss", reason="chimney_steam").status_code == 200
    clockwork.turn()
    assert operator.get(f"/leads/{second.event_id}").json()["state"] == "permitted"
    assert boss.post(f"/known-places/{first.event_id}/end").status_code == 200
    clockwork.turn()
    assert operator.get(f"/leads/{second.event_id}").json()["state"] == "alert"


def test_changes_beyond_what_one_turn_reads_wait_for_the_next(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "MAX_FEED_READ", 3)
    clockwork = Clockwork(site.centre)
    clockwork.turn()
    for number in range(5):
        site.alert(number)
    first = burn(site, "west")
    second = burn(site, "east")
    operator = site.person("op", "operator")
    for _ in range(3):
        clockwork.turn()
    waiting = operator.get("/leads", params={"state": "alert", "matter": "straw_burning"}).json()["items"]
    assert [lead["event_id"] for lead in waiting] == [min(first, second)]


def test_a_turn_that_failed_begins_again_where_it_did(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    clockwork, operator = Clockwork(site.centre), site.person("op", "operator")
    clockwork.turn()
    first, second = burn(site, "west"), burn(site, "east")
    with monkeypatch.context() as broken:
        broken.setattr(known_places, "valid", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            clockwork.turn()
    clockwork.turn()
    states = {operator.get(f"/leads/{one}").json()["state"] for one in (first, second)}
    assert states == {"alert", "superseded"}
