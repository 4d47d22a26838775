"""The demo's people at the centre, with a real database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from server.identity.passwords import is_right
from store import Store, users
from tantou.up import centre, layout
from tantou.up.layout import Layout

NOW_NS = 1_790_000_000_000_000_000


@pytest.fixture
def data(tmp_path: Path) -> Layout:
    return layout.create(tmp_path / "data")


@pytest.fixture
def store(data: Layout) -> Iterator[Store]:
    with centre.opened(data) as made:
        yield made


def passwords(data: Layout) -> dict[str, str]:
    return dict(line.split() for line in data.people.read_text().splitlines())


def can_log_in(store: Store, data: Layout) -> bool:
    told = passwords(data)
    with store.read() as conn:
        known = {user.name: user for user in users.all_users(conn)}
    return all(name in known and is_right(known[name].password_hash, secret) for name, secret in told.items())


def test_the_demo_s_people_can_log_in_with_what_the_file_says(store: Store, data: Layout) -> None:
    centre.add_people(store, data, now_ns=NOW_NS)
    assert sorted(passwords(data)) == ["officer", "operator"]
    assert can_log_in(store, data)


def test_a_second_start_changes_no_password(store: Store, data: Layout) -> None:
    centre.add_people(store, data, now_ns=NOW_NS)
    first = data.people.read_text()
    centre.add_people(store, data, now_ns=NOW_NS)
    assert data.people.read_text() == first


def test_a_new_database_beside_an_old_file_takes_the_file_s_passwords(
    store: Store, data: Layout, tmp_path: Path
) -> None:
    centre.add_people(store, data, now_ns=NOW_NS)
    other = layout.create(tmp_path / "other")
    other.people.write_text(data.people.read_text())
    with centre.opened(other) as fresh:
        centre.add_people(fresh, other, now_ns=NOW_NS)
        assert can_log_in(fresh, other)


def test_people_whose_file_was_removed_get_new_passwords(store: Store, data: Layout) -> None:
    centre.add_people(store, data, now_ns=NOW_NS)
    first = passwords(data)
    data.people.unlink()
    centre.add_people(store, data, now_ns=NOW_NS)
    assert passwords(data) != first
    assert can_log_in(store, data)
