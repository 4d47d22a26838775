"""Users, sessions and the audit trail."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace

import pytest
from sqlalchemy import delete, update

from contract.errors import StoreError
from store import Store, audit, sessions, tables, users
from tests.integration.acts import at

ANNA = users.User(
    id="u1",
    name="anna",
    display_name="Anna",
    password_hash="$argon2id$...",
    roles=("operator",),
    towns=("demo", "west"),
    locale="zh-CN",
    disabled=False,
    created_at=at(0),
)


def session(token: str = "aa" * 32, expires: float = 50) -> sessions.Session:
    return sessions.Session(
        token_sha256=token, user_id="u1", csrf_token="c", created_at=at(0), seen_at=at(0), expires_at=at(expires)
    )


def entry(number: int, **changes: object) -> audit.AuditEntry:
    values: dict[str, object] = {"at": at(number), "who": "u1", "action": "lead.shown", "detail": {"n": number}}
    return audit.AuditEntry(**(values | changes))  # type: ignore[arg-type]


def test_a_user_is_found_by_name_and_id_as_added_and_as_changed(store: Store) -> None:
    with store.write() as conn:
        users.add(conn, ANNA)
        assert users.by_name(conn, "anna") == users.by_id(conn, "u1") == ANNA
        assert users.by_name(conn, "bert") is None
        changed = replace(ANNA, disabled=True, towns=())
        users.change(conn, changed)
        assert users.all_users(conn) == [changed]
        assert users.display_names(conn) == {"u1": "Anna"}


def test_a_taken_name_is_refused_and_the_transaction_goes_on(store: Store) -> None:
    with store.write() as conn:
        users.add(conn, ANNA)
        with pytest.raises(StoreError, match="taken"):
            users.add(conn, replace(ANNA, id="u2"))
        with pytest.raises(StoreError, match="not known"):
            users.change(conn, replace(ANNA, id="u9"))
        users.add(conn, replace(ANNA, id="u2", name="bert"))
    with store.read() as conn:
        assert [user.name for user in users.all_users(conn)] == ["anna", "bert"]


def test_a_session_holds_until_it_runs_out_or_is_ended(store: Store) -> None:
    token = session().token_sha256
    with store.write() as conn:
        users.add(conn, ANNA)
        sessions.add(conn, session())
        sessions.add(conn, session("bb" * 32, expires=20))
        assert sessions.find(conn, token, at=at(49)) == session()
        assert sessions.find(conn, token, at=at(50)) is None
        sessions.touch(conn, token, at=at(40), expires_at=at(90))
        assert sessions.find(conn, token, at=at(60)) is not None
        assert sessions.drop_expired(conn, at=at(30)) == 1
        sessions.end(conn, token)
        assert sessions.find(conn, token, at=at(60)) is None
        sessions.add(conn, session())
        assert sessions.end_of_user(conn, "u1") == 1


def test_the_audit_trail_is_read_newest_first_by_lead_and_by_person(store: Store) -> None:
    with store.write() as conn:
        for number in range(1, 6):
            lead = "l1" if number % 2 else None
            audit.append(conn, entry(number, event_id=lead, who=f"u{number % 2}"))
    with store.read() as conn:
        assert [row.seq for row in audit.page(conn)] == [5, 4, 3, 2, 1]
        assert [row.seq for row in audit.page(conn, event_id="l1", before=5)] == [3, 1]
        assert [row.seq for row in audit.page(conn, who="u0", limit=1)] == [4]
        assert audit.page(conn, limit=1)[0].entry == entry(5, event_id="l1", who="u1")


def test_the_audit_chain_shows_a_changed_and_a_missing_row(store: Store) -> None:
    with store.write() as conn:
        for number in range(1, 6):
            audit.append(conn, entry(number))
    with store.read() as conn:
        assert audit.first_broken(conn) is None
    for damage, expected in (
        (update(tables.audit).where(tables.audit.c.seq == 4).values(who="u9"), 4),
        (delete(tables.audit).where(tables.audit.c.seq == 2), 2),
        (delete(tables.audit).where(tables.audit.c.seq == 1), 1),
    ):
        with store.write() as conn:
            conn.execute(damage)
            assert audit.first_broken(conn) == expected


def test_entries_of_transactions_side_by_side_make_one_chain(store: Store) -> None:
    def look(number: int) -> None:
        with store.write() as conn:
            audit.append(conn, entry(number))
            audit.append(conn, entry(number, action="lead.claim"))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(look, range(12)))
    with store.read() as conn:
        assert audit.first_broken(conn) is None
        rows = audit.page(conn, limit=100)
    assert len(rows) == 24
    # two entries of one transaction stand beside each other
    assert all(one.entry.detail == two.entry.detail for one, two in zip(rows[::2], rows[1::2], strict=True))


def test_an_entry_of_a_transaction_that_fails_is_not_kept(store: Store) -> None:
    with suppress(ConnectionAbortedError), store.write() as conn:
        audit.append(conn, entry(1))
        raise ConnectionAbortedError
    with store.write() as conn:
        audit.append(conn, entry(2))
    with store.read() as conn:
        assert [row.entry for row in audit.page(conn)] == [entry(2)]
